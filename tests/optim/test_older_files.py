"""Options that groups of older files lack are filled in as PyTorch fills them in."""

from __future__ import annotations

import copy
from typing import Any

import pytest

import minitorch_lazy as torch

RULES = ["ASGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam", "RAdam",
         "RMSprop", "Rprop", "SGD"]  # fmt: skip


def filled(package: Any, rule: str) -> dict[str, Any]:
    """Return the options of a group whose file had nothing but parameters and rate."""
    w = package.ones(2, requires_grad=True)
    optimizer = getattr(package.optim, rule)([w], lr=0.5)
    older = copy.deepcopy(optimizer.state_dict())
    older["param_groups"] = [{"params": [0], "lr": 0.25}]
    optimizer.load_state_dict(older)
    return {name: v for name, v in optimizer.param_groups[0].items() if name != "params"}


@pytest.mark.torch
@pytest.mark.parametrize("rule", RULES)
def test_an_older_group_gets_the_options_that_it_lacks(rule: str) -> None:
    oracle = pytest.importorskip("torch")
    assert filled(torch, rule).items() >= filled(oracle, rule).items()


@pytest.mark.parametrize("rule", RULES)
def test_what_a_group_has_stays(rule: str) -> None:
    w = torch.ones(2, requires_grad=True)
    optimizer = getattr(torch.optim, rule)([w], lr=0.5, maximize=True)
    optimizer.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    assert optimizer.param_groups[0]["maximize"] is True
