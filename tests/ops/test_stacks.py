"""Dimensions for numbers and vectors, stacks and splits."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch

ARRAYS = [np.array(2.0), np.arange(3.0), np.ones((2, 3)), np.ones((2, 3, 4))]


@pytest.mark.parametrize("name", ["atleast_1d", "atleast_2d", "atleast_3d"])
def test_each_has_at_least_so_many_dimensions(name: str) -> None:
    together = getattr(torch, name)(*(torch.tensor(a) for a in ARRAYS))
    for array, found in zip(ARRAYS, together, strict=True):
        assert tuple(found.shape) == getattr(np, name)(array).shape
        assert getattr(torch, name)(torch.tensor(array)).shape == found.shape


@pytest.mark.parametrize("name", ["dstack", "column_stack"])
@pytest.mark.parametrize("array", ARRAYS[1:])
def test_stacks_are_numpys(name: str, array: np.ndarray) -> None:
    found = getattr(torch, name)([torch.tensor(array), torch.tensor(array * 2)])
    np.testing.assert_array_equal(found.numpy(), getattr(np, name)([array, array * 2]))


@pytest.mark.parametrize("name", ["hsplit", "vsplit", "dsplit"])
def test_splits_are_numpys_and_views(name: str) -> None:
    x = np.arange(64.0).reshape(4, 4, 4)
    tensor = torch.tensor(x)
    for sections in (2, (1, 3)):
        found = getattr(torch, name)(tensor, sections)
        for part, reference in zip(found, getattr(np, name)(x, sections), strict=True):
            np.testing.assert_array_equal(part.numpy(), reference)
    found[0].fill_(-1)
    assert (tensor == -1).any()


def test_a_size_that_cannot_be_split_evenly_is_refused() -> None:
    with pytest.raises(RuntimeError, match="not divisible by the split_size 2"):
        torch.hsplit(torch.ones(3), 2)


def test_flips_reverse_the_first_two_dimensions() -> None:
    x = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(torch.fliplr(torch.tensor(x)).numpy(), np.fliplr(x))
    np.testing.assert_array_equal(torch.flipud(torch.tensor(x)).numpy(), np.flipud(x))
