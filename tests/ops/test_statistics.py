"""Variance, standard deviation, and logsumexp."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.random.default_rng(0).normal(size=(3, 4, 5))


@pytest.mark.parametrize("dim", [None, 0, (0, 2), -1])
@pytest.mark.parametrize("correction", [0, 1, 2])
def test_var_and_std_divide_by_the_count_less_the_correction(dim: object, correction: int) -> None:
    axes = dim if not isinstance(dim, list) else tuple(dim)
    for name in ("var", "std"):
        y = getattr(torch, name)(torch.tensor(X), dim, correction=correction)
        np.testing.assert_allclose(y.numpy(), getattr(X, name)(axis=axes, ddof=correction))
        check_gradient(lambda x, f=name: getattr(x, f)(dim, correction=correction), X)


def test_unbiased_may_stand_in_the_place_of_dim() -> None:
    x = torch.tensor(X)
    np.testing.assert_allclose(x.var(False).numpy(), X.var())
    np.testing.assert_allclose(x.std(0, False, True).numpy(), X.std(0, keepdims=True))


def test_var_of_one_element_is_nan_and_std_of_equal_ones_has_gradient_zero() -> None:
    assert torch.ones(1).var().isnan()
    x = torch.full((3,), 2.0, requires_grad=True)
    x.std().backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_the_variance_of_complex_numbers_is_real() -> None:
    z = X[0] + 1j * X[1]
    np.testing.assert_allclose(torch.var(torch.tensor(z), 0).numpy(), z.var(0, ddof=1))


def test_var_mean_and_std_mean_return_both() -> None:
    x = torch.tensor(X)
    for found, reference in zip(torch.var_mean(x, 1), (X.var(1, ddof=1), X.mean(1)), strict=True):
        np.testing.assert_allclose(found.numpy(), reference)
    for found, reference in zip(torch.std_mean(x, 1), (X.std(1, ddof=1), X.mean(1)), strict=True):
        np.testing.assert_allclose(found.numpy(), reference)


def test_integers_have_no_variance() -> None:
    with pytest.raises(RuntimeError, match="std and var only support floating point"):
        torch.arange(3).var()


def test_logsumexp_neither_overflows_nor_turns_minus_infinity_into_nan() -> None:
    x = torch.tensor([[1000.0, 1000.0], [-float("inf"), -float("inf")]])
    assert torch.logsumexp(x, 1).tolist() == [pytest.approx(1000 + np.log(2)), -float("inf")]
    check_gradient(lambda x: x.logsumexp((0, 2), keepdim=True), X)


def test_float16_is_summed_in_a_wider_type() -> None:
    x = torch.full((5000,), 3.0, dtype=torch.float16)
    assert torch.logsumexp(x * 0, 0).item() == pytest.approx(np.log(5000), rel=1e-3)
    assert x.var().item() == 0
