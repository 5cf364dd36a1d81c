"""Estimates of how long the ways to compute a convolution take, fitted to measurements."""

from __future__ import annotations

from math import prod

from minitorch_lazy.backends.numpy.conv.problem import Problem
from minitorch_lazy.backends.numpy.conv.rows import Blocks, Rows, Winograd

SMALL_PRODUCT = 1_000_000
"""Up to this M*N*K OpenBLAS multiplies without packing, which small M gains most from."""


def cheapest(problem: Problem, scatter: bool) -> tuple[Rows, bool]:
    """Return the scheme for the rows, and whether the batch should stand last."""
    plain = [Blocks(1, problem.stride[0])]
    candidates = [(rows, last) for rows in plain if scatter for last in (False, True)]
    if not scatter:
        candidates = [(rows, last) for rows in schemes(problem) for last in (False, True)]
    return min(candidates, key=lambda pair: nanoseconds(problem, *pair))


def schemes(problem: Problem) -> list[Rows]:
    """List the ways to compute rows that fit."""
    stride, rows = problem.stride[0], problem.sizes[0]
    if problem.dilation[0] != 1:
        return [Blocks(1, stride)]
    found: list[Rows] = [Blocks(n, stride) for n in (1, 2, 4, 8) if n <= rows]
    if problem.halves and problem.kernel[0] == 3 and stride == 1 and rows > 1:
        found.append(Winograd())
    return found


def nanoseconds(problem: Problem, rows: Rows, last: bool) -> float:
    """Estimate the time for one place of the output."""
    m = problem.outputs // problem.groups * rows.heights
    k = problem.channels // problem.groups * taps(problem, rows)
    steps = -(-problem.sizes[0] // rows.rows) / problem.sizes[0] * rows.copies
    multiply = 2 * problem.groups * m * k * steps / speed(m, k)
    copy = problem.groups * k * steps * copying(problem, last)
    layout = (0.5 if last else 0.2) * problem.channels
    layout += (0.6 if last else 0.1 + 3 / problem.sizes[-1]) * problem.outputs
    if isinstance(rows, Winograd):
        layout += 0.9 * problem.channels + 0.3 * problem.outputs
    return multiply + copy + layout


def taps(problem: Problem, rows: Rows) -> int:
    """Count the places of the signal that one step looks at."""
    return rows.taps(problem.kernel[0]) * prod(problem.kernel[1:])


def speed(m: int, k: int) -> float:
    """Estimate the speed of a product of (M, K) by (K, many), in 1e9 operations a second."""
    if m * k * 64 <= SMALL_PRODUCT:
        return min(100.0, 10.0 * (m + 2))
    return 100.0 * m / (m + 10)


def copying(problem: Problem, last: bool) -> float:
    """Estimate the time to copy one element: a run of neighbours costs about five more."""
    row, step = problem.sizes[-1], problem.stride[-1]
    if last:
        images = min(problem.batch, 16)
        return 0.1 + 5 / (images * row if step == 1 else images)
    return 0.08 + 5 / row if step == 1 else 0.27 + 3 / row


def width(problem: Problem, rows: Rows) -> int:
    """Return how many columns to work on at a time: they should stay in the cache."""
    height = rows.copies * problem.channels * taps(problem, rows)
    return max(512, problem.workspace // height)


def images(problem: Problem, rows: Rows, last: bool, columns: int) -> int:
    """Return how many images to work on at a time."""
    steps = (-(-problem.sizes[0] // rows.rows), *problem.sizes[1:])
    fitting = max(8, columns // steps[-1]) if last else max(1, columns // prod(steps))
    return min(problem.batch, fitting)
