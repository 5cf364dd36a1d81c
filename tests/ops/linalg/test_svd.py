"""Singular values and vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg
SHAPES = [(4, 2), (3, 3), (2, 4), (2, 4, 3)]


@pytest.mark.parametrize("shape", [*SHAPES, (0, 2), (3, 0)])
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("complex", [False, True])
def test_the_factors_make_the_matrix(shape: tuple, full: bool, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    U, S, Vh = (t.numpy() for t in L.svd(torch.tensor(A), full))
    inner = min(shape[-2:])
    np.testing.assert_allclose((U[..., :inner] * S[..., None, :]) @ Vh[..., :inner, :], A,
                               atol=1e-12)  # fmt: skip
    assert U.shape[-1] == (shape[-2] if full else inner)
    assert Vh.shape[-2] == (shape[-1] if full else inner)
    assert S.dtype == "float64"
    np.testing.assert_allclose(L.svdvals(torch.tensor(A)).numpy(), S, atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("complex", [False, True])
def test_what_no_phase_changes_has_torchs_derivatives(shape: tuple, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    compare(lambda T, a: T.linalg.svdvals(a), A)
    compare(lambda T, a: T.linalg.svd(a, False)[1], A)
    compare(lambda T, a: abs(T.linalg.svd(a, False)[0]) ** 2, A)
    compare(lambda T, a: abs(T.linalg.svd(a, False)[2]) ** 2, A)

    def turned(T: object, a: object) -> tuple:
        U, S, Vh = T.linalg.svd(a, False)  # type: ignore[attr-defined]
        return (U @ Vh, S)

    compare(turned, A)


@pytest.mark.torch
def test_columns_that_complete_a_basis_get_no_gradient() -> None:
    compare(lambda T, a: abs(T.linalg.svd(a)[0][:, :2]) ** 2, matrices(4, 2))


@pytest.mark.parametrize("graph", [False, True])
def test_a_loss_that_depends_on_the_phase_is_refused(graph: bool) -> None:
    A = torch.tensor(matrices(3, 3, complex=True), requires_grad=True)
    with pytest.raises(RuntimeError, match=r"up to multiplication by e\^{i phi}.*ill-defined"):
        L.svd(A)[0].real.sum().backward(create_graph=graph)


def test_the_old_name_returns_v() -> None:
    A = torch.tensor(matrices(4, 2, complex=True))
    U, S, V = torch.svd(A)
    assert U.shape == (4, 2)
    np.testing.assert_allclose(((U * S) @ V.mH).numpy(), A.numpy(), atol=1e-12)
    assert A.svd(some=False).U.shape == (4, 4)
    zeros = torch.svd(A, compute_uv=False)
    assert (zeros.U == 0).all()
    assert (zeros.U.shape, zeros.V.shape) == ((4, 4), (2, 2))
    assert torch.allclose(zeros.S, S)


@pytest.mark.parametrize("number", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("function", [L.svd, L.svdvals, L.pinv, L.matrix_rank])
def test_a_number_that_is_not_finite_is_refused_before_lapack_searches(
    function: Callable[[Any], Any], number: float
) -> None:
    A = np.ones((5, 5))
    A[2, 3] = number
    with pytest.raises(L.LinAlgError, match="contained non-finite values"):
        function(torch.tensor(A))
