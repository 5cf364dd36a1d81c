"""Products of reflections."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices


def one_by_one(A: np.ndarray, tau: np.ndarray) -> np.ndarray:
    """Multiply reflections as the definition says."""
    Q = np.eye(A.shape[0], dtype=A.dtype)
    for i, scale in enumerate(tau):
        v = np.where(np.arange(A.shape[0]) > i, A[:, i], 0)
        v[i] = 1
        Q = Q @ (np.eye(len(v)) - scale * np.outer(v, v.conj()))
    return Q[:, : A.shape[1]]


@pytest.mark.parametrize("sizes", [(4, 3, 3), (4, 3, 1), (3, 3, 3), (3, 2, 0), (2, 0, 0)])
@pytest.mark.parametrize("complex", [False, True])
def test_the_product_is_that_of_the_reflections(sizes: tuple, complex: bool) -> None:
    rows, columns, count = sizes
    A, tau = matrices(rows, columns, complex=complex), matrices(count, complex=complex, seed=1)
    found = torch.linalg.householder_product(torch.tensor(A), torch.tensor(tau))
    np.testing.assert_allclose(found.numpy(), one_by_one(A, tau), atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3), (3, 3)])
@pytest.mark.parametrize("complex", [False, True])
def test_packed_reflections_give_q(shape: tuple, complex: bool) -> None:
    A = torch.tensor(matrices(*shape, complex=complex))
    packed, tau = torch.geqrf(A)
    Q = torch.orgqr(packed, tau)
    np.testing.assert_allclose(Q.numpy(), torch.linalg.qr(A).Q.numpy(), atol=1e-12)
    size = shape[-1]
    np.testing.assert_allclose((Q @ packed[..., :size, :].triu()).numpy(), A.numpy(), atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
def test_the_derivatives_are_torchs(complex: bool) -> None:
    compare(lambda T, a, t: T.linalg.householder_product(a, t), matrices(2, 4, 3, complex=complex),
            matrices(2, 2, complex=complex, seed=1))  # fmt: skip


@pytest.mark.parametrize(("shape", "count", "phrase"), [
    ((2, 3), (2,), r"input.shape\[-2\] must be greater than or equal to input.shape\[-1\]"),
    ((3, 2), (3,), r"input.shape\[-1\] must be greater than or equal to tau.shape\[-1\]"),
    ((2, 3, 2), (2,), "Expected tau to have one dimension less than input"),
    ((2, 3, 2), (3, 2), "Expected batch dimensions of tau"),
    ((3,), (3,), "must have at least 2 dimensions"),
])  # fmt: skip
def test_vectors_and_scales_must_fit(shape: tuple, count: tuple, phrase: str) -> None:
    with pytest.raises(RuntimeError, match=phrase):
        torch.linalg.householder_product(torch.ones(*shape), torch.ones(*count))
    with pytest.raises(RuntimeError, match="tau dtype Double does not match input dtype Float"):
        torch.orgqr(torch.ones(3, 2), torch.ones(2, dtype=torch.float64))
