"""Transfers and states of parametrized modules, and errors inside of them."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Doubled, Sum, Symmetric, array, linear, portrait
from tests.nn.promises.rows import promise

register, remove = parametrize.register_parametrization, parametrize.remove_parametrizations


@promise("3.5.3")
def test_the_plain_class_can_be_asked_for():
    ask = parametrize.type_before_parametrizations
    assert ask(linear(Doubled)) is nn.Linear
    assert ask(linear()) is nn.Linear
    assert ask(register(nn.LazyLinear(3), "weight", Doubled())) is nn.LazyLinear


@promise("3.5.4")
def test_transfer_shares_modules_and_originals():
    source, target = linear(Symmetric, Doubled), linear(seed=5)
    register(source, "bias", Doubled())
    found = parametrize.transfer_parametrizations_and_params(source, target)
    assert found is target
    assert list(target.state_dict()) == list(source.state_dict())
    for name in ("weight", "bias"):
        one, other = source.parametrizations[name], target.parametrizations[name]
        assert [id(m) for m in one] == [id(m) for m in other]
        assert one.original is other.original
    np.testing.assert_array_equal(array(source.weight), array(target.weight))
    remove(target, "weight", leave_parametrized=False)
    assert parametrize.is_parametrized(source, "weight")


@promise("3.5.4")
@pytest.mark.parametrize("kind", [Doubled, Sum])
def test_transfer_of_one_tensor_leaves_the_others(kind):
    source, target = register(linear(kind), "bias", Doubled()), linear(seed=5)
    bias = target.bias
    parametrize.transfer_parametrizations_and_params(source, target, "weight")
    assert target.bias is bias
    assert parametrize.is_parametrized(target, "weight")
    np.testing.assert_array_equal(array(source.weight), array(target.weight))
    assert [id(p) for p in source.parametrizations.weight.parameters()] == [
        id(p) for p in target.parametrizations.weight.parameters()]  # fmt: skip


@promise("3.5.4")
def test_transfer_makes_what_is_missing_and_does_nothing_from_a_plain_module():
    source, plain, target = linear(Doubled), linear(), nn.Linear(3, 3)
    target.register_parameter("bias", None)
    empty = nn.Module()
    parametrize.transfer_parametrizations_and_params(source, empty)
    assert parametrize.is_parametrized(empty, "weight")
    np.testing.assert_array_equal(array(empty.weight), array(source.weight))
    before = portrait(target)
    assert parametrize.transfer_parametrizations_and_params(plain, target) is target
    assert portrait(target) == before


@promise("3.5.5")
@pytest.mark.parametrize("into", ["plain", "parametrized"])
def test_plain_and_parametrized_states_do_not_mix(into):
    nets = {"plain": linear(), "parametrized": linear(Doubled)}
    target = nets.pop(into)
    (source,) = nets.values()
    missing, unexpected = "weight", "parametrizations.weight.original"
    if into == "parametrized":
        missing, unexpected = unexpected, missing
    before = portrait(target)
    with pytest.raises(RuntimeError, match=r"Error\(s\) in loading state_dict for") as caught:
        target.load_state_dict(source.state_dict())
    assert f'Missing key(s) in state_dict: "{missing}". ' in str(caught.value)
    assert f'Unexpected key(s) in state_dict: "{unexpected}". ' in str(caught.value)
    assert portrait(target) == before


@promise("N1.4", "3.2.9")
@pytest.mark.parametrize("dress", [lambda m: register(m, "weight", Doubled()),
                                   lambda m: register(m, "weight", Sum()),
                                   nn.utils.parametrizations.weight_norm,
                                   nn.utils.parametrizations.spectral_norm])  # fmt: skip
@pytest.mark.parametrize("bias", [True, False])
def test_a_state_of_another_size_is_refused_and_nothing_happened(dress, bias):
    state = dress(nn.Linear(5, 7, bias=bias)).state_dict()
    for layer in (dress(nn.LazyLinear(4, bias=bias)), dress(nn.Linear(5, 4, bias=bias))):
        before = portrait(layer)
        with pytest.raises(RuntimeError, match="size mismatch for") as caught:
            layer.load_state_dict(state)
        assert "7" in str(caught.value)
        assert "4" in str(caught.value)
        assert portrait(layer) == before


@promise("N1.4", "3.2.9")
@pytest.mark.parametrize("key", ["original0", "original1"])
def test_a_state_with_one_of_several_originals_is_refused(key):
    weight_norm = nn.utils.parametrizations.weight_norm
    state = weight_norm(nn.Linear(5, 7)).state_dict()
    del state[f"parametrizations.weight.{key}"]
    for layer in (weight_norm(nn.LazyLinear(7)), weight_norm(nn.Linear(5, 7))):
        before = portrait(layer)
        with pytest.raises(RuntimeError, match=r"Missing key\(s\) in state_dict: \"parametrizati"):
            layer.load_state_dict(state)
        assert portrait(layer) == before


@promise("3.5.6", "R3")
@pytest.mark.parametrize("read", [lambda m: m.weight, lambda m: m(torch.ones(1, 3)), hash])
def test_an_attribute_error_inside_surfaces_as_itself(read):
    class Mistaken(nn.Module):
        ready = True

        def forward(self, X):
            return X if self.ready else X * self.scale_that_is_missing

    new = Mistaken()
    layer = register(nn.Linear(3, 3), "weight", new)
    new.ready = False
    if read is hash:
        with pytest.raises(AttributeError, match="scale_that_is_missing"):
            register(nn.Linear(3, 3), "weight", new)
        return
    with pytest.raises(AttributeError, match="scale_that_is_missing") as caught:
        read(layer)
    assert "no attribute 'weight'" not in str(caught.value)
    assert caught.value.name in (None, "scale_that_is_missing")
