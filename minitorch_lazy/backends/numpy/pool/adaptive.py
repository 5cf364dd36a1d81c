"""Pooling with windows so chosen that a given number of them covers the input."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.pool.axis import (
    adaptive_bounds,
    along,
    resized,
    taps,
    window_share,
    window_sum,
)
from minitorch_lazy.backends.numpy.windows import Sizes


class AdaptivePoolKernels:
    """Window i of n over an axis of size S goes from floor(i*S/n) to ceil((i+1)*S/n)."""

    xp: Any
    widened: Any

    def adaptive_avg_pool(self, x: Any, *, output: Sizes) -> Any:
        """Average the windows of (N, C, *S), shape (N, C, *output)."""
        total = self.widened(x)
        if prod(output) == 1:
            total = self.plane_sums(total)
        else:
            for axis, count in enumerate(output, 2):
                total = self.adaptive_sum(total, axis, count)
        return (total / self.adaptive_counts(total, x.shape, output)).astype(x.dtype, copy=False)

    def adaptive_avg_pool_gradient(self, g: Any, *, x_shape: Sizes, output: Sizes) -> Any:
        """Pull a gradient back through `adaptive_avg_pool`."""
        spread = self.widened(g)
        spread = spread / self.adaptive_counts(spread, x_shape, output)
        for axis in reversed(range(2, len(x_shape))):
            spread = self.adaptive_share(spread, axis, x_shape[axis])
        return spread.astype(g.dtype, copy=False)

    def adaptive_sum(self, x: Any, axis: int, count: int) -> Any:
        """Sum windows along one axis."""
        size = x.shape[axis]
        if count and size % count == 0:
            even = size // count
            return window_sum(self.xp, x, axis, count, taps(size, count, even, even, 0, 1))
        parts = [
            self.xp.add.reduce(x[along(axis, window)], axis, keepdims=True)
            for window in adaptive_bounds(size, count)
        ]
        return self.xp.concatenate(parts, axis) if parts else x[along(axis, slice(0, 0))]

    def adaptive_share(self, g: Any, axis: int, size: int) -> Any:
        """Give each place what its windows along one axis have."""
        count = g.shape[axis]
        if count and size % count == 0:
            even = size // count
            return window_share(self.xp, g, axis, size, taps(size, count, even, even, 0, 1))
        whole = self.xp.zeros(resized(g.shape, axis, size), g.dtype)
        for place, window in enumerate(adaptive_bounds(size, count)):
            part = whole[along(axis, window)]
            part += g[along(axis, slice(place, place + 1))]
        return whole

    def adaptive_max_pool_indices(self, x: Any, *, output: Sizes) -> Any:
        """Find the first largest element of each window, as flat int64 places of its plane."""
        sizes = x.shape[2:]
        found = self.xp.zeros((*x.shape[:2], *output), "int64")
        plane = self.xp.arange(prod(sizes)).reshape(sizes)
        cuts = [adaptive_bounds(size, n) for size, n in zip(sizes, output, strict=True)]
        for place in product(*map(range, output)):
            window = tuple(cut[i] for cut, i in zip(cuts, place, strict=True))
            seen = x[(..., *window)]
            first = self.xp.argmax(seen.reshape(*x.shape[:2], prod(seen.shape[2:])), 2)
            found[(..., *place)] = plane[window].reshape(-1)[first]
        return found

    def adaptive_max_pool(self, x: Any, *, output: Sizes) -> tuple[Any, Any]:
        """Return the largest element of each window, and where it is."""
        indices = self.adaptive_max_pool_indices(x, output=output)
        return self.plane_take(x, indices), indices

    def plane_take(self, x: Any, index: Any) -> Any:
        """Pick elements of the planes of (N, C, *S) by flat places (N, C, *S')."""
        return x.reshape(-1)[self.plane_places(index, x.shape)]

    def plane_places(self, index: Any, shape: Sizes) -> Any:
        """Turn flat places within planes of (N, C, *S) into places within the whole array."""
        planes = self.xp.arange(prod(shape[:2])) * prod(shape[2:])
        return index + planes.reshape(*shape[:2], *(1,) * (index.ndim - 2))

    def plane_sums(self, x: Any) -> Any:
        """Sum each plane of (N, C, *S), as a product with ones, which is the faster way."""
        ones = self.xp.ones(prod(x.shape[2:]), x.dtype)
        flat = x.reshape(prod(x.shape[:2]), len(ones))
        return self.xp.matmul(flat, ones).reshape(*x.shape[:2], *(1,) * (x.ndim - 2))

    def adaptive_counts(self, like: Any, x_shape: Sizes, output: Sizes) -> Any:
        """Return what to divide the sum of each window by."""
        bounds = [adaptive_bounds(size, n) for size, n in zip(x_shape[2:], output, strict=True)]
        return self.window_counts(
            like, [tuple(window.stop - window.start for window in cut) for cut in bounds]
        )

    def window_counts(self, like: Any, counts: list[Sizes]) -> Any:
        """Multiply sizes of windows along each axis; one number where all windows are equal."""
        if all(len(set(sizes)) < 2 for sizes in counts):
            return prod(sizes[0] for sizes in counts if sizes)
        total: Any = 1
        for axis, sizes in enumerate(counts):
            vector = self.window_vector(sizes, like.dtype)
            total = total * vector.reshape(-1, *(1,) * (len(counts) - 1 - axis))
        return total

    def window_vector(self, sizes: Sizes, dtype: Any) -> Any:
        """Write sizes of windows, nearly all of which are alike, without an upload."""
        usual = max(sizes, key=sizes.count, default=1)
        vector = self.xp.full(len(sizes), usual, dtype)
        for place, size in enumerate(sizes):
            if size != usual:
                vector[place] = size
        return vector
