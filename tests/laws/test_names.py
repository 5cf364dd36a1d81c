"""What rules are called, what they ask for, and what is handed to them by keyword."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import KERNELS
from minitorch_lazy.core.primitive import PRIMITIVES, primitive
from tests.laws.counting import CASES
from tests.laws.reading import PLAIN, asked, rules_of
from tests.laws.running import DIFFERENTIABLE, NAMES, few
from tests.laws.samples import calls

MODULES = {"math"}
"""What a rule may read from beside `xp` and its arguments' shapes."""


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_tracebacks_show_a_rules_primitive_and_argument(name: str) -> None:
    for argument, rule in rules_of(PRIMITIVES[name]):
        assert rule.__code__.co_name == f"{name}.vjp({argument or 'all'})"


def test_a_failing_rule_is_named_in_the_traceback() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x @ torch.ones(3, 4)
    y.node.values = (torch.ones(1, 1, 5).array, *y.node.values[1:])
    with pytest.raises(ValueError, match="shape|align|mismatch|dimension") as caught:
        y.sum().backward()
    assert "matmul.vjp(a)" in "".join(traceback.format_tb(caught.tb))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_a_rule_asks_for_names_of_the_contract_alone(name: str) -> None:
    known = PLAIN | set(PRIMITIVES) | set(KERNELS)
    for _, rule in rules_of(PRIMITIVES[name]):
        strange = {
            (owner, what) for owner, what in asked(rule)
            if what not in known and owner not in MODULES
        }  # fmt: skip
        assert not strange


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_static_keywords_are_declared_and_hashable(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["statics"] += 1
    assert set(call.static) <= set(PRIMITIVES[name].static)
    hash(tuple(sorted(call.static.items(), key=lambda item: item[0])))


def test_a_rule_that_asks_for_what_is_not_there_is_refused_when_it_is_made() -> None:
    with pytest.raises(TypeError, match="'middle'"):
        primitive("unheard_of", x=lambda xp, g, middle: g)
    assert "unheard_of" not in PRIMITIVES
