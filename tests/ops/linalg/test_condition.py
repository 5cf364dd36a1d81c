"""Condition numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient
from tests.ops.linalg.oracle import matrices

L = torch.linalg
ORDERS = [None, 2, -2, 1, -1, math.inf, -math.inf, "fro", "nuc"]


@pytest.mark.parametrize("order", ORDERS)
def test_condition_numbers_are_numpys(order: object) -> None:
    A = matrices(2, 3, 3)
    np.testing.assert_allclose(L.cond(torch.tensor(A), order).numpy(), np.linalg.cond(A, order))


@pytest.mark.parametrize("order", ORDERS)
def test_the_gradient_is_that_of_differences(order: object) -> None:
    check_gradient(lambda a: L.cond(a, order), matrices(2, 3, 3))


@pytest.mark.parametrize("order", [1, math.inf, "fro", "nuc"])
def test_singular_matrices_are_infinite_and_disturb_no_others(order: object) -> None:
    A = torch.stack([torch.eye(2), torch.ones(2, 2)])
    found = L.cond(A, order).tolist()
    assert found == [pytest.approx(np.linalg.cond(np.eye(2), order)), math.inf]


def test_oblong_matrices_have_singular_values_alone() -> None:
    assert L.cond(torch.ones(2, 1)).item() == pytest.approx(1)
    with pytest.raises(RuntimeError, match=r"linalg.cond\(ord=1\): A must be batches of square"):
        L.cond(torch.ones(2, 1), 1)
    assert L.cond(torch.zeros(2, 0, 0), 1).tolist() == [0, 0]
