"""Keyed nets that are saved lazy, and states of lazy nets that are loaded into others."""

from __future__ import annotations

import tempfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import bits, inputs
from tests.nn.promises.rows import promise
from tests.nn.promises.test_keyed import PLANS, SEEDS, keyed_net, make

FORMS = ["pt", "safetensors"]


@promise("N3.2", "N8", "N10")
@given(PLANS, SEEDS, st.randoms(use_true_random=False))
def test_a_net_that_comes_out_of_a_file_equals_the_eager_net(plan, seed, random):
    eager = keyed_net([case.eager for case, _ in plan], seed)
    saved = keyed_net([case.lazy if lazy else case.eager for case, lazy in plan], seed)
    for place, (_, lazy) in enumerate(plan):
        for net in (eager, saved) if lazy and random.random() < 0.5 else ():
            wish(net[place])
    for place in random.sample(range(len(plan)), random.randrange(len(plan))):
        saved[place].eval()(*inputs(plan[place][0]))
    loaded = fresh_net(plan, random.choice([None, 7]))
    loaded.load_state_dict(through_a_file(saved.state_dict(), random.choice(FORMS)))
    for place in random.sample(range(len(plan)), len(plan)):
        saved[place].eval()(*inputs(plan[place][0]))
        loaded[place].eval()(*inputs(plan[place][0]))
    assert bits(loaded) == bits(saved) == bits(eager)


def wish(layer):
    """Wish something of each tensor, so that it is drawn differently."""
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()
    for parameter in layer.parameters():
        nn.init.normal_(parameter, 0.0, std=2)
        with torch.no_grad():
            parameter.mul_(0.5)


def fresh_net(plan, key):
    """Make the net again, without a key or with another one."""
    lines = [case.lazy if lazy else case.eager for case, lazy in plan]
    return nn.ModuleList([make(line) for line in lines]) if key is None else keyed_net(lines, key)


def through_a_file(state, form):
    """Write a state and read it back."""
    with tempfile.TemporaryDirectory() as folder:
        torch.save(state, f"{folder}/x.{form}")
        return torch.load(f"{folder}/x.{form}")


@promise("N3.2", "N10")
@pytest.mark.parametrize("form", FORMS)
def test_a_plain_dict_of_lazy_entries_keeps_their_draws_too(form):
    saved, loaded = keyed_net(["LazyLinear(4)", "LazyConv1d(2, 3)"], 3), fresh_net([], None)
    loaded.extend([nn.LazyLinear(4), nn.LazyConv1d(2, 3)])
    nn.init.uniform_(saved[0].weight, 1.0, 2.0)
    loaded.load_state_dict(through_a_file(dict(saved.state_dict()), form))
    for net in (loaded, saved):
        net[1](torch.ones(1, 3, 4))
        net[0](torch.ones(2, 3))
    assert bits(loaded) == bits(saved)


@promise("N3.2", "N9")
def test_a_load_from_a_lazy_net_leaves_that_net_its_draws():
    source, other, alone = (keyed_net(["LazyLinear(4)"], 3) for _ in range(3))
    fresh = fresh_net([], None).append(nn.LazyLinear(4))
    fresh.load_state_dict(source.state_dict())
    other.load_state_dict(source.state_dict())
    for net in (fresh, source, other, alone):
        net[0](torch.ones(2, 3))
    assert bits(fresh) == bits(source) == bits(other) == bits(alone)


@promise("N3.2", "2.5.1")
def test_a_lazy_state_that_says_nothing_leaves_keys_and_wishes_alone():
    net, due = (keyed_net(["LazyLinear(4)"], 3) for _ in range(2))
    for each in (net, due):
        nn.init.normal_(each[0].weight)
    net.load_state_dict({f"0.{n}": t for n, t in nn.LazyLinear(4).state_dict().items()})
    for each in (net, due):
        each[0](torch.ones(2, 3))
    assert bits(net) == bits(due)


@promise("N3.2", "N10", "N9")
@pytest.mark.parametrize("form", FORMS)
def test_a_half_loaded_net_comes_out_of_a_file_as_it_was(form):
    saved, loaded = keyed_net(["LazyLinear(4)"], 3), fresh_net([], None).append(nn.LazyLinear(4))
    nn.init.normal_(saved[0].weight)
    saved.load_state_dict({"0.weight": torch.ones(4, 2)}, strict=False)
    loaded.load_state_dict(through_a_file(saved.state_dict(), form))
    for net in (saved, loaded):
        net[0](torch.ones(1, 2))
        nn.init.normal_(net[0].weight)
    assert bits(loaded) == bits(saved)


@promise("N3.2", "N9")
def test_a_refused_load_leaves_the_reserved_draws_alone():
    net, due = (keyed_net(["LazyLinear(4)", "LazyLinear(4)"], 3) for _ in range(2))
    state = keyed_net(["LazyLinear(4)", "LazyLinear(5)"], 9).state_dict()
    with pytest.raises(RuntimeError, match="size mismatch"):
        net.load_state_dict(state)
    for each in (net, due):
        each[0](torch.ones(1, 2))
        each[1](torch.ones(1, 2))
    assert bits(net) == bits(due)
