"""Registering on buffers, in chains, unsafely, on originals and on tied tensors."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import (
    Counting,
    Doubled,
    Shifted,
    Squared,
    Sum,
    Undecided,
    array,
    linear,
    title,
)
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization


@promise("3.1.8")
def test_a_buffer_may_be_parametrized():
    norm = nn.BatchNorm1d(3)
    norm.running_var.copy_(torch.tensor([1.0, 4.0, 16.0]))
    buffer = norm.running_var
    register(norm, "running_var", Squared())
    assert "parametrizations.running_var.original" in norm.state_dict()
    assert "running_var" not in norm._buffers
    assert norm.parametrizations.running_var.original is buffer
    assert "parametrizations.running_var.original" in dict(norm.named_buffers())
    assert buffer.tolist() == [1.0, 2.0, 4.0]
    assert norm.running_var.tolist() == [1.0, 4.0, 16.0]
    assert not norm.running_var.requires_grad


@promise("3.1.9")
def test_the_first_registered_is_applied_first():
    layer = linear(sizes=(2, 2))
    layer.weight.data = torch.full((2, 2), 3.0)
    register(layer, "weight", Shifted())
    register(layer, "weight", Doubled())
    assert layer.weight.tolist() == [[8.0] * 2] * 2
    assert [type(m) for m in layer.parametrizations.weight] == [Shifted, Doubled]
    assert len(layer.parametrizations.weight) == 2


@promise("3.1.9", "3.3.1")
def test_right_inverses_go_in_reverse():
    layer = linear(Squared, Doubled)
    layer.weight = torch.full((3, 3), 8.0)
    assert layer.parametrizations.weight.original.tolist() == [[2.0] * 3] * 3
    assert layer.weight.tolist() == [[8.0] * 3] * 3
    several = linear(Sum, Doubled)
    several.weight = torch.full((3, 3), 8.0)
    assert several.parametrizations.weight.original1.tolist() == [[2.0] * 3] * 3


@promise("3.1.10")
@pytest.mark.parametrize("kind", [Undecided, Shifted])
def test_without_a_right_inverse_the_original_is_the_weight(kind):
    layer, before = linear(kind), array(linear().weight)
    np.testing.assert_array_equal(array(layer.parametrizations.weight.original), before)
    after = before * 2 if kind is Undecided else before + 1
    np.testing.assert_array_equal(array(layer.weight), after)


class FirstRow(nn.Module):
    def forward(self, X):
        return X[:1].double()


@promise("3.1.11")
def test_unsafe_drops_the_checks_for_good():
    layer = register(nn.Linear(3, 3), "weight", FirstRow(), unsafe=True)
    assert (layer.weight.shape, layer.weight.dtype) == ((1, 3), torch.float64)
    layer = linear(Doubled)
    assert not layer.parametrizations.weight.unsafe
    register(layer, "weight", FirstRow(), unsafe=True)
    assert layer.parametrizations.weight.unsafe
    register(layer, "weight", Doubled())
    assert layer.parametrizations.weight.unsafe
    assert layer.weight.shape == (1, 3)


@promise("3.1.11", "3.6.3")
def test_unsafe_calls_right_inverse_once_and_nothing_else():
    first, second = Counting(), Counting()
    layer = register(nn.Linear(3, 3), "weight", first, unsafe=True)
    register(layer, "weight", second, unsafe=True)
    assert (first.calls, first.inverses) == (0, 1)
    assert (second.calls, second.inverses) == (0, 0)


@promise("3.1.12")
def test_any_module_is_a_parametrization():
    layer = register(nn.Linear(3, 3), "weight", nn.ReLU())
    assert layer.weight.min().item() >= 0
    assert layer.parametrizations.weight.original.min().item() < 0
    inner = nn.Sequential(Doubled(), Shifted())
    np.testing.assert_array_equal(
        array(register(linear(), "weight", inner).weight), array(linear().weight) * 2 + 1
    )


@promise("3.1.12")
def test_an_original_may_itself_be_parametrized():
    layer = linear(Doubled)
    register(layer.parametrizations.weight, "original", Squared())
    key = "parametrizations.weight.parametrizations.original.original"
    assert list(layer.state_dict()) == ["bias", key]
    layer.weight.sum().backward()
    grad = dict(layer.named_parameters())[key].grad
    np.testing.assert_allclose(array(grad), 4 * array(dict(layer.named_parameters())[key]))
    assert title(layer.parametrizations.weight) == "ParametrizedParametrizationList"


@promise("3.1.12")
def test_a_tied_weight_is_the_original_still():
    one, other = nn.Linear(3, 3), nn.Linear(3, 3)
    other.weight = one.weight
    before = array(one.weight)
    register(one, "weight", Doubled())
    assert other.weight is one.parametrizations.weight.original
    np.testing.assert_array_equal(array(other.weight), before / 2)
    assert len(list(nn.ModuleList([one, other]).parameters())) == 3


@promise("1.34")
def test_is_parametrized_asks_of_a_module_or_a_tensor():
    ask = parametrize.is_parametrized
    layer = linear()
    assert (ask(layer), ask(layer, "weight"), ask(layer, tensor_name="foo")) == (False,) * 3
    register(layer, "weight", Doubled())
    assert (ask(layer), ask(layer, "weight"), ask(layer, "bias")) == (True, True, False)
    assert not ask(nn.Sequential(layer))
    assert type(ask(layer)) is bool
