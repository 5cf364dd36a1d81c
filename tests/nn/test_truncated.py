"""Truncated normal draws where there is nothing to draw, or next to nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

import minitorch_lazy as torch

NAN, INF = math.nan, math.inf
pytestmark = pytest.mark.filterwarnings("ignore:mean is more than 2 std")

REFUSED = [
    ({"mean": NAN}, ValueError, "mean and std must be numbers"),
    ({"mean": INF}, ValueError, "mean and std must be numbers"),
    ({"std": NAN}, ValueError, "mean and std must be numbers"),
    ({"std": 0.0}, ZeroDivisionError, "std must not be 0"),
    ({"a": 3.0, "b": 2.0}, RuntimeError, r"return a \[from, to\) range, but found from=3 > to=2"),
    ({"a": NAN}, RuntimeError, "from is out of bounds for float"),
    ({"b": NAN}, RuntimeError, "to is out of bounds for float"),
    ({"a": 5.0, "b": INF}, RuntimeError, "to is out of bounds for float"),
    ({"a": 9.0, "b": 1e10}, ValueError, "next to nothing"),
    ({"mean": 3.0, "std": 1e-3}, ValueError, "next to nothing"),
    ({"std": 1e-3, "a": 0.5, "b": 1.0}, ValueError, "next to nothing"),
    ({"std": 1e-300, "a": 1.0}, ValueError, "next to nothing"),
    ({"a": 1e38, "b": 2e38}, ValueError, "next to nothing"),
]


@pytest.mark.parametrize(("options", "kind", "phrase"), REFUSED)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], kind: Any, phrase: str) -> None:
    x = torch.full((6,), 7.0)
    state = torch.get_rng_state()
    with pytest.raises(kind, match=f"trunc_normal_: .*{phrase}") as caught:
        torch.nn.init.trunc_normal_(x, **options)
    assert "mend" in str(caught.value)
    assert x.tolist() == [7] * 6
    assert torch.equal(torch.get_rng_state(), state)


def test_halves_that_cannot_tell_the_density_are_refused() -> None:
    with pytest.raises(ValueError, match="torch.float16 cannot tell it"):
        torch.nn.init.trunc_normal_(torch.empty(3).half(), std=0.01, a=3.0, b=4.0)


KEPT = [
    {"a": 2.0, "b": 2.0}, {"a": 0.0, "b": 0.0}, {"a": -INF, "b": INF}, {"a": -INF, "b": 0.0},
    {"a": 5.0, "b": 6.0}, {"a": 40.0, "b": 41.0}, {"a": 1e-10, "b": 2e-10}, {"mean": 100.0},
    {"std": -1.0}, {"std": INF}, {"std": 1e-30}, {"std": 1e10, "a": -1e-20, "b": 1e-20},
    {"std": 1e-3, "a": 0.0, "b": 1000.0},
]  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("options", KEPT)
def test_what_pytorch_draws_is_drawn(options: dict[str, float]) -> None:
    oracle = pytest.importorskip("torch")
    found = []
    for package in (torch, oracle):
        package.manual_seed(0)
        found.append(package.nn.init.trunc_normal_(package.empty(20), **options).tolist())
    assert found[0] == pytest.approx(found[1], rel=1e-6)
