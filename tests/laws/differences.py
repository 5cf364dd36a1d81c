"""Gradients and second gradients against central differences, along random directions.

Both sides are inner products: of u with the derivative of the outputs along v, and of v with the
gradient that u is pulled back to. Complex numbers count as pairs of real ones, which is PyTorch's
convention: a loss changes by the real part of conj(gradient) times the step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import assume

import minitorch_lazy as torch
from minitorch_lazy.core.tensor import wrap
from tests.laws.running import gradients, leaves, random_like, run, seeds_like
from tests.laws.samples import SAMPLES, Call

STEP = 1e-3
CLOSE = 1e-7
"""Allowed error, relative to the sizes of all terms: five points are off by about STEP**4."""

TURNING = {"svd", "eigh"}
"""Operations that return vectors of which each sign is as good."""

Function = Callable[[Sequence[Any]], list[Any]]
Directions = dict[int, Any]


def along(
    function: Function, arrays: Sequence[Any], directions: Directions, turning: bool = False
) -> list[Any]:
    """Differentiate `t -> function(arrays + t directions)` at 0, by four points around it.

    LAPACK may turn a vector of the `turning` ones round between two points, and differences of them
    say nothing then.
    """
    values = [
        function([
            x + step * STEP * directions[i] if i in directions else x for i, x in enumerate(arrays)
        ])
        for step in (-2, -1, 1, 2)
    ]  # fmt: skip
    assume(not turning or not any(map(jumps, values, values[1:])))
    return [
        (8 * (after - before) - (far_after - far_before)) / (12 * STEP)
        for far_before, before, after, far_after in zip(*values, strict=True)
    ]


def jumps(before: list[Any], after: list[Any]) -> bool:
    """Tell whether neighbouring values differ by more than half of what they are."""
    return any(
        abs(y - x).max(initial=0) > 0.5 * abs(x).max(initial=0)
        for x, y in zip(before, after, strict=True)
    )


def inner(left: Any, right: Any) -> tuple[float, float]:
    """Return the real inner product of two arrays, and the sum of its terms' sizes."""
    terms = (np.conj(left) * right).real
    return float(terms.sum()), float(np.abs(terms).sum())


def agree(
    changes: Sequence[Any], seeds: Sequence[Any], found: Sequence[Any], directions: Directions
) -> None:
    """Compare the change of a loss along directions with what its gradient says."""
    if not any(v.size for v in directions.values()):
        return
    numeric = [inner(u, dy) for u, dy in zip(seeds, changes, strict=True)]
    analytic = [inner(g, v) for g, v in zip(found, directions.values(), strict=True)]
    size = 1e-2 + sum(size for _, size in (*numeric, *analytic))
    left, right = (sum(value for value, _ in pairs) for pairs in (numeric, analytic))
    assert abs(left - right) <= CLOSE * size, f"differences give {left}, the rules {right}"


def arrays_of(tensors: Sequence[Any], like: Sequence[Any]) -> list[Any]:
    """Return the arrays of gradients, zeros where there is none, and check type and shape."""
    found = [np.zeros_like(x) if t is None else t.array for t, x in zip(tensors, like, strict=True)]
    for g, x in zip(found, like, strict=True):
        assert type(g) is np.ndarray
        assert (g.shape, g.dtype) == (x.shape, x.dtype)
    return found


def steps(name: str, arrays: Sequence[Any], places: Sequence[int], stream: Any) -> Directions:
    """Draw a direction for each variable, Hermitian where the first argument is taken as such."""
    found = {i: random_like(arrays[i], stream) for i in places}
    if SAMPLES[name].hermitian and 0 in found:
        found[0] = (found[0] + np.conj(np.swapaxes(found[0], -2, -1))) / 2
    return found


def check_first(name: str, call: Call, needed: list[int]) -> None:
    """Compare what `backward` leaves in `.grad` with differences of the outputs."""
    inputs = leaves(call.arguments, needed)
    outputs = run(name, inputs, call.static)
    seeds = seeds_like(outputs, call.seed)
    kept = [place for place, u in enumerate(seeds) if u is not None]
    if not kept:
        return
    torch.autograd.backward([outputs[i] for i in kept], [wrap(seeds[i]) for i in kept])
    found = arrays_of([inputs[i].grad for i in needed], [call.arguments[i] for i in needed])
    stream = np.random.default_rng(call.seed)
    directions = steps(name, call.arguments, needed, stream)

    def values(arrays: Sequence[Any]) -> list[Any]:
        results = run(name, leaves(arrays), call.static)
        return [results[i].array for i in kept]

    changes = along(values, call.arguments, directions, name in TURNING)
    agree(changes, [seeds[i] for i in kept], found, directions)


def check_second(name: str, call: Call, needed: list[int]) -> None:
    """Compare the gradient of a gradient, in arguments and seeds, with differences of it."""
    stream, count = np.random.default_rng(call.seed), len(call.arguments)
    seeds = seeds_like(run(name, leaves(call.arguments, needed), call.static), call.seed)
    kept = [place for place, u in enumerate(seeds) if u is not None]
    if not kept:
        return
    arrays = [*call.arguments, *(seeds[i] for i in kept)]
    variables = [*needed, *range(count, len(arrays))]

    def first(tensors: Sequence[Any], graph: bool) -> list[Any]:
        results = run(name, tensors[:count], call.static)
        outputs = [results[i] for i in kept]
        return gradients(outputs, [tensors[i] for i in needed], tensors[count:], graph)

    inputs = leaves(arrays, variables)
    pulled = first(inputs, graph=True)
    weights = [
        None if g is None or not g.requires_grad else random_like(g.array, stream) for g in pulled
    ]
    wrapped = [None if w is None else wrap(w) for w in weights]
    again = gradients(pulled, [inputs[i] for i in variables], wrapped)
    found = arrays_of(again, [arrays[i] for i in variables])
    directions = steps(name, arrays, variables, stream)

    def values(points: Sequence[Any]) -> list[Any]:
        results = first(leaves(points, needed), graph=False)
        return [r.array for r, w in zip(results, weights, strict=True) if w is not None]

    changes = along(values, arrays, directions, name in TURNING)
    agree(changes, [w for w in weights if w is not None], found, directions)
