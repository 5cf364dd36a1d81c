"""Shapes and types on the meta device are the real ones, or are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.core.primitive import PRIMITIVES
from tests.laws.counting import CASES
from tests.laws.running import (
    DIFFERENTIABLE,
    NAMES,
    at,
    few,
    gradients,
    leaves,
    run,
    variables,
)
from tests.laws.samples import SAMPLES, calls, taken

KINDS = ("float32", "float64", "float16", "bfloat16", "complex64")

UNKNOWN = sorted(name for name, sample in SAMPLES.items() if sample.unknown)
KNOWN = sorted(set(NAMES) - set(UNKNOWN))


def kinds(name: str) -> st.SearchStrategy[str]:
    """Types of numbers that a primitive takes."""
    return st.sampled_from(taken(name, KINDS))


@pytest.mark.parametrize("name", KNOWN)
@few
@given(data=st.data())
def test_shapes_and_types_are_the_real_ones(name: str, data: Any) -> None:
    call = data.draw(calls(name, data.draw(kinds(name))), label=name)
    CASES["meta"] += 1
    real = run(name, leaves(call.arguments), call.static)
    found = run(name, leaves(call.arguments, device="meta"), at(call, "meta").static)
    assert [y.is_meta for y in found] == [True] * len(real)
    assert [(y.shape, y.dtype) for y in found] == [(y.shape, y.dtype) for y in real]


@pytest.mark.parametrize("name", sorted(set(KNOWN) & set(DIFFERENTIABLE)))
@few
@given(data=st.data())
def test_a_dry_gradient_has_the_shape_and_type_of_its_argument(name: str, data: Any) -> None:
    call = data.draw(calls(name, data.draw(kinds(name))), label=name)
    CASES["meta"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    inputs = leaves(call.arguments, needed, "meta")
    outputs = run(name, inputs, at(call, "meta").static)
    seeds = [y.detach() if y.requires_grad else None for y in outputs]
    for graph in (False, True):
        found = gradients(outputs, [inputs[i] for i in needed], seeds, create_graph=graph)
        for place, g in zip(needed, found, strict=True):
            if g is not None:
                assert (g.shape, g.dtype) == (inputs[place].shape, inputs[place].dtype)


@pytest.mark.parametrize("name", UNKNOWN)
@few
@given(data=st.data())
def test_what_follows_from_numbers_is_refused(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["meta"] += 1
    with pytest.raises((NotImplementedError, RuntimeError), match=r"meta|numbers|data"):
        run(name, leaves(call.arguments, device="meta"), call.static)
