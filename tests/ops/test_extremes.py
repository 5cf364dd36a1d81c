"""Largest and smallest elements."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

import minitorch_lazy as torch


def test_max_of_all_shares_the_gradient_among_ties() -> None:
    x = torch.tensor([1.0, 3.0, 3.0], requires_grad=True)
    x.max().backward()
    assert x.grad.tolist() == [0, 0.5, 0.5]


def test_max_along_a_dimension_sends_the_gradient_to_the_first_place() -> None:
    x = torch.tensor([[1.0, 3.0, 3.0], [5.0, 4.0, 5.0]], requires_grad=True)
    values, indices = x.max(1)
    values.sum().backward()
    assert indices.tolist() == [1, 0]
    assert x.grad.tolist() == [[0, 1, 0], [1, 0, 0]]


def test_a_result_has_names_and_a_repr_and_can_be_pickled() -> None:
    found = torch.tensor([4.0, 2.0]).min(0)
    assert found.values.item() == 2
    assert found.indices.item() == 1
    assert repr(found) == "torch.return_types.min(\nvalues=tensor(2.),\nindices=tensor(1))"
    with pytest.raises(AttributeError, match="only values, indices"):
        _ = found.value
    restored = pickle.loads(pickle.dumps(type(found)((1, 2))))
    assert restored == (1, 2)
    assert restored.indices == 2


def test_max_of_two_tensors_is_elementwise() -> None:
    y = torch.max(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 3.0]))
    assert y.tolist() == [2, 5]


def test_max_of_a_row_with_nan_is_that_nan() -> None:
    values, indices = torch.tensor([1.0, float("nan"), 2.0]).max(0)
    assert values.isnan()
    assert indices.item() == 1


def test_max_of_nothing_is_refused() -> None:
    with pytest.raises(RuntimeError, match=r"max\(\): Expected reduction dim to be specified"):
        torch.zeros(0).max()


def test_cummax_keeps_the_last_of_equals_and_stays_nan() -> None:
    x = np.array([1.0, 3.0, 3.0, 2.0, np.nan, 5.0])
    values, indices = torch.cummax(torch.tensor(x), 0)
    np.testing.assert_array_equal(values.numpy(), np.maximum.accumulate(x))
    assert indices.tolist() == [0, 1, 2, 2, 4, 4]


def test_cummin_adds_the_gradients_of_one_smallest_element() -> None:
    x = torch.tensor([3.0, 1.0, 2.0, 4.0], requires_grad=True)
    torch.cummin(x, 0).values.sum().backward()
    assert x.grad.tolist() == [1, 3, 0, 0]


def test_aminmax_returns_both() -> None:
    assert torch.aminmax(torch.tensor([3, 1, 2])).min.item() == 1
    assert torch.aminmax(torch.tensor([3, 1, 2])).max.item() == 3
