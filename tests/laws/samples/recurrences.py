"""Samples of recurrences: lengths that differ, both directions, absent biases and projections,
and lines of labels that can all be said in their time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.laws.samples.source import Array, Source
from tests.laws.samples.table import Call, call, sample


def sequence(s: Source) -> tuple[int, int, dict[str, Any]]:
    """Choose how many rows of input and of state there are, and the static keywords."""
    sizes = s.pick((2, 2), (2, 1), (1,), (3, 2, 2, 1), (0, 0))
    return sum(sizes), sizes[0], {"sizes": sizes, "reverse": s.pick(False, True)}


def numbers(s: Source, *shape: int) -> Array:
    """Draw numbers; complex ones so small that tanh stays away from its poles."""
    return s.cast(s.between(shape) * (0.2 if s.dtype.kind == "c" else 1.0))


def weights(s: Source, gates: int, inner: int, size: int, state: int) -> list[Any]:
    """Draw both weights, and both biases or none."""
    biased = s.pick(True, False)
    biases = [numbers(s, gates * size) if biased else None for _ in range(2)]
    return [numbers(s, gates * size, inner), numbers(s, gates * size, state), *biases]


@sample("elman", complex=True)
def elman(s: Source) -> Call:
    """Choose tanh, or relu with units that are on, or off, all the time: it has a kink at 0."""
    count, batch, static = sequence(s)
    inner, size = s.pick(2, 1), s.pick(2, 3)
    shapes = (count, inner), (batch, size), (size, inner), (size, size), (size,), (size,)
    nonlinearity = "tanh" if s.dtype.kind == "c" else s.pick("tanh", "relu")
    if nonlinearity == "tanh":
        drawn = [numbers(s, *shape) for shape in shapes]
    else:
        drawn = [s.between(shape, 0.1, 1.0) for shape in shapes]
        signs = s.cast(s.stream.choice([-1.0, 1.0], size))
        drawn[2:] = [w * signs.reshape(-1, *(1,) * (w.ndim - 1)) for w in drawn[2:]]
    biases = drawn[4:] if s.pick(True, False) else [None, None]
    return call(*drawn[:4], *biases, nonlinearity=nonlinearity, **static)


@sample("lstm", complex=True)
def lstm(s: Source) -> Call:
    count, batch, static = sequence(s)
    inner, size, projected = s.pick(2, 1), s.pick(2, 3), s.pick(0, 1)
    state = projected or size
    parts = weights(s, 4, inner, size, state)
    projection = numbers(s, projected, size) if projected else None
    states = numbers(s, batch, state), numbers(s, batch, size)
    return call(numbers(s, count, inner), *states, *parts, projection, **static)


@sample("gru", complex=True)
def gru(s: Source) -> Call:
    count, batch, static = sequence(s)
    inner, size = s.pick(2, 1), s.pick(2, 3)
    parts = weights(s, 3, inner, size, size)
    return call(numbers(s, count, inner), numbers(s, batch, size), *parts, **static)


@sample("ctc_paths")
def lines(s: Source) -> Call:
    """Draw labels with repeats, lines of no label among them, and times that are long enough."""
    batch, longest = s.pick(2, 1, 3), s.pick(2, 1, 0)
    times = 2 * longest + s.pick(1, 2)
    written = s.integers((batch,), 0, longest + 1)
    spoken = s.integers((batch,), 2 * longest, times + 1)
    labels = np.zeros((batch, 2 * longest + 1), "int64")
    labels[:, 1::2] = s.integers((batch, longest), 1, 3)
    start = np.full((batch, labels.shape[1] + 2), -np.inf)
    start[:, 2] = 0
    skip, ends = np.full(labels.shape, -np.inf), np.full(labels.shape, -np.inf)
    skip[:, 2:][labels[:, 2:] != labels[:, :-2]] = 0
    for line, n in zip(ends, written, strict=True):
        line[max(2 * n - 1, 0) : 2 * n + 1] = 0
    running = np.arange(times)[:, None, None] < spoken[:, None]
    e = s.between((times, *labels.shape), -3.0, -0.5)
    return call(e, *map(s.cast, (start, skip, ends)), running, finite=s.pick(False, True))
