"""Functions of two and three numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

A = np.array([[-1.3, 0.4, 2.1], [0.7, -0.2, 1.1]])
B = np.array([0.9, -1.7, 0.3])

FORMULAS = {
    "atan2": np.arctan2, "hypot": np.hypot, "logaddexp": np.logaddexp,
    "logaddexp2": np.logaddexp2, "copysign": np.copysign, "fmax": np.fmax, "fmin": np.fmin,
}  # fmt: skip


@pytest.mark.parametrize("name", FORMULAS)
def test_values_and_gradients_are_those_of_the_formula(name: str) -> None:
    function = getattr(torch, name)
    y = function(torch.tensor(A), torch.tensor(B))
    np.testing.assert_allclose(y.numpy(), FORMULAS[name](A, B))
    check_gradient(function, A, B)


def test_logaddexp_of_large_numbers_is_finite_with_its_second_gradient() -> None:
    a = torch.tensor([1000.0], requires_grad=True)
    y = torch.logaddexp(a, torch.tensor([0.0]))
    (g,) = torch.autograd.grad(y.sum(), [a], create_graph=True)
    (gg,) = torch.autograd.grad(g.sum(), [a])
    assert (y.item(), g.item(), gg.item()) == (1000, 1, 0)


def test_xlogy_is_zero_where_x_is_unless_y_is_nan() -> None:
    y = torch.xlogy(torch.tensor([0.0, 0.0, 2.0]), torch.tensor([0.0, float("nan"), 3.0]))
    assert y[0].item() == 0
    assert y[1].isnan()
    assert y[2].item() == pytest.approx(2 * math.log(3))
    check_gradient(torch.xlogy, A, np.abs(B))
    check_gradient(lambda x: torch.xlogy(x, 3.0), A)
    check_gradient(lambda x: torch.xlogy(2.0, x), np.abs(A))


def test_copysign_sees_the_sign_of_minus_zero() -> None:
    assert torch.copysign(torch.tensor(2.0), torch.tensor(-0.0)).item() == -2


def test_heaviside_takes_its_value_at_zero_and_counts_nan_as_below() -> None:
    y = torch.heaviside(torch.tensor([-1.0, 0.0, 2.0, float("nan")]), torch.tensor(0.5))
    assert y.tolist() == [0, 0.5, 1, 0]


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_lerp_goes_from_start_to_end(weight: float) -> None:
    y = torch.lerp(torch.tensor(A), torch.tensor(B), weight)
    np.testing.assert_allclose(y.numpy(), A + weight * (B - A))
    check_gradient(lambda a, b: torch.lerp(a, b, weight), A, B)


def test_lerp_has_a_gradient_for_its_weight() -> None:
    check_gradient(torch.lerp, A, A[::-1] * 2, [0.2, 0.8, 0.4])


def test_addcmul_and_addcdiv_scale_what_they_add() -> None:
    tensors = [torch.tensor(v) for v in (A, A * 2, B)]
    np.testing.assert_allclose(torch.addcmul(*tensors, value=3).numpy(), A + 3 * A * 2 * B)
    np.testing.assert_allclose(torch.addcdiv(*tensors, value=3).numpy(), A + 3 * A * 2 / B)


def test_addcdiv_of_integers_is_refused() -> None:
    whole = torch.ones(2, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="Integer division with addcdiv"):
        torch.addcdiv(torch.ones(2), whole, whole)


def test_degrees_and_radians_are_each_others_inverse() -> None:
    assert torch.deg2rad(torch.tensor(180)).item() == pytest.approx(math.pi)
    assert torch.rad2deg(torch.tensor(math.pi)).item() == pytest.approx(180)


def test_a_number_where_a_tensor_belongs_is_refused() -> None:
    with pytest.raises(TypeError, match=r"argument 'other' \(position 2\) must be Tensor, not int"):
        torch.atan2(torch.ones(1), 2)
