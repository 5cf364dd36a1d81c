"""A value read in a cached block is never stale."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Doubled, Shifted, Sum, array, linear
from tests.nn.promises.rows import promise

cached, register = parametrize.cached, parametrize.register_parametrization


def assign(layer):
    layer.weight = torch.full((3, 3), 5.0)


def step(layer):
    layer.weight.sum().backward()
    torch.optim.SGD(layer.parameters(), lr=1.0).step()


def adam(layer):
    optimizer = torch.optim.Adam(layer.parameters(), lr=1.0)
    layer.weight.sum().backward()
    optimizer.step()


def load(layer):
    layer.load_state_dict(linear(*map(type, layer.parametrizations.weight), seed=7).state_dict())


def load_assigned(layer):
    other = linear(*map(type, layer.parametrizations.weight), seed=7)
    layer.load_state_dict(other.state_dict(), assign=True)


def in_place(layer):
    with torch.no_grad():
        next(layer.parametrizations.weight.parameters()).add_(1)


def data_replaced(layer):
    original = next(layer.parametrizations.weight.parameters())
    original.data = torch.full((3, 3), 8.0)


def initialise(layer):
    nn.init.constant_(layer.weight, 3.0)


def extend(layer):
    register(layer, "weight", Doubled())


def remove(layer):
    parametrize.remove_parametrizations(layer, "weight")
    with torch.no_grad():
        layer.weight.add_(1)


def remove_and_register(layer):
    parametrize.remove_parametrizations(layer, "weight")
    register(layer, "weight", Shifted())


def convert(layer):
    layer.double()


CHANGES = [assign, step, adam, load, load_assigned, in_place, data_replaced, initialise,
           extend, remove, remove_and_register, convert]  # fmt: skip


@promise("N12.1")
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kinds", [[Doubled], [Doubled, Doubled], [Sum]])
def test_a_change_in_a_block_is_seen(change, kinds):
    layer, twin = linear(*kinds), linear(*kinds)
    with cached():
        before = array(layer.weight)
        change(layer)
        after = layer.weight
        assert layer.weight is after
        change(twin)
    due = twin.weight
    assert (str(after.dtype), array(after).tolist()) == (str(due.dtype), array(due).tolist())
    if change is not convert and not (change is remove_and_register and kinds == [Sum]):
        assert array(after).tolist() != before.tolist()


@promise("N12.1")
def test_a_buffer_of_a_parametrization_is_part_of_the_key():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("scale", torch.ones(()))

        def forward(self, X):
            return X * self.scale

    layer = register(linear(), "weight", Scaled())
    with cached():
        before = array(layer.weight)
        layer.parametrizations.weight[0].scale.fill_(3.0)
        assert array(layer.weight).tolist() == (before * 3).tolist()
        layer.parametrizations.weight[0].scale = torch.full((), 5.0)
        assert array(layer.weight).tolist() == (before * 5).tolist()


@promise("N12.1")
def test_a_parameter_of_a_parametrization_is_part_of_the_key():
    layer = register(linear(), "weight", nn.Linear(3, 3, bias=False))
    with cached():
        before = array(layer.weight)
        with torch.no_grad():
            layer.parametrizations.weight[0].weight.mul_(2)
        assert array(layer.weight).tolist() == (before * 2).tolist()


@promise("N12.1")
@pytest.mark.parametrize("where", [lambda m: m, lambda m: m.parametrizations.weight])
def test_the_mode_of_training_is_part_of_the_key(where):
    class Moded(nn.Module):
        def forward(self, X):
            return X if self.training else X * 0

    layer = register(linear(), "weight", Moded())
    with cached():
        assert layer.weight.abs().sum().item() > 0
        where(layer).eval()
        assert layer.weight.abs().sum().item() == 0
        where(layer).train()
        assert layer.weight.abs().sum().item() > 0


@promise("N12.2")
@pytest.mark.parametrize("kinds", [[Doubled], [Sum]])
def test_a_value_read_without_gradients_is_not_given_with_them(kinds):
    layer = linear(*kinds)
    with cached():
        with torch.no_grad():
            assert not layer.weight.requires_grad
        assert layer.weight.requires_grad
        layer(torch.ones(1, 3)).sum().backward()
        with torch.no_grad():
            assert not (layer.weight * 1).requires_grad
        with torch.inference_mode():
            assert layer.weight.tolist() == array(layer.weight).tolist()
        layer.weight.sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@promise("N12.2")
def test_freezing_in_a_block_is_seen():
    layer = linear(Doubled)
    with cached():
        assert layer.weight.requires_grad
        layer.requires_grad_(False)
        assert not layer.weight.requires_grad
        layer.requires_grad_(True)
        assert layer.weight.requires_grad
