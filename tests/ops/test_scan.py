"""Running products and logarithms of sums, differences."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.random.default_rng(0).normal(size=(3, 5))


def test_cumprod_has_an_exact_gradient_where_there_are_zeros() -> None:
    x = np.array([[2.0, 0.0, 3.0, 4.0], [0.0, 1.0, 0.0, 5.0]])
    np.testing.assert_array_equal(torch.cumprod(torch.tensor(x), 1).numpy(), x.cumprod(1))
    check_gradient(lambda x: x.cumprod(1), x)
    check_gradient(lambda x: torch.cumprod(x, 0), X)


def test_cumprod_of_bools_is_int64() -> None:
    y = torch.tensor([True, True, False]).cumprod(0)
    assert y.dtype is torch.int64
    assert y.tolist() == [1, 1, 0]


def test_logcumsumexp_does_not_overflow() -> None:
    np.testing.assert_allclose(
        torch.logcumsumexp(torch.tensor(X), 1).numpy(), np.logaddexp.accumulate(X, 1)
    )
    check_gradient(lambda x: x.logcumsumexp(0), X)
    x = torch.tensor([1e4, 1e4, -np.inf], dtype=torch.float64, requires_grad=True)
    torch.logcumsumexp(x, 0)[-1].backward()
    np.testing.assert_allclose(x.grad.numpy(), [0.5, 0.5, 0], rtol=1e-9)


def test_logcumsumexp_of_integers_is_refused() -> None:
    with pytest.raises(RuntimeError, match="logcumsumexp_out_cpu"):
        torch.logcumsumexp(torch.arange(3), 0)


@pytest.mark.parametrize("n", [0, 1, 2, 9])
def test_diff_subtracts_neighbours_n_times(n: int) -> None:
    np.testing.assert_allclose(torch.diff(torch.tensor(X), n, 1).numpy(), np.diff(X, n, 1))


def test_diff_puts_tensors_before_and_after_first() -> None:
    y = torch.diff(torch.tensor([3, 7]), prepend=torch.tensor([1]), append=torch.tensor([8]))
    assert y.tolist() == [2, 4, 1]


def test_diff_of_bools_tells_where_they_change() -> None:
    assert torch.tensor([True, True, False]).diff().tolist() == [False, True]
