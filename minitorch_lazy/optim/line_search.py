"""A line search whose step fulfils the strong Wolfe conditions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

DECREASE, CURVATURE = 1e-4, 0.9
"""The constants c1 and c2 of Nocedal and Wright (2006), section 3.1."""


class Point(NamedTuple):
    """A place on the line: step size, loss, gradient, and slope along the line."""

    t: Any
    loss: float
    gradient: Any
    slope: Any


Evaluate = Callable[[Any], Point]


def strong_wolfe(
    evaluate: Evaluate, t: Any, start: Point, longest: Any, tolerance: float, most: int
) -> tuple[Point, int]:
    """Find a step that lowers the loss enough, and where the slope is small enough.

    Args:
        evaluate: returns the point of a step size.
        t: the step size to try first.
        start: the point of step size 0.
        longest: the largest change of a parameter for a step of size 1.
        tolerance: stop where the parameters change less.
        most: evaluations after the first.

    Returns:
        The point, and the number of evaluations.

    Source: torch.optim.lbfgs; Nocedal and Wright (2006), algorithms 3.5 and 3.6.
    """
    bracket, count = surround(evaluate, t, start, most)
    if len(bracket) == 1 or count > most:
        return lower(bracket), count
    return narrow(evaluate, bracket, start, longest, tolerance, most, count)


def surround(evaluate: Evaluate, t: Any, start: Point, most: int) -> tuple[list[Point], int]:
    """Step on until there is a minimum between two points, or a point is good enough."""
    before, point, count = start, evaluate(t), 1
    while count <= most:
        if too_high(point, start) or (count > 2 and point.loss >= before.loss):
            return [before, point], count
        if flat_enough(point, start):
            return [point], count
        if point.slope >= 0:
            return [before, point], count
        bounds = (point.t + 0.01 * (point.t - before.t), point.t * 10)
        t = cubic_minimum(before, point, bounds)
        before, point, count = point, evaluate(t), count + 1
    return [start, point], count


def narrow(
    evaluate: Evaluate, bracket: list[Point], start: Point, longest: Any, tolerance: float,
    most: int, count: int,
) -> tuple[Point, int]:  # fmt: skip
    """Let two points around a minimum come closer until one of them is good enough."""
    stalled = False
    low, high = ordered(bracket)
    while count <= most and abs(bracket[1].t - bracket[0].t) * longest >= tolerance:
        t = cubic_minimum(bracket[0], bracket[1])
        t, stalled = kept_inside(t, [point.t for point in bracket], stalled)
        point, count = evaluate(t), count + 1
        if too_high(point, start) or point.loss >= bracket[low].loss:
            bracket[high] = point
            low, high = ordered(bracket)
            continue
        if flat_enough(point, start):
            return point, count
        if point.slope * (bracket[high].t - bracket[low].t) >= 0:
            bracket[high] = bracket[low]
        bracket[low] = point
    return bracket[low], count


def too_high(point: Point, start: Point) -> bool:
    """Tell whether the loss is not lower by a small part of what the first slope promised."""
    return bool(point.loss > start.loss + DECREASE * point.t * start.slope)


def flat_enough(point: Point, start: Point) -> bool:
    """Tell whether the slope is small beside the first one."""
    return bool(abs(point.slope) <= -CURVATURE * start.slope)


def ordered(bracket: list[Point]) -> tuple[int, int]:
    """Return the places of the lower and of the higher of two points."""
    return (0, 1) if bracket[0].loss <= bracket[-1].loss else (1, 0)


def lower(bracket: list[Point]) -> Point:
    """Return the lower one of the points."""
    return bracket[ordered(bracket)[0]]


def cubic_minimum(one: Point, two: Point, bounds: tuple[Any, Any] | None = None) -> Any:
    """Return the minimum, within bounds, of the cubic with two points' losses and slopes.

    Source: Nocedal and Wright (2006), equation 3.59.
    """
    left, right = (one, two) if one.t <= two.t else (two, one)
    least, most = bounds or (left.t, right.t)
    middle = one.slope + two.slope - 3 * (one.loss - two.loss) / (one.t - two.t)
    square = middle**2 - one.slope * two.slope
    if not square >= 0:
        return (least + most) / 2.0
    root = square.sqrt()
    part = (right.slope + root - middle) / (right.slope - left.slope + 2 * root)
    return min(max(right.t - (right.t - left.t) * part, least), most)


def kept_inside(t: Any, ends: list[Any], stalled: bool) -> tuple[Any, bool]:
    """Move a step size away from the ends of its interval where it hugs them a second time."""
    left, right = min(ends), max(ends)
    margin = 0.1 * (right - left)
    if min(right - t, t - left) >= margin:
        return t, False
    if not stalled and left < t < right:
        return t, True
    return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
