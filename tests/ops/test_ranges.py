"""Counted and spaced numbers."""

from __future__ import annotations

from typing import Any

import pytest

import minitorch_lazy as torch

RECORDED = [
    ((0, 4, 4), [1, 21, 464, 10000]),
    ((0, 4, 3), [1, 100, 10000]),
    ((1.2, 4.3, 4), [10, 100, 1000, 10000]),
    ((-2, 4.3, 4), [0, 1, 100, 10000]),
    ((6, 1, 4, 2), [64, 20, 6, 2]),
    ((-2, 50, 4, 2), [0, 41285, 6817835603, 1125899906842624]),
]
"""Arguments of logspace, and what PyTorch 2.13 makes of them in int64."""


@pytest.mark.parametrize(("arguments", "expected"), RECORDED)
def test_powers_in_integers_lose_fractions_where_pytorch_s_do(
    arguments: tuple[Any, ...], expected: list[int]
) -> None:
    assert torch.logspace(*arguments, dtype=torch.int64).tolist() == expected


def test_powers_take_tensors_as_their_ends() -> None:
    start, end = torch.tensor(0.0), torch.tensor(2)
    assert torch.logspace(start, end, 3).tolist() == [1.0, 10.0, 100.0]
