"""Parametrized lazy layers equal their eager twins, bit for bit."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.classes import CASES, bits, flat, inputs, label, lazy_names
from tests.nn.promises.parametrized import Doubled, Sum, Symmetric, array, portrait, title
from tests.nn.promises.rows import promise

register, norms = parametrize.register_parametrization, nn.utils.parametrizations


def both(lazy, eager, dress, seed=4):
    """Make a lazy layer and its eager twin under one key and dress them alike."""
    found = []
    for line in (lazy, eager):
        with nn.init.keyed(seed):
            found.append(dress(eval(f"nn.{line}", {"nn": nn, "torch": torch})))
    return found


WEIGHTED = [case for case in CASES if "affine=False" not in case.lazy]
WEIGHTS = {
    "RNN": "weight_ih_l0", "LSTM": "weight_ih_l0", "GRU": "weight_hh_l0",
    "RNNCell": "weight_ih", "LSTMCell": "weight_hh", "GRUCell": "weight_ih",
    "MultiheadAttention": "in_proj_weight",
}  # fmt: skip


def weight_of(case):
    return WEIGHTS.get(case.eager.partition("(")[0], "weight")


CHAINS = {
    "weight_norm": norms.weight_norm,
    "spectral_norm": norms.spectral_norm,
    "doubled": lambda m: register(m, "weight", Doubled()),
    "several": lambda m: register(m, "weight", Sum()),
    "weight_norm and doubled": lambda m: register(norms.weight_norm(m), "weight", Doubled()),
    "doubled and spectral_norm": lambda m: norms.spectral_norm(register(m, "weight", Doubled())),
    "several and doubled": lambda m: register(register(m, "weight", Sum()), "weight", Doubled()),
    "weight and bias": lambda m: register(norms.weight_norm(m), "bias", Doubled()),
    "orthogonal": lambda m: norms.orthogonal(m),
}
PAIRS = {
    "LazyLinear(7)": ("Linear(5, 7)", (6, 5)),
    "LazyConv2d(8, 3)": ("Conv2d(2, 8, 3)", (2, 2, 5, 6)),
    "LazyConvTranspose2d(4, 3)": ("ConvTranspose2d(3, 4, 3)", (2, 3, 4, 4)),
}
MIXED = [(lazy, chain) for lazy in PAIRS for chain in CHAINS]


@promise("N1.1", "R9")
def test_a_lazy_layer_is_parametrized_at_once():
    m = nn.LazyLinear(7)
    weight = m.weight
    assert norms.weight_norm(m) is m
    assert title(m) == "ParametrizedLazyLinear"
    assert repr(m).splitlines()[1] == "  in_features=0, out_features=7, bias=True"
    assert type(m) is nn.LazyLinear
    assert parametrize.is_parametrized(m, "weight")
    assert m.parametrizations.weight.original is weight
    assert type(weight) is nn.UninitializedParameter
    assert not parametrize.is_parametrized(m, "bias")
    assert m.has_uninitialized_params()


@promise("N1.1", "N1.3")
@pytest.mark.parametrize("chain", [name for name in CHAINS if name != "orthogonal"])
def test_the_original_waits_and_nothing_is_drawn(chain):
    m = nn.LazyLinear(7)
    before = torch.get_rng_state().tolist()
    CHAINS[chain](m)
    assert torch.get_rng_state().tolist() == before
    assert "parametrizations.weight.original" in lazy_names(m)
    assert m.uninitialized()
    assert nn.parameter.is_lazy(m.parametrizations.weight.original)


@promise("N1.2", "N1.3", "R9")
@pytest.mark.parametrize(("line", "chain"), MIXED)
def test_after_the_first_call_it_is_the_eager_layer(line, chain):
    eager_line, shape = PAIRS[line]
    lazy, eager = both(line, eager_line, CHAINS[chain])
    x = torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    out, due = lazy(x), eager(x)
    assert title(lazy) == title(eager) == "Parametrized" + eager_line.partition("(")[0]
    assert repr(lazy) == repr(eager)
    assert type(lazy) is type(eager)
    assert list(bits(lazy).items()) == list(bits(eager).items())
    np.testing.assert_array_equal(array(out), array(due))
    assert [(n, type(p), p.requires_grad) for n, p in lazy.named_parameters()] == [
        (n, type(p), p.requires_grad) for n, p in eager.named_parameters()]  # fmt: skip
    assert not hasattr(lazy, "_initialize_hook")


@promise("N1.2")
@pytest.mark.parametrize("case", WEIGHTED, ids=label)
@pytest.mark.parametrize("norm", ["weight_norm", "spectral_norm"])
def test_every_lazy_class_under_a_norm_equals_its_eager_class(case, norm):
    def dress(layer):
        return getattr(norms, norm)(layer, weight_of(case))

    lazy, eager = both(case.lazy, case.eager, dress)
    assert title(lazy) == "Parametrized" + case.name
    out, due = lazy(*inputs(case)), eager(*inputs(case))
    assert repr(lazy) == repr(eager)
    assert list(bits(lazy).items()) == list(bits(eager).items())
    for one, other in zip(flat(out), flat(due), strict=True):
        np.testing.assert_array_equal(one, other)


def train(net, optimizer, x, steps=20):
    """Take steps and return the bits after each."""
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        ((net(x) - 1) ** 2).mean().backward()
        optimizer.step()
        found.append(list(bits(net).items()))
    return found


RULES = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.01),
}


@promise("N1.2", "N1.3", "N14.1")
@pytest.mark.parametrize(("line", "chain"), MIXED)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("early", [True, False])
def test_twenty_steps_equal_those_of_the_eager_twin(line, chain, rule, early):
    eager_line, shape = PAIRS[line]
    lazy, eager = both(line, eager_line, CHAINS[chain])
    x = torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    if early:
        optimizer = RULES[rule](lazy.parameters())
    with torch.no_grad():
        lazy(x)
        eager(x)
    if not early:
        optimizer = RULES[rule](lazy.parameters())
    start = list(bits(eager).items())
    assert list(bits(lazy).items()) == start
    due = train(eager, RULES[rule](eager.parameters()), x)
    assert train(lazy, optimizer, x) == due
    assert all(one != start for one in due)


@promise("N1.3", "N14.1")
@pytest.mark.parametrize("chain", CHAINS)
def test_an_optimizer_made_before_has_all_originals(chain):
    m = CHAINS[chain](nn.LazyLinear(7))
    optimizer = torch.optim.SGD(m.parameters(), lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        m(torch.ones(2, 5))
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    assert sorted(held) == sorted(id(p) for p in m.parameters())


@promise("N1.2")
@pytest.mark.parametrize("chain", CHAINS)
def test_a_first_call_in_evaluation_gives_the_eager_layer_too(chain):
    lazy, eager = both("LazyLinear(7)", "Linear(5, 7)", CHAINS[chain])
    for each in (lazy, eager):
        each.eval()(torch.ones(2, 5))
    assert list(bits(lazy).items()) == list(bits(eager).items())


@promise("N1.4")
@pytest.mark.parametrize(("line", "chain"), MIXED)
def test_an_initialized_state_loads_without_a_call(line, chain):
    eager_line, shape = PAIRS[line]
    lazy, _ = both(line, eager_line, CHAINS[chain])
    _, eager = both(line, eager_line, CHAINS[chain], seed=9)
    assert str(lazy.load_state_dict(eager.state_dict())) == "<All keys matched successfully>"
    assert lazy_names(lazy) == []
    assert repr(lazy) == repr(eager)
    assert list(bits(lazy).items()) == list(bits(eager).items())
    x = torch.linspace(-1, 1, int(np.prod(shape))).reshape(shape)
    np.testing.assert_array_equal(array(lazy.eval()(x)), array(eager.eval()(x)))


@promise("N1.4")
@pytest.mark.parametrize("chain", CHAINS)
def test_a_lazy_state_leaves_it_lazy(chain):
    one, other = CHAINS[chain](nn.LazyLinear(7)), CHAINS[chain](nn.LazyLinear(7))
    one.load_state_dict(other.state_dict())
    assert title(one) == "ParametrizedLazyLinear"
    assert nn.parameter.is_lazy(one.parametrizations.weight.original)
    assert one(torch.ones(2, 5)).shape == (2, 7)


@promise("N1.2", "N1.1")
@pytest.mark.parametrize("chain", CHAINS)
def test_a_dry_run_settles_as_a_call_does(chain):
    one, eager = both("LazyLinear(7)", "Linear(5, 7)", CHAINS[chain])
    two, _ = both("LazyLinear(7)", "Linear(5, 7)", CHAINS[chain])
    shapes = nn.shapes(two, torch.spec((2, 5)))
    assert title(two) == "ParametrizedLazyLinear"
    nn.dry_run(one, torch.spec((2, 5)))
    assert list(bits(one).items()) == list(bits(eager).items())
    assert {name: tuple(shapes[name][0]) for name, _ in eager.named_parameters()} == {
        name: tuple(p.shape) for name, p in eager.named_parameters()}  # fmt: skip


@promise("N1.2", "N1.1")
def test_it_works_deep_in_a_net_and_without_keys():
    def make(first, second):
        torch.manual_seed(3)
        net = nn.Sequential(eval(f"nn.{first}"), nn.ReLU(), eval(f"nn.{second}"))
        for layer in (net[0], net[2]):
            norms.weight_norm(layer)
        net(torch.ones(3, 5))
        return net

    lazy, eager = make("LazyLinear(6)", "LazyLinear(2)"), make("Linear(5, 6)", "Linear(6, 2)")
    x = torch.ones(3, 5)
    np.testing.assert_array_equal(array(lazy(x)), array(eager(x)))
    assert list(bits(lazy).items()) == list(bits(eager).items())


@promise("N1.2")
def test_a_symmetric_lazy_weight_settles_on_a_square_input_alone():
    m = register(nn.LazyLinear(4), "weight", Symmetric())
    before = portrait(m)
    with pytest.raises((ValueError, RuntimeError)):
        m(torch.ones(2, 3))
    assert portrait(m) == before
    m(torch.ones(2, 4))
    assert torch.equal(m.weight, m.weight.T)


@promise("N1.6", "3.7.12")
@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
@pytest.mark.parametrize(
    ("name", "text"), [("weight_norm", "WeightNorm"), ("spectral_norm", "SpectralNorm")]
)
def test_the_old_forms_still_refuse_lazy_layers(name, text):
    m = nn.LazyLinear(3)
    before = portrait(m)
    with pytest.raises(ValueError, match=f"The module passed to `{text}` can't have uninit"):
        getattr(nn.utils, name)(m)
    assert portrait(m) == before
