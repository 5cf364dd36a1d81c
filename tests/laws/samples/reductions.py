"""Samples of reductions, of order and of counts."""

from __future__ import annotations

import numpy as np

from tests.laws.samples.source import Source
from tests.laws.samples.table import Call, call, sample

COUNTS = "how many there are follows from the numbers"


@sample("sum mean", complex=True)
def added(s: Source) -> Call:
    shape = s.shape()
    return call(s.between(shape), axis=s.axes(shape), keepdims=s.pick(False, True))


@sample("sum_to", complex=True)
def added_to(s: Source) -> Call:
    small, large = s.together(2)
    if np.prod(small) > np.prod(large) or len(small) > len(large):
        small, large = large, small
    return call(s.between(np.broadcast_shapes(small, large)), shape=small)


@sample("prod", complex=True)
def multiplied(s: Source) -> Call:
    shape = s.shape(1)
    x = s.between(shape, 0.3, 1.8) * s.cast(s.stream.random(shape) < 0.8)
    return call(x, axis=(s.axis(shape),), keepdims=s.pick(False, True))


@sample("var", complex=True)
def varied(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axes = s.axes(shape) or (0,)
    count = int(np.prod([shape[axis] for axis in axes]))
    correction = s.pick(1, 0, 0.5) if count > 1 else 0
    return call(s.between(shape), axis=axes, correction=correction, keepdims=s.pick(False, True))


@sample("logsumexp")
def log_of_sum(s: Source) -> Call:
    shape = s.shape(0, least=1)
    return call(s.between(shape), axis=s.axes(shape), keepdims=s.pick(False, True))


@sample("power_norm", complex=True)
def length(s: Source) -> Call:
    shape = s.shape(0)
    order = s.pick(2.0, 3.0, 2.5, 0.0, 1.5)
    x = s.between(shape, kinks=(0.0,))
    return call(x, order=order, axis=s.axes(shape), keepdims=s.pick(False, True))


@sample("max min")
def extreme(s: Source) -> Call:
    shape = s.shape(0, least=1)
    return call(s.distinct(shape), axis=s.axes(shape), keepdims=s.pick(False, True))


@sample("all any")
def truth(s: Source) -> Call:
    shape = s.shape()
    x = s.pick(s.flags(shape), s.integers(shape, 0, 2), s.between(shape))
    return call(x, axis=s.axes(shape), keepdims=s.pick(False, True))


@sample("argmax argmin")
def place_of_extreme(s: Source) -> Call:
    shape = s.shape(1, least=1)
    return call(s.distinct(shape), axis=s.axis(shape), keepdims=s.pick(False, True))


@sample("argsort")
def order(s: Source) -> Call:
    shape = s.shape(1)
    return call(s.distinct(shape), axis=s.axis(shape), descending=s.pick(False, True))


@sample("top_places")
def top(s: Source) -> Call:
    shape = s.shape(1, least=1)
    axis = s.axis(shape)
    count = s.pick(*range(shape[axis] + 1))
    return call(s.distinct(shape), count=count, axis=axis, largest=s.pick(False, True))


@sample("running_place")
def place_so_far(s: Source) -> Call:
    shape = s.shape(1)
    return call(s.distinct(shape), axis=s.axis(shape), larger=s.pick(False, True))


@sample("median")
def middle(s: Source) -> Call:
    return call(s.distinct(s.shape(0, least=1)), skip_nan=s.pick(False, True))


@sample("unique unique_consecutive", waits=COUNTS, unknown=COUNTS)
def distinct(s: Source) -> Call:
    shape = s.shape(1, least=1)
    return call(s.cast(s.stream.integers(0, 3, shape)), axis=s.pick(None, s.axis(shape)))


@sample("searchsorted")
def places(s: Source) -> Call:
    rows, values = s.shape(1, 2), s.shape(1, 1)
    x = s.between((*rows[:-1], *values))
    boundaries = np.sort(s.distinct(rows), -1)
    return call(boundaries, x, None, right=s.pick(False, True))


@sample("bincount", waits=COUNTS, unknown=COUNTS)
def counted(s: Source) -> Call:
    shape = s.shape(1, 1)
    weights = s.pick(None, s.between(shape))
    return call(s.integers(shape, 0, 5), weights, length=s.pick(0, 7))


@sample("histc")
def binned(s: Source) -> Call:
    low, high = s.pick((-1.0, 1.0), (0.0, 0.0))
    return call(s.between(s.shape(1, 1, least=1)), bins=s.pick(4, 1), low=low, high=high)
