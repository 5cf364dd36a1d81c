"""Estimates of how long the ways to compute a convolution take, fitted to measurements."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from minitorch_lazy.backends.numpy.conv.problem import Problem
from minitorch_lazy.backends.numpy.conv.rows import Blocks, Rows, Winograd

SMALL_PRODUCT = 1_000_000
"""Up to this M*N*K OpenBLAS multiplies without packing, which small M gains most from."""


def cheapest(problem: Problem, scatter: bool = False) -> tuple[Rows, bool]:
    """Return the scheme for the rows, and whether the batch should stand last."""
    estimate = scattering if scatter else sliding
    candidates = [(rows, last) for rows in schemes(problem, scatter) for last in (False, True)]
    return min(candidates, key=lambda pair: estimate(problem, *pair))


@lru_cache(maxsize=1024)
def pulls_by_scatter(problem: Problem) -> bool:
    """Tell whether scattering a gradient to the input beats convolving with it."""
    if set(problem.stride) != {1}:
        return True
    opposite = problem.opposite
    growth = prod(problem.inputs) / prod(problem.sizes)
    convolving = sliding(opposite, *cheapest(opposite)) * growth
    return scattering(problem, *cheapest(problem, scatter=True)) < convolving


def schemes(problem: Problem, scatter: bool = False) -> list[Rows]:
    """List the ways to compute rows that fit."""
    stride, rows = problem.stride[0], problem.sizes[0]
    if not problem.mixing or problem.dilation[0] != 1:
        return [Blocks(1, stride)]
    found: list[Rows] = [Blocks(n, stride) for n in (1, 2, 4, 8) if n <= rows]
    if not scatter and problem.kernel[0] == 3 and stride == 1 and rows > 1:
        found.append(Winograd())
    return found


def sliding(problem: Problem, rows: Rows, last: bool) -> float:
    """Estimate the time for one place of the output."""
    multiply, copied = matrices(problem, rows)
    transform = 0.9 * problem.channels + 0.3 * problem.outputs if rows.copies > 1 else 0.0
    return multiply + copied * copying(problem, last) + transform + layout(problem, last)


def scattering(problem: Problem, rows: Rows, last: bool) -> float:
    """Estimate the time to send one place of the output back to its window."""
    multiply, added = matrices(problem, rows)
    return multiply + 2.6 * added * copying(problem, last) + layout(problem, last)


def matrices(problem: Problem, rows: Rows) -> tuple[float, float]:
    """Estimate the time to multiply for one place of the output, and count what is copied."""
    m = problem.outputs // problem.groups * rows.heights
    k = problem.channels // problem.groups * taps(problem, rows)
    steps = -(-problem.sizes[0] // rows.rows) / problem.sizes[0] * rows.copies * problem.groups
    return 2 * m * k * steps / speed(m, k), k * steps


def layout(problem: Problem, last: bool) -> float:
    """Estimate the time to arrange input and output for one place of the output."""
    if last:
        return 0.6 * problem.channels + 1.3 * problem.outputs
    return 0.25 * problem.channels + (0.3 + 3 / problem.sizes[-1]) * problem.outputs


def taps(problem: Problem, rows: Rows) -> int:
    """Count the places of the signal that one step looks at."""
    return rows.taps(problem.kernel[0]) * prod(problem.kernel[1:])


def speed(m: int, k: int) -> float:
    """Estimate the speed of a product of (M, K) by (K, many), in 1e9 operations a second."""
    if m * k * 64 <= SMALL_PRODUCT:
        return min(100.0, 20.0 + 8.0 * m)
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
    height = rows.copies * (problem.channels * taps(problem, rows) + problem.outputs * rows.heights)
    return max(512, problem.workspace // height)


def images(problem: Problem, rows: Rows, last: bool, columns: int) -> int:
    """Return how many images to work on at a time."""
    steps = (-(-problem.sizes[0] // rows.rows), *problem.sizes[1:])
    fitting = max(8, columns // steps[-1]) if last else max(1, columns // prod(steps))
    return min(problem.batch, fitting)
