"""Products added to a tensor."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

DRAW = np.random.default_rng(0)
X, A, B = DRAW.normal(size=(2, 4)), DRAW.normal(size=(2, 3)), DRAW.normal(size=(3, 4))
P, Q = DRAW.normal(size=(5, 2, 3)), DRAW.normal(size=(5, 3, 4))

CASES = {
    "addmm": ((X, A, B), A @ B),
    "addmv": ((X[:, 0], A, B[:, 0]), A @ B[:, 0]),
    "addr": ((X, A[:, 0], X[0]), np.outer(A[:, 0], X[0])),
    "addbmm": ((X, P, Q), (P @ Q).sum(0)),
    "baddbmm": ((X, P, Q), P @ Q),
}


@pytest.mark.parametrize("name", CASES)
def test_both_parts_are_scaled(name: str) -> None:
    arrays, product = CASES[name]
    y = getattr(torch, name)(*(torch.tensor(a) for a in arrays), beta=0.5, alpha=3)
    np.testing.assert_allclose(y.numpy(), 0.5 * arrays[0] + 3 * product)
    check_gradient(lambda *xs: getattr(torch, name)(*xs, beta=0.5, alpha=3), *arrays)


def test_an_input_that_does_not_count_may_be_nan() -> None:
    y = torch.addmm(torch.tensor([float("nan")]), torch.ones(1, 2), torch.ones(2, 1), beta=0)
    assert y.tolist() == [[2]]


def test_integers_are_exact_and_factors_are_cut() -> None:
    large = 2**53 + 1
    x = torch.tensor([[large]])
    assert torch.addmm(x, x, torch.tensor([[1]]), alpha=1.9).item() == 2 * large


def test_addr_of_bools_is_logical() -> None:
    a, b = torch.tensor([True, False]), torch.tensor([True])
    assert torch.addr(torch.zeros(2, 1, dtype=torch.bool), a, b).tolist() == [[True], [False]]


def test_types_that_differ_are_refused() -> None:
    with pytest.raises(RuntimeError, match="must have the same dtype"):
        torch.addmm(torch.ones(1, dtype=torch.float64), torch.ones(1, 1), torch.ones(1, 1))
