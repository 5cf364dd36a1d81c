"""One axis of a pooling window: where its taps fall, and sum, share and maximum over them."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

from minitorch_lazy.backends.numpy.windows import Sizes

Taps = tuple[tuple[slice, slice], ...]


def pooled_size(
    size: int, kernel: int, *, stride: int, padding: int, dilation: int = 1, ceil_mode: bool
) -> int:
    """Count the places of a window; `padding` is on either side.

    With `ceil_mode` a last window may hang over the end, if it starts inside the input or its
    left padding.
    """
    room = size + 2 * padding - dilation * (kernel - 1) - 1
    if not ceil_mode:
        return max(0, room // stride + 1)
    count = -(-room // stride) + 1
    return max(0, count - 1 if (count - 1) * stride >= size + padding else count)


@lru_cache(maxsize=1024)
def taps(size: int, count: int, kernel: int, stride: int, padding: int, dilation: int) -> Taps:
    """Say for each tap of a window at which outputs it falls on which inputs."""
    found = []
    for tap in range(kernel):
        shift = tap * dilation - padding
        first = max(0, -(shift // stride))
        last = max(first, min(count, (size - 1 - shift) // stride + 1))
        begin = first * stride + shift
        end = begin + max(0, (last - first - 1) * stride + 1) if last > first else begin
        found.append((slice(first, last), slice(begin, end, stride)))
    return tuple(found)


@lru_cache(maxsize=1024)
def window_sizes(
    size: int, count: int, kernel: int, stride: int, padding: int, count_include_pad: bool
) -> Sizes:
    """Count what each window averages over: never what hangs over the padding."""
    found = []
    for place in range(count):
        start = place * stride - padding
        end = min(start + kernel, size + padding)
        if not count_include_pad:
            start, end = max(start, 0), min(end, size)
        found.append(end - start)
    return tuple(found)


@lru_cache(maxsize=1024)
def adaptive_bounds(size: int, count: int) -> tuple[slice, ...]:
    """Cut an axis into `count` windows: from floor(i*size/count) to ceil((i+1)*size/count)."""
    return tuple(
        slice(place * size // count, -(-(place + 1) * size // count)) for place in range(count)
    )


def along(axis: int, part: slice) -> tuple[slice, ...]:
    """Index one axis of an array and keep the others."""
    return (*(slice(None),) * axis, part)


def resized(shape: Sizes, axis: int, size: int) -> Sizes:
    """Return a shape with another size at one axis."""
    return (*shape[:axis], size, *shape[axis + 1 :])


def window_sum(xp: Any, x: Any, axis: int, size: int, cut: Taps) -> Any:
    """Sum the taps of each window along one axis."""
    everywhere = slice(0, size)
    whole = [x[along(axis, inputs)] for outputs, inputs in cut if outputs == everywhere]
    if len(whole) > 1:
        total = whole[0] + whole[1]
    else:
        total = xp.zeros(resized(x.shape, axis, size), x.dtype)
        whole = [total, total, *whole]
    for part in whole[2:]:
        total += part
    for outputs, inputs in cut:
        if outputs != everywhere:
            place = total[along(axis, outputs)]
            place += x[along(axis, inputs)]
    return total


def window_share(xp: Any, g: Any, axis: int, size: int, cut: Taps) -> Any:
    """Give each tap of a window along one axis what the window has: the adjoint of the sum."""
    whole = xp.zeros(resized(g.shape, axis, size), g.dtype)
    disjoint = len(cut) <= cut[0][1].step
    for outputs, inputs in cut:
        place = whole[along(axis, inputs)]
        if disjoint:
            place[...] = g[along(axis, outputs)]
        else:
            place += g[along(axis, outputs)]
    return whole


def window_largest(
    xp: Any, values: Any, offsets: Any, axis: int, size: int, cut: Taps, shifts: list[int]
) -> tuple[Any, Any]:
    """Return the largest value of each window along one axis, and how far on in the plane it is.

    `offsets` says how far on the values are already, `shifts` how far on each tap is.
    """
    everywhere = slice(0, size)
    found = [
        (outputs, dense(xp, values[along(axis, inputs)]), moved(offsets, axis, inputs, shift))
        for (outputs, inputs), shift in zip(cut, shifts, strict=True)
    ]
    if all(outputs == everywhere for outputs, _, _ in found):
        _, largest, places = found[0]
        for _, value, place in found[1:]:
            largest, places = larger(xp, largest, places, value, place)
        return largest, places
    shape = resized(values.shape, axis, size)
    largest = xp.full(shape, lowest(xp, values.dtype), values.dtype)
    places = xp.zeros(shape, offsets.dtype)
    seen = size
    for outputs, value, place in found:
        fresh = max(0, min(seen, outputs.stop) - outputs.start)
        new = along(axis, slice(outputs.start, outputs.start + fresh))
        old = along(axis, slice(outputs.start + fresh, outputs.stop))
        first, rest = slice(0, fresh), slice(fresh, None)
        largest[new], places[new] = value[along(axis, first)], moved(place, axis, first, 0)
        largest[old], places[old] = larger(
            xp, largest[old], places[old], value[along(axis, rest)], moved(place, axis, rest, 0)
        )
        seen = min(seen, outputs.start)
    return largest, places


def lowest(xp: Any, dtype: Any) -> Any:
    """Return what no element is smaller than."""
    return xp.iinfo(dtype).min if dtype.kind in "iu" else -math.inf


def dense(xp: Any, x: Any) -> Any:
    """Copy a slice whose neighbours are apart, which is sooner done once than at each use."""
    return x if x.strides[-1] == x.dtype.itemsize else xp.ascontiguousarray(x)


def moved(places: Any, axis: int, part: slice, shift: int) -> Any:
    """Move a part of the places on; a single place stands for all."""
    chosen = places if places.ndim == 1 else places[along(axis, part)]
    return chosen + shift if shift else chosen


def larger(xp: Any, best: Any, places: Any, value: Any, place: Any) -> tuple[Any, Any]:
    """Return the larger of two values, and its place; the first of equals, the last of nan."""
    wins = value > best
    if value.dtype.kind in "fV":
        wins |= value != value  # noqa: PLR0124
    return xp.maximum(best, value), places + wins.astype(places.dtype) * (place - places)
