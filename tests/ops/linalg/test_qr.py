"""Orthogonal and triangular factors."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg
SHAPES = [(4, 2), (3, 3), (2, 4), (2, 4, 3), (0, 2), (2, 0)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
@pytest.mark.parametrize("complex", [False, True])
def test_factors_are_orthogonal_and_triangular(shape: tuple, mode: str, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    Q, R = (t.numpy() for t in L.qr(torch.tensor(A), mode))
    rows, columns = shape[-2:]
    inner = rows if mode == "complete" else min(rows, columns)
    assert (Q.shape[-2:], R.shape[-2:]) == ((rows, inner), (inner, columns))
    np.testing.assert_allclose(Q @ R, A, atol=1e-12)
    square = np.broadcast_to(np.eye(inner), (*shape[:-2], inner, inner))
    np.testing.assert_allclose(np.conj(np.swapaxes(Q, -2, -1)) @ Q, square, atol=1e-12)
    assert (np.tril(R, -1) == 0).all()


@pytest.mark.torch
@pytest.mark.parametrize("shape", SHAPES[:4])
@pytest.mark.parametrize("complex", [False, True])
def test_factors_have_torchs_derivatives(shape: tuple, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    compare(lambda T, a: tuple(T.linalg.qr(a)), A)
    compare(lambda T, a: T.linalg.qr(a)[0], A)
    compare(lambda T, a: T.linalg.qr(a).R, A)


def test_what_has_no_derivative_is_refused_in_backward() -> None:
    A = torch.ones(3, 2, requires_grad=True)
    with pytest.raises(RuntimeError, match="not differentiable when mode='complete' and nrows >"):
        L.qr(A, "complete")[0].sum().backward()
    with pytest.raises(RuntimeError, match="depends on Q, which is not computed when mode='r'"):
        L.qr(A, "r").R.sum().backward()


def test_mode_r_leaves_q_empty() -> None:
    A = torch.tensor(matrices(4, 2))
    Q, R = L.qr(A, mode="r")
    assert Q.shape == (0,)
    np.testing.assert_allclose(R.numpy(), L.qr(A).R.numpy())


def test_results_have_names() -> None:
    found = L.qr(torch.eye(1))
    assert repr(found) == ("torch.return_types.linalg_qr(\nQ=tensor([[1.]]),\nR=tensor([[1.]]))")
    assert repr(torch.geqrf(torch.eye(1))).startswith("torch.return_types.geqrf(\na=tensor(")


def test_the_old_name_warns_and_does_the_same() -> None:
    A = torch.tensor(matrices(4, 2))
    with pytest.warns(UserWarning, match="torch.qr is deprecated in favor of torch.linalg.qr"):
        Q, R = torch.qr(A)
    assert torch.equal(Q, L.qr(A).Q)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert A.qr(some=False).R.shape == (4, 2)


def test_packed_reflections_have_no_derivative() -> None:
    A = torch.ones(2, 2, requires_grad=True)
    with pytest.raises(NotImplementedError, match="the derivative for 'geqrf' is not implemented"):
        torch.geqrf(A)
    with torch.no_grad():
        assert A.geqrf().tau.shape == (2,)
