"""SWALR: the way of the rate, from its formula and from PyTorch; its state and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim import swa_utils


def rates(torch: Any, kind: Any = float, **options: Any) -> list[list[float]]:
    parameters = [torch.ones(1, requires_grad=True) for _ in range(2)]
    groups = [{"params": [p], "lr": kind(lr)} for p, lr in zip(parameters, (0.5, 0.2), strict=True)]
    optimizer = torch.optim.SGD(groups)
    schedule = torch.optim.swa_utils.SWALR(optimizer, **options)
    found = []
    for _ in range(8):
        found.append([float(group["lr"]) for group in optimizer.param_groups])
        optimizer.step()
        schedule.step()
    return found


@pytest.mark.parametrize("strategy", ["cos", "linear"])
@pytest.mark.parametrize("epochs", [0, 1, 5])
def test_the_rate_goes_to_its_end_along_the_strategy(strategy, epochs):
    found = rates(mt, swa_lr=[0.1, 0.4], anneal_epochs=epochs, anneal_strategy=strategy)
    part = np.minimum(1, np.arange(8) / max(1, epochs))
    if strategy == "cos":
        part = (1 - np.cos(np.pi * part)) / 2
    due = np.outer(1 - part, [0.5, 0.2]) + np.outer(part, [0.1, 0.4])
    if epochs == 0:
        due[:] = [0.1, 0.4]
    np.testing.assert_allclose(found, due, rtol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize(
    "options",
    [{"swa_lr": 0.05}, {"swa_lr": (0.05, 0.1), "anneal_epochs": 4, "anneal_strategy": "linear"},
     {"swa_lr": 0.3, "anneal_epochs": 0}],
)  # fmt: skip
def test_rates_are_pytorchs(options):
    torch = pytest.importorskip("torch")
    np.testing.assert_allclose(rates(mt, **options), rates(torch, **options), rtol=1e-12)
    tensors = rates(mt, mt.tensor, **options)
    np.testing.assert_allclose(tensors, rates(torch, torch.tensor, **options), rtol=1e-6)


def test_a_schedule_goes_on_from_its_state():
    def made() -> Any:
        optimizer = mt.optim.SGD([mt.ones(1, requires_grad=True)], lr=0.5)
        return optimizer, swa_utils.SWALR(optimizer, 0.1, 6)

    def stepped(optimizer: Any, schedule: Any, count: int) -> float:
        for _ in range(count):
            optimizer.step()
            schedule.step()
        return optimizer.param_groups[0]["lr"]

    first, second = made(), made()
    stepped(*first, 3)
    second[0].load_state_dict(first[0].state_dict())
    second[1].load_state_dict(first[1].state_dict())
    assert "optimizer" not in first[1].state_dict()
    assert stepped(*second, 2) == stepped(*first, 2)


def test_bad_options_of_the_schedule_are_refused():
    optimizer = mt.optim.SGD([mt.ones(1, requires_grad=True)], lr=0.5)
    with pytest.raises(ValueError, match="^anneal_strategy must be one of 'cos' or 'linear'"):
        swa_utils.SWALR(optimizer, 0.1, anneal_strategy="steps")
    for epochs in (-1, 2.5):
        with pytest.raises(ValueError, match="^anneal_epochs must be equal or greater than 0"):
            swa_utils.SWALR(optimizer, 0.1, anneal_epochs=epochs)
    with pytest.raises(ValueError, match="^swa_lr must have the same length as optimizer"):
        swa_utils.SWALR(optimizer, [0.1, 0.2])
    assert "swa_lr" not in optimizer.param_groups[0]
    with pytest.raises(TypeError, match="int is not an Optimizer"):
        swa_utils.SWALR(3, 0.1)
