"""Conversions, devices, threads and memory of parametrized layers, lazy and eager."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrizations, parametrize
from tests.nn.promises.classes import bits
from tests.nn.promises.parametrized import (
    Doubled,
    Sum,
    array,
    in_threads,
    portrait,
    title,
)
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization
DRESSES = {
    "weight_norm": parametrizations.weight_norm,
    "spectral_norm": parametrizations.spectral_norm,
    "doubled": lambda m: register(m, "weight", Doubled()),
    "several": lambda m: register(register(m, "weight", Sum()), "bias", Doubled()),
}
CONVERSIONS = {
    "double": lambda m: m.double(),
    "half": lambda m: m.half(),
    "bfloat16": lambda m: m.bfloat16(),
    "to": lambda m: m.to(torch.float64),
    "type": lambda m: m.type(torch.float64),
    "twice": lambda m: m.half().double(),
    "frozen": lambda m: m.requires_grad_(False),
    "eval": lambda m: m.eval(),
}
LINES = ["Linear(3, 4)", "LazyLinear(4)"]


def keyed(line, dress):
    with nn.init.keyed(6):
        return DRESSES[dress](eval(f"nn.{line}", {"nn": nn, "torch": torch}))


@promise("N1.2", "N10.1", "3.1.5")
@pytest.mark.parametrize("name", CONVERSIONS)
@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("line", LINES)
def test_conversions_reach_the_originals_and_the_value(name, dress, line):
    layer, plain = keyed(line, dress), nn.Linear(3, 4)
    for each in (layer, plain):
        assert CONVERSIONS[name](each) is each
    layer(torch.ones(5, 3, dtype=plain.weight.dtype))
    assert layer.weight.dtype is plain.weight.dtype
    for parameter in layer.parameters():
        assert parameter.dtype is plain.weight.dtype
        assert parameter.requires_grad is plain.weight.requires_grad
    assert layer.weight.requires_grad is plain.weight.requires_grad
    assert title(layer) == "ParametrizedLinear"
    assert all(m.training is plain.training for m in layer.parametrizations.weight)


@promise("N1.1", "N1.2", "3.1.11")
@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("line", LINES)
def test_layers_on_meta_are_parametrized_there(dress, line):
    layer = keyed(line[:-1] + ", device='meta')", dress)
    out = layer(torch.ones(5, 3, device="meta"))
    assert out.shape == (5, 4)
    assert {p.device.type for p in layer.parameters()} == {"meta"}
    assert layer.weight.device.type == "meta"
    moved = keyed(line, dress).to("meta")
    moved(torch.ones(5, 3, device="meta"))
    assert layer.weight.shape == moved.weight.shape == (4, 3)


@promise("N1.2", "R9")
@pytest.mark.parametrize("dress", DRESSES)
@pytest.mark.parametrize("repeat", range(10))
def test_threads_in_one_first_call_see_one_weight(dress, repeat):
    layer = keyed("LazyLinear(4)", dress).eval()
    found = in_threads(lambda i: layer(torch.ones(2, 3)).tolist())
    assert found == [layer(torch.ones(2, 3)).tolist()] * 8


@promise("N12.4", "R9")
@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("dress", DRESSES)
def test_a_parametrized_layer_is_freed_without_the_collector(line, dress):
    gc.collect()
    gc.disable()
    try:
        layer = keyed(line, dress)
        with parametrize.cached():
            layer(torch.ones(5, 3)).sum().backward()
        dead = weakref.ref(layer)
        del layer
        assert dead() is None
    finally:
        gc.enable()


@promise("3.1.12", "N13.1")
def test_a_lazy_module_may_be_the_parametrization():
    new = nn.LazyLinear(3)
    layer = register(nn.Linear(3, 4), "weight", new)
    assert type(new) is nn.Linear
    assert layer(torch.ones(2, 3)).shape == (2, 4)
    unfit = nn.LazyLinear(5)
    plain = nn.Linear(3, 4)
    torch.manual_seed(0)
    before = portrait(plain, unfit)
    with pytest.raises(ValueError, match="may not change the shape of the tensor"):
        register(plain, "weight", unfit)
    torch.manual_seed(0)
    assert portrait(plain, unfit) == before
    both = register(nn.LazyLinear(4), "weight", nn.LazyLinear(3))
    assert both(torch.ones(2, 3)).shape == (2, 4)
    assert both.uninitialized() == []


@promise("3.1.6", "3.1.2")
@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
def test_registering_under_a_mode_keeps_what_requires_gradients(mode):
    with mode():
        layers = [dress(nn.Linear(3, 4)) for dress in DRESSES.values()]
    for layer in layers:
        assert all(p.requires_grad and p.is_leaf for p in layer.parameters())
        layer(torch.ones(2, 3)).sum().backward()
        assert all(p.grad is not None for p in layer.parameters())


@promise("3.7.1", "3.7.4")
@pytest.mark.parametrize("dress", ["weight_norm", "spectral_norm"])
def test_norms_of_complex_weights(dress):
    layer = DRESSES[dress](nn.Linear(3, 4, dtype=torch.complex64))
    assert layer.weight.dtype is torch.complex64
    assert np.isfinite(array(layer.weight)).all()
    assert array(layer(torch.ones(2, 3, dtype=torch.complex64))).shape == (2, 4)


@promise("N1.2", "3.1.4")
@pytest.mark.parametrize("dress", DRESSES)
def test_settling_under_no_grad_still_trains(dress):
    layer, eager = keyed("LazyLinear(4)", dress), keyed("Linear(3, 4)", dress)
    with torch.no_grad():
        layer(torch.ones(2, 3))
        eager(torch.ones(2, 3))
    assert list(bits(layer).items()) == list(bits(eager).items())
    layer(torch.ones(2, 3)).sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@promise("N1.5", "N13.1", "R3")
@pytest.mark.parametrize("dress", DRESSES)
def test_a_call_that_fails_later_leaves_a_parametrized_layer_lazy(dress):
    layer = keyed("LazyLinear(4)", dress)
    net = nn.Sequential(layer, nn.Linear(9, 2))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    held = [id(p) for p in optimizer.param_groups[0]["params"]]
    before = portrait(net)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
            net(torch.ones(5, 3))
        assert portrait(net) == before
        assert [id(p) for p in optimizer.param_groups[0]["params"]] == held
    layer(torch.ones(5, 3))
    eager = keyed("Linear(3, 4)", dress)
    eager(torch.ones(5, 3))
    assert list(bits(layer).items()) == list(bits(eager).items())


@promise("N1.5", "N13.1", "R3")
@pytest.mark.parametrize("dress", ["spectral_norm", "doubled"])
def test_what_was_registered_before_a_refused_one_waits_as_before(dress):
    class Halved(nn.Module):
        def forward(self, X):
            return X[:1]

    layer = register(keyed("LazyLinear(4)", dress), "weight", Halved())
    before = portrait(layer)
    for _ in range(2):
        with pytest.raises(ValueError, match="may not change the shape of the tensor"):
            layer(torch.ones(5, 3))
        assert portrait(layer) == before
