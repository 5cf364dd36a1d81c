"""Average and maximum over windows.

A window is a box, so its sum and its maximum are taken along one axis after the other, where each
tap of the window is one strided slice of the input. A sum begins with rows, whose slices are the
longest; a maximum with the last axis, so that the first of equals is the first in memory.
"""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.pool.adaptive import AdaptivePoolKernels
from minitorch_lazy.backends.numpy.pool.axis import (
    pooled_size,
    taps,
    window_largest,
    window_share,
    window_sizes,
    window_sum,
)
from minitorch_lazy.backends.numpy.windows import Sizes


class PoolKernels(AdaptivePoolKernels):
    """Pooling of (N, C, *S); statics are tuples with an entry per spatial axis."""

    add_at: Any

    def avg_pool(
        self, x: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor: int | None = None,
    ) -> Any:  # fmt: skip
        """Average windows, padded by zeros.

        A sum is divided by `divisor`, or else by the size of the window: without what hangs over
        the padding, and with `count_include_pad=False` without the padding too.
        """
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        sizes = pooled_sizes(x.shape[2:], **window, ceil_mode=ceil_mode)
        total = self.widened(x)
        for axis in range(len(sizes)):
            cut = taps(x.shape[axis + 2], sizes[axis], *at_axis(axis, **window), 1)
            total = window_sum(self.xp, total, axis + 2, sizes[axis], cut)
        counts = self.pool_counts(total, x.shape, sizes, window, count_include_pad, divisor)
        return (total / counts).astype(x.dtype, copy=False)

    def avg_pool_gradient(
        self, g: Any, *, x_shape: Sizes, kernel: Sizes, stride: Sizes, padding: Sizes,
        ceil_mode: bool = False, count_include_pad: bool = True, divisor: int | None = None,
    ) -> Any:  # fmt: skip
        """Pull a gradient back through `avg_pool`."""
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        sizes, share = g.shape[2:], self.widened(g)
        share = share / self.pool_counts(share, x_shape, sizes, window, count_include_pad, divisor)
        for axis, size in reversed(list(enumerate(x_shape[2:]))):
            cut = taps(size, sizes[axis], *at_axis(axis, **window), 1)
            share = window_share(self.xp, share, axis + 2, size, cut)
        return share.astype(g.dtype, copy=False)

    def pool_counts(
        self, like: Any, x_shape: Sizes, sizes: Sizes, window: dict[str, Sizes],
        count_include_pad: bool, divisor: int | None,
    ) -> Any:  # fmt: skip
        """Return what to divide the sum of each window by."""
        if divisor is not None:
            return divisor
        counts = [
            window_sizes(size, sizes[axis], *at_axis(axis, **window), count_include_pad)
            for axis, size in enumerate(x_shape[2:])
        ]
        return self.window_counts(like, counts)

    def max_pool(
        self, x: Any, *, kernel: Sizes, stride: Sizes, padding: Sizes, dilation: Sizes,
        ceil_mode: bool = False,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Return the largest elements of windows, and where they are.

        Places are int64, flat within a plane. The first of equals wins, and nan over all; padding
        is never chosen.
        """
        window = {"kernel": kernel, "stride": stride, "padding": padding}
        sizes = pooled_sizes(x.shape[2:], **window, dilation=dilation, ceil_mode=ceil_mode)
        steps = [prod(x.shape[axis + 3 :]) for axis in range(len(sizes))]
        reach = sum(d * (k - 1) * s for d, k, s in zip(dilation, kernel, steps, strict=True))
        values, offsets, base = x, self.xp.zeros(1, unsigned(reach)), 0
        for axis in reversed(range(len(sizes))):
            static = (*at_axis(axis, **window), dilation[axis])
            cut = taps(x.shape[axis + 2], sizes[axis], *static)
            shifts = [tap * dilation[axis] * steps[axis] for tap in range(kernel[axis])]
            values, offsets = window_largest(
                self.xp, values, offsets, axis + 2, sizes[axis], cut, shifts
            )
            starts = self.xp.arange(sizes[axis]) * stride[axis] - padding[axis]
            base = base + (starts * steps[axis]).reshape(-1, *(1,) * (len(sizes) - 1 - axis))
        indices = base + offsets
        if max(dilation) > 1:  # wide windows can miss a small input altogether
            indices = self.xp.clip(indices, 0, max(0, prod(x.shape[2:]) - 1))
        if prod(kernel) == 1:
            return values.copy(), self.xp.broadcast_to(indices, values.shape).copy()
        return values, indices

    def max_pool_indices(self, x: Any, **static: Any) -> Any:
        """Find the largest elements of windows: the second result of `max_pool`."""
        return self.max_pool(x, **static)[1]

    def unpool(self, g: Any, index: Any, *, shape: Sizes, unique: bool) -> Any:
        """Add elements into planes of zeros at flat places: what picking them pulls back.

        `unique` says that no place of a plane comes twice, as where windows do not overlap.
        """
        places = self.plane_places(index, shape).reshape(-1)
        if unique:
            planes = self.xp.zeros(prod(shape), g.dtype)
            planes[places] = g.reshape(-1)
            return planes.reshape(shape)
        wide = self.widened(g)
        planes = self.xp.zeros(prod(shape), wide.dtype)
        self.add_at(planes, (places,), wide.reshape(-1))
        return planes.reshape(shape).astype(g.dtype, copy=False)


def at_axis(axis: int, *, kernel: Sizes, stride: Sizes, padding: Sizes) -> tuple[int, int, int]:
    """Return the statics of one axis."""
    return kernel[axis], stride[axis], padding[axis]


def pooled_sizes(
    sizes: Sizes, *, kernel: Sizes, stride: Sizes, padding: Sizes, ceil_mode: bool,
    dilation: Sizes | None = None,
) -> Sizes:  # fmt: skip
    """Count the places of a window along each axis."""
    return tuple(
        pooled_size(
            size, kernel[axis], stride=stride[axis], padding=padding[axis], ceil_mode=ceil_mode,
            dilation=dilation[axis] if dilation else 1,
        )
        for axis, size in enumerate(sizes)
    )  # fmt: skip


def unsigned(largest: int) -> str:
    """Return the smallest unsigned type that holds a number."""
    return "uint8" if largest < 256 else "uint16" if largest < 65536 else "uint64"
