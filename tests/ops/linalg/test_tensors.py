"""Tensors taken to be matrices, and what is made of vectors."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.linalg.oracle import compare, matrices

L = torch.linalg


def test_a_tensor_is_inverted_as_the_matrix_of_its_halves() -> None:
    A = matrices(2, 3, 6)
    found = L.tensorinv(torch.tensor(A))
    np.testing.assert_allclose(found.numpy(), np.linalg.tensorinv(A))
    with pytest.raises(RuntimeError, match="strictly positive integer for 'ind', but got 0"):
        L.tensorinv(torch.tensor(A), 0)
    with pytest.raises(RuntimeError, match=r"prod\(self.shape\[ind:\]\) == prod.*got 18 != 2"):
        L.tensorinv(torch.tensor(A), 1)


def test_a_tensor_equation_is_solved() -> None:
    A, B = matrices(2, 3, 6), matrices(2, 3)
    found = L.tensorsolve(torch.tensor(A), torch.tensor(B))
    np.testing.assert_allclose(found.numpy(), np.linalg.tensorsolve(A, B))
    A = matrices(3, 6, 2)
    found = L.tensorsolve(torch.tensor(A), torch.tensor(B.T.copy()), dims=(1,))
    np.testing.assert_allclose(found.numpy(), np.linalg.tensorsolve(A, B.T, (1,)))
    with pytest.raises(RuntimeError, match="got 12 != 3"):
        L.tensorsolve(torch.tensor(A), torch.tensor(B[0]))


@pytest.mark.torch
def test_a_product_of_vectors_conjugates_the_first() -> None:
    compare(lambda T, x, y: T.linalg.vecdot(x, y, dim=0), matrices(3, 2, complex=True),
            matrices(1, 3, 1, complex=True, seed=1)[0])  # fmt: skip


def test_vectors_of_other_types_are_refused() -> None:
    with pytest.raises(RuntimeError, match="found x of type Float and y of type Double"):
        L.vecdot(torch.ones(2), torch.ones(2, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="Expected a floating point or complex tensor.*Int"):
        L.vecdot(torch.ones(2).int(), torch.ones(2).int())


def test_powers_stand_side_by_side() -> None:
    x = torch.tensor([1, 2, 3])
    assert L.vander(x).tolist() == np.vander([1, 2, 3], increasing=True).tolist()
    assert L.vander(torch.tensor([[1.0, 2.0]]), 3).tolist() == [[[1, 1, 1], [1, 2, 4]]]
    assert torch.vander(x, 4).tolist() == np.vander([1, 2, 3], 4).tolist()
    assert torch.vander(x, 2, True).tolist() == [[1, 1], [1, 2], [1, 3]]
    assert torch.vander(x, 0).shape == (3, 0)
    with pytest.raises(RuntimeError, match="N must be greater than 1"):
        L.vander(x, 1)
    with pytest.raises(RuntimeError, match="must be a one-dimensional tensor"):
        torch.vander(torch.ones(2, 2))


def test_the_diagonal_is_that_of_the_last_dimensions() -> None:
    x = matrices(2, 3, 4)
    found = L.diagonal(torch.tensor(x), offset=1)
    np.testing.assert_array_equal(found.numpy(), x.diagonal(1, -2, -1))


@pytest.mark.parametrize("kind", [torch.uint8, torch.int16, torch.int32])
def test_powers_of_small_integers_do_not_wrap_around(kind: torch.dtype) -> None:
    x = torch.tensor([2, 5], dtype=kind)
    for powers in (L.vander(x, N=5), torch.vander(x, 5, True)):
        assert powers.dtype is torch.int64
        assert powers.tolist() == [[1, 2, 4, 8, 16], [1, 5, 25, 125, 625]]
