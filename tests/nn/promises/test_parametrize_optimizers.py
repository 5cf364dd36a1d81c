"""Optimizers that were made before a parametrization."""

from __future__ import annotations

import copy
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from minitorch_lazy.nn.utils import parametrizations, parametrize
from tests.nn.promises.parametrized import Doubled, Sum, Symmetric, array
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization
RULES = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "Adamax": {"lr": 0.1},
    "NAdam": {"lr": 0.1},
    "RAdam": {"lr": 0.1},
    "Adadelta": {"lr": 0.5},
    "RMSprop": {"lr": 0.1, "momentum": 0.5, "centered": True},
    "Rprop": {"lr": 0.1},
    "ASGD": {"lr": 0.1},
    "Adafactor": {"lr": 0.1},
}
DRESSES = {
    "weight_norm": parametrizations.weight_norm,
    "several": lambda m: register(m, "weight", Sum()),
    "chain": lambda m: register(parametrizations.weight_norm(m), "weight", Doubled()),
}


def held(optimizer):
    return [id(p) for group in optimizer.param_groups for p in group["params"]]


def train(layer, optimizer, steps=3):
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    for _ in range(steps):
        optimizer.zero_grad()
        ((layer(x) - 1) ** 2).mean().backward()
        optimizer.step()
    return [p.tolist() for p in layer.parameters()]


def make(line="Linear(3, 3)"):
    with nn.init.keyed(5):
        return eval(f"nn.{line}", {"nn": nn})


@promise("N14.1", "3.1.6")
@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("line", ["Linear(3, 3)", "LazyLinear(3)"])
def test_an_early_optimizer_follows_or_a_warning_says_so(dress, rule, line):
    layer, rule_class = make(line), getattr(optim, rule)
    optimizer = rule_class(layer.parameters(), **RULES[rule])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DRESSES[dress](layer)(torch.ones(1, 3))
    if set(held(optimizer)) >= {id(p) for p in layer.parameters()}:
        late = DRESSES[dress](make())
        due = train(late, rule_class(late.parameters(), **RULES[rule]))
        assert train(layer, optimizer) == due
        assert len(held(optimizer)) == len(set(held(optimizer))) == 3
    else:
        assert any("optimizer" in str(each.message) for each in caught)


@promise("N14.1")
@pytest.mark.parametrize("dress", DRESSES)
def test_an_optimizer_with_state_goes_on(dress):
    layer = make()
    optimizer = optim.Adam(layer.parameters(), lr=0.1)
    train(layer, optimizer)
    before = array(layer.weight)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DRESSES[dress](layer)
    if not any("optimizer" in str(each.message) for each in caught):
        factor = 2 if dress == "chain" else 1
        np.testing.assert_allclose(array(layer.weight), factor * before, rtol=1e-5)
        start = [p.tolist() for p in layer.parameters()]
        after = train(layer, optimizer)
        assert all(one != other for one, other in zip(start, after, strict=True))
        assert all(np.isfinite(np.array(p)).all() for p in after)
        state = optimizer.state_dict()
        other = optim.Adam(layer.parameters(), lr=0.1)
        other.load_state_dict(copy.deepcopy(state))


@promise("N14.1", "3.1.2")
@pytest.mark.parametrize("kind", [Doubled, Symmetric])
def test_one_original_needs_no_swap_and_keeps_its_state(kind):
    layer = make()
    optimizer = optim.SGD(layer.parameters(), lr=0.1, momentum=0.9)
    train(layer, optimizer)
    weight, before = layer.weight, held(optimizer)
    momentum = optimizer.state[weight]["momentum_buffer"].tolist()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        register(layer, "weight", kind())
    assert held(optimizer) == before
    assert optimizer.state[weight]["momentum_buffer"].tolist() == momentum


@promise("N14.1")
def test_only_the_optimizer_that_holds_it_is_changed():
    layer, other = make(), make()
    mine, theirs = optim.SGD(layer.parameters(), lr=0.1), optim.SGD(other.parameters(), lr=0.1)
    groups = optim.SGD([{"params": [layer.bias]}, {"params": [layer.weight], "lr": 0.5}], lr=0.1)
    before = held(theirs)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parametrizations.weight_norm(layer)
    assert held(theirs) == before
    if not caught:
        originals = [id(p) for p in layer.parametrizations.weight.parameters()]
        assert [id(p) for p in groups.param_groups[1]["params"]] == originals
        assert groups.param_groups[1]["lr"] == 0.5
        assert set(held(mine)) == {id(layer.bias), *originals}


@promise("N14.1", "N13.1")
def test_a_refused_registration_leaves_the_optimizer():
    layer = make()
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    before = held(optimizer)

    class Three(Sum):
        def right_inverse(self, A):
            return A, A, A

    with pytest.raises(TypeError):
        register(layer, "weight", Three())
    assert held(optimizer) == before
    twin = make()
    assert train(layer, optimizer) == train(twin, optim.SGD(twin.parameters(), lr=0.1))


@promise("N14.1", "3.4.2")
def test_removing_several_originals_is_followed_or_warned_of():
    layer = parametrizations.weight_norm(make())
    optimizer = optim.SGD(layer.parameters(), lr=0.1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parametrize.remove_parametrizations(layer, "weight")
    if not any("optimizer" in str(each.message) for each in caught):
        before = array(layer.weight)
        train(layer, optimizer)
        assert array(layer.weight).tolist() != before.tolist()


@promise("N14.1", "1.31")
def test_adagrad_still_refuses_a_lazy_parametrized_layer():
    adagrad = optim.Adagrad
    layer = parametrizations.weight_norm(nn.LazyLinear(3))
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in"):
        adagrad(layer.parameters())
