"""The triangular factor of positive-definite matrices."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, hermitian


@pytest.mark.parametrize("complex", [False, True])
def test_the_factor_times_its_adjoint_is_the_matrix(complex: bool) -> None:
    A = hermitian(2, 4, 4, complex=complex)
    L = torch.linalg.cholesky(torch.tensor(A)).numpy()
    np.testing.assert_allclose(L @ np.conj(np.swapaxes(L, -2, -1)), A, atol=1e-10)
    assert (np.triu(L, 1) == 0).all()
    U = torch.linalg.cholesky(torch.tensor(A), upper=True).numpy()
    np.testing.assert_allclose(np.conj(np.swapaxes(U, -2, -1)) @ U, A, atol=1e-10)


@pytest.mark.parametrize("upper", [False, True])
def test_one_triangle_is_read(upper: bool) -> None:
    A = hermitian(3, 3)
    half = np.triu(A) if upper else np.tril(A)
    whole, part = (torch.linalg.cholesky(torch.tensor(x), upper=upper) for x in (A, half))
    assert torch.equal(whole, part)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("upper", [False, True])
def test_the_derivatives_are_torchs(complex: bool, upper: bool) -> None:
    compare(lambda T, a: T.linalg.cholesky((a + a.mH) / 2, upper=upper),
            hermitian(2, 3, 3, complex=complex))  # fmt: skip


def test_the_old_name_does_the_same() -> None:
    A = torch.tensor(hermitian(3, 3))
    assert torch.equal(torch.cholesky(A, upper=True), torch.linalg.cholesky(A, upper=True))
    assert torch.equal(A.cholesky(), torch.linalg.cholesky(A))


@pytest.mark.parametrize("upper", [False, True])
def test_a_factor_solves_and_inverts(upper: bool) -> None:
    A, B = hermitian(2, 3, 3, complex=True), hermitian(3, 3, complex=True)[:, :2]
    factor = torch.linalg.cholesky(torch.tensor(A), upper=upper)
    found = torch.cholesky_solve(torch.tensor(B), factor, upper)
    np.testing.assert_allclose(A @ found.numpy(), np.broadcast_to(B, (2, 3, 2)), atol=1e-10)
    inverse = torch.cholesky_inverse(factor, upper).numpy()
    np.testing.assert_allclose(inverse, np.linalg.inv(A), atol=1e-10)
    with pytest.raises(RuntimeError, match="each A matrix is 3 by 3 but each b matrix is 2 by 1"):
        torch.cholesky_solve(torch.ones(2, 1), torch.eye(3))
