"""Copies, pickles, states and transfers of parametrized modules."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.classes import bits
from tests.nn.promises.parametrized import (
    Doubled,
    Squared,
    Sum,
    Symmetric,
    array,
    linear,
    portrait,
    title,
)
from tests.nn.promises.rows import promise

register, remove = parametrize.register_parametrization, parametrize.remove_parametrizations
norms = nn.utils.parametrizations
COPIED = [copy.deepcopy, lambda net: pickle.loads(pickle.dumps(net))]
MAKERS = {
    "one": lambda: linear(Doubled),
    "chain": lambda: linear(Symmetric, Doubled),
    "several": lambda: linear(Sum, Doubled),
    "weight_norm": lambda: norms.weight_norm(linear()),
    "spectral_norm": lambda: norms.spectral_norm(linear()),
    "lazy": lambda: register(nn.LazyLinear(3), "weight", Doubled()),
    "lazy chain": lambda: register(norms.weight_norm(nn.LazyLinear(3)), "bias", Doubled()),
    "lazy spectral_norm": lambda: norms.spectral_norm(nn.LazyLinear(3)),
    "buffer": lambda: register(nn.BatchNorm1d(3), "running_var", Squared()),
    "in a net": lambda: nn.Sequential(linear(Doubled), nn.LazyLinear(3), linear(Sum)),
}


def make(name):
    with nn.init.keyed(2):
        return MAKERS[name]()


@promise("0.2", "3.5.1", "N10.1", "R8")
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("copied", COPIED)
def test_a_copy_is_equal_and_distinct(name, copied):
    net = make(name)
    twin = copied(net)
    assert repr(twin) == repr(net)
    assert list(bits(twin).items()) == list(bits(net).items())
    assert not {id(p) for p in net.parameters()} & {id(p) for p in twin.parameters()}
    assert not {id(m) for m in net.modules()} & {id(m) for m in twin.modules()}
    x = torch.linspace(-1, 1, 12).reshape(4, 3)
    for each in (net, twin):
        each(x)
    assert list(bits(twin).items()) == list(bits(net).items())
    np.testing.assert_array_equal(array(twin.eval()(x)), array(net.eval()(x)))


@promise("0.2", "N10.1")
@pytest.mark.parametrize("name", MAKERS)
def test_a_shallow_copy_works(name):
    net = make(name)
    before = bits(net)
    twin = copy.copy(net)
    assert repr(twin) == repr(net)
    assert bits(twin) == before
    assert bits(net) == before


@promise("0.2", "3.5.2", "R8")
@pytest.mark.parametrize("copied", COPIED)
@pytest.mark.parametrize("kind", [Doubled, Sum])
@pytest.mark.parametrize("which", ["copy", "original"])
def test_removing_from_one_leaves_the_other(copied, kind, which):
    net = linear(kind)
    twin = copied(net)
    gone, kept = (twin, net) if which == "copy" else (net, twin)
    before = portrait(kept)
    remove(gone, "weight")
    assert portrait(kept) == before
    assert title(kept) == "ParametrizedLinear"
    assert title(gone) == "Linear"
    np.testing.assert_array_equal(array(kept.weight), array(gone.weight))
    kept.weight = torch.ones(3, 3)
    assert kept.weight.tolist() == [[1.0] * 3] * 3


@promise("0.2", "3.5.2")
@pytest.mark.parametrize("copied", [*COPIED, copy.copy])
def test_registering_on_a_copy_leaves_the_original(copied):
    net = linear(Doubled)
    twin = copied(net)
    register(twin, "bias", Doubled())
    if copied is not copy.copy:
        assert not parametrize.is_parametrized(net, "bias")
        np.testing.assert_array_equal(array(net.bias), array(twin.bias))


@promise("3.5.1")
def test_a_deepcopy_of_one_s_own_is_honoured():
    class Own(nn.Linear):
        def __deepcopy__(self, memo):
            return "my own"

    layer = register(Own(3, 3), "weight", Doubled())
    assert copy.deepcopy(layer) == "my own"
    assert copy.deepcopy(nn.ModuleList([]))._modules == {}


@promise("N10.1")
@pytest.mark.parametrize("copied", COPIED)
@pytest.mark.parametrize("name", ["lazy", "lazy chain", "lazy spectral_norm"])
def test_a_lazy_copy_settles_by_itself(copied, name):
    net = make(name).double()
    twin = copied(net)
    before = portrait(net)
    twin(torch.ones(4, 3, dtype=torch.float64))
    assert portrait(net) == before
    assert title(twin) == "ParametrizedLinear"
    net(torch.ones(4, 3, dtype=torch.float64))
    assert list(bits(net).items()) == list(bits(twin).items())
    assert twin.weight.dtype is torch.float64


@promise("N10.1")
@pytest.mark.parametrize("copied", COPIED)
def test_tied_lazy_weights_stay_tied_under_a_parametrization(copied):
    one, other = nn.LazyLinear(3), nn.LazyLinear(3)
    other.weight = one.weight
    net = nn.Sequential(register(one, "weight", Doubled()), other)
    for each in (net, copied(net)):
        assert each[0].parametrizations.weight.original is each[1].weight
        each(torch.ones(2, 3))
        assert each[0].parametrizations.weight.original is each[1].weight
        np.testing.assert_array_equal(array(each[0].weight), 2 * array(each[1].weight))


@promise("0.3", "3.5.1")
@pytest.mark.parametrize("net", [linear, lambda: linear(Doubled), lambda: nn.LazyLinear(2)])
def test_saving_a_module_is_refused_and_names_state_dict(net, tmp_path):
    for target in (io.BytesIO(), tmp_path / "net.pt"):
        with pytest.raises(RuntimeError, match=r"state_dict\(\)"):
            torch.save(net(), target)
    assert list(tmp_path.iterdir()) == []


@promise("N10.1", "0.3", "3.1.4")
@pytest.mark.parametrize("name", MAKERS)
def test_the_state_of_a_parametrized_net_is_saved_and_loaded(name):
    net, file = make(name), io.BytesIO()
    torch.save(net.state_dict(), file)
    file.seek(0)
    twin = MAKERS[name]()
    assert str(twin.load_state_dict(torch.load(file))) == "<All keys matched successfully>"
    if "lazy" not in name and name != "in a net":
        assert bits(twin) == bits(net)
