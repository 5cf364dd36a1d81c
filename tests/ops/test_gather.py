"""Gather and scatter."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.arange(12.0).reshape(3, 4)
INDEX = np.array([[0, 2], [1, 1]])


def test_gather_picks_along_a_dimension_of_a_smaller_index() -> None:
    y = torch.tensor(X).gather(1, torch.tensor(INDEX))
    np.testing.assert_array_equal(y.numpy(), np.take_along_axis(X[:2], INDEX, 1))


def test_gather_adds_up_gradients_of_a_place_picked_twice() -> None:
    x = torch.tensor(X, requires_grad=True)
    x.gather(1, torch.tensor(INDEX)).sum().backward()
    assert x.grad.tolist() == [[1, 0, 1, 0], [0, 2, 0, 0], [0, 0, 0, 0]]


@pytest.mark.parametrize("bad", [-1, 4])
def test_gather_refuses_places_that_do_not_exist(bad: int) -> None:
    with pytest.raises(RuntimeError, match=f"index {bad} is out of bounds"):
        torch.tensor(X).gather(1, torch.tensor([[bad]]))


def test_gather_refuses_another_number_of_dimensions_and_float_indices() -> None:
    with pytest.raises(RuntimeError, match="same number of dimensions"):
        torch.tensor(X).gather(1, torch.tensor([0]))
    with pytest.raises(RuntimeError, match="Expected dtype int32/int64 for index"):
        torch.tensor(X).gather(1, torch.zeros(1, 1))


def test_take_along_dim_broadcasts_and_counts_negative_places_from_the_end() -> None:
    y = torch.take_along_dim(torch.tensor(X), torch.tensor([[-1]]), 1)
    np.testing.assert_array_equal(y.numpy(), X[:, -1:])


def test_scatter_replaces_and_its_gradient_goes_to_what_was_placed() -> None:
    x = torch.zeros(2, 3, requires_grad=True)
    src = torch.ones(2, 2, requires_grad=True)
    index = torch.tensor([[0, 2], [1, 0]])
    y = x.scatter(1, index, src)
    (y * torch.arange(6.0).reshape(2, 3)).sum().backward()
    assert y.tolist() == [[1, 0, 1], [1, 1, 0]]
    assert x.grad.tolist() == [[0, 1, 0], [0, 0, 5]]
    assert src.grad.tolist() == [[0, 2], [4, 3]]


def test_scatter_takes_a_number() -> None:
    y = torch.zeros(1, 3).scatter(1, torch.tensor([[2]]), 7)
    assert y.tolist() == [[0, 0, 7]]


def test_scatter_add_adds_places_named_twice() -> None:
    index = np.array([[0, 0, 1]])
    check_gradient(
        lambda x, src: x.scatter_add(0, torch.tensor(index), src), X[:, :3], [[1.0, 2.0, 3.0]]
    )
    y = torch.zeros(3).scatter_add(0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]))
    assert y.tolist() == [0, 5, 0]


def test_scatter_multiplies_places_named_twice() -> None:
    y = torch.ones(2).scatter(0, torch.tensor([1, 1]), torch.tensor([2.0, 3.0]), reduce="multiply")
    assert y.tolist() == [1, 6]


def test_scatter_refuses_a_source_of_another_type() -> None:
    with pytest.raises(RuntimeError, match="self.dtype to be equal to src.dtype"):
        torch.zeros(2).scatter(0, torch.tensor([0]), torch.ones(1, dtype=torch.float64))


def test_large_scatters_add_as_numpy_does() -> None:
    draw = np.random.default_rng(0)
    x, index = draw.normal(size=(7, 30, 5)), draw.integers(0, 30, (7, 30, 5))
    expected = x.copy()
    np.add.at(expected, (np.arange(7)[:, None, None], index, np.arange(5)), x)
    y = torch.tensor(x).scatter_add(1, torch.tensor(index), torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), expected)
    picked = torch.tensor(x).gather(1, torch.tensor(index))
    np.testing.assert_array_equal(picked.numpy(), np.take_along_axis(x, index, 1))


@pytest.mark.parametrize("dim", [0, 1, 2])
def test_large_slices_are_added_as_numpy_does(dim: int) -> None:
    draw = np.random.default_rng(0)
    x, index = draw.normal(size=(9, 8, 10)), draw.integers(0, 8, 6)
    source = np.moveaxis(draw.normal(size=(6, *np.moveaxis(x, dim, 0).shape[1:])), 0, dim)
    expected = x.copy()
    np.add.at(np.moveaxis(expected, dim, 0), index, np.moveaxis(source, dim, 0))
    y = torch.tensor(x).index_add(dim, torch.tensor(index), torch.tensor(source))
    np.testing.assert_allclose(y.numpy(), expected)


def test_negative_places_are_counted_from_the_end_in_large_gradients_too() -> None:
    x = torch.zeros(4, 100, requires_grad=True)
    x[[-1, 0, -1, 3]].sum().backward()
    assert x.grad[:, 0].tolist() == [1, 0, 0, 3]
