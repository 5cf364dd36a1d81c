"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, hermitian, matrices

L = torch.linalg


@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("half", ["L", "U", "u"])
def test_hermitian_matrices_are_turned_into_diagonal_ones(complex: bool, half: str) -> None:
    A = hermitian(2, 4, 4, complex=complex)
    read = np.tril(A) if half == "L" else np.triu(A)
    w, V = (t.numpy() for t in L.eigh(torch.tensor(read), half))
    np.testing.assert_allclose((V * w[..., None, :]) @ np.conj(np.swapaxes(V, -2, -1)), A,
                               atol=1e-10)  # fmt: skip
    assert (np.diff(w) >= 0).all()
    np.testing.assert_allclose(L.eigvalsh(torch.tensor(read), half).numpy(), w, atol=1e-10)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
def test_hermitian_derivatives_are_torchs(complex: bool) -> None:
    A = hermitian(2, 3, 3, complex=complex)
    compare(lambda T, a: T.linalg.eigvalsh((a + a.mH) / 2), A)
    compare(lambda T, a: T.linalg.eigh((a + a.mH) / 2, "U")[0], A)
    compare(lambda T, a: abs(T.linalg.eigh((a + a.mH) / 2)[1]) ** 2, A)


@pytest.mark.parametrize("kind", ["float64", "float32", "complex64", "complex128"])
def test_eigenvectors_are_scaled_by_the_matrix(kind: str) -> None:
    A = matrices(2, 4, 4).astype(kind)
    w, V = (t.numpy() for t in L.eig(torch.tensor(A)))
    assert w.dtype == V.dtype == ("complex64" if kind in ("float32", "complex64") else "complex128")
    limit = 1e-4 if w.dtype == "complex64" else 1e-10
    np.testing.assert_allclose(A @ V, V * w[:, None, :], atol=limit)
    found = L.eigvals(torch.tensor(A)).numpy()
    np.testing.assert_allclose(np.sort(found.real), np.sort(w.real), atol=limit)


def test_a_turn_has_complex_eigenvalues() -> None:
    found = L.eigvals(torch.tensor([[0.0, -1.0], [1.0, 0.0]]))
    assert sorted(found.tolist(), key=lambda z: z.imag) == [pytest.approx(-1j), pytest.approx(1j)]


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
def test_derivatives_of_any_square_matrix_are_torchs(complex: bool) -> None:
    A = matrices(3, 3, complex=complex) + np.diag([1.0, 4.0, 9.0])
    compare(lambda T, a: T.linalg.eigvals(a), A)
    compare(lambda T, a: (T.linalg.eig(a)[0], abs(T.linalg.eig(a)[1])), A)


def test_a_loss_that_depends_on_the_phase_is_refused() -> None:
    A = torch.tensor(hermitian(3, 3, complex=True), requires_grad=True)
    with pytest.raises(RuntimeError, match=r"up to multiplication by e\^{i phi}.*ill-defined"):
        L.eigh(A).eigenvectors.real.sum().backward()
    with pytest.raises(RuntimeError, match=r"up to multiplication by e\^{i phi}.*ill-defined"):
        L.eig(A).eigenvectors.sum().abs().backward()


@pytest.mark.parametrize("function", [L.eigvals, lambda A: L.eig(A).eigenvectors])
def test_a_defective_matrix_has_no_gradient_and_says_so(function: Callable[..., Any]) -> None:
    A = torch.tensor(np.eye(3, k=1), requires_grad=True)
    with pytest.raises(L.LinAlgError, match=r"(?s)linalg.eig.*linearly dependent") as caught:
        function(A).abs().sum().backward()
    assert "mend" in str(caught.value)
