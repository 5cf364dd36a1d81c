"""Averaged models and their statistics: NumPy's means, PyTorch's numbers, lazy nets."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy import nn
from minitorch_lazy.optim import swa_utils
from minitorch_lazy.optim.swa_utils import AveragedModel

MODES = [
    {},
    {"avg": "get_swa_avg_fn"},
    {"multi": "get_swa_multi_avg_fn"},
    {"avg": "get_ema_avg_fn", "decay": 0.75},
    {"multi": "get_ema_multi_avg_fn", "decay": 0.75},
]


def functions(utils: Any, mode: Any) -> dict[str, Any]:
    """Make the averaging function that a mode names."""
    options = [mode["decay"]] if "decay" in mode else []
    keys = {"avg": "avg_fn", "multi": "multi_avg_fn"}
    return {keys[k]: getattr(utils, mode[k])(*options) for k in keys if k in mode}


def linear(torch: Any) -> Any:
    return torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)).to(torch.float64)


def fill(torch: Any, net: Any, random: Any) -> None:
    """Give parameters and buffers, in order, random numbers."""
    with torch.no_grad():
        for each in [*net.parameters(), *net.buffers()]:
            value = random.normal(size=tuple(each.shape)) * 10
            each.copy_(torch.tensor(np.asarray(value)))


def values(net: Any) -> list[np.ndarray]:
    return [each.detach().numpy().copy() for each in [*net.parameters(), *net.buffers()]]


def followed(torch: Any, utils: Any, **options: Any) -> tuple[Any, list[Any]]:
    """Average a net over five random states; return the average and the states."""
    random, net = np.random.default_rng(0), linear(torch)
    averaged = utils.AveragedModel(net, **options)
    states = []
    for _ in range(5):
        fill(torch, net, random)
        averaged.update_parameters(net)
        states.append(values(net))
    return averaged, states


@pytest.mark.parametrize("mode", MODES)
def test_parameters_are_averaged_and_buffers_copied(mode):
    averaged, states = followed(mt, swa_utils, **functions(swa_utils, mode))
    for place, found in enumerate(values(averaged.module)):
        history = [state[place] for state in states]
        if place >= 4:
            np.testing.assert_array_equal(found, history[-1])
            continue
        mean = history[0]
        for count, now in enumerate(history[1:], 1):
            weight = 0.25 if "decay" in mode else 1 / (count + 1)
            mean = (1 - weight) * mean + weight * now
        # the equal average of many tensors takes its weight from a float32 division
        np.testing.assert_allclose(found, mean, rtol=1e-6)
    assert averaged.n_averaged.item() == 5
    assert averaged.n_averaged.dtype is mt.int64


@pytest.mark.torch
@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_averages_are_pytorchs(mode, use_buffers):
    torch = pytest.importorskip("torch")
    if use_buffers and mode.get("multi") == "get_swa_multi_avg_fn":
        pytest.skip("PyTorch refuses to average integer buffers by get_swa_multi_avg_fn")
    theirs = torch.optim.swa_utils
    ours, _ = followed(mt, swa_utils, use_buffers=use_buffers, **functions(swa_utils, mode))
    other, _ = followed(torch, theirs, use_buffers=use_buffers, **functions(theirs, mode))
    assert list(ours.state_dict()) == list(other.state_dict())
    for mine, due in zip(values(ours), values(other), strict=True):
        np.testing.assert_allclose(mine, due, rtol=1e-12)


def test_integer_buffers_take_the_average_of_many_rounded():
    averaged, states = followed(
        mt, swa_utils, use_buffers=True, multi_avg_fn=swa_utils.get_swa_multi_avg_fn()
    )
    mean = states[0][-1]
    for count, state in enumerate(states[1:], 1):
        mean = np.int64(mean + (state[-1] - mean) / np.float32(count + 1))
    assert averaged.module[1].num_batches_tracked.item() == mean


def test_an_averaged_model_is_a_copy_that_is_called_like_the_net():
    net = nn.Linear(2, 1)
    averaged = AveragedModel(net)
    x = mt.ones(3, 2)
    assert averaged(x).tolist() == net(x).tolist()
    assert averaged.module.weight is not net.weight
    net.weight.data.zero_()
    assert averaged(x).tolist() != net(x).tolist()


def test_a_state_dict_carries_average_and_count():
    averaged, _ = followed(mt, swa_utils)
    other = AveragedModel(linear(mt))
    other.load_state_dict(averaged.state_dict())
    assert other.n_averaged.item() == 5
    net = linear(mt)
    for each in (averaged, other):
        each.update_parameters(net)
    for one, two in zip(values(averaged), values(other), strict=True):
        np.testing.assert_array_equal(one, two)


def lazy_net() -> Any:
    return nn.Sequential(nn.LazyLinear(4), nn.LazyBatchNorm1d(), nn.Tanh(), nn.LazyLinear(2))


def noise(net: Any, step: int) -> None:
    with mt.no_grad():
        for place, parameter in enumerate(net.parameters()):
            parameter.add_(mt.full_like(parameter, 0.1 * (place + 1) * (step + 1)))


@pytest.mark.parametrize("early_call", [False, True])
@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_a_lazy_net_is_averaged_as_its_settled_twin(mode, use_buffers, early_call):
    x = mt.linspace(-1, 1, 15).reshape(5, 3)
    mt.manual_seed(0)
    net = lazy_net()
    early = AveragedModel(net, use_buffers=use_buffers, **functions(swa_utils, mode))
    if early_call:
        assert early(x).shape == (5, 2)
        assert any(nn.parameter.is_lazy(p) for p in net.parameters())
    net(x)
    late = AveragedModel(net, use_buffers=use_buffers, **functions(swa_utils, mode))
    for step in range(4):
        for averaged in (early, late):
            averaged.update_parameters(net)
        net(x * step)
        noise(net, step)
    for one, two in zip(values(early), values(late), strict=True):
        np.testing.assert_array_equal(one, two)
    assert [type(m) for m in early.module] == [type(m) for m in late.module]
    for averaged in (early, late):
        averaged.eval()
    np.testing.assert_array_equal(early(x).detach().numpy(), late(x).detach().numpy())


class Dense(nn.Module):
    """A layer that knows nothing of laziness."""

    def __init__(self, in_units, units):
        super().__init__()
        self.weight = nn.Parameter(mt.randn(in_units, units))
        self.inner = nn.Linear(units, units)

    def forward(self, x):
        return self.inner(x @ self.weight)


@pytest.mark.parametrize(
    "make",
    [
        lambda: nn.Sequential(nn.lazy(Dense, in_units=lambda x: x.shape[-1])(units=2)),
        lambda: nn.utils.parametrizations.weight_norm(nn.LazyLinear(2)),
        lambda: nn.utils.parametrizations.spectral_norm(nn.LazyLinear(2)),
        lambda: nn.Sequential(nn.Linear(None, 3), nn.BatchNorm1d(None)),
    ],
)
def test_nets_that_change_when_they_settle_are_averaged(make):
    net, x = make(), mt.randn(4, 3)
    averaged = AveragedModel(net)
    net(x)
    averaged.update_parameters(net)
    for parameter in net.parameters():
        parameter.data.add_(1.0)
    averaged.update_parameters(net)
    assert list(averaged.module.state_dict()) == list(net.state_dict())
    for mean, parameter in zip(averaged.module.parameters(), net.parameters(), strict=True):
        np.testing.assert_allclose(
            mean.detach().numpy(), parameter.detach().numpy() - 0.5, rtol=1e-5, atol=1e-6
        )
    assert averaged(x).shape == net(x).shape


def test_what_is_averaged_already_stays_when_the_rest_settles():
    net = nn.ModuleList([nn.Linear(1, 1, bias=False), nn.LazyLinear(1, bias=False)])
    averaged = AveragedModel(net)
    averaged.n_averaged.fill_(1)
    averaged.module[0].weight.data.fill_(2.0)
    net[0].weight.data.fill_(4.0)
    net[1](mt.ones(1, 1))
    averaged.update_parameters(net)
    assert averaged.module[0].weight.item() == 3.0
    assert averaged.module[1].weight.item() == net[1].weight.item()


def test_settling_the_copy_draws_no_random_numbers():
    net = lazy_net()
    averaged = AveragedModel(net)
    net(mt.ones(5, 3))
    before = mt.get_rng_state().tolist()
    averaged.update_parameters(net)
    assert mt.get_rng_state().tolist() == before


def test_a_net_that_is_lazy_still_is_refused_and_nothing_changes():
    net = lazy_net()
    averaged = AveragedModel(net)
    averaged(mt.ones(5, 3))
    before = values(averaged)
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter in"):
        averaged.update_parameters(net)
    for one, two in zip(before, values(averaged), strict=True):
        np.testing.assert_array_equal(one, two)
    assert averaged.n_averaged.item() == 0


def test_another_net_is_refused_and_nothing_changes():
    averaged = AveragedModel(nn.Linear(2, 2))
    before = values(averaged)
    for other in (nn.Linear(2, 2, bias=False), nn.Linear(3, 2)):
        with pytest.raises(ValueError, match="the parameters of the net are not those of the copy"):
            averaged.update_parameters(other)
    for one, two in zip(before, values(averaged), strict=True):
        np.testing.assert_array_equal(one, two)


def test_two_functions_and_bad_decays_are_refused():
    average, together = swa_utils.get_swa_avg_fn(), swa_utils.get_swa_multi_avg_fn()
    with pytest.raises(AssertionError, match="^Only one of avg_fn and multi_avg_fn should be"):
        AveragedModel(nn.Linear(2, 2), avg_fn=average, multi_avg_fn=together)
    for decay in (-0.1, 1.1):
        for make in (swa_utils.get_ema_avg_fn, swa_utils.get_ema_multi_avg_fn):
            with pytest.raises(ValueError, match=f"^Invalid decay value {decay} provided"):
                make(decay)


@pytest.mark.parametrize("pack", [lambda x: x, lambda x: [x, None], lambda x: (x, 3)])
def test_statistics_are_found_anew(pack):
    random = np.random.default_rng(0)
    data = random.normal(3.0, 2.0, size=(4, 10, 3))
    net = nn.Sequential(nn.BatchNorm1d(3, momentum=0.3)).to(mt.float64)
    net(mt.tensor(random.normal(size=(8, 3))))
    net.eval()
    swa_utils.update_bn([pack(mt.tensor(batch)) for batch in data], net)
    np.testing.assert_allclose(net[0].running_mean.numpy(), data.mean((0, 1)))
    np.testing.assert_allclose(net[0].running_var.numpy(), data.var(1, ddof=1).mean(0))
    assert net[0].num_batches_tracked.item() == 4
    assert net[0].momentum == 0.3
    assert not net.training


def test_statistics_of_a_lazy_net_settle_it():
    net = lazy_net()
    batches = [mt.randn(6, 3) for _ in range(3)]
    swa_utils.update_bn(batches, net)
    expected = mt.stack([net[0](batch).mean(0) for batch in batches]).mean(0)
    np.testing.assert_allclose(
        net[1].running_mean.numpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6
    )
    assert net[1].momentum == 0.1


def test_mode_and_momentum_come_back_after_a_failure():
    net = nn.Sequential(nn.BatchNorm1d(3)).eval()
    with pytest.raises(ValueError, match="expected 2D or 3D input"):
        swa_utils.update_bn([mt.ones(3)], net)
    assert net[0].momentum == 0.1
    assert not net.training
