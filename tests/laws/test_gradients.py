"""Gradients and second gradients of every differentiable primitive, by central differences."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.core.primitive import PRIMITIVES
from tests.laws.counting import CASES
from tests.laws.differences import check_first, check_second
from tests.laws.running import (
    DIFFERENTIABLE,
    NAMES,
    OF_COMPLEX,
    chosen,
    few,
    leaves,
    run,
    variables,
)
from tests.laws.samples import SAMPLES, calls

OF_REAL_AND_COMPLEX = [
    name for name in OF_COMPLEX
    if PRIMITIVES[name].casts in ("promote", "float") and len(PRIMITIVES[name].arguments) == 2
]  # fmt: skip


def test_every_primitive_has_samples_and_every_sample_a_primitive() -> None:
    assert sorted(set(PRIMITIVES) - set(SAMPLES)) == []
    assert sorted(set(SAMPLES) - set(PRIMITIVES)) == []


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@given(data=st.data())
def test_the_gradient_is_that_of_differences(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["gradients"] += 1
    check_first(name, call, chosen(PRIMITIVES[name], call))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@given(data=st.data())
def test_the_second_gradient_is_that_of_differences(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["second gradients"] += 1
    check_second(name, call, chosen(PRIMITIVES[name], call))


@pytest.mark.parametrize("name", OF_COMPLEX)
@given(data=st.data())
def test_the_gradient_of_complex_numbers_is_that_of_differences(name: str, data: Any) -> None:
    call = data.draw(calls(name, "complex128"), label=name)
    CASES["complex gradients"] += 1
    check_first(name, call, chosen(PRIMITIVES[name], call))


@pytest.mark.parametrize("name", OF_COMPLEX)
@given(data=st.data())
def test_the_second_gradient_of_complex_numbers_is_that_of_differences(
    name: str, data: Any
) -> None:
    call = data.draw(calls(name, "complex128"), label=name)
    CASES["complex second gradients"] += 1
    check_second(name, call, chosen(PRIMITIVES[name], call))


@pytest.mark.parametrize("name", OF_REAL_AND_COMPLEX)
@given(data=st.data())
def test_a_real_argument_beside_a_complex_one_gets_a_real_gradient(name: str, data: Any) -> None:
    call = data.draw(calls(name, "complex128"), label=name)
    real = call.seed % 2
    arguments = [x.real.copy() if i == real else x for i, x in enumerate(call.arguments)]
    CASES["complex gradients"] += 1
    check_first(name, call._replace(arguments=tuple(arguments)), [real])


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_an_argument_without_a_rule_asks_for_no_graph(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    able = variables(PRIMITIVES[name], call.arguments)
    others = [
        i for i, x in enumerate(call.arguments)
        if x is not None and x.dtype.kind == "f" and i not in able
    ]  # fmt: skip
    CASES["graphs"] += 1
    outputs = run(name, leaves(call.arguments, others), call.static)
    assert not any(y.requires_grad for y in outputs)


@pytest.mark.parametrize("kind", ["bool", "uint8", "int32", "int64"])
def test_numbers_that_become_integers_ask_for_no_graph(kind: str) -> None:
    x = torch.ones(2, requires_grad=True)
    y = x.to(getattr(torch, kind))
    assert (y.requires_grad, y.grad_fn, y.is_leaf) == (False, None, True)
