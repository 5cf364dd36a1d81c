"""Slices by places, elements by masks."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.arange(12.0).reshape(3, 4)
TWICE = np.array([2, 0, 2])


def test_index_select_repeats_slices_and_adds_up_their_gradients() -> None:
    x = torch.tensor(X, requires_grad=True)
    y = torch.index_select(x, 0, torch.tensor(TWICE))
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), X[TWICE])
    assert x.grad[:, 0].tolist() == [1, 0, 2]


@pytest.mark.parametrize("bad", [-1, 3])
def test_index_select_refuses_places_that_do_not_exist(bad: int) -> None:
    with pytest.raises(IndexError, match=f"index {bad} is out of bounds"):
        torch.tensor(X).index_select(0, torch.tensor([bad]))


def test_index_add_adds_slices_named_twice() -> None:
    source = np.ones((3, 4))
    expected = X.copy()
    np.add.at(expected, TWICE, 2 * source)
    y = torch.tensor(X).index_add(0, torch.tensor(TWICE), torch.tensor(source), alpha=2)
    np.testing.assert_array_equal(y.numpy(), expected)
    check_gradient(lambda x, s: x.index_add(1, torch.tensor([3, 3]), s), X, np.ones((3, 2)))


def test_index_copy_and_index_fill_stop_the_gradient_of_what_they_replace() -> None:
    index = torch.tensor([1, 3])
    check_gradient(lambda x, s: x.index_copy(1, index, s), X, np.ones((3, 2)))
    check_gradient(lambda x: x.index_fill(1, index, 2.0), X)
    assert torch.tensor(X).index_fill(0, torch.tensor([-1]), 7)[2].tolist() == [7] * 4


def test_index_fill_counts_a_place_named_twice_once_in_the_gradient() -> None:
    value = torch.tensor(2.0, requires_grad=True)
    torch.zeros(3).index_fill(0, torch.tensor([1, 1]), value).sum().backward()
    assert value.grad.item() == 1


def test_index_add_refuses_a_source_of_another_size_or_type() -> None:
    with pytest.raises(RuntimeError, match="Number of indices"):
        torch.tensor(X).index_add(0, torch.tensor([0]), torch.zeros(2, 4, dtype=torch.float64))
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.tensor(X).index_add(0, torch.tensor([0]), torch.zeros(1, 4))


def test_index_put_accumulates_or_replaces() -> None:
    x = torch.zeros(2, 2)
    places = (torch.tensor([0, 0]), torch.tensor([1, 1]))
    ones = torch.ones(2)
    assert x.index_put(places, ones, accumulate=True).tolist() == [[0, 2], [0, 0]]
    assert x.index_put_(places, ones).tolist() == [[0, 1], [0, 0]]
    assert x.tolist() == [[0, 1], [0, 0]]


def test_take_and_put_count_in_the_flattened_tensor() -> None:
    x, index = torch.tensor(X), torch.tensor([[1, -1]])
    assert torch.take(x, index).tolist() == [[1, 11]]
    assert x.put(index, torch.tensor([[5.0, 6.0]], dtype=torch.float64))[2, 3].item() == 6
    check_gradient(lambda x: torch.take(x, torch.tensor([0, 0, 5])), X)


def test_masked_select_picks_in_order_and_broadcasts() -> None:
    mask = torch.tensor([True, False, True, False])
    y = torch.masked_select(torch.tensor(X), mask)
    np.testing.assert_array_equal(y.numpy(), X[:, [0, 2]].ravel())
    check_gradient(lambda x: x.masked_select(mask), X)


def test_masked_scatter_writes_one_after_the_other() -> None:
    mask = torch.tensor([True, False, True])
    y = torch.zeros(3).masked_scatter(mask, torch.tensor([5.0, 6.0, 7.0]))
    assert y.tolist() == [5, 0, 6]
    with pytest.raises(RuntimeError, match="number of ones in mask"):
        torch.zeros(3).masked_scatter(mask, torch.ones(1))


def test_nonzero_returns_rows_or_one_vector_for_each_dimension() -> None:
    x = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
    assert torch.nonzero(x).tolist() == [[0, 1], [1, 0]]
    assert [v.tolist() for v in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]
    assert tuple(torch.tensor(3).nonzero().shape) == (1, 0)
    assert torch.argwhere(x).dtype is torch.int64
