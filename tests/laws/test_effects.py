"""No kernel and no rule writes into what it is given, draws numbers, or changes its answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.running import NAMES, few, gradients, run, seeds_like, variables
from tests.laws.samples import calls


def locked(x: Any) -> Any:
    """Return a tensor over memory that refuses to be written."""
    if x is None:
        return None
    own = np.array(x)
    own.flags.writeable = False
    return wrap(own)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_arguments_and_seeds_are_only_read(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    needed = variables(PRIMITIVES[name], call.arguments)
    CASES["effects"] += 1
    inputs = [locked(x) for x in call.arguments]
    for place in needed:
        inputs[place].requires_grad_()
    outputs = run(name, inputs, call.static)
    seeds = [locked(u) for u in seeds_like(outputs, 0)]
    for graph in (False, True):
        gradients(outputs, [inputs[i] for i in needed], seeds, create_graph=graph)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_the_same_call_gives_the_same_bits_and_draws_nothing(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    needed = variables(PRIMITIVES[name], call.arguments)
    CASES["effects"] += 1
    state = torch.get_rng_state().numpy().copy()
    both = []
    for _ in range(2):
        inputs = [x if x is None else wrap(x.copy()) for x in call.arguments]
        for place in needed:
            inputs[place].requires_grad_()
        outputs = run(name, inputs, call.static)
        seeds = [u if u is None else wrap(u) for u in seeds_like(outputs, 0)]
        both.append([*outputs, *gradients(outputs, [inputs[i] for i in needed], seeds)])
    for first, second in zip(*both, strict=True):
        assert (first is None) == (second is None)
        if first is not None:
            assert first.array.tobytes() == second.array.tobytes()
    np.testing.assert_array_equal(torch.get_rng_state().numpy(), state)
