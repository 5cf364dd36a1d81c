"""Connectionist temporal classification: all the ways to say a line of labels, weighed together.

A line of labels is said by a path through its states, which are the labels with a blank before,
between and after them. At every time the path stays, goes to the next state, or skips the blank
between two labels that differ. The probability of the line is the sum over all such paths.

Source: A. Graves et al., Connectionist temporal classification (2006), section 4.1.

The forward kernel goes through the times, and keeps for every state the logarithm of how likely
the paths are that have come to it. The gradient goes back, and does the same for the ways on from
it. Where something is impossible its logarithm is minus infinity.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive


def columns(xp: Any, x: Any, start: int, count: int) -> Any:
    """Return some columns of a matrix."""
    return xp.getitem(x, key=((None, None, None), (start, start + count, None)))


def together(xp: Any, *logs: Any) -> Any:
    """Return the logarithm of the sum of numbers given by their logarithms, maybe of zeros."""
    top = logs[0]
    for log in logs[1:]:
        top = xp.maximum(top, log)
    top = xp.where(xp.equal(top, -math.inf), xp.zeros_like(top), top)
    total = xp.exp(logs[0] - top)
    for log in logs[1:]:
        total = total + xp.exp(log - top)
    none = xp.equal(total, 0.0)
    return xp.where(none, logs[0], xp.log(xp.where(none, xp.ones_like(total), total)) + top)


def arrivals(xp: Any, e: Any, start: Any, skip: Any, running: Any) -> list[Any]:
    """Return for every time the logarithms of having come to each state; the last stays at the end.

    Before the first time a path stands at the blank in front.
    """
    count = e.shape[2]
    pad, state, found = columns(xp, start, 0, 2), columns(xp, start, 2, count), []
    for time in range(e.shape[0]):
        wide = xp.concatenate(pad, state, axis=1)
        came = together(xp, state, columns(xp, wide, 1, count), columns(xp, wide, 0, count) + skip)
        now = came + xp.getitem(e, key=(time,))
        state = xp.where(xp.getitem(running, key=(time,)), now, state)
        found.append(state)
    return found


@kernel
def ctc_paths(xp: Any, e: Any, start: Any, skip: Any, ends: Any, running: Any, *,
              finite: bool) -> Any:  # fmt: skip
    """Return the loss of each line, (N,), and the arrivals as a cache.

    Args:
        e: (T, N, S), the log-probability of each state's label at every time.
        start: (N, S + 2), minus infinity but for a 0 at place 2: two places that cannot be, and
            the blank in front.
        skip: (N, S), 0 for states that can be come to from the last but one, else minus infinity.
        ends: (N, S), 0 for the last label and the blank behind it, else minus infinity.
        running: bool (T, N, 1), whether a line still goes on at a time.
        finite: whether lines that cannot be said have the gradient 0; else it is nan.
    """
    found = arrivals(xp, e, start, skip, running)
    return -xp.logsumexp(found[-1] + ends, axis=(1,), keepdims=False), found


@kernel
def ctc_paths_gradient(
    xp: Any, g: Any, e: Any, start: Any, skip: Any, ends: Any, running: Any, y: Any, cache: Any,
    *, finite: bool,
) -> Any:  # fmt: skip
    """Pull back to the log-probabilities: minus g times the chance that a path is at the state."""
    came = arrivals(xp, e, start, skip, running) if cache is None else cache
    loss, g = xp.reshape(y, shape=(-1, 1)), xp.reshape(g, shape=(-1, 1))
    pad, onward, slopes = columns(xp, start, 0, 2), ends, []
    for time in range(e.shape[0] - 1, -1, -1):
        goes = xp.getitem(running, key=(time,))
        chance = xp.exp(came[time] + onward + loss)
        counts = xp.logical_and(goes, xp.less(loss, math.inf)) if finite else goes
        slopes.append(xp.where(counts, -g * chance, xp.zeros_like(chance)))
        before = departures(xp, onward + xp.getitem(e, key=(time,)), skip, pad)
        onward = xp.where(goes, before, onward)
    return xp.stack(*slopes[::-1], axis=0)


def departures(xp: Any, after: Any, skip: Any, pad: Any) -> Any:
    """Return the logarithms of all ways on from each state, given those from the states after."""
    count = after.shape[1]
    wide, skipped = (xp.concatenate(x, pad, axis=1) for x in (after, after + skip))
    return together(xp, after, columns(xp, wide, 1, count), columns(xp, skipped, 2, count))


paths = primitive(
    "ctc_paths", arguments="e start skip ends running", exempt="running", static="finite",
    cached=True, node_name="CtcLoss",
    e=lambda xp, g, e, start, skip, ends, running, y, cache, finite: xp.ctc_paths_gradient(
        g, e, start, skip, ends, running, y, cache, finite=finite),
)  # fmt: skip
