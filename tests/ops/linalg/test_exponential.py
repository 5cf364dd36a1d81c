"""The exponential of matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.backends.numpy.linalg.exponential import POLYNOMIALS
from tests.ops.linalg.oracle import compare, matrices


@pytest.mark.parametrize(("polynomial", "degree"), list(zip(
    POLYNOMIALS, [1, 2, 4, 8, 12, 18], strict=True)))  # fmt: skip
def test_a_polynomial_is_that_of_taylor(polynomial: object, degree: int) -> None:
    shift = np.eye(degree + 3, k=1)  # its powers are the diagonals above: coefficients are read off
    row = polynomial(np.eye(degree + 3), shift, np.matmul)[0]  # type: ignore[operator]
    expected = [1 / math.factorial(k) for k in range(degree + 1)]
    np.testing.assert_allclose(row[: degree + 1], expected, rtol=1e-5, atol=1e-15)


@pytest.mark.parametrize("scale", [1e-9, 1e-5, 1e-3, 0.1, 0.5, 1.0, 5.0, 40.0])
@pytest.mark.parametrize("kind", ["float64", "float32", "complex128", "complex64"])
def test_it_is_that_of_the_eigenvalues(scale: float, kind: str) -> None:
    x = matrices(3, 5, 5) * scale / 5
    A = x - np.swapaxes(x, -2, -1)  # turns, so that the result is no larger than 1
    values, vectors = np.linalg.eigh(1j * A)
    right = (vectors * np.exp(-1j * values)[:, None]) @ np.conj(np.swapaxes(vectors, -2, -1))
    found = torch.matrix_exp(torch.tensor(A).to(getattr(torch, kind))).numpy()
    assert found.dtype == kind
    limit = 2e-5 * (1 + scale) if kind in ("float32", "complex64") else 2e-13 * (1 + scale)
    np.testing.assert_allclose(found, right if found.dtype.kind == "c" else right.real, atol=limit)


def test_matrices_of_a_stack_do_not_disturb_each_other() -> None:
    A = matrices(4, 3, 3) * np.array([1e-6, 0.1, 3.0, 20.0])[:, None, None]
    together = torch.matrix_exp(torch.tensor(A)).numpy()
    for each, alone in zip(together, A, strict=True):
        right = torch.matrix_exp(torch.tensor(alone)).numpy()
        np.testing.assert_allclose(each, right, rtol=1e-11, atol=1e-13 * abs(right).max())


def test_narrow_numbers_are_computed_wide_and_rounded_once() -> None:
    A = torch.ones(2, 2, dtype=torch.float16)
    assert torch.equal(torch.matrix_exp(A), torch.matrix_exp(A.float()).half())


def test_what_is_not_finite_gives_nan_and_disturbs_no_other() -> None:
    A = torch.stack([torch.zeros(2, 2), torch.full((2, 2), math.nan), 9 * torch.eye(2)])
    first, second, third = torch.matrix_exp(A)
    assert first.tolist() == [[1, 0], [0, 1]]
    assert second.isnan().all()
    assert third[0, 0].item() == pytest.approx(math.exp(9), rel=1e-5)
    assert torch.matrix_exp(torch.full((2, 2), math.inf)).isnan().all()
    assert torch.matrix_exp(torch.zeros(0, 0)).shape == (0, 0)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("scale", [0.05, 1.0])
def test_the_derivatives_are_torchs(complex: bool, scale: float) -> None:
    compare(lambda T, a: T.matrix_exp(a), matrices(2, 3, 3, complex=complex) * scale)
