"""Clamp, maximum and minimum, and numbers for nan."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.array([-2.0, -1.0, 0.5, 1.0, 3.0])
NAN, INF = float("nan"), float("inf")


def test_clamp_passes_the_gradient_from_bound_to_bound() -> None:
    x = torch.tensor(X, requires_grad=True)
    y = x.clamp(-1, 1)
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), np.clip(X, -1, 1))
    assert x.grad.tolist() == [0, 1, 1, 1, 0]


def test_the_upper_bound_wins_where_bounds_cross() -> None:
    assert torch.tensor([0.0, 5.0]).clamp(3, 2).tolist() == [2, 2]


def test_tensor_bounds_broadcast_and_take_the_gradient_that_they_stop() -> None:
    check_gradient(
        lambda x, low, high: torch.clamp(x, low, high),
        [[-2.0, 0.3, 4.0], [1.5, -0.5, 0.1]], [-1.0, 0.0, 1.0], [[1.2], [0.2]],
    )  # fmt: skip


def test_an_integer_is_clamped_by_a_float_as_a_float() -> None:
    y = torch.tensor([0, 4]).clamp(max=1.5)
    assert y.dtype is torch.float32
    assert y.tolist() == [0, 1.5]


def test_clamp_needs_a_bound() -> None:
    with pytest.raises(RuntimeError, match="At least one of 'min' or 'max' must not be None"):
        torch.ones(2).clamp()


@pytest.mark.parametrize(("name", "left"), [("maximum", [1, 0.5, 0]), ("minimum", [0, 0.5, 1])])
def test_equal_elements_share_the_gradient_in_halves(name: str, left: list[float]) -> None:
    a = torch.tensor([3.0, 2.0, 1.0], requires_grad=True)
    b = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    getattr(torch, name)(a, b).sum().backward()
    assert a.grad.tolist() == left
    assert b.grad.tolist() == [1 - g for g in left]


def test_maximum_propagates_nan_and_fmax_does_not() -> None:
    a, b = torch.tensor([float("nan"), 1.0]), torch.tensor([2.0, float("nan")])
    assert torch.maximum(a, b).isnan().all()
    assert torch.fmax(a, b).tolist() == [2, 1]
    assert torch.fmin(a, b).tolist() == [2, 1]


def test_fmax_sends_the_gradient_of_a_tie_to_its_first_argument() -> None:
    a = torch.tensor([2.0], requires_grad=True)
    b = torch.tensor([2.0], requires_grad=True)
    torch.fmax(a, b).backward()
    assert (a.grad.item(), b.grad.item()) == (1, 0)


def test_complex_numbers_have_no_maximum() -> None:
    with pytest.raises(RuntimeError, match="not implemented for complex"):
        torch.maximum(torch.ones(1) * 1j, torch.ones(1))


def test_nan_to_num_replaces_and_stops_the_gradient_there() -> None:
    x = torch.tensor([1.0, float("nan"), float("inf"), -float("inf")], requires_grad=True)
    y = torch.nan_to_num(x, nan=7, posinf=8)
    y.sum().backward()
    assert y.tolist() == [1, 7, 8, np.finfo(np.float32).min]
    assert x.grad.tolist() == [1, 0, 0, 0]


LARGEST = {"bfloat16": (2 - 2.0**-7) * 2.0**127, "float16": 65504.0}


@pytest.mark.parametrize("kind", ["bfloat16", "float16"])
def test_nan_to_num_of_halves(kind: str) -> None:
    x = torch.tensor([1.0, NAN, INF, -INF, -0.0], dtype=getattr(torch, kind), requires_grad=True)
    y = x.nan_to_num()
    (y * 3).sum().backward()
    assert y.dtype is x.dtype
    assert y.tolist() == [1, 0, LARGEST[kind], -LARGEST[kind], 0]
    assert x.grad.tolist() == [3, 0, 0, 0, 3]
    assert x.detach().nan_to_num(INF, INF, -INF).tolist() == [1, INF, INF, -INF, 0]
    assert x.detach().nan_to_num_(2.5, 7, -3.25).tolist() == [1, 2.5, 7, -3.25, 0]


def test_nan_may_become_minus_zero() -> None:
    assert np.signbit(torch.tensor([NAN]).nan_to_num(-0.0).numpy()).all()
