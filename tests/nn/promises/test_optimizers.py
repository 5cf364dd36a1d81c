"""Optimizers that are made before the first call."""

from __future__ import annotations

import copy

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn, optim
from tests.nn.promises.classes import bits, lazy_names
from tests.nn.promises.rows import promise

RULES = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1},
    "Adam": {"lr": 0.1, "amsgrad": True},
    "AdamW": {"lr": 0.1},
    "Adamax": {"lr": 0.1},
    "NAdam": {"lr": 0.1},
    "RAdam": {"lr": 0.1},
    "Adadelta": {"lr": 0.5},
    "Adafactor": {"lr": 0.1},
    "RMSprop": {"lr": 0.1, "momentum": 0.5, "centered": True},
    "Rprop": {"lr": 0.1},
    "ASGD": {"lr": 0.1},
    "LBFGS": {"lr": 0.5, "max_iter": 3},
}


def make_net():
    torch.manual_seed(0)
    return nn.Sequential(nn.LazyLinear(6), nn.Tanh(), nn.LazyBatchNorm1d(), nn.LazyLinear(2))


def data():
    return torch.linspace(-1, 1, 15).reshape(5, 3)


def train(net, optimizer, steps=3):
    """Take some steps on the mean square of the outputs."""

    def closure():
        optimizer.zero_grad()
        loss = (net(data()) ** 2).mean()
        loss.backward()
        return loss

    for _ in range(steps):
        optimizer.step(closure)
    return bits(net)


@promise("2.6.1", "N14")
@pytest.mark.parametrize("name", RULES)
def test_an_optimizer_made_before_trains_as_one_made_after(name):
    make = getattr(optim, name)
    early = make_net()
    optimizer = make(early.parameters(), **RULES[name])
    early(data())
    late = make_net()
    late(data())
    start = bits(late)
    assert bits(early) == start
    trained = train(late, make(late.parameters(), **RULES[name]))
    assert trained != start
    assert train(early, optimizer) == trained


@promise("2.6.1", "N14")
@pytest.mark.parametrize("name", RULES)
def test_an_optimizer_made_before_settles_in_its_own_closure(name):
    net = make_net()
    optimizer = getattr(optim, name)(net.parameters(), **RULES[name])
    train(net, optimizer)
    assert lazy_names(net) == []
    assert all(p.grad is not None for p in net.parameters())


@promise("2.6.1")
def test_fused_adam_takes_lazy_parameters():
    net = make_net()
    optimizer = optim.Adam(net.parameters(), fused=True)
    net(data())
    before = bits(net)
    assert train(net, optimizer) != before


@promise("2.6.2")
def test_adagrad_refuses_lazy_parameters():
    make = optim.Adagrad
    with pytest.raises(ValueError, match="^Attempted to use an uninitialized parameter in"):
        make(nn.LazyLinear(3).parameters())


@promise("2.6.2")
def test_muon_refuses_the_rank_of_lazy_parameters():
    make = optim.Muon
    text = r"Muon only supports 2D parameters whereas we found a parameter with size: "
    with pytest.raises(ValueError, match=text):
        make(nn.LazyLinear(3).parameters())


@promise("2.6.3")
@pytest.mark.parametrize("name", [name for name in RULES if name != "LBFGS"])
def test_steps_before_the_first_call_do_nothing(name):
    net = make_net()
    optimizer = getattr(optim, name)(net.parameters(), **RULES[name])
    optimizer.zero_grad()
    optimizer.step()
    assert not optimizer.state_dict()["state"]
    assert len(lazy_names(net)) == 8
    net(data())
    other = make_net()
    other(data())
    assert bits(net) == bits(other)
    assert train(net, optimizer) == train(other, getattr(optim, name)(
        other.parameters(), **RULES[name]))  # fmt: skip


@promise("2.6.3")
def test_clipping_lazy_gradients_finds_a_norm_of_zero():
    norm = nn.utils.clip_grad_norm_(nn.LazyLinear(3).parameters(), 1.0)
    assert repr(norm) == "tensor(0.)"


@promise("2.6.4")
@pytest.mark.parametrize(
    "use", [nn.utils.parameters_to_vector, lambda parameters: sum(p.numel() for p in parameters)]
)
def test_flattening_and_counting_by_hand_are_refused(use):
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        use(nn.LazyLinear(3).parameters())


@promise("2.6.5")
def test_an_averaged_model_made_before_follows_the_net_settled_after():
    net = make_net()
    averaged = optim.swa_utils.AveragedModel(net)
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    train(net, optimizer, steps=1)
    averaged.update_parameters(net)
    first = [p.detach().clone() for p in net.parameters()]
    assert [p.tolist() for p in averaged.module.parameters()] == [p.tolist() for p in first]
    train(net, optimizer, steps=1)
    averaged.update_parameters(net)
    for mean, one, two in zip(averaged.module.parameters(), first, net.parameters(), strict=True):
        due = ((one + two) / 2).detach().numpy()
        assert mean.detach().numpy() == pytest.approx(due, abs=1e-6)


@promise("N14")
def test_a_copied_net_is_not_followed_by_the_original_s_optimizer():
    net = make_net()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    twin = copy.deepcopy(net)
    twin(data())
    net(data())
    before = bits(twin)
    train(net, optimizer, steps=1)
    assert bits(twin) == before


@promise("N14", "N9")
def test_an_optimizer_follows_parameters_that_a_state_settled():
    trained = make_net()
    trained(data())
    net = make_net()
    optimizer = optim.Adam(net.parameters(), lr=0.1)
    net.load_state_dict(trained.state_dict())
    due = train(trained, optim.Adam(trained.parameters(), lr=0.1))
    assert train(net, optimizer) == due
