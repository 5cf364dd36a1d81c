"""Distinct elements, counts and places among boundaries."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch

X = np.array([[3, 1, 3], [2, 1, 1]])


def test_unique_returns_places_and_counts() -> None:
    found = torch.unique(torch.tensor(X), return_inverse=True, return_counts=True)
    reference = np.unique(X, return_inverse=True, return_counts=True)
    np.testing.assert_array_equal(found[0].numpy(), reference[0])
    np.testing.assert_array_equal(found[1].numpy(), reference[1].reshape(X.shape))
    np.testing.assert_array_equal(found[2].numpy(), reference[2])


def test_unique_compares_slices_along_a_dimension() -> None:
    rows = torch.tensor([[1, 2], [0, 5], [1, 2]])
    values, inverse = rows.unique(dim=0, return_inverse=True)
    assert values.tolist() == [[0, 5], [1, 2]]
    assert inverse.tolist() == [1, 0, 1]


def test_every_nan_is_one_of_its_own() -> None:
    assert torch.unique(torch.tensor([float("nan")] * 2)).numel() == 2


def test_unique_consecutive_keeps_the_first_of_each_run() -> None:
    values, inverse, counts = torch.unique_consecutive(
        torch.tensor([1, 1, 2, 2, 1]), return_inverse=True, return_counts=True
    )
    assert values.tolist() == [1, 2, 1]
    assert inverse.tolist() == [0, 0, 1, 1, 2]
    assert counts.tolist() == [2, 2, 1]
    assert torch.unique_consecutive(torch.zeros(0)).numel() == 0


@pytest.mark.parametrize("right", [False, True])
def test_searchsorted_is_numpys_for_each_row(right: bool) -> None:
    rows = np.array([[1.0, 3.0, 5.0], [0.0, 0.0, 9.0]])
    x = np.array([[3.0, 6.0], [0.0, 1.0]])
    found = torch.searchsorted(torch.tensor(rows), torch.tensor(x), right=right)
    side = "right" if right else "left"
    reference = [np.searchsorted(row, value, side) for row, value in zip(rows, x, strict=True)]
    np.testing.assert_array_equal(found.numpy(), reference)


def test_searchsorted_takes_a_sorter_and_a_number() -> None:
    x = torch.tensor([5.0, 1.0, 3.0])
    found = torch.searchsorted(x, 2.0, sorter=torch.argsort(x), out_int32=True)
    assert found.item() == 1
    assert found.dtype is torch.int32


def test_bucketize_puts_a_boundary_into_the_bucket_on_its_left() -> None:
    bounds = torch.tensor([1, 3])
    assert torch.bucketize(torch.tensor([1, 2, 3, 4]), bounds).tolist() == [0, 1, 1, 2]
    assert torch.bucketize(torch.tensor([1, 3]), bounds, right=True).tolist() == [1, 2]


def test_bincount_counts_and_adds_weights() -> None:
    x = torch.tensor([1, 1, 3])
    assert torch.bincount(x, minlength=6).tolist() == [0, 2, 0, 1, 0, 0]
    assert x.bincount(torch.tensor([0.5, 1.0, 2.0])).tolist() == [0, 1.5, 0, 2]
    assert torch.bincount(torch.tensor([], dtype=torch.int64), minlength=2).tolist() == [0, 0]


def test_bincount_refuses_a_matrix() -> None:
    with pytest.raises(RuntimeError, match="1-d non-negative integral"):
        torch.bincount(torch.tensor(X))


def test_histc_counts_in_equal_bins_and_leaves_out_what_lies_beyond() -> None:
    x = torch.tensor([0.0, 0.5, 1.0, 1.0, 2.0, 9.0])
    assert torch.histc(x, 4, 0, 2).tolist() == [1, 1, 2, 1]


def test_isin_tells_members() -> None:
    assert torch.isin(torch.tensor([1, 2]), torch.tensor([2, 5])).tolist() == [False, True]
    assert torch.isin(torch.tensor([1, 2]), 2, invert=True).tolist() == [True, False]
