"""Rules in every floating-point type, on both carriers, with integer and 0-d partners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.running import (
    DIFFERENTIABLE,
    few,
    gradients,
    leaves,
    run,
    seeds_like,
    variables,
)
from tests.laws.samples import SAMPLES, Call, calls, taken
from tests.laws.samples.source import DTYPES

PRECISION = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}
"""Name -> relative error of one rounding."""

ROUNDINGS = 24
"""How many roundings a result may be off by, beside the largest number that it is made of."""

PROMOTING = [
    name for name in DIFFERENTIABLE
    if PRIMITIVES[name].casts in ("promote", "float") and SAMPLES[name].broadcasts
]  # fmt: skip

OF_TENSORS_ONLY = ("power", "xlogy", "xlog1py", "fmax", "fmin")
"""Primitives whose public functions make tensors of numbers, or go another way for them."""


def numpy_type(kind: str) -> Any:
    """Return the NumPy dtype of a name."""
    return DTYPES.get(kind) or np.dtype(kind)


def pulled(name: str, call: Call, needed: list[int], graph: bool) -> tuple[Any, Any, Any]:
    """Return inputs, outputs and gradients of one call, the seeds being leaves too."""
    inputs = leaves(call.arguments, needed)
    outputs = run(name, inputs, call.static)
    seeds = [u if u is None else wrap(u).requires_grad_(graph) for u in seeds_like(outputs, 0)]
    variables = [inputs[i] for i in needed]
    return variables, seeds, gradients(outputs, variables, seeds, create_graph=graph)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_a_gradient_has_the_type_of_its_argument_on_both_carriers(name: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(taken(name, sorted(PRECISION))))
    call = data.draw(calls(name, kind), label=name)
    CASES["types"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    _, _, plain = pulled(name, call, needed, graph=False)
    inputs, seeds, graphed = pulled(name, call, needed, graph=True)
    for place, g, h in zip(needed, plain, graphed, strict=True):
        x = call.arguments[place]
        assert (g is None) == (h is None)
        if g is not None:
            assert g.array.dtype == h.array.dtype == x.dtype
            assert g.array.shape == h.array.shape == x.shape
    given = [u for u in seeds if u is not None]
    weights = [None if g is None or not g.requires_grad else wrap(np.ones_like(g.array))
               for g in graphed]  # fmt: skip
    again = gradients(graphed, [*inputs, *given], weights)
    for t, g in zip([*inputs, *given], again, strict=True):
        assert g is None or (g.dtype, g.shape) == (t.dtype, t.shape)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_an_output_has_the_type_of_the_arguments(name: str, data: Any) -> None:
    if SAMPLES[name].retypes:
        return
    kind = data.draw(st.sampled_from(taken(name, sorted(PRECISION))))
    call = data.draw(calls(name, kind), label=name)
    CASES["types"] += 1
    for y in run(name, leaves(call.arguments), call.static):
        assert y.array.dtype.kind in "biu" or y.array.dtype == numpy_type(kind)


def widened(call: Call) -> Call:
    """Return the same call with the same numbers in float64, or complex128."""
    arguments = tuple(
        x if x is None or x.dtype.kind in "biu"
        else x.astype("complex128" if x.dtype.kind == "c" else "float64")
        for x in call.arguments
    )  # fmt: skip
    return call._replace(arguments=arguments)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_narrow_numbers_and_gradients_are_near_the_wide_ones(name: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(taken(name, ["float16", "bfloat16", "float32"])))
    call = data.draw(calls(name, kind), label=name)
    CASES["precision"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    found, right = [], []
    for each, results in ((call, found), (widened(call), right)):
        inputs = leaves(each.arguments, needed)
        outputs = run(name, inputs, each.static)
        seeds = [None if u is None else wrap(u) for u in seeds_like(outputs, 0)]
        results += [*outputs, *gradients(outputs, [inputs[i] for i in needed], seeds)]
    for narrow, wide in zip(found, right, strict=True):
        if narrow is not None and wide.array.size and wide.array.dtype.kind in "fc":
            precision = max(PRECISION[kind], PRECISION.get(narrow.array.dtype.name, 0.0))
            largest = max(1.0, float(abs(wide.array).max()))
            np.testing.assert_allclose(
                narrow.array.astype(wide.array.dtype), wide.array, rtol=0,
                atol=ROUNDINGS * precision * largest,
            )  # fmt: skip


@pytest.mark.parametrize("name", PROMOTING)
@few
@given(data=st.data())
def test_partners_of_other_types_leave_a_gradient_its_own(name: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(sorted(PRECISION)))
    call = data.draw(calls(name, kind), label=name)
    op, tensors = PRIMITIVES[name], leaves(call.arguments)
    place = data.draw(st.sampled_from(variables(op, call.arguments)))
    shared = [i for i, t in enumerate(tensors) if t is not None and not op.is_exempt(i)]
    other = data.draw(st.sampled_from([i for i in shared if i != place]))
    partners = [
        (wrap(np.full(tensors[other].shape, 2)), None), (wrap(np.array(2)), None),
        (wrap(np.array(1.5)).requires_grad_(), "float64"),
        (wrap(np.array(1.5, "float32")).requires_grad_(), "float32"),
    ] + ([] if name in OF_TENSORS_ONLY else [(2, None), (1.5, None)])  # fmt: skip
    partner, other_kind = data.draw(st.sampled_from(partners))
    x = tensors[place].requires_grad_()
    tensors[other] = partner
    CASES["types"] += 1
    (y,) = run(name, tensors, call.static)
    if other_kind is None or any(tensors[i].ndim for i in shared if i != other):
        assert y.array.dtype == numpy_type(kind)
    else:
        assert y.array.dtype == np.result_type(numpy_type(kind), np.dtype(other_kind))
    inputs = [x] if other_kind is None else [x, partner]
    for graph in (False, True):
        found = gradients([y], inputs, [wrap(np.ones_like(y.array))], create_graph=graph)
        for g, t in zip(found, inputs, strict=True):
            assert (g.dtype, g.shape) == (t.dtype, t.shape)


@pytest.mark.parametrize(
    ("kind", "count", "right"),
    [("float16", 4504, 4504.0), ("bfloat16", 4504, 4512.0), ("float32", 2**25, 2.0**25)],
)
def test_a_gradient_that_is_summed_over_many_keeps_its_digits(
    kind: str, count: int, right: float
) -> None:
    x = wrap(np.ones((1, 1), numpy_type(kind))).requires_grad_()
    seed = np.broadcast_to(np.ones((1, 1), numpy_type(kind)), (count, 1))
    x.expand(count, 1).backward(wrap(seed))
    assert float(x.grad) == right
