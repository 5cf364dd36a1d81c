"""Adaptive and sign rules beside PyTorch: numbers, state, groups and states of either framework."""

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
    ("Adagrad", {}),
    ("Adagrad", {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.1, "eps": 1e-3}),
    ("Adagrad", {"initial_accumulator_value": 0.5, "maximize": True, "foreach": True}),
    ("Adamax", {}),
    ("Adamax", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("Adamax", {"maximize": True, "weight_decay": 0.2, "foreach": True}),
    ("NAdam", {}),
    ("NAdam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("NAdam", {"momentum_decay": 0.5, "decoupled_weight_decay": True, "weight_decay": 0.2}),
    ("NAdam", {"maximize": True, "weight_decay": 0.2, "foreach": True}),
    ("RAdam", {}),
    ("RAdam", {"betas": (0.9, 0.5)}),
    ("RAdam", {"betas": (0.9, 0.6)}),
    ("RAdam", {"lr": 0.1, "betas": (0.5, 0.8), "eps": 1e-3, "weight_decay": 0.1}),
    ("RAdam", {"maximize": True, "weight_decay": 0.2, "decoupled_weight_decay": True}),
    ("ASGD", {}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "alpha": 0.5, "t0": 5, "weight_decay": 0.1}),
    ("ASGD", {"lr": 0.1, "t0": 0.5, "maximize": True, "foreach": False}),
    ("Rprop", {}),
    ("Rprop", {"lr": 0.1, "etas": (0.3, 1.7), "step_sizes": (0.01, 0.5)}),
    ("Rprop", {"maximize": True, "foreach": True}),
]
NAMES = sorted({name for name, _ in CASES})
CLOSE = {"rtol": 1e-9, "atol": 1e-11}


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


def check_same_state(mine: Any, other: Any, **close: Any) -> None:
    assert mine["param_groups"] == other["param_groups"]
    assert list(mine["state"]) == list(other["state"])
    for number, entry in other["state"].items():
        assert list(mine["state"][number]) == list(entry)
        for key, value in entry.items():
            found = mine["state"][number][key]
            assert str(found.dtype).split(".")[-1] == str(value.dtype).split(".")[-1]
            np.testing.assert_allclose(found.numpy(), value.numpy(), err_msg=key, **close)


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["real", "complex"])
@pytest.mark.parametrize("size", [5, SMALL + 1])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_thirty_steps_and_state_are_pytorchs(name, options, size, kind):
    torch = pytest.importorskip("torch")
    start, gradients = numbers(size, kind)
    ours, optimizer = run(mt, name, options, start, gradients)
    theirs, reference = run(torch, name, options, start, gradients)
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    check_same_state(optimizer.state_dict(), reference.state_dict(), **CLOSE)


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), CASES)
def test_recorded_steps_are_pytorchs(name, options):
    torch = pytest.importorskip("torch")
    options = {key: value for key, value in options.items() if key != "foreach"}
    start, gradients = numbers(5, "real")
    ours, optimizer = run(mt, name, options, start, gradients, differentiable=True)
    theirs, reference = run(torch, name, options, start, gradients)
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    entry, other = optimizer.state_dict()["state"][0], reference.state_dict()["state"][0]
    assert list(entry) == list(other)
    for key, value in other.items():
        np.testing.assert_allclose(entry[key].detach().numpy(), value.numpy(), **CLOSE)


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_a_rate_in_a_tensor_gives_pytorchs_numbers(name):
    torch = pytest.importorskip("torch")
    start, gradients = numbers(5, "real")
    rate = np.array(0.1)
    ours, optimizer = run(mt, name, {"lr": mt.tensor(rate)}, start, gradients)
    theirs, reference = run(torch, name, {"lr": torch.tensor(rate)}, start, gradients)
    np.testing.assert_allclose(ours, theirs, **CLOSE)
    mine, other = optimizer.state_dict(), reference.state_dict()
    assert mine["param_groups"][0]["lr"].item() == other["param_groups"][0]["lr"].item()


def groups(torch: Any, name: str, gradients: Any) -> Any:
    """Train three parameters in two groups; the second one has a gradient every third step."""
    parameters = [torch.tensor(g, requires_grad=True) for g in gradients[0]]
    optimizer = getattr(torch.optim, name)(
        [{"params": parameters[:2]}, {"params": parameters[2:], "lr": 0.5}], lr=0.1
    )
    train(torch, optimizer, parameters, gradients[1:])
    return optimizer, parameters


def train(torch: Any, optimizer: Any, parameters: Any, gradients: Any) -> None:
    for step, row in enumerate(gradients):
        for place, (parameter, gradient) in enumerate(zip(parameters, row, strict=True)):
            waits = place == 1 and step % 3
            parameter.grad = None if waits else torch.tensor(gradient)
        optimizer.step()


@pytest.mark.torch
@pytest.mark.parametrize("name", NAMES)
def test_groups_and_missing_gradients_are_as_in_pytorch(name):
    torch = pytest.importorskip("torch")
    gradients = np.random.default_rng(1).normal(size=(12, 3, 4))
    ours, mine = groups(mt, name, gradients)
    theirs, other = groups(torch, name, gradients)
    for a, b in zip(mine, other, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), **CLOSE)
    check_same_state(ours.state_dict(), theirs.state_dict(), **CLOSE)


def converted(torch: Any, state: Any) -> Any:
    """Return a state dict with its tensors made anew in another framework."""
    if hasattr(state, "numpy"):
        return torch.tensor(state.numpy().copy())
    if isinstance(state, dict):
        return {key: converted(torch, value) for key, value in state.items()}
    return [converted(torch, v) for v in state] if isinstance(state, list) else state


@pytest.mark.torch
@pytest.mark.parametrize("direction", ["from torch", "to torch"])
@pytest.mark.parametrize("name", NAMES)
def test_training_goes_on_from_the_state_of_the_other_framework(name, direction):
    torch = pytest.importorskip("torch")
    gradients = np.random.default_rng(2).normal(size=(12, 3, 4))
    source, target = (torch, mt) if direction == "from torch" else (mt, torch)
    first, parameters = groups(source, name, gradients[:7])
    second, others = groups(target, name, gradients[:1])
    with target.no_grad():
        for parameter, other in zip(parameters, others, strict=True):
            other.copy_(target.tensor(parameter.detach().numpy().copy()))
    second.load_state_dict(converted(target, first.state_dict()))
    train(source, first, parameters, gradients[7:])
    train(target, second, others, gradients[7:])
    for parameter, other in zip(parameters, others, strict=True):
        # PyTorch casts `eta`, `mu` and `mu_product` to the parameter's dtype; ours stay float32
        np.testing.assert_allclose(
            other.detach().numpy(), parameter.detach().numpy(), rtol=1e-6, atol=1e-7
        )
