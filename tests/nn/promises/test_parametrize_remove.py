"""Removing parametrizations."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import (
    Doubled,
    Shifted,
    Squared,
    Sum,
    Symmetric,
    array,
    linear,
    portrait,
)
from tests.nn.promises.rows import promise

register, remove = parametrize.register_parametrization, parametrize.remove_parametrizations


@promise("1.32", "3.4.1")
@pytest.mark.parametrize("kinds", [[Doubled], [Shifted], [Symmetric, Doubled], [nn.ReLU]])
def test_the_one_original_takes_the_current_value(kinds):
    layer = linear(*kinds)
    original = layer.parametrizations.weight.original
    value, optimizer = array(layer.weight), torch.optim.SGD(layer.parameters(), lr=1.0)
    assert remove(layer, "weight") is layer
    assert layer.weight is original
    assert type(layer.weight) is nn.Parameter
    np.testing.assert_array_equal(array(layer.weight), value)
    layer.weight.sum().backward()
    optimizer.step()
    np.testing.assert_array_equal(array(layer.weight), value - 1)


@promise("3.4.2")
@pytest.mark.parametrize("graded", [True, False])
def test_several_originals_give_way_to_one_leaf(graded):
    layer = linear(Sum).requires_grad_(graded)
    value = array(layer.weight)
    remove(layer, "weight")
    assert layer.weight.is_leaf
    assert layer.weight.requires_grad is graded
    assert layer.weight.grad_fn is None
    np.testing.assert_array_equal(array(layer.weight), value)
    assert "weight" in layer.state_dict()
    if graded:
        assert type(layer.weight) is nn.Parameter
        layer(torch.ones(1, 3)).sum().backward()
        assert layer.weight.grad.tolist() == [[1.0] * 3] * 3


@promise("3.4.3")
@pytest.mark.parametrize("kinds", [[Doubled], [Shifted], [Symmetric, Doubled], [Squared]])
def test_leaving_unparametrized_gives_the_original_back(kinds):
    layer = linear(*kinds)
    original = layer.parametrizations.weight.original
    value = array(original)
    assert remove(layer, "weight", leave_parametrized=False) is layer
    assert layer.weight is original
    np.testing.assert_array_equal(array(layer.weight), value)


@promise("3.4.4", "1.37")
@pytest.mark.parametrize("kinds", [[Sum], [Sum, Doubled]])
def test_leaving_several_originals_unparametrized_is_refused(kinds):
    layer = linear(*kinds)
    before = portrait(layer)
    with pytest.raises(ValueError, match="Cannot leave unparametrized") as caught:
        remove(layer, "weight", False)
    assert str(caught.value).startswith(
        "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized "
        "in terms of a sequence of tensors.")  # fmt: skip
    assert portrait(layer) == before


@promise("3.4.4", "1.37")
@pytest.mark.parametrize("name", ["bias", "foo"])
@pytest.mark.parametrize("kinds", [[], [Doubled]])
@pytest.mark.parametrize("leave", [True, False])
def test_removing_what_is_not_parametrized_is_refused(name, kinds, leave):
    layer = linear(*kinds)
    before = portrait(layer)
    with pytest.raises(ValueError, match="does not have a parametrization on") as caught:
        remove(layer, name, leave_parametrized=leave)
    assert str(caught.value).startswith(
        f"Module {layer!r} does not have a parametrization on {name}")
    assert portrait(layer) == before


@promise("3.4.5", "3.1.4")
@pytest.mark.parametrize("leave", [True, False])
def test_with_the_last_one_gone_nothing_remains(leave):
    layer, plain = linear(Doubled), linear()
    remove(layer, "weight", leave_parametrized=leave)
    assert repr(layer) == repr(plain)
    assert type(layer) is nn.Linear
    assert not hasattr(layer, "parametrizations")
    assert "parametrizations" not in layer._modules
    assert list(layer.state_dict()) == ["bias", "weight"]
    assert [name for name, _ in layer.named_parameters()] == ["bias", "weight"]
    assert len(list(layer.modules())) == 1
    assert not parametrize.is_parametrized(layer)
    assert sorted(vars(layer)) == sorted(vars(plain))
    assert len(layer._load_state_dict_pre_hooks) == len(plain._load_state_dict_pre_hooks)


@promise("3.4.5", "1.34")
def test_one_of_two_tensors_stays_parametrized():
    layer = register(linear(Doubled), "bias", Doubled())
    remove(layer, "weight")
    assert parametrize.is_parametrized(layer)
    assert not parametrize.is_parametrized(layer, "weight")
    assert list(layer.parametrizations) == ["bias"]
    assert list(layer.state_dict()) == ["weight", "parametrizations.bias.original"]
    assert repr(layer).startswith("ParametrizedLinear(")
    remove(layer, "bias")
    assert repr(layer) == repr(linear())


@promise("3.4.5")
def test_registering_and_removing_may_go_on_for_ever():
    layer = linear()
    before = array(layer.weight)
    weight = layer.weight
    for _ in range(50):
        register(layer, "weight", Doubled())
        remove(layer, "weight")
    assert layer.weight is weight
    np.testing.assert_array_equal(array(layer.weight), before)
    layer.weight = nn.Parameter(torch.ones(3, 3))
    assert layer.weight.tolist() == [[1.0] * 3] * 3


@promise("3.4.1", "3.1.8")
@pytest.mark.parametrize("leave", [True, False])
def test_a_buffer_becomes_a_buffer_again(leave):
    norm = nn.BatchNorm1d(3)
    norm.running_var.fill_(4.0)
    register(norm, "running_var", Squared())
    remove(norm, "running_var", leave_parametrized=leave)
    assert "running_var" in norm._buffers
    assert norm.running_var.tolist() == [4.0 if leave else 2.0] * 3
    assert type(norm.running_var) is torch.Tensor
    assert "running_var" in norm.state_dict()


class FirstRow(nn.Module):
    def forward(self, X):
        return X[:1].double()


@promise("3.4.1", "3.2.9")
def test_removing_where_the_forward_fails_changes_nothing():
    class Failing(nn.Module):
        broken = False

        def forward(self, X):
            if self.broken:
                raise ArithmeticError("broken on purpose")
            return X

    new = Failing()
    layer = register(nn.Linear(3, 3), "weight", new)
    new.broken = True
    before = portrait(layer)
    with pytest.raises(ArithmeticError):
        remove(layer, "weight")
    assert portrait(layer) == before
    remove(layer, "weight", leave_parametrized=False)
    assert repr(layer) == repr(linear())


@promise("3.4.1", "3.1.11")
def test_removing_an_unsafe_one_keeps_the_value_and_the_object():
    layer = register(nn.Linear(3, 3), "weight", nn.Sequential(FirstRow()), unsafe=True)
    value = array(layer.weight)
    try:
        remove(layer, "weight")
    except RuntimeError:
        assert parametrize.is_parametrized(layer, "weight")
    else:
        np.testing.assert_array_equal(array(layer.weight), value)
