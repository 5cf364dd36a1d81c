"""Likelihoods of counts and of numbers under a normal distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

REDUCTIONS = ["mean", "sum", "none"]
STREAM = np.random.default_rng(0)
X, T = STREAM.standard_normal((2, 3, 4))
V = STREAM.random((3, 4)) + 0.1
COUNTS = STREAM.poisson(2.0, (3, 4)) * 1.0


def reduced(loss, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](loss)


def stirling(n):
    safe = np.where(n > 1, n, 1)
    return np.where(n > 1, safe * np.log(safe) - safe + np.log(2 * np.pi * safe) / 2, 0)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("log_input", [False, True])
def test_poisson_nll_loss_follows_its_formula(log_input, full, reduction):
    x = X if log_input else V
    expected = np.exp(x) - COUNTS * x if log_input else x - COUNTS * np.log(x + 0.01)
    expected = expected + full * stirling(COUNTS)
    y = F.poisson_nll_loss(torch.tensor(x), torch.tensor(COUNTS), log_input, full, eps=0.01,
                           reduction=reduction)  # fmt: skip
    np.testing.assert_allclose(y.numpy(), reduced(expected, reduction))
    whole = F.poisson_nll_loss(torch.tensor(x), torch.tensor(COUNTS).long(), log_input, full,
                               eps=0.01, reduction=reduction)  # fmt: skip
    np.testing.assert_allclose(whole.numpy(), y.numpy(), rtol=1e-6)


def test_a_count_of_0_has_a_finite_gradient():
    t = torch.tensor([0.0, 1.0, 3.0], requires_grad=True)
    F.poisson_nll_loss(torch.zeros(3), t, full=True, reduction="sum").backward()
    assert t.grad.tolist() == pytest.approx([0, 0, math.log(3) + 1 / 6])


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("var", [V, V[:, 0], V[:, :1], V[:1], 0.5], ids=str)
def test_gaussian_nll_loss_follows_its_formula(var, full, reduction):
    wide = var[:, None] if np.ndim(var) == 1 else var
    expected = (np.log(wide) + (X - T) ** 2 / wide) / 2 + full * math.log(2 * math.pi) / 2
    given = var if isinstance(var, float) else torch.tensor(var)
    y = F.gaussian_nll_loss(torch.tensor(X), torch.tensor(T), given, full, reduction=reduction)
    np.testing.assert_allclose(y.numpy(), reduced(expected, reduction))


def test_a_small_variance_counts_as_eps_and_keeps_its_gradient():
    var = torch.tensor([0.25], requires_grad=True)
    y = F.gaussian_nll_loss(torch.tensor([3.0]), torch.tensor([1.0]), var, eps=0.5)
    assert y.item() == pytest.approx((math.log(0.5) + 4 / 0.5) / 2)
    y.backward()
    assert var.grad.item() == pytest.approx((1 / 0.5 - 4 / 0.5**2) / 2)
    assert var.item() == 0.25


def test_gradients_of_both_orders_are_finite_differences():
    x, t, v = (torch.tensor(a, requires_grad=True) for a in (X, T, V))
    counts = torch.tensor(COUNTS)
    for function, given in [
        (lambda x, t, v: F.gaussian_nll_loss(x, t, v, True), (x, t, v)),
        (lambda x: F.poisson_nll_loss(x, counts, full=True), (x,)),
        (lambda v: F.poisson_nll_loss(v, counts, False), (v,)),
    ]:
        assert torch.autograd.gradcheck(function, given)
        assert torch.autograd.gradgradcheck(function, given)


def test_mistakes_are_refused_with_a_mend():
    x, t, v = torch.tensor(X), torch.tensor(T), torch.tensor(V)
    for kind, phrase, mend, wrong, right in [
        (ValueError, "batchmean is not a valid value for reduction", "'mean'",
         lambda: F.poisson_nll_loss(x, t, reduction="batchmean"), None),
        (ValueError, "batchmean is not valid", "'mean'",
         lambda: F.gaussian_nll_loss(x, t, v, reduction="batchmean"), None),
        (TypeError, "var must be a Tensor or a float, not int", "write 1.0 for 1",
         lambda: F.gaussian_nll_loss(x, t, 1), lambda: F.gaussian_nll_loss(x, t, 1.0)),
        (ValueError, "var has negative entry/entries", "var.exp()",
         lambda: F.gaussian_nll_loss(x, t, -v), lambda: F.gaussian_nll_loss(x, t, (-v).exp())),
        (ValueError, "var is of incorrect size", "(3, 1)",
         lambda: F.gaussian_nll_loss(x, t, v[:2]), lambda: F.gaussian_nll_loss(x, t, v[:, :1])),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong, right)
