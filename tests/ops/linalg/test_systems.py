"""Systems of linear equations, and inverses."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg


@pytest.mark.parametrize("upper", [True, False])
@pytest.mark.parametrize("unit", [True, False])
@pytest.mark.parametrize("left", [True, False])
def test_a_triangular_system_reads_one_triangle(upper: bool, unit: bool, left: bool) -> None:
    A, B = matrices(2, 4, 4), matrices(4, 3) if left else matrices(3, 4)
    X = L.solve_triangular(
        torch.tensor(A), torch.tensor(B), upper=upper, left=left, unitriangular=unit
    ).numpy()
    T = np.triu(A) if upper else np.tril(A)
    if unit:
        T = T - T * np.eye(4) + np.eye(4)
    np.testing.assert_allclose(T @ X if left else X @ T, np.broadcast_to(B, X.shape), atol=1e-9)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("options", [
    {"upper": True}, {"upper": False, "unitriangular": True}, {"upper": False, "left": False},
])  # fmt: skip
def test_a_triangular_system_has_torchs_derivatives(complex: bool, options: dict) -> None:
    A = matrices(3, 3, complex=complex) + 3 * np.eye(3)
    compare(lambda T, a, b: T.linalg.solve_triangular(a, b, **options), A,
            matrices(2, 3, 3, complex=complex))  # fmt: skip


@pytest.mark.parametrize("upper", [True, False])
def test_zeros_on_the_diagonal_give_infinities_and_no_error(upper: bool) -> None:
    A = torch.tensor([[1.0, 2.0], [2.0, 0.0]] if upper else [[0.0, 2.0], [2.0, 1.0]])
    X = L.solve_triangular(A, torch.ones(2, 1), upper=upper)
    assert X.flatten().tolist() == ([-np.inf, np.inf] if upper else [np.inf, -np.inf])


def test_triangular_factors_of_ill_conditioned_matrices_keep_their_digits() -> None:
    n = 30
    T = np.tril(-np.ones((n, n)), -1) + np.eye(n)
    X = L.solve_triangular(torch.tensor(T), torch.ones(n, 1, dtype=torch.float64), upper=False)
    assert X.flatten().tolist() == [2.0**i for i in range(n)]


@pytest.mark.parametrize(("a", "b"), [
    ((3, 3), (3,)), ((3, 3), (3, 2)), ((2, 3, 3), (2, 3)), ((2, 3, 3), (3, 2)),
    ((2, 1, 3, 3), (4, 3, 2)), ((3, 3), (2, 3, 2)), ((0, 0), (0, 2)), ((3, 3), (3, 0)),
])  # fmt: skip
def test_solve_solves_and_broadcasts(a: tuple, b: tuple) -> None:
    A, B = matrices(*a), matrices(*b, seed=1)
    X = L.solve(torch.tensor(A), torch.tensor(B)).numpy()
    vector = len(b) == 1 or b == a[:-1]
    product = (A @ X[..., None])[..., 0] if vector else A @ X
    np.testing.assert_allclose(product, np.broadcast_to(B, product.shape), atol=1e-10)


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
@pytest.mark.parametrize("left", [True, False])
def test_solve_has_torchs_derivatives(complex: bool, left: bool) -> None:
    compare(lambda T, a, b: T.linalg.solve(a, b, left=left), matrices(2, 3, 3, complex=complex),
            matrices(3, 3, complex=complex, seed=1))  # fmt: skip
    compare(lambda T, a, b: T.linalg.solve(a, b), matrices(3, 3, complex=complex),
            matrices(3, complex=complex, seed=1))  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("complex", [False, True])
def test_an_inverse_has_torchs_derivatives(complex: bool) -> None:
    compare(lambda T, a: T.linalg.inv(a), matrices(2, 3, 3, complex=complex))


def test_float32_stays_float32() -> None:
    A = torch.eye(3)
    assert {t.dtype for t in (
        L.inv(A), L.solve(A, A), L.solve_triangular(A, A, upper=True), A.inverse(),
    )} == {torch.float32}  # fmt: skip


def nearly_singular() -> list[np.ndarray]:
    """Return products of rank 2 that rounding lets NumPy invert, though not all transposes."""
    found = []
    for seed in range(200):
        stream = np.random.default_rng(seed)
        array = (stream.integers(-3, 4, (3, 2)) / 10) @ (stream.integers(-3, 4, (2, 3)) / 7)
        try:
            np.linalg.inv(array)
        except np.linalg.LinAlgError:
            continue
        found.append(array)
    return found


@pytest.mark.parametrize("left", [True, False])
def test_what_was_solved_has_gradients(left: bool) -> None:
    ones = np.ones((3, 3))
    good = matrices(3, 3)
    expected = np.linalg.solve(good.T if left else good, ones)
    for array in nearly_singular():
        A = torch.tensor(np.stack([array if left else array.T, good]))
        B = torch.tensor(np.stack([ones, ones]), requires_grad=True)
        (g,) = torch.autograd.grad(L.solve(A, B, left=left).sum(), B)
        np.testing.assert_allclose(g[1].numpy(), expected if left else expected.T, rtol=1e-9)


def test_what_was_solved_has_second_gradients() -> None:
    for array in nearly_singular():
        A = torch.tensor(array, requires_grad=True)
        X = L.solve(A, torch.ones(3, 1, dtype=torch.float64))
        (first,) = torch.autograd.grad(X.sum(), A, create_graph=True)
        assert torch.autograd.grad(first.sum(), A)[0].shape == A.shape
