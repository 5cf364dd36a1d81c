"""Samples of what moves elements: shapes, regions, indices and joins."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import PRIMITIVES
from tests.laws.samples.source import Shape, Source
from tests.laws.samples.table import Call, call, sample


@sample("reshape", complex=True)
def reshaped(s: Source) -> Call:
    shape = s.shape()
    front = s.pick(0, 1, 2)
    flat = 1
    for n in shape[front:]:
        flat *= n
    return call(s.between(shape), shape=s.pick((*shape[:front], flat), (1, *shape), shape[::-1]))


@sample("transpose", complex=True)
def transposed(s: Source) -> Call:
    shape = s.shape()
    order = s.axes(shape)
    return call(s.between(shape), axes=(*order, *(i for i in range(len(shape)) if i not in order)))


@sample("broadcast_to", complex=True)
def broadcast(s: Source) -> Call:
    first, second = s.together(2)
    larger = max(first, second, key=len)
    full = tuple(
        m if n == 1 else n
        for n, m in zip(larger, (*(1,) * (len(larger) - len(second)), *second), strict=True)
    )
    return call(s.between(first), shape=full)


@sample("flip", complex=True)
def flipped(s: Source) -> Call:
    shape = s.shape()
    return call(s.between(shape), axis=s.axes(shape))


@sample("roll", complex=True)
def rolled(s: Source) -> Call:
    shape = s.shape(1)
    axes = s.axes(shape)
    return call(s.between(shape), shift=tuple(s.pick(1, -1, 4) for _ in axes), axis=axes)


@sample("pad", complex=True)
def padded(s: Source) -> Call:
    shape = s.shape()
    widths = tuple((s.pick(0, 1, 2), s.pick(0, 1)) for _ in shape)
    return call(s.between(shape), widths=widths, value=s.pick(0, 1.5))


@sample("tril triu", complex=True)
def triangle(s: Source) -> Call:
    return call(s.between(s.shape(2)), offset=s.pick(0, 1, -1))


def two_axes(s: Source, shape: Shape) -> tuple[int, int]:
    first = s.axis(shape)
    return first, (first + s.pick(1, 2)) % len(shape) if len(shape) > 2 else 1 - first


@sample("diagonal", complex=True)
def diagonal(s: Source) -> Call:
    shape = s.shape(2, least=1)
    first, second = two_axes(s, shape)
    return call(s.between(shape), offset=s.pick(0, 1, -1), axis1=first, axis2=second)


@sample("embed_diagonal", complex=True)
def embedded(s: Source) -> Call:
    shape = s.shape(2, least=1)
    (first, second), offset = two_axes(s, shape), s.pick(0, 1, -1)
    rest = [n for i, n in enumerate(shape) if i not in (first, second)]
    size = min(shape[first] + min(offset, 0), shape[second] - max(offset, 0))
    g = s.between((*rest, max(size, 0)))
    return call(g, shape=shape, offset=offset, axis1=first, axis2=second)


@sample("unfold", complex=True)
def windows(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    size = min(s.pick(1, 2, 3), shape[axis])
    return call(s.between(shape), axis=axis, size=size, step=s.pick(1, 2))


@sample("fold_windows", complex=True)
def overlapped(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis, step = s.axis(shape), s.pick(1, 2)
    size = min(s.pick(1, 2, 3), shape[axis])
    seen = (*shape[:axis], (shape[axis] - size) // step + 1, *shape[axis + 1 :], size)
    return call(s.between(seen), shape=shape, axis=axis, size=size, step=step)


# -- regions ---------------------------------------------------------------------------------


def region(s: Source, shape: Shape) -> tuple[Any, ...]:
    """Choose a basic index: numbers, slices, None and Ellipsis, spelled as rules spell them."""
    key: list[Any] = []
    for n in shape[: s.pick(len(shape), 1, 0)]:
        parts = [(None, None, None), (0, n, 2), (1, None, None), (None, -1, 1)]
        key += [s.pick(*parts, *(() if n == 0 else (0, -1)))]
    key += s.pick([], [Ellipsis])
    return tuple(s.pick(key, [None, *key], [*key, None]))


@sample("getitem", complex=True)
def seen(s: Source) -> Call:
    shape = s.shape()
    return call(s.between(shape), key=region(s, shape))


@sample("place", complex=True)
def placed(s: Source) -> Call:
    shape = s.shape()
    key = region(s, shape)
    return call(s.between(shape_of("getitem", shape, key=key)), key=key, shape=shape)


def shape_of(name: str, shape: Shape, **static: Any) -> Shape:
    """Ask the host's backend for the shape of a result."""
    from minitorch_lazy.backends.numpy import NUMPY

    return tuple(getattr(NUMPY, name)(NUMPY.zeros(shape, "float64"), **static).shape)


def recipe(s: Source, shape: Shape) -> tuple[Any, ...]:
    """Choose how a view is seen from its base."""
    order = tuple(reversed(range(len(shape))))
    swapped = (PRIMITIVES["transpose"], (("axes", order),))
    return s.pick((), (swapped,)) + ((PRIMITIVES["getitem"], (("key", ((1, None, None),)),)),)


@sample("erase extract", complex=True)
def cut(s: Source) -> Call:
    shape = s.shape(1)
    return call(s.between(shape), recipe=recipe(s, shape))


@sample("region", complex=True)
def replaced(s: Source) -> Call:
    shape = s.shape(1)
    steps = recipe(s, shape)
    return call(s.between(shape), s.between(shape_of("extract", shape, recipe=steps)), recipe=steps)


@sample("embed", complex=True)
def embedded_region(s: Source) -> Call:
    shape = s.shape(1)
    steps = recipe(s, shape)
    x = s.between(shape_of("extract", shape, recipe=steps))
    return call(x, recipe=steps, shape=shape, dtype=x.dtype)


# -- joins -----------------------------------------------------------------------------------


@sample("concatenate", complex=True)
def joined(s: Source) -> Call:
    shape = s.shape(1)
    axis = s.axis(shape)
    sizes = [s.pick(1, 2, 0) for _ in range(s.pick(2, 1, 3))]
    return call(*(s.between((*shape[:axis], n, *shape[axis + 1 :])) for n in sizes), axis=axis)


@sample("stack", complex=True)
def stacked(s: Source) -> Call:
    shape = s.shape()
    axis = s.axis((*shape, 1))
    return call(*(s.between(shape) for _ in range(s.pick(2, 1, 3))), axis=axis)
