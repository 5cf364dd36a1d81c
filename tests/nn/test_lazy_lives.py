"""Random lives of a lazy network beside its eager twin: whatever happens, they end up the same."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.parameter import is_lazy

WIDTHS = [3, 5, 2, 4]


def build(seed, lazy):
    """Make three layers, of which those marked are lazy."""
    layers = []
    with nn.init.keyed(seed):
        for place, (inputs, outputs) in enumerate(zip(WIDTHS, WIDTHS[1:], strict=False)):
            bias = place != 1
            layers.append(
                nn.LazyLinear(outputs, bias) if lazy[place] else nn.Linear(inputs, outputs, bias)
            )
        return nn.Sequential(*layers)


def call_one(net, place):
    net[place](torch.ones(2, WIDTHS[place]))
    return net


def call_all(net, place):
    net(torch.ones(2, WIDTHS[0]))
    return net


def fail_by_type(net, place):
    with pytest.raises(RuntimeError):
        net(torch.ones(2, WIDTHS[0], dtype=torch.float64))
    return net


def fail_later(net, place):
    class Fails(nn.Module):
        def forward(self, x):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        nn.Sequential(*net[: place + 1], Fails())(torch.ones(2, WIDTHS[0]))
    return net


def fail_to_load(net, place):
    with pytest.raises(RuntimeError, match="Error"):
        net.load_state_dict({"0.weight": torch.ones(WIDTHS[1], WIDTHS[0]), "9": torch.ones(1)})
    return net


def load_one(net, place):
    inputs, outputs = WIDTHS[place : place + 2]
    weight = torch.arange(float(inputs * outputs)).reshape(outputs, inputs)
    net.load_state_dict({f"{place}.weight": weight}, strict=False)
    return net


def load_into_a_fresh_net(net, place):
    fresh = build(99, [True] * 3)
    fresh.load_state_dict(net.state_dict())
    for old, new in zip(net.modules(), fresh.modules(), strict=True):
        new.__dict__["__key__"] = old.__dict__["__key__"]
    keys = [module.__dict__["__key__"] for module in fresh]
    for module, key in zip(fresh, keys, strict=True):
        for parameter in module.parameters():
            parameter.__dict__["key"] = key
    for old, new in zip(net.parameters(), fresh.parameters(), strict=True):
        new.requires_grad_(old.requires_grad)
    return None if any(map(waits, net)) else fresh


def waits(module):
    """Tell whether something was done to a lazy layer that its state does not hold."""
    recorded = any("recorded" in p.__dict__ for p in module.parameters())
    return recorded or "__postponed__" in module.__dict__


def freeze(net, place):
    net[place].requires_grad_(False)
    return net


def is_half_lazy(module):
    """Tell whether a layer waits for some parameters and has others.

    What is done to those that it has happens at once, to the others later; its eager twin knows no
    such order.
    """
    return len({is_lazy(parameter) for parameter in module.parameters()}) == 2


def initialise(net, place):
    if is_half_lazy(net[place]):
        return None
    nn.init.xavier_normal_(net[place].weight)
    return net


def fill(net, place):
    if is_half_lazy(net[place]):
        return None
    net[place].weight.data.fill_(0.5)
    return net


def reset(net, place):
    if is_half_lazy(net[place]):
        return None
    net[place].reset_parameters()
    return net


STEPS = [
    call_one, call_all, fail_by_type, fail_later, fail_to_load, load_one, load_into_a_fresh_net,
    freeze, initialise, fill, reset,
    lambda net, place: copy.deepcopy(net),
    lambda net, place: pickle.loads(pickle.dumps(net)),
]  # fmt: skip


@given(
    st.lists(st.booleans(), min_size=3, max_size=3),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2)), max_size=20),
    st.integers(0, 1000),
)
def test_a_lazy_net_ends_up_as_its_eager_twin(lazy, steps, seed):
    net, twin = build(seed, lazy), build(seed, [False] * 3)
    for step, place in steps:
        after = step(net, place)
        if after is not None:
            net, twin = after, step(twin, place)
    call_all(net, 0)
    call_all(twin, 0)
    assert repr(net) == repr(twin)
    for (name, mine), (other, its) in zip(
        net.named_parameters(), twin.named_parameters(), strict=True
    ):
        assert name == other
        assert mine.requires_grad == its.requires_grad
        assert np.array_equal(mine.detach().numpy(), its.detach().numpy())
    assert not any(module._forward_pre_hooks for module in net.modules())
