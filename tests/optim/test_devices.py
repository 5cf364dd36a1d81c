"""Optimizers take the same steps on every device, and keep on it what belongs there."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as mt

CASES = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1}),
    ("AdamW", {"maximize": True}),
    ("AdamW", {"fused": True}),
    ("RMSprop", {"centered": True, "momentum": 0.9}),
    ("Adadelta", {"weight_decay": 0.1}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.5}),
    ("Adagrad", {"fused": True}),
    ("Adamax", {"weight_decay": 0.1}),
    ("NAdam", {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"betas": (0.9, 0.6)}),
    ("ASGD", {"t0": 1, "weight_decay": 0.1}),
    ("Rprop", {}),
    ("Adafactor", {}),
]
COUNTERS = ("step", "mu_product", "eta", "mu")


def trained(name, options, device):
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape) for shape in ((3, 4), (), (200, 100), (0, 2))]
    parameters = [mt.tensor(array, device=device, requires_grad=True) for array in arrays]
    optimizer = getattr(mt.optim, name)(parameters, lr=0.1, **options)
    for step in range(3):
        for p, array in zip(parameters, arrays, strict=True):
            p.grad = mt.tensor(np.asarray(np.cos(array + step)), device=device)
        optimizer.step()
    return optimizer, parameters


@pytest.mark.parametrize(("name", "options"), CASES)
def test_steps_are_those_of_the_cpu(name, options, device):
    optimizer, found = trained(name, options, device)
    _, expected = trained(name, options, "cpu")
    for p, q in zip(found, expected, strict=True):
        assert p.device.type == device
        np.testing.assert_allclose(p.detach().cpu().numpy(), q.detach().numpy(), rtol=1e-10)
        for key, value in optimizer.state[p].items():
            on_host = key in COUNTERS and not options.get("fused")
            assert value.device.type == ("cpu" if on_host else device)


@pytest.mark.parametrize(
    "name", ["Adam", "RMSprop", "Adadelta", "Adamax", "NAdam", "RAdam", "ASGD", "Rprop"]
)
def test_captured_counts_stay_on_the_device(name, device):
    if device == "cpu":
        pytest.skip("refused on the CPU")
    optimizer, found = trained(name, {"capturable": True}, device)
    _, expected = trained(name, {}, "cpu")
    for p, q in zip(found, expected, strict=True):
        np.testing.assert_allclose(p.detach().cpu().numpy(), q.detach().numpy(), rtol=1e-10)
    assert all(value.device.type == device for value in optimizer.state[found[0]].values())


def test_state_follows_its_parameter_to_a_device(device):
    saved, _ = trained("Adam", {}, "cpu")
    target, parameters = trained("Adam", {}, device)
    target.load_state_dict(saved.state_dict())
    state = target.state[parameters[0]]
    assert state["exp_avg"].device.type == device
    assert state["step"].device.type == "cpu"
    target.step()
    assert state["step"].item() == 4.0
