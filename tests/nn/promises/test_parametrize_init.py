"""Initialising a parametrized tensor: through the right inverses, or refused."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Doubled, Shifted, Sum, array, linear, portrait
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization


def originals(layer):
    return list(layer.parametrizations.weight.parameters())


INITIALISERS = {
    "uniform_": lambda w: nn.init.uniform_(w, -1.0, 2.0),
    "normal_": lambda w: nn.init.normal_(w, 1.0, 3.0),
    "trunc_normal_": lambda w: nn.init.trunc_normal_(w, std=0.5),
    "constant_": lambda w: nn.init.constant_(w, 4.0),
    "ones_": nn.init.ones_,
    "zeros_": nn.init.zeros_,
    "eye_": nn.init.eye_,
    "xavier_uniform_": nn.init.xavier_uniform_,
    "xavier_normal_": nn.init.xavier_normal_,
    "kaiming_uniform_": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_normal_": lambda w: nn.init.kaiming_normal_(w, mode="fan_out"),
    "sparse_": lambda w: nn.init.sparse_(w, 0.5),
    "orthogonal_": lambda w: nn.init.orthogonal_(w),
}


@promise("N8.1")
@pytest.mark.parametrize("name", INITIALISERS)
@pytest.mark.parametrize("kinds", [[Doubled], [Doubled, Doubled], [Sum]])
def test_an_initialiser_reaches_the_originals(name, kinds):
    plain, layer = linear(), linear(*kinds)
    before = [id(p) for p in originals(layer)]
    for each in (plain, layer):
        torch.manual_seed(3)
        INITIALISERS[name](each.weight)
    np.testing.assert_array_equal(array(layer.weight), array(plain.weight))
    assert [id(p) for p in originals(layer)] == before


@promise("N8.1")
@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_without_a_right_inverse_is_refused(name):
    layer = linear(Shifted)
    before = portrait(layer)[0][1]
    with pytest.raises(RuntimeError, match="right_inverse"):
        INITIALISERS[name](layer.weight)
    assert portrait(layer)[0][1] == before


@promise("N8.1")
def test_reset_parameters_draws_what_a_plain_layer_draws():
    plain, layer = linear(), linear(Doubled)
    for each in (plain, layer):
        torch.manual_seed(3)
        each.reset_parameters()
    np.testing.assert_array_equal(array(layer.weight), array(plain.weight))
    assert layer.bias.tolist() == plain.bias.tolist()
    with pytest.raises(RuntimeError, match="right_inverse"):
        linear(Shifted).reset_parameters()


@promise("N8.1", "N12.1")
def test_an_initialiser_inside_a_cached_block_is_seen():
    layer = linear(Doubled)
    with parametrize.cached():
        assert layer.weight.abs().sum().item() > 0
        nn.init.ones_(layer.weight)
        assert layer.weight.tolist() == [[1.0] * 3] * 3


@promise("N8.1", "N1.3")
@pytest.mark.parametrize("name", INITIALISERS)
@pytest.mark.parametrize("first", ["initialise", "parametrize"])
def test_an_initialiser_of_a_lazy_parametrized_weight_waits(name, first):
    with nn.init.keyed(4):
        eager = nn.Linear(3, 3)
    with nn.init.keyed(4):
        lazy = nn.LazyLinear(3)
    for layer in (eager, lazy):
        for step in (first, "initialise" if first == "parametrize" else "parametrize"):
            if step == "initialise":
                INITIALISERS[name](layer.weight)
            else:
                register(layer, "weight", Doubled())
    lazy(torch.ones(1, 3))
    np.testing.assert_array_equal(array(lazy.weight), array(eager.weight))
