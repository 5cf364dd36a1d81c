"""RMSprop, Adadelta, Adamax and RAdam: the numbers, options, state and errors of PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim.plan import SMALL

CASES = [
    ("RMSprop", {}),
    ("RMSprop", {"lr": 0.1, "alpha": 0.8, "centered": True, "momentum": 0.9}),
    ("RMSprop", {"momentum": 0.5, "weight_decay": 0.1, "maximize": True}),
    ("RMSprop", {"centered": True, "eps": 1e-3, "weight_decay": 0.1, "foreach": True}),
    ("Adadelta", {}),
    ("Adadelta", {"lr": 0.5, "rho": 0.7, "eps": 1e-3, "weight_decay": 0.1}),
    ("Adadelta", {"maximize": True, "weight_decay": 0.2, "foreach": False}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adamax", {"maximize": True, "weight_decay": 0.2, "foreach": True}),
    ("RAdam", {}),
    ("RAdam", {"betas": (0.9, 0.5)}),
    ("RAdam", {"betas": (0.9, 0.6)}),
    ("RAdam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"maximize": True, "weight_decay": 0.2, "decoupled_weight_decay": True}),
]


def run(torch: Any, name: str, options: Any, start: Any, gradients: Any, **more: Any) -> Any:
    parameter = torch.tensor(start, requires_grad=True)
    moving = parameter.clone() if more.get("differentiable") else parameter
    optimizer = getattr(torch.optim, name)([moving], **options, **more)
    for gradient in gradients:
        moving.grad = torch.tensor(gradient)
        optimizer.step()
    return moving.detach().numpy(), optimizer


def numbers(size: int, kind: str) -> tuple[Any, Any]:
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=size), random.normal(size=(30, size))
    if kind == "complex":
        return start + 1j * random.normal(size=size), gradients * (1 - 2j)
    return start, gradients


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("size", [5, SMALL + 1])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_thirty_steps_and_state_are_pytorchs(name, options, size, kind):
    torch = pytest.importorskip("torch")
    start, gradients = numbers(size, kind)
    ours, optimizer = run(mt, name, options, start, gradients)
    theirs, reference = run(torch, name, options, start, gradients)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)
    mine, other = optimizer.state_dict(), reference.state_dict()
    assert mine["param_groups"] == other["param_groups"]
    assert list(mine["state"][0]) == list(other["state"][0])
    for key, value in other["state"][0].items():
        np.testing.assert_allclose(
            mine["state"][0][key].numpy(), value.numpy(), rtol=1e-9, atol=1e-11
        )


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), CASES)
def test_recorded_steps_are_pytorchs(name, options):
    torch = pytest.importorskip("torch")
    options = {key: value for key, value in options.items() if key != "foreach"}
    start, gradients = numbers(5, "real")
    ours, _ = run(mt, name, options, start, gradients, differentiable=True)
    theirs, _ = run(torch, name, options, start, gradients)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", ["RMSprop", "Adadelta", "Adamax", "RAdam"])
def test_lazy_parameters_wait_for_their_gradient(name):
    net = mt.nn.LazyLinear(2)
    optimizer = getattr(mt.optim, name)(net.parameters())
    optimizer.step()
    net(mt.ones(3, 4)).sum().backward()
    before = net.weight.detach().clone()
    optimizer.step()
    assert (net.weight != before).all()


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("RMSprop", {"lr": -1.0}, "Invalid learning rate: -1.0"),
        ("RMSprop", {"alpha": -1.0}, "Invalid alpha value: -1.0"),
        ("RMSprop", {"momentum": -1.0}, "Invalid momentum value: -1.0"),
        ("Adadelta", {"rho": 1.5}, "Invalid rho value: 1.5"),
        ("Adamax", {"betas": (0.5, 1.0)}, "Invalid beta parameter at index 1: 1.0"),
        ("Adadelta", {"eps": -1.0}, "Invalid epsilon value: -1.0"),
    ],
)
def test_options_out_of_range_are_refused(name, options, message):
    with pytest.raises(ValueError, match=message):
        getattr(mt.optim, name)([mt.ones(1, requires_grad=True)], **options)
