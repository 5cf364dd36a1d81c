"""Pseudoinverses, ranks and least squares."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, hermitian, matrices

L = torch.linalg


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (2, 3, 3), (0, 3), (2, 3, 0)])
@pytest.mark.parametrize("complex", [False, True])
def test_a_pseudoinverse_has_the_four_properties_of_one(shape: tuple, complex: bool) -> None:
    A = matrices(*shape, complex=complex)
    Y = L.pinv(torch.tensor(A)).numpy()
    for product in (A @ Y, Y @ A):
        np.testing.assert_allclose(product, np.conj(np.swapaxes(product, -2, -1)), atol=1e-10)
    np.testing.assert_allclose(A @ Y @ A, A, atol=1e-10)
    np.testing.assert_allclose(Y @ A @ Y, Y, atol=1e-10)


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3)])
@pytest.mark.parametrize("complex", [False, True])
def test_a_pseudoinverse_has_torchs_derivatives(shape: tuple, complex: bool) -> None:
    compare(lambda T, a: T.linalg.pinv(a), matrices(*shape, complex=complex))
    compare(lambda T, a: T.linalg.pinv((a + a.mH) / 2, hermitian=True),
            hermitian(3, 3, complex=complex))  # fmt: skip


def test_of_a_hermitian_matrix_the_lower_half_is_read() -> None:
    A = hermitian(3, 3) - 4 * np.eye(3)
    found = L.pinv(torch.tensor(np.tril(A)), hermitian=True)
    np.testing.assert_allclose(found.numpy(), np.linalg.inv(A), atol=1e-10)
    assert L.matrix_rank(torch.tensor(np.tril(A)), hermitian=True).item() == 3


def test_small_singular_values_count_as_zero() -> None:
    A = torch.diag(torch.tensor([4.0, 1.0, 1e-9]))
    assert L.matrix_rank(A).item() == 2
    assert L.matrix_rank(A, rtol=0.5).item() == 1
    assert L.matrix_rank(A, 1.0).item() == 1
    assert L.matrix_rank(A, atol=0.5, rtol=0.0).item() == 2
    assert L.matrix_rank(A, tol=torch.tensor([0.5, 2.0])).tolist() == [2, 1]
    assert L.pinv(A).diagonal().tolist() == [0.25, 1, 0]
    assert L.pinv(A, atol=2.0).diagonal().tolist() == [0.25, 0, 0]
    assert torch.pinverse(A).diagonal().tolist() == [0.25, 1, pytest.approx(1e9)]
    assert L.matrix_rank(torch.zeros(2, 0, 3)).tolist() == [0, 0]


@pytest.mark.parametrize(("a", "b"), [
    ((4, 2), (4, 3)), ((2, 4), (2, 1)), ((3, 4, 2), (3, 4)), ((4, 2), (4,)),
])  # fmt: skip
@pytest.mark.parametrize("driver", [None, "gels", "gelsy", "gelsd", "gelss"])
def test_least_squares_are_numpys(a: tuple, b: tuple, driver: str) -> None:
    A, B = matrices(*a), matrices(*b, seed=1)
    vector = len(b) < len(a)
    right = np.linalg.pinv(A) @ (B[..., None] if vector else B)
    found = L.lstsq(torch.tensor(A), torch.tensor(B), driver=driver)
    np.testing.assert_allclose(found.solution.numpy(), right[..., 0] if vector else right,
                               atol=1e-10)  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("driver", [None, "gels", "gelsd", "gelss"])
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 4, 2)])
def test_a_driver_says_what_is_returned(driver: str, shape: tuple) -> None:
    oracle = pytest.importorskip("torch")
    A, B = matrices(*shape), matrices(*shape[:-1], 2, seed=1)
    ours = L.lstsq(torch.tensor(A), torch.tensor(B), driver=driver)
    theirs = oracle.linalg.lstsq(oracle.tensor(A), oracle.tensor(B), driver=driver)
    for found, right in zip(ours, theirs, strict=True):
        assert found.dtype.name == str(right.dtype).split(".")[1]
        np.testing.assert_allclose(found.numpy(), right.numpy(), atol=1e-9)


def test_of_columns_that_depend_on_each_other_the_least_solution_is_taken() -> None:
    found = L.lstsq(torch.ones(3, 2), torch.ones(3, 1), driver="gelsd")
    np.testing.assert_allclose(found.solution.numpy(), [[0.5], [0.5]], rtol=1e-6)
    assert found.rank.item() == 1
    assert found.residuals.shape == (0,)


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(4, 2), (2, 4)])
def test_least_squares_have_torchs_derivatives(shape: tuple) -> None:
    compare(lambda T, a, b: T.linalg.lstsq(a, b)[0], matrices(*shape), matrices(shape[0], 2))


def test_sides_must_fit() -> None:
    with pytest.raises(RuntimeError, match=r"input.size\(-2\) should match other.size\(-2\)"):
        L.lstsq(torch.ones(4, 2), torch.ones(3, 2))
    with pytest.raises(RuntimeError, match="Expected input and other to have the same dtype"):
        L.lstsq(torch.ones(4, 2), torch.ones(4, 2, dtype=torch.float64))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_least_squares_of_what_is_not_finite_are_refused_by_name(value: float) -> None:
    A = torch.tensor([[value, 1.0], [2.0, 3.0]])
    with pytest.raises(L.LinAlgError, match="torch.linalg.lstsq: .*non-finite") as caught:
        L.lstsq(A, torch.ones(2, 1))
    assert "mend" in str(caught.value)
