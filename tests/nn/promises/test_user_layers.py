"""Layers of one's own made lazy, and None as the size of any layer."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from tests.nn.promises.classes import Case, bits, build, flat, inputs, label, lazy_names
from tests.nn.promises.rows import promise


class MyLinear(nn.Module):
    """The layer of the textbook."""

    def __init__(self, in_units, units, gain=1.0):
        super().__init__()
        self.in_units, self.units, self.gain = in_units, units, gain
        self.weight = nn.Parameter(torch.randn(in_units, units))
        self.bias = nn.Parameter(torch.randn(units))
        self.register_buffer("count", torch.zeros(in_units))

    def forward(self, x, shift=0.0):
        return torch.matmul(x, self.weight) * self.gain + self.bias + shift

    def extra_repr(self):
        return f"{self.in_units}, {self.units}"


class Pairing(nn.Module):
    """A layer whose two sizes follow from two inputs, with a layer inside."""

    def __init__(self, left, right, out):
        super().__init__()
        self.left, self.right = nn.Linear(left, out), nn.Linear(right, out, bias=False)

    def forward(self, x, y):
        return self.left(x) * self.right(y)


def lazy_linear(**arguments):
    return nn.lazy(MyLinear, in_units=lambda x, *rest, **words: x.shape[-1])(**arguments)


def lazy_pairing():
    rules = {"left": lambda x, y: x.shape[-1], "right": lambda x, y: y.shape[-1]}
    return nn.lazy(Pairing, **rules)(out=3)


@promise("N5.1")
def test_a_lazy_layer_of_one_s_own_shows_lazy_parameters_at_once():
    layer = nn.lazy(MyLinear, in_units=lambda x: x.shape[-1])(units=3)
    assert list(dict(layer.named_parameters())) == ["weight", "bias"]
    assert layer.uninitialized()[0] == "weight"
    assert type(layer.weight) is nn.UninitializedParameter
    assert list(layer.state_dict()) == ["weight", "bias", "count"]


@promise("N5.1")
def test_after_the_first_call_it_is_the_layer_itself():
    layer = lazy_linear(units=3, gain=2.0)
    before = [id(p) for p in layer.parameters()]
    out = layer(torch.ones(2, 5), shift=1.0)
    assert type(layer) is MyLinear
    assert (layer.in_units, layer.units, layer.gain) == (5, 3, 2.0)
    assert repr(layer) == "MyLinear(5, 3)"
    due = 2 * layer.weight.sum(0) + layer.bias + 1
    np.testing.assert_allclose(out.detach().numpy(), [due.tolist()] * 2, rtol=1e-5, atol=1e-5)
    assert [id(p) for p in layer.parameters()] == before
    twin = pickle.loads(pickle.dumps(layer))
    assert type(twin) is MyLinear
    assert bits(twin) == bits(layer)
    assert layer.count.shape == (5,)


@promise("N5.1")
@pytest.mark.parametrize("keyed", [True, False])
def test_it_draws_what_the_eager_layer_draws(keyed):
    nets = []
    for make in (lambda: MyLinear(5, 3), lambda: lazy_linear(units=3)):
        torch.manual_seed(1)
        if keyed:
            with nn.init.keyed(1):
                net = make()
        else:
            net = make()
        net(torch.ones(2, 5))
        nets.append(bits(net))
    assert nets[0] == nets[1]


@promise("N5.1")
def test_several_sizes_and_layers_inside():
    layer = lazy_pairing()
    assert sorted(dict(layer.named_parameters())) == ["left.bias", "left.weight", "right.weight"]
    assert layer(torch.ones(2, 4), torch.ones(2, 6)).shape == (2, 3)
    assert type(layer) is Pairing
    assert (layer.left.in_features, layer.right.in_features) == (4, 6)


@promise("N5.1")
def test_it_trains_copies_loads_and_fails_like_any_lazy_layer():
    net = nn.Sequential(lazy_linear(units=3), nn.Linear(3, 1))
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    twin = pickle.loads(pickle.dumps(nn.Sequential(nn.lazy(MyLinear, in_units=width)(units=3))))
    assert twin(torch.ones(1, 2)).shape == (1, 3)
    with pytest.raises(RuntimeError):
        net(torch.ones(2, 5, dtype=torch.int64))
    assert net.uninitialized()[0] == "0.weight"
    net(torch.ones(2, 5)).sum().backward()
    before = net[0].weight.tolist()
    optimizer.step()
    assert net[0].weight.tolist() != before
    loaded = nn.Sequential(lazy_linear(units=3), nn.Linear(3, 1))
    loaded.load_state_dict(net.state_dict())
    assert type(loaded[0]) is MyLinear
    assert loaded[0].in_units == 5
    assert bits(loaded) == bits(net)


def width(x):
    return x.shape[-1]


@promise("N5.1")
def test_a_size_that_the_layer_does_not_have_is_refused():
    make = nn.lazy
    with pytest.raises(TypeError, match="in_unit"):
        make(MyLinear, in_unit=width)(units=3)


SHORT = [
    Case("Linear(None, 10)", "Linear(3, 10)", ((2, 3),)),
    Case("Bilinear(None, None, 4)", "Bilinear(3, 5, 4)", ((2, 3), (2, 5))),
    Case("Bilinear(3, None, 4)", "Bilinear(3, 5, 4)", ((2, 3), (2, 5))),
    Case("Conv1d(None, 4, 3)", "Conv1d(2, 4, 3)", ((2, 2, 7),)),
    Case("Conv2d(None, 4, 3, groups=2)", "Conv2d(2, 4, 3, groups=2)", ((2, 2, 5, 5),)),
    Case("Conv3d(None, 4, 2)", "Conv3d(2, 4, 2)", ((2, 2, 3, 3, 3),)),
    Case("ConvTranspose1d(None, 4, 3)", "ConvTranspose1d(2, 4, 3)", ((2, 2, 7),)),
    Case("ConvTranspose2d(None, 4, 3)", "ConvTranspose2d(2, 4, 3)", ((2, 2, 3, 4),)),
    Case("ConvTranspose3d(None, 4, 2)", "ConvTranspose3d(2, 4, 2)", ((1, 2, 3, 2, 3),)),
    Case("BatchNorm1d(None)", "BatchNorm1d(3)", ((4, 3),)),
    Case("BatchNorm2d(None)", "BatchNorm2d(3)", ((4, 3, 2, 2),)),
    Case("BatchNorm3d(None)", "BatchNorm3d(3)", ((4, 3, 2, 2, 2),)),
    Case("InstanceNorm1d(None, affine=True)", "InstanceNorm1d(3, affine=True)", ((2, 3, 4),)),
    Case("InstanceNorm2d(None, affine=True)", "InstanceNorm2d(3, affine=True)", ((2, 3, 4, 4),)),
    Case("InstanceNorm3d(None, affine=True)", "InstanceNorm3d(3, affine=True)",
         ((2, 3, 2, 2, 2),)),
    Case("LayerNorm(None)", "LayerNorm(3)", ((2, 3),)),
    Case("RMSNorm(None)", "RMSNorm(3)", ((2, 3),)),
    Case("GroupNorm(2, None)", "GroupNorm(2, 4)", ((2, 4, 3),)),
    Case("PReLU(None)", "PReLU(3)", ((2, 3, 2),)),
    Case("RNN(None, 8)", "RNN(3, 8)", ((5, 2, 3),)),
    Case("LSTM(None, 8)", "LSTM(3, 8)", ((5, 2, 3),)),
    Case("GRU(None, 8)", "GRU(3, 8)", ((5, 2, 3),)),
    Case("RNNCell(None, 8)", "RNNCell(3, 8)", ((2, 3),)),
    Case("LSTMCell(None, 8)", "LSTMCell(3, 8)", ((2, 3),)),
    Case("GRUCell(None, 8)", "GRUCell(3, 8)", ((2, 3),)),
    Case("MultiheadAttention(None, 2)", "MultiheadAttention(4, 2)", ((5, 2, 4),) * 3),
]  # fmt: skip


@promise("N5.2")
@pytest.mark.parametrize("case", SHORT, ids=label)
def test_none_is_the_short_form_of_a_lazy_layer(case):
    short, eager = build(case.lazy), build(case.eager)
    assert type(short) is type(eager)
    assert lazy_names(short)
    torch.manual_seed(0)
    found, due = flat(short(*inputs(case))), flat(eager(*inputs(case)))
    assert all((one == other).all() for one, other in zip(found, due, strict=True))
    assert repr(short) == repr(eager)
    assert bits(short) == bits(eager)
