"""Samples of picking and placing by index arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.laws.samples.source import Array, Shape, Source
from tests.laws.samples.table import Call, call, sample


def key_and_indices(s: Source, shape: Shape) -> tuple[tuple[Any, ...], list[Array], Shape]:
    """Choose where index arrays stand among slices; return the shape that they pick too."""
    count = s.pick(1, 2) if len(shape) > 1 else 1
    first = s.pick(*range(len(shape) - count + 1))
    picked = s.together(count, 0, 2, least=1)
    indices = [
        s.integers(each, -shape[first + place], shape[first + place])
        for place, each in enumerate(picked)
    ]
    key = (*((None, None, None),) * first, *("index",) * count)
    together = np.broadcast_shapes(*picked)
    return key, indices, (*shape[:first], *together, *shape[first + count :])


@sample("take", complex=True)
def taken(s: Source) -> Call:
    shape = s.shape(1, least=1)
    key, indices, _ = key_and_indices(s, shape)
    return call(s.between(shape), *indices, key=key)


@sample("index_zeros", complex=True)
def spread(s: Source) -> Call:
    shape = s.shape(1, least=1)
    key, indices, picked = key_and_indices(s, shape)
    return call(s.between(picked), *indices, key=key, shape=shape)


@sample("put", complex=True)
def put(s: Source) -> Call:
    """Draw places; those that are replaced are named once, as the last of equals is anybody's."""
    shape = s.shape(1, least=1)
    if s.pick(True, False):
        key, indices, picked = key_and_indices(s, shape)
        value = s.between(s.pick(picked, ()))
        return call(s.between(shape), value, *indices, key=key, accumulate=True)
    index = s.stream.permutation(shape[0])[: s.pick(2, 1, 0)]
    value = s.between((len(index), *shape[1:]))
    return call(s.between(shape), value, index, key=("index",), accumulate=False)


@sample("take_along_axis", complex=True)
def gathered(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    smaller = tuple(s.pick(n, 1) for n in shape)
    return call(s.between(shape), s.integers(smaller, 0, shape[axis]), axis=axis, distinct=False)


@sample("scatter_zeros", complex=True)
def scattered(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    if s.pick(False, True):
        index = s.stream.permuted(np.indices(shape)[axis], axis=axis)
        return call(s.between(shape), index, axis=axis, shape=shape, distinct=True)
    smaller = tuple(s.pick(n, 1) for n in shape)
    index = s.integers(smaller, 0, shape[axis])
    return call(s.between(smaller), index, axis=axis, shape=shape, distinct=False)


@sample("scatter", complex=True)
def placed(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis, x = s.axis(shape), s.between(shape)
    if s.pick(False, True):
        index = s.stream.permuted(np.indices(shape)[axis], axis=axis)
        return call(x, index, s.between(s.pick(shape, (1,))), axis=axis, accumulate=False)
    smaller = tuple(s.pick(n, 1) for n in shape)
    index = s.integers(smaller, 0, shape[axis])
    return call(x, index, s.between(s.pick(smaller, (1,))), axis=axis, accumulate=True)


@sample("scatter_extreme")
def extremes(s: Source) -> Call:
    """Draw different numbers: an extreme that several share has no slope."""
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    smaller = tuple(s.pick(n, 1) for n in shape)
    index = s.integers(smaller, 0, shape[axis])
    return call(s.distinct(shape), index, s.distinct(smaller, 0.1875), axis=axis,
                largest=s.pick(True, False))  # fmt: skip


@sample("scatter_multiply scatter_prod")
def multiplied(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    index = s.integers(shape, 0, shape[axis])
    return call(s.between(shape), index, s.between(shape), axis=axis)


@sample("embedding")
def looked_up(s: Source) -> Call:
    """Draw rows; not the padding, nor one row twice, where that would bend the gradient."""
    rows, width = s.pick(3, 2), s.pick(2, 1, 0)
    padding, by_frequency = s.pick(None, rows - 1), s.pick(False, True)
    count = rows if padding is None else rows - 1
    index = s.integers(s.shape(0, 2), 0, count)
    if by_frequency:
        index = s.stream.permutation(count)[: s.pick(1, 2)]
    return call(s.between((rows, width)), index, padding=padding, by_frequency=by_frequency)
