"""What an index picks: the shape and the strides of a part of an array."""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.layout import Sizes, aligned, memory_order
from minitorch_lazy.backends.meta.rules import no_numbers

MASK = "make numbers of the mask: x * mask, or torch.where(mask, x, 0)"


def axes_of(axis: Any, ndim: int) -> Sizes:
    """Return axes counted from the front, each named once; None means all."""
    if axis is None:
        return tuple(range(ndim))
    given: Iterable[Any] = axis if isinstance(axis, Iterable) else (axis,)
    found = []
    for each in given:
        if not -ndim <= each < ndim:
            raise np.exceptions.AxisError(each, ndim)
        found.append(int(each) % ndim)
    if len(set(found)) < len(found):
        raise ValueError("repeated axis")
    return tuple(found)


def parts_of(key: Any, ndim: int) -> list[Any]:
    """Write a key with one part for each axis and each new axis: the Ellipsis is spelled out."""
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [np.asarray(p) if isinstance(p, list) else p for p in parts]
    if any(p is True or p is False or getattr(p, "dtype", "") == "bool" for p in parts):
        raise no_numbers("indexing with a boolean mask", MASK)
    used = sum(p is not None and p is not Ellipsis for p in parts)
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} "
                         "were indexed")  # fmt: skip
    rest = [slice(None)] * (ndim - used)
    place = next((i for i, p in enumerate(parts) if p is Ellipsis), len(parts))
    return [*parts[:place], *rest, *parts[place + 1 :]]


def is_basic(part: Any) -> bool:
    """Tell whether a part of a key is a number, a slice or a new axis."""
    return part is None or isinstance(part, (slice, int, np.integer))


def basic(key: Any, shape: Sizes, strides: Sizes) -> tuple[Sizes, Sizes] | None:
    """Return the shape and strides of the region that a basic key looks at; None if it copies."""
    parts = parts_of(key, len(shape))
    if not all(is_basic(p) for p in parts):
        return None
    sizes: list[int] = []
    steps: list[int] = []
    axis = 0
    for part in parts:
        if part is None:
            sizes.append(1)
            steps.append(0)
            continue
        if isinstance(part, slice):
            start, stop, step = part.indices(shape[axis])
            sizes.append(len(range(start, stop, step)))
            steps.append(strides[axis] * step)
        else:
            check_bounds(part, shape[axis], axis)
        axis += 1
    return tuple(sizes), tuple(steps)


def check_bounds(index: Any, size: int, axis: int) -> None:
    """Refuse a number that is outside of its axis."""
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")


def picked(key: Any, shape: Sizes, strides: Sizes) -> tuple[Sizes, list[int]]:
    """Return the shape of what index arrays pick, and its axes in the order they are laid out.

    The axes of the indices stand first, unless the indices are next to each other in the key. In
    memory they always come first, before the order in which the array itself lies.
    """
    before: list[tuple[int, int]] = []
    after: list[tuple[int, int]] = []
    indices: list[Any] = []
    runs, inside, axis = 0, False, 0
    for part in parts_of(key, len(shape)):
        advanced = part is not None and not isinstance(part, slice)
        if advanced:
            check_index(part, shape[axis], axis)
            indices.append(part)
            runs += not inside
        else:
            size = 1 if part is None else len(range(*part.indices(shape[axis])))
            step = 0 if part is None else strides[axis]
            (after if runs else before).append((size, step))
        inside = advanced
        axis += part is not None
    among = np.broadcast_shapes(*(getattr(i, "shape", ()) for i in indices))
    lead = 0 if runs > 1 else len(before)
    rest = [*before, *after]
    sizes, steps = tuple(size for size, _ in rest), tuple(step for _, step in rest)
    order = index_order(among, indices) if prod(sizes) == 1 else range(len(among))
    places = [i if i < lead else i + len(among) for i in memory_order(sizes, [steps])]
    return (*sizes[:lead], *among, *sizes[lead:]), [*(lead + i for i in order), *places]


def index_order(among: Sizes, indices: list[Any]) -> list[int]:
    """Return the order in which picked single elements are laid out: that of the indices."""
    arrays = [i for i in indices if hasattr(i, "strides")]
    return memory_order(among, [aligned(among, i.shape, i.strides) for i in arrays])


def check_index(part: Any, size: int, axis: int) -> None:
    """Refuse an index of another kind than integers, and a number outside of its axis."""
    if isinstance(part, (int, np.integer)):
        check_bounds(part, size, axis)
    elif getattr(part, "dtype", np.dtype(object)).kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
