"""Registering a parametrization: what the module is and holds afterwards."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import (
    Doubled,
    One,
    Sum,
    Symmetric,
    array,
    linear,
)
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization


@promise("1.31")
def test_register_has_the_signature_of_torch_and_returns_the_module():
    found = inspect.signature(register).parameters.values()
    assert [p.name for p in found] == ["module", "tensor_name", "parametrization", "unsafe"]
    assert [p.default for p in found][3] is False
    layer = nn.Linear(3, 3)
    assert register(layer, "weight", Doubled()) is layer
    assert register(layer, tensor_name="bias", parametrization=Doubled(), unsafe=True) is layer
    with pytest.raises(TypeError, match="positional"):
        register(layer, "weight", Doubled(), True)


@promise("0.1", "3.1.1")
def test_the_class_stays_and_the_repr_says_parametrized():
    layer = nn.Linear(5, 5)
    register(layer, "weight", Symmetric())
    assert type(layer) is nn.Linear
    assert isinstance(layer, nn.Linear)
    assert repr(layer) == (
        "ParametrizedLinear(\n  in_features=5, out_features=5, bias=True\n"
        "  (parametrizations): ModuleDict(\n    (weight): ParametrizationList(\n"
        "      (0): Symmetric()\n    )\n  )\n)"
    )


@promise("3.1.1", "0.1")
def test_equal_modules_of_a_list_are_shown_once():
    assert "(0-1): 2 x Doubled()" in repr(linear(Doubled, Doubled))
    net = nn.Sequential(linear(Doubled), nn.Linear(3, 3))
    assert "  (0): ParametrizedLinear(" in repr(net)
    assert "  (1): Linear(in_features=3" in repr(net)


@promise("3.1.2", "1.35")
def test_the_original_is_the_parameter_that_was_the_weight():
    layer = nn.Linear(3, 3)
    weight = layer.weight
    register(layer, "weight", Doubled())
    found = layer.parametrizations
    assert type(found) is nn.ModuleDict
    assert type(found.weight) is parametrize.ParametrizationList
    assert found["weight"] is found.weight
    assert found.weight.original is weight
    assert type(weight) is nn.Parameter
    assert "weight" not in layer._parameters
    assert "weight" not in dict(layer.named_parameters(recurse=False))
    assert [name for name, _ in layer.named_parameters()] == [
        "bias", "parametrizations.weight.original"]  # fmt: skip


@promise("3.1.3")
@pytest.mark.parametrize("graded", [True, False])
def test_the_original_is_set_in_place_to_the_right_inverse(graded):
    layer = nn.Linear(3, 3).requires_grad_(graded)
    weight, before, view = layer.weight, array(layer.weight), layer.weight.detach()
    optimizer = optim.SGD(layer.parameters(), lr=1.0)
    register(layer, "weight", Doubled())
    np.testing.assert_array_equal(array(weight), before / 2)
    np.testing.assert_array_equal(array(layer.weight), before)
    assert weight.requires_grad is graded
    assert view.shape == weight.shape
    if graded:
        layer.weight.sum().backward()
        optimizer.step()
        np.testing.assert_allclose(array(layer.weight), 2 * (before / 2 - 2.0), rtol=1e-6)


@promise("3.1.4", "3.1.6")
def test_the_state_dict_has_the_keys_in_order():
    assert list(linear(Doubled).state_dict()) == ["bias", "parametrizations.weight.original"]
    assert list(linear(Sum).state_dict()) == [
        "bias", "parametrizations.weight.original0",
        "parametrizations.weight.original1"]  # fmt: skip
    both = register(linear(Doubled), "bias", Doubled())
    assert list(both.state_dict()) == [
        "parametrizations.weight.original", "parametrizations.bias.original"]  # fmt: skip
    again = linear(Doubled, seed=5)
    again.load_state_dict(linear(Doubled).state_dict())
    np.testing.assert_array_equal(array(again.weight), array(linear(Doubled).weight))


@promise("3.1.5")
def test_a_parametrized_weight_is_computed_at_each_access():
    layer = linear(Doubled)
    assert layer.weight is not layer.weight
    assert type(layer.weight) is torch.Tensor
    assert layer.weight.grad_fn is not None
    assert not layer.weight.is_leaf
    layer(torch.ones(2, 3)).sum().backward()
    assert layer.parametrizations.weight.original.grad.tolist() == [[4.0] * 3] * 3
    assert "weight" in dir(layer) or hasattr(layer, "weight")


@promise("3.1.6", "1.35")
def test_several_originals_are_new_parameters():
    for graded in (True, False):
        layer = nn.Linear(3, 3).requires_grad_(graded)
        before = array(layer.weight)
        register(layer, "weight", Sum())
        found = layer.parametrizations.weight
        assert not hasattr(found, "original")
        assert not found.is_tensor
        assert found.ntensors == 2
        for original in (found.original0, found.original1):
            assert type(original) is nn.Parameter
            assert original.requires_grad is graded
            np.testing.assert_array_equal(array(original), before / 2)
        assert found.original0 is not found.original1
        np.testing.assert_array_equal(array(layer.weight), before)


@promise("3.1.6")
def test_originals_do_not_share_their_numbers():
    found = linear(Sum).parametrizations.weight
    with torch.no_grad():
        found.original0.zero_()
    assert found.original1.abs().sum().item() > 0


@promise("3.1.6")
def test_a_sequence_of_one_gives_original0():
    layer = linear(One)
    assert list(layer.state_dict())[1] == "parametrizations.weight.original0"
    assert not hasattr(layer.parametrizations.weight, "original")
    np.testing.assert_array_equal(array(layer.weight), array(linear().weight))


@promise("3.1.7")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("place", [0, 1])
def test_a_parametrization_takes_the_mode_of_its_module(training, place):
    layer = linear(*[Doubled] * place).train(training)
    new = nn.Sequential(Doubled()).train(not training)
    register(layer, "weight", new)
    assert new.training is training
    assert new[0].training is training
    layer.train(not training)
    assert new[0].training is not training
