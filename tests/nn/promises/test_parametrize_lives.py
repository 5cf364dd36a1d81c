"""Random lives of parametrized layers: beside PyTorch, and of lazy ones beside eager ones."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as mini
from minitorch_lazy import nn
from tests.nn.promises.classes import bits
from tests.nn.promises.parametrized import (
    Doubled,
    One,
    Shifted,
    Squared,
    Sum,
    Symmetric,
    array,
    of,
    portrait,
    tools,
)
from tests.nn.promises.refusals import FIRST, Bad
from tests.nn.promises.rows import promise

KINDS = [Doubled, Shifted, Squared, Symmetric, Sum, One]
NAMES = st.sampled_from(["weight", "bias"])
REGISTER = st.tuples(st.just("register"), NAMES, st.sampled_from(KINDS))
STEPS = st.lists(
    st.one_of(
        REGISTER,
        st.tuples(st.just("remove"), NAMES, st.booleans()),
        st.tuples(st.just("assign"), NAMES, st.integers(1, 9)),
        st.tuples(st.just("step"), st.just(""), st.integers(1, 3)),
        st.tuples(st.just("copy"), st.just(""), st.just(0)),
        st.tuples(st.just("reload"), st.just(""), st.just(0)),
        st.tuples(st.just("mode"), st.just(""), st.booleans()),
        st.tuples(st.just("cached"), NAMES, st.just(0)),
    ),
    max_size=12,
)


def live(package, layer, action):
    """Take one step of a life, and return the layer that goes on with its outcome."""
    verb, name, what = action
    try:
        if verb == "register":
            several = what in (Sum, One) and tools(package).is_parametrized(layer, name)
            if several or (what is Symmetric and name == "bias"):
                return layer, "left out"
            tools(package).register_parametrization(layer, name, of(package, what))
        elif verb == "remove":
            tools(package).remove_parametrizations(layer, name, leave_parametrized=what)
        elif verb == "assign" and tools(package).is_parametrized(layer, name):
            shape = (3, 3) if name == "weight" else (3,)
            setattr(layer, name, package.full(shape, float(what)))
        elif verb == "step":
            optimizer = package.optim.SGD(layer.parameters(), lr=0.125)
            for _ in range(what):
                optimizer.zero_grad()
                layer(package.ones(1, 3)).tanh().sum().backward()
                optimizer.step()
        elif verb == "copy":
            layer = copy.deepcopy(layer)
        elif verb == "reload":
            layer.load_state_dict(layer.state_dict())
        elif verb == "mode":
            layer.train(what)
        elif verb == "cached":
            with tools(package).cached():
                layer(package.ones(1, 3))
                layer(package.ones(1, 3))
    except (ValueError, RuntimeError) as error:
        return layer, (type(error).__name__, str(error).partition("\n")[0])
    return layer, "done"


def modes(layer):
    """List the modes of a layer and of what its tensors are made by."""
    chains = getattr(layer, "parametrizations", {}).values()
    return [layer.training, *(module.training for chain in chains for module in chain)]


@promise("3.1.7", "3.1.9", "3.3.1", "3.4.1", "3.4.5", "3.5.1")
@pytest.mark.torch
@given(STEPS)
def test_a_life_goes_as_in_torch(steps):
    torch = pytest.importorskip("torch")
    ours, due = mini.nn.Linear(3, 3), torch.nn.Linear(3, 3)
    with torch.no_grad():
        for mine, theirs in zip(ours.parameters(), due.parameters(), strict=True):
            theirs.copy_(torch.tensor(array(mine)))
    for action in steps:
        ours, outcome = live(mini, ours, action)
        due, expected = live(torch, due, action)
        assert outcome == expected, action
        assert repr(ours) == repr(due), action
        assert list(ours.state_dict()) == list(due.state_dict()), action
        assert modes(ours) == modes(due), action
        for name in ("weight", "bias"):
            np.testing.assert_allclose(
                array(getattr(ours, name)), array(getattr(due, name)), rtol=1e-4, atol=1e-5
            )


@promise("3.2.9", "N13.1", "R3")
@given(STEPS, st.sampled_from(FIRST), NAMES)
def test_at_any_time_a_refused_registration_changes_nothing(steps, case, name):
    layer = nn.Linear(3, 3)
    for action in steps:
        layer, _ = live(mini, layer, action)
    new = Bad(case.forward, case.inverse)
    before = portrait(layer, new)
    try:
        tools().register_parametrization(layer, name, new)
    except (ValueError, TypeError, ArithmeticError, RuntimeError, IndexError):
        assert portrait(layer, new) == before


BEFORE = st.lists(
    st.one_of(
        REGISTER,
        st.tuples(st.just("mode"), st.just(""), st.booleans()),
        st.tuples(st.just("copy"), st.just(""), st.just(0)),
        st.tuples(st.just("pickle"), st.just(""), st.just(0)),
        st.tuples(st.just("ones"), st.just(""), st.just(0)),
    ),
    max_size=8,
)


def live_lazily(layer, action):
    """Take one step that a layer may take before its first call."""
    if action[0] == "pickle":
        return pickle.loads(pickle.dumps(layer)), "done"
    if action[0] == "ones":
        for name in ("weight", "bias"):
            if not tools().is_parametrized(layer, name):
                nn.init.ones_(getattr(layer, name))
        return layer, "done"
    return live(mini, layer, action)


@promise("N1.2", "N1.3", "N3.1", "N10.1")
@given(BEFORE, STEPS, st.integers(0, 2**31))
def test_a_lazy_life_goes_as_an_eager_one(before, after, seed):
    with nn.init.keyed(seed):
        eager = nn.Linear(3, 3)
    with nn.init.keyed(seed):
        lazy = nn.LazyLinear(3)
    for action in before:
        eager, outcome = live_lazily(eager, action)
        lazy, other = live_lazily(lazy, action)
        assert (outcome == "done") == (other == "done"), action
    for layer in (eager, lazy):
        layer(mini.ones(2, 3))
    for action in [("mode", "", True), *after]:
        assert repr(lazy) == repr(eager), action
        assert list(bits(lazy).items()) == list(bits(eager).items()), action
        eager, outcome = live(mini, eager, action)
        lazy, other = live(mini, lazy, action)
        assert outcome == other, action
    assert list(bits(lazy).items()) == list(bits(eager).items())
