"""Initialisers before the first call: remembered, and replayed in order."""

from __future__ import annotations

import copy
import pickle

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import bits
from tests.nn.promises.rows import promise

INITIALISERS = {
    "uniform_": lambda w: nn.init.uniform_(w, -1.0, 2.0),
    "normal_": lambda w: nn.init.normal_(w, 1.0, 3.0),
    "trunc_normal_": lambda w: nn.init.trunc_normal_(w, std=0.5),
    "constant_": lambda w: nn.init.constant_(w, 4.0),
    "ones_": lambda w: nn.init.ones_(w),
    "zeros_": lambda w: nn.init.zeros_(w),
    "eye_": lambda w: nn.init.eye_(w),
    "xavier_uniform_": lambda w: nn.init.xavier_uniform_(w, gain=2.0),
    "xavier_normal_": lambda w: nn.init.xavier_normal_(w),
    "kaiming_uniform_": lambda w: nn.init.kaiming_uniform_(w, nonlinearity="relu"),
    "kaiming_normal_": lambda w: nn.init.kaiming_normal_(w, mode="fan_out"),
    "sparse_": lambda w: nn.init.sparse_(w, 0.5),
    "orthogonal_": lambda w: nn.init.orthogonal_(w),
    "methods": lambda w: (w.normal_(0, 0.01), w.mul_(2.0), w.add_(1.0)),
    "methods of data": lambda w: (w.data.normal_(0, 0.01), w.data.mul_(2.0), w.data.add_(1.0)),
    "two": lambda w: (nn.init.ones_(w), nn.init.normal_(w)),
}
TWINS = [("LazyLinear(6)", "Linear(4, 6)"), ("Linear(None, 6)", "Linear(4, 6)")]


def make(line):
    return eval(f"nn.{line}", {"nn": nn})


def keyed(line):
    with nn.init.keyed(6):
        return make(line)


def apply_to_all(net, name):
    with torch.no_grad():
        net.apply(
            lambda m: INITIALISERS[name](m.weight) if isinstance(m, nn.Linear) else None
        )  # fmt: skip


@promise("N8")
@pytest.mark.parametrize(("lazy", "eager"), TWINS)
@pytest.mark.parametrize("name", INITIALISERS)
def test_an_initialiser_before_equals_one_on_the_eager_layer(name, lazy, eager):
    one, other = keyed(lazy), keyed(eager)
    for net in (one, other):
        apply_to_all(net, name)
    assert one.has_uninitialized_params()
    one(torch.ones(2, 4))
    assert bits(one) == bits(other)


@promise("N8")
@pytest.mark.parametrize("name", INITIALISERS)
def test_without_keys_the_draws_are_those_of_the_first_call(name):
    torch.manual_seed(1)
    one = nn.LazyLinear(6)
    apply_to_all(one, name)
    one(torch.ones(2, 4))
    torch.manual_seed(1)
    other = nn.Linear(4, 6)
    apply_to_all(other, name)
    assert bits(one) == bits(other)


@promise("N8")
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_wishes_are_replayed_in_order_in_copies_too(copied):
    net = nn.LazyLinear(2)
    nn.init.normal_(net.weight)
    nn.init.constant_(net.weight, 1.0)
    nn.init.constant_(net.bias, 5.0)
    with torch.no_grad():
        net.weight.data.mul_(3.0)
        net.weight.data.add_(1.0)
    for each in (copied(net), net):
        each(torch.ones(1, 3))
        assert each.weight.tolist() == [[4.0] * 3] * 2
        assert each.bias.tolist() == [5.0] * 2


@promise("N8", "2.4.13")
@pytest.mark.parametrize(("lazy", "eager"), TWINS)
def test_a_reset_takes_its_place_among_the_wishes(lazy, eager):
    for steps in ("ri", "ir", "rir", "rr"):
        one, other = keyed(lazy), keyed(eager)
        for net in (one, other):
            for step in steps:
                net.reset_parameters() if step == "r" else nn.init.ones_(net.weight)
        one(torch.ones(2, 4))
        assert bits(one) == bits(other), steps


