"""Determinants."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4), (0, 0), (2, 0, 3, 3)])
@pytest.mark.parametrize("complex", [False, True])
def test_determinants_are_numpys(shape: tuple, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    right = np.linalg.det(A)
    np.testing.assert_allclose(torch.det(torch.tensor(A)).numpy(), right)
    sign, size = (t.numpy() for t in L.slogdet(torch.tensor(A)))
    np.testing.assert_allclose(sign * np.exp(size), right)
    assert size.dtype == "float64"
    logarithm = torch.tensor(A).logdet().numpy()
    expected = np.exp(logarithm) if complex else np.where(right > 0, np.exp(logarithm), right)
    np.testing.assert_allclose(expected, right)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
def test_the_derivatives_are_torchs(complex: bool) -> None:
    A = matrices(2, 3, 3, complex=complex)
    compare(lambda T, a: T.linalg.det(a), A)
    compare(lambda T, a: tuple(T.linalg.slogdet(a)), A)
    compare(lambda T, a: T.logdet(a @ a.mH), A)


SINGULAR = {
    "rank 2 of 3": [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]],
    "rank 1 of 3": [[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 2.0, 3.0]],
    "rank 0 of 3": [[0.0] * 3] * 3,
    "the identity": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "one number": [[0.0]],
}


def cofactor(A: np.ndarray, i: int, j: int) -> float:
    """Return one cofactor by its definition."""
    return float((-1) ** (i + j) * np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)))


@pytest.mark.parametrize("name", SINGULAR)
def test_the_gradient_is_the_matrix_of_cofactors_where_nothing_can_be_inverted(name: str) -> None:
    A = np.array(SINGULAR[name])
    x = torch.tensor(A, requires_grad=True)
    (g,) = torch.autograd.grad(torch.det(x), x, create_graph=True)
    right = [[cofactor(A, i, j) for j in range(len(A))] for i in range(len(A))]
    np.testing.assert_allclose(g.detach().numpy(), right, atol=1e-12)


@pytest.mark.parametrize("name", SINGULAR)
def test_the_second_derivative_is_right_there_too(name: str) -> None:
    A, step = np.array(SINGULAR[name]), np.cos(np.arange(9.0)).reshape(3, 3)
    step = step[: len(A), : len(A)]
    x = torch.tensor(A, requires_grad=True)
    (g,) = torch.autograd.grad(torch.det(x), x, create_graph=True)
    (found,) = torch.autograd.grad((g * torch.tensor(step)).sum(), x)

    def cofactors(B: np.ndarray) -> np.ndarray:
        return np.array([[cofactor(B, i, j) for j in range(len(A))] for i in range(len(A))])

    right = (cofactors(A + 1e-3 * step) - cofactors(A - 1e-3 * step)) / 2e-3
    np.testing.assert_allclose(found.numpy(), right, atol=1e-10)


def test_the_logarithm_of_a_singular_matrix_is_infinite_and_so_is_its_slope() -> None:
    x = torch.ones(2, 2, requires_grad=True)
    sign, size = torch.slogdet(x)
    assert (sign.item(), size.item()) == (0.0, -math.inf)
    size.backward()
    assert not x.grad.isfinite().any()


def test_a_negative_determinant_has_no_logarithm() -> None:
    assert torch.logdet(torch.diag(torch.tensor([1.0, -1.0]))).isnan()
    assert torch.logdet(torch.zeros(2, 2)).item() == -math.inf


def test_a_determinant_beyond_float32_is_infinite_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert torch.det(1e20 * torch.eye(3)).item() == math.inf


@pytest.mark.parametrize("place", [(0, 0), (1, 2), (2, 2)])
def test_a_determinant_of_nan_is_nan_as_in_pytorch(place: tuple[int, int]) -> None:
    A = np.eye(3) + 1.0
    A[place] = math.nan
    both = torch.tensor(np.stack([A, np.eye(3)]), requires_grad=True)
    assert torch.det(both).isnan().tolist() == [True, False]
    sign, size = L.slogdet(both)
    assert (sign.tolist(), size.isnan().tolist()) == ([0.0, 1.0], [True, False])
    torch.det(both).sum().backward()
    assert both.grad[0].isnan().all()
    assert both.grad[1].tolist() == np.eye(3).tolist()
