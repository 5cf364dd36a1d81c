"""Many elements reduced into one place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

REDUCTIONS = ["sum", "prod", "mean", "amax", "amin"]
OF_NUMPY = {"sum": np.sum, "prod": np.prod, "mean": np.mean, "amax": np.max, "amin": np.min}
STREAM = np.random.default_rng(0)
X, SOURCE = STREAM.normal(size=(2, 4, 5))
INDEX = STREAM.integers(0, 4, (3, 5))


def reduced(x: Any, index: Any, source: Any, reduce: str, own: bool) -> Any:
    """Reduce along the first dimension, one place after the other."""
    y = x.copy()
    for row, column in np.ndindex(x.shape):
        found = [source[i, column] for i in range(len(index)) if index[i, column] == row]
        if found:
            y[row, column] = OF_NUMPY[reduce]([x[row, column]] * own + found)
    return y


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("own", [True, False], ids=["with self", "without self"])
def test_scatter_reduce_goes_from_place_to_place(reduce: str, own: bool, device: str) -> None:
    x, index, source = (torch.tensor(a, device=device) for a in (X, INDEX, SOURCE))
    y = x.scatter_reduce(0, index, source, reduce, include_self=own)
    np.testing.assert_allclose(y.cpu().numpy(), reduced(X, INDEX, SOURCE, reduce, own))
    assert x.scatter_reduce_(0, index, source, reduce, include_self=own) is x
    np.testing.assert_array_equal(x.cpu().numpy(), y.cpu().numpy())


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("own", [True, False], ids=["with self", "without self"])
def test_a_smaller_index_has_gradients_too(reduce: str, own: bool) -> None:
    def function(x: Any, source: Any) -> Any:
        return torch.scatter_reduce(x, 0, torch.tensor(INDEX), source, reduce, include_self=own)

    check_gradient(function, X, SOURCE)


@pytest.mark.parametrize("reduce", REDUCTIONS[1:])
def test_index_reduce_takes_whole_slices(reduce: str) -> None:
    rows = np.array([3, 0, 3, 1])
    y = torch.tensor(X).index_reduce(0, torch.tensor(rows), torch.tensor(SOURCE), reduce)
    right = reduced(X, np.repeat(rows[:, None], 5, 1), SOURCE, reduce, True)
    np.testing.assert_allclose(y.numpy(), right)


def test_products_with_zeros_have_both_gradients() -> None:
    index = torch.tensor([0, 0, 0, 1, 1, 2])

    def product(x: Any, source: Any) -> Any:
        return torch.scatter_reduce(x, 0, index, source, "prod")

    x = torch.tensor([2.0, 0.0, 3.0], dtype=torch.float64, requires_grad=True)
    source = torch.tensor([0.0, 0.0, 2.0, 5.0, 0.0, 0.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(product, (x, source))
    assert torch.autograd.gradgradcheck(product, (x, source))


def test_ties_share_the_gradient_of_an_extreme() -> None:
    x = torch.tensor([2.0, 1.0], requires_grad=True)
    source = torch.tensor([2.0, 2.0, 0.0], requires_grad=True)
    x.scatter_reduce(0, torch.tensor([0, 0, 1]), source, "amax").sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [1 / 3, 1])
    np.testing.assert_allclose(source.grad.numpy(), [1 / 3, 1 / 3, 0])


def test_a_nan_is_the_extreme_of_its_place(device: str) -> None:
    x, source = torch.ones(2, device=device), torch.tensor([float("nan"), 5.0], device=device)
    y = x.scatter_reduce(0, torch.tensor([0, 0], device=device), source, "amin")
    np.testing.assert_array_equal(y.cpu().numpy(), [np.nan, 1])


def test_means_of_integers_are_rounded_down() -> None:
    y = torch.tensor([-5, 2]).scatter_reduce(
        0, torch.tensor([0, 0, 0]), torch.tensor([1, -3, 0]), "mean")  # fmt: skip
    assert y.tolist() == [-2, 2]


@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8, torch.bool, torch.float16], ids=str)
@pytest.mark.parametrize("reduce", ["amax", "amin", "prod"])
def test_what_was_there_does_not_count_without_self(dtype: Any, reduce: str) -> None:
    x, source = torch.tensor([1, 1]).to(dtype), torch.tensor([0, 1]).to(dtype)
    y = x.scatter_reduce(0, torch.tensor([0, 1]), source, reduce, include_self=False)
    assert y.tolist() == source.tolist()


def test_many_narrow_numbers_are_counted_exactly() -> None:
    x, index = torch.zeros(1, dtype=torch.float16), torch.zeros(3000, dtype=torch.int64)
    source = torch.full((3000,), 0.5, dtype=torch.float16)
    y = x.scatter_reduce(0, index, source * 0 + 0.5, "mean", include_self=False)
    assert y.dtype is torch.float16
    assert (torch.ones(1).scatter_reduce(0, index, torch.ones(3000), "mean")).item() == 1


def test_numbers_and_nothing() -> None:
    x, place = torch.tensor(2.0), torch.tensor(0)
    assert x.scatter_reduce(0, place, torch.tensor(3.0), "prod").item() == 6
    y = torch.ones(2).scatter_reduce(0, torch.ones(0).long(), torch.ones(0), "sum")
    assert y.tolist() == [1, 1]
    nothing = torch.ones(2, 0).index_reduce(0, torch.tensor([1]), torch.ones(1, 0), "prod")
    assert nothing.shape == (2, 0)


def test_shapes_alone_are_enough() -> None:
    x = torch.ones(3, 4, device="meta")
    index = torch.zeros(2, 4, dtype=torch.int64, device="meta")
    for reduce in REDUCTIONS:
        y = x.scatter_reduce(0, index, x, reduce, include_self=False)
        assert (y.shape, y.device.type) == ((3, 4), "meta")


def test_mistakes_are_named() -> None:
    x, index = torch.ones(3), torch.tensor([0])
    with pytest.raises(RuntimeError, match="must be either sum, prod, mean, amax or amin, got max"):
        x.scatter_reduce(0, index, torch.ones(1), "max")
    with pytest.raises(TypeError, match="argument 'src'.* must be Tensor, not float"):
        x.scatter_reduce(0, index, 1.0, "prod")
    with pytest.raises(RuntimeError, match="index -1 is out of bounds"):
        x.scatter_reduce(0, torch.tensor([-1]), torch.ones(1), "prod")
    with pytest.raises(RuntimeError, match="self.dtype to be equal to src.dtype"):
        x.scatter_reduce(0, index, torch.tensor([1]), "prod")
    with pytest.raises(NotImplementedError, match="not implemented for 'ComplexFloat'"):
        (x * 1j).scatter_reduce(0, index, torch.ones(1) * 1j, "amax")
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        x.bool().scatter_reduce(0, index, torch.ones(1).bool(), "mean")
    with pytest.raises(RuntimeError, match="prod, mean, amax or amin but got sum"):
        x.index_reduce(0, index, torch.ones(1), "sum")
    with pytest.raises(IndexError, match="out of bounds"):
        x.index_reduce(0, torch.tensor([3]), torch.ones(1), "prod")
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        x.bool().index_reduce(0, index, torch.ones(1).bool(), "prod")
    with pytest.raises(NotImplementedError, match="not implemented for 'ComplexFloat'"):
        (x * 1j).index_reduce(0, index, torch.ones(1) * 1j, "prod")
