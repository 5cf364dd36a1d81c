"""Repeats, windows, grids and turns."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.arange(6.0).reshape(2, 3)


def test_repeat_and_tile_put_copies_side_by_side() -> None:
    x = torch.tensor(X)
    np.testing.assert_array_equal(x.repeat(2, 1, 3).numpy(), np.tile(X, (2, 1, 3)))
    np.testing.assert_array_equal(torch.tile(x, (2,)).numpy(), np.tile(X, 2))
    check_gradient(lambda x: x.repeat(2, 2), X)


def test_repeat_copies_even_where_nothing_is_repeated() -> None:
    x = torch.zeros(2)
    x.repeat(1).fill_(5)
    assert x.tolist() == [0, 0]


def test_repeat_needs_a_number_for_each_dimension() -> None:
    with pytest.raises(RuntimeError, match="can not be smaller than number of dimensions"):
        torch.tensor(X).repeat(2)


def test_repeat_interleave_repeats_elements_and_slices() -> None:
    x = torch.tensor(X)
    np.testing.assert_array_equal(x.repeat_interleave(2).numpy(), np.repeat(X, 2))
    counts = torch.tensor([2, 0, 1])
    y = torch.repeat_interleave(x, counts, dim=1)
    np.testing.assert_array_equal(y.numpy(), np.repeat(X, [2, 0, 1], 1))
    assert torch.repeat_interleave(counts).tolist() == [0, 0, 2]
    check_gradient(lambda x: x.repeat_interleave(counts, 1), X)


def test_unfold_looks_at_overlapping_windows() -> None:
    x = torch.arange(5.0)
    y = x.unfold(0, 3, 1)
    assert y.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    x[2] = 9
    assert [row[2 - i].item() for i, row in enumerate(y)] == [9, 9, 9]
    check_gradient(lambda x: x.unfold(1, 2, 1), X)


def test_unfold_refuses_a_window_longer_than_the_dimension() -> None:
    with pytest.raises(RuntimeError, match="maximum size for tensor at dimension 0 is 5"):
        torch.arange(5).unfold(0, 6, 1)


@pytest.mark.parametrize("indexing", ["ij", "xy"])
def test_meshgrid_counts_along_each_dimension(indexing: str) -> None:
    vectors = [np.arange(2), np.arange(3), np.arange(4)]
    made = torch.meshgrid([torch.tensor(v) for v in vectors], indexing=indexing)
    for found, reference in zip(made, np.meshgrid(*vectors, indexing=indexing), strict=True):
        np.testing.assert_array_equal(found.numpy(), reference)


def test_products_and_combinations_are_those_of_itertools() -> None:
    a, b = [1, 2], [3, 4, 5]
    product = torch.cartesian_prod(torch.tensor(a), torch.tensor(b))
    assert product.tolist() == [list(pair) for pair in itertools.product(a, b)]
    pairs = torch.combinations(torch.tensor(b), 2)
    assert pairs.tolist() == [list(pair) for pair in itertools.combinations(b, 2)]
    assert tuple(torch.combinations(torch.tensor(a), 3).shape) == (0, 3)


@pytest.mark.parametrize("k", range(-1, 5))
def test_rot90_turns_as_numpy_does(k: int) -> None:
    np.testing.assert_array_equal(torch.rot90(torch.tensor(X), k).numpy(), np.rot90(X, k))