@promise("N8")
def test_a_wish_returns_the_parameter_and_leaves_it_lazy():
    layer = nn.LazyLinear(2)
    assert nn.init.ones_(layer.weight) is layer.weight
    assert layer.weight.zero_() is layer.weight
    assert repr(layer.weight) == "<UninitializedParameter>"


@promise("N8")
def test_wishes_for_buffers_are_kept():
    layer = nn.LazyBatchNorm1d().eval()
    layer.running_var.fill_(4.0)
    nn.init.constant_(layer.running_mean, 2.0)
    layer(torch.ones(2, 3))
    assert layer.running_var.tolist() == [4.0] * 3
    assert layer.running_mean.tolist() == [2.0] * 3


@promise("N8", "N9")
def test_loaded_values_win_over_wishes():
    layer = nn.LazyLinear(2)
    nn.init.normal_(layer.weight)
    layer.reset_parameters()
    nn.init.constant_(layer.bias, 3.0)
    layer.load_state_dict({"weight": torch.ones(2, 3)}, strict=False)
    layer(torch.ones(1, 3))
    assert layer.weight.tolist() == [[1.0] * 3] * 2
    assert layer.bias.tolist() == [3.0, 3.0]


REFUSED = {
    "mode": lambda w: nn.init.kaiming_normal_(w, mode="bad"),
    "mode of uniform": lambda w: nn.init.kaiming_uniform_(w, mode="fan"),
    "nonlinearity": lambda w: nn.init.kaiming_normal_(w, nonlinearity="bad"),
    "slope": lambda w: nn.init.kaiming_uniform_(w, a="steep"),
    "deviation": lambda w: nn.init.normal_(w, std=-1.0),
    "deviation of a method": lambda w: w.normal_(0.0, -1.0),
    "bounds": lambda w: nn.init.uniform_(w, 2.0, 1.0),
    "bounds of data": lambda w: w.data.uniform_(2.0, 1.0),
    "rank": lambda w: nn.init.dirac_(w),
    "text": lambda w: nn.init.constant_(w, "one"),
    "gain": lambda w: nn.init.xavier_normal_(w, gain="high"),
    "sparsity": lambda w: nn.init.sparse_(w, "half"),
    "name": lambda w: nn.init.normal_(w, deviation=1.0),
    "too many": lambda w: nn.init.ones_(w, 1.0),
    "none": lambda w: nn.init.constant_(w),
}


@promise("N8", "2.1.5", "N11.1")
@pytest.mark.parametrize("name", REFUSED)
def test_arguments_that_an_initialiser_refuses_are_refused_at_once(name):
    layer = nn.LazyLinear(6)
    with pytest.raises((ValueError, RuntimeError, TypeError)) as lazy:
        REFUSED[name](layer.weight)
    assert "  tensor  LazyLinear.weight (float32, known sizes (6, ?))" in lazy.value.__notes__
    with pytest.raises((ValueError, RuntimeError, TypeError)) as eager, torch.no_grad():
        REFUSED[name](nn.Linear(1, 6).weight)
    assert (type(lazy.value), str(lazy.value)) == (type(eager.value), str(eager.value))
    assert layer.weight.recorded == ()


@promise("N8")
def test_trying_an_initialiser_out_takes_no_random_number():
    generator = torch.Generator().manual_seed(3)
    layer, before = nn.LazyLinear(6), (torch.get_rng_state(), generator.get_state())
    nn.init.normal_(layer.weight, generator=generator)
    nn.init.orthogonal_(layer.weight)
    after = (torch.get_rng_state(), generator.get_state())
    assert [state.tolist() for state in after] == [state.tolist() for state in before]
    with nn.init.keyed(1):
        keyed = nn.LazyLinear(6)
        nn.init.normal_(keyed.weight)
    assert keyed.weight.key.draws == 0


@promise("N8")
@pytest.mark.parametrize("groups", [2, 3, 7])
def test_an_initialiser_that_may_fit_is_remembered(groups):
    nn.init.dirac_(nn.LazyConv1d(groups * 2, 3).weight, groups)
    nn.init.dirac_(nn.UninitializedParameter(), groups)
    nn.LazyLinear(4).weight.add_(torch.ones(4, 3))
    nn.init.eye_(nn.UninitializedParameter(shape=(2_000_000, None)))
