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
