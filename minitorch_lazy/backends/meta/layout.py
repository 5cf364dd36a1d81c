"""Where elements would lie in memory: strides that follow from shapes, as NumPy decides them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

Sizes = tuple[int, ...]


def ordered(shape: Sizes, axes: Sequence[int], itemsize: int) -> Sizes:
    """Return the strides of memory without gaps whose axes go from the slowest to the fastest."""
    strides, step = [0] * len(shape), itemsize
    for axis in reversed(axes):
        strides[axis] = step
        step *= shape[axis]
    return tuple(strides) if step else (0,) * len(shape)


def dense(shape: Sizes, itemsize: int) -> Sizes:
    """Return the strides of row-major memory without gaps."""
    return ordered(shape, range(len(shape)), itemsize)


def is_dense(shape: Sizes, strides: Sizes, itemsize: int) -> bool:
    """Tell whether memory is row-major without gaps; axes of size 1 may have any stride."""
    if 0 in shape:
        return True
    step = itemsize
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size > 1 and stride != step:
            return False
        step *= size
    return True


def aligned(shape: Sizes, own: Sizes, strides: Sizes) -> Sizes:
    """Return the strides of an operand seen as `shape`: 0 along axes that are broadcast."""
    extra = len(shape) - len(own)
    seen = (0 if n == 1 and shape[extra + i] != 1 else strides[i] for i, n in enumerate(own))
    return (*(0,) * extra, *seen)


def memory_order(shape: Sizes, operands: Iterable[Sizes], outer_first: bool = False) -> list[int]:
    """Return the axes from the slowest to the fastest: how NumPy lays out a new result.

    The order is row-major, except that an axis comes before another where every operand that can
    tell steps further along it.

    Args:
        shape: the shape of the result.
        operands: how far each operand steps along each axis; 0 where it cannot tell.
        outer_first: whether axes are compared from the first to the last, as in concatenation,
            which makes a difference where operands cannot tell.
    """
    known = list(operands)
    order: list[int] = []
    for axis in range(len(shape)) if outer_first else reversed(range(len(shape))):
        place = len(order)
        for back in reversed(range(len(order))):
            other = order[back]
            steps = [(abs(s[axis]), abs(s[other])) for s in known if s[axis] and s[other]]
            if not steps or shape[axis] == 1 or shape[other] == 1:
                continue
            if any(a <= b if outer_first else a >= b for a, b in steps):
                break
            place = back
        order.insert(place, axis)
    return order if outer_first else order[::-1]


def regrouped(shape: Sizes, strides: Sizes, target: Sizes, itemsize: int) -> Sizes | None:
    """Return the strides with which the same memory has another shape; None if it needs a copy.

    Axes are matched in groups of equal products. The old axes of a group must lie in memory as
    one axis would.
    """
    if is_dense(shape, strides, itemsize):
        return dense(target, itemsize)
    old = [(n, s) for n, s in zip(shape, strides, strict=True) if n != 1]
    rest = list(target)
    found: list[int] = []
    while old:
        count, step = old.pop(0)
        sizes: list[int] = []
        while prod(sizes) != count:
            if prod(sizes) < count:
                sizes.append(rest.pop(0))
                continue
            size, inner = old.pop(0)
            if step != size * inner:
                return None
            count, step = count * size, inner
        found += dense(tuple(sizes), step)
    return (*found, *(itemsize for _ in rest))
