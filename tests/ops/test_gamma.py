"""lgamma and its derivatives, erfinv."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.array([-3.7, -1.2, 0.1, 0.5, 1.0, 2.5, 7.0, 40.0])


def test_lgamma_is_that_of_math() -> None:
    y = torch.lgamma(torch.tensor(X))
    np.testing.assert_allclose(y.numpy(), [math.lgamma(v) for v in X], rtol=1e-10, atol=1e-10)


def test_each_derivative_is_the_slope_of_the_one_before() -> None:
    check_gradient(torch.lgamma, X)
    check_gradient(torch.digamma, X)
    for n in (1, 2, 3):
        check_gradient(lambda x, n=n: torch.polygamma(n, x), X[[1, 3, 4, 5, 6, 7]])


def test_trigamma_at_one_is_that_of_basel() -> None:
    one = torch.tensor([1.0], dtype=torch.float64)
    assert torch.polygamma(1, one).item() == pytest.approx(math.pi**2 / 6, rel=1e-12)
    assert torch.polygamma(2, one).item() == pytest.approx(-2.4041138063191886, rel=1e-12)


def test_polygamma_has_a_pole_at_zero_and_no_negative_order() -> None:
    assert torch.polygamma(1, torch.tensor([0.0, -2.0])).tolist() == [math.inf, math.inf]
    with pytest.raises(RuntimeError, match="does not support negative n"):
        torch.polygamma(-1, torch.ones(1))


def test_erfinv_undoes_erf() -> None:
    x = np.array([-2.0, -0.3, 0.0, 1.5])
    y = torch.tensor([math.erf(v) for v in x], dtype=torch.float64)
    np.testing.assert_allclose(torch.erfinv(y).numpy(), x, rtol=1e-9)
    check_gradient(torch.erfinv, y.numpy())
