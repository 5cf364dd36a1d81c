"""Diagonals and triangles."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize("offset", [-2, 0, 1, 7])
def test_a_diagonal_is_a_view_of_two_dimensions(offset: int) -> None:
    x = torch.tensor(X)
    y = x.diagonal(offset, 2, 0)
    np.testing.assert_array_equal(y.numpy(), X.diagonal(offset, 2, 0))
    y.fill_(-1)
    assert (x == -1).sum().item() == y.numel()
    check_gradient(lambda x: x.diagonal(offset, 2, 0), X)


@pytest.mark.parametrize("offset", [-1, 0, 2])
def test_diag_embed_is_the_inverse_of_diagonal(offset: int) -> None:
    y = torch.diag_embed(torch.tensor(X), offset, 0, -1)
    np.testing.assert_array_equal(y.diagonal(offset, 0, -1).numpy(), X)
    assert y.sum().item() == X.sum()
    check_gradient(lambda x: torch.diag_embed(x, offset), X[0])


def test_diag_copies_a_diagonal_or_makes_a_matrix() -> None:
    assert torch.diag(torch.tensor([1, 2]), 1).tolist() == [[0, 1, 0], [0, 0, 2], [0, 0, 0]]
    x = torch.tensor(X[0])
    torch.diag(x).fill_(5)
    np.testing.assert_array_equal(x.numpy(), X[0])
    assert torch.diagflat(torch.tensor([[1], [2]])).tolist() == [[1, 0], [0, 2]]


@pytest.mark.parametrize("diagonal", [-1, 0, 2])
def test_triangles_are_numpys(diagonal: int) -> None:
    np.testing.assert_array_equal(torch.tril(torch.tensor(X), diagonal).numpy(),
                                  np.tril(X, diagonal))  # fmt: skip
    np.testing.assert_array_equal(torch.triu(torch.tensor(X), diagonal).numpy(),
                                  np.triu(X, diagonal))  # fmt: skip
    check_gradient(lambda x: x.tril(diagonal) * 2 + x.triu(diagonal), X)


def test_a_vector_has_no_triangle_and_a_matrix_a_trace() -> None:
    with pytest.raises(RuntimeError, match="at least 2 dimensions"):
        torch.tril(torch.ones(3))
    assert torch.trace(torch.tensor(X[0])).item() == 15
    with pytest.raises(RuntimeError, match="expected a matrix"):
        torch.trace(torch.tensor(X))


def test_block_diag_takes_numbers_vectors_and_matrices() -> None:
    y = torch.block_diag(torch.tensor([[1], [2]]), torch.tensor(3), torch.tensor([True, False]))
    assert y.dtype is torch.int64
    assert y.tolist() == [[1, 0, 0, 0], [2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 1, 0]]


def test_block_diag_of_little() -> None:
    assert torch.block_diag().shape == (1, 0)
    assert torch.block_diag(torch.ones(0), torch.ones(2, 1)).tolist() == [[0], [1], [1]]
    single = torch.tensor(2.0, dtype=torch.float64)
    assert torch.block_diag(torch.ones(1), single).dtype is torch.float32


def test_block_diag_refuses_stacks_and_lists() -> None:
    with pytest.raises(RuntimeError, match="2 or fewer dimensions. Input 1 has 3 dimensions"):
        torch.block_diag(torch.ones(1), torch.ones(1, 1, 1))
    with pytest.raises(TypeError, match="expected Tensor as element 0 in argument 0, but got list"):
        torch.block_diag([torch.ones(1)])
