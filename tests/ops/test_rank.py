"""Medians, quantiles, the k-th smallest and the most frequent."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.random.default_rng(0).normal(size=(3, 6))
NAN = float("nan")


def test_median_is_the_lower_of_the_two_in_the_middle() -> None:
    assert torch.median(torch.tensor([4.0, 1.0, 3.0, 2.0])).item() == 2
    values, indices = torch.tensor(X).median(1)
    np.testing.assert_array_equal(values.numpy(), np.sort(X, 1)[:, 2])
    np.testing.assert_array_equal(indices.numpy(), np.argsort(X, 1)[:, 2])


def test_a_nan_is_the_median_unless_it_is_left_out() -> None:
    x = torch.tensor([[1.0, NAN, 3.0], [1.0, 5.0, 2.0]])
    assert x.median().isnan()
    assert x.median(1).indices.tolist() == [1, 2]
    assert x.nanmedian().item() == 2
    assert x.nanmedian(1).values.tolist() == [1, 2]


def test_the_median_of_all_shares_its_gradient_among_ties() -> None:
    x = torch.tensor([2.0, 1.0, 2.0, 3.0], requires_grad=True)
    x.median().backward()
    assert x.grad.tolist() == [0.5, 0, 0.5, 0]


def test_kthvalue_counts_from_one() -> None:
    assert torch.kthvalue(torch.tensor([3.0, 1.0, 2.0]), 1).values.item() == 1
    with pytest.raises(RuntimeError, match="selected number k out of range"):
        torch.kthvalue(torch.ones(3), 0)


@pytest.mark.parametrize("how", ["linear", "lower", "higher", "midpoint", "nearest"])
@pytest.mark.parametrize("dim", [None, 1])
def test_quantiles_are_numpys_with_their_gradient(how: str, dim: int | None) -> None:
    q = np.array([0.1, 0.5, 0.85])
    y = torch.quantile(torch.tensor(X), torch.tensor(q), dim, interpolation=how)
    np.testing.assert_allclose(y.numpy(), np.quantile(X, q, axis=dim, method=how))
    check_gradient(lambda x: torch.quantile(x, 0.3, dim, interpolation=how), X)


def test_a_quantile_keeps_its_dimension_behind_that_of_the_levels() -> None:
    x = torch.tensor(X)
    assert tuple(x.quantile(torch.tensor([0.5, 0.6], dtype=torch.float64), 1, True).shape) == (
        2, 3, 1)  # fmt: skip
    assert tuple(x.quantile(0.5, keepdim=True).shape) == (1, 1)


def test_a_nan_is_every_quantile_of_its_row_unless_it_is_left_out() -> None:
    x = torch.tensor([[1.0, NAN, 3.0]])
    assert x.quantile(0.0, 1).isnan().all()
    assert torch.nanquantile(x, 0.5, 1).tolist() == [2]


def test_levels_out_of_range_are_refused() -> None:
    with pytest.raises(RuntimeError, match=r"q must be in the range \[0, 1\]"):
        torch.quantile(torch.ones(2), 1.5)


def test_mode_is_the_smallest_of_the_most_frequent_where_it_appears_last() -> None:
    values, indices = torch.tensor([[3, 1, 3, 1], [2, 2, 2, 0]]).mode()
    assert values.tolist() == [1, 2]
    assert indices.tolist() == [3, 2]


def most_frequent(row: list[float]) -> tuple[float, int]:
    """Return the smallest of the most frequent numbers of a row, and where it appears last."""
    value = min(set(row), key=lambda number: (-row.count(number), number))
    return value, len(row) - 1 - row[::-1].index(value)


@pytest.mark.parametrize("kind", ["int64", "uint8", "bool", "float32", "bfloat16"])
@pytest.mark.parametrize(("shape", "dim"), [((40,), 0), ((3, 16), 1), ((4, 7, 2), -2), ((1, 3), 0)])
def test_mode_counts_along_any_dimension(
    device: str, kind: str, shape: tuple[int, ...], dim: int
) -> None:
    if device != "cpu" and kind == "bfloat16":
        kind = "float16"
    for highest in (1, 3, 9):
        x = np.random.default_rng(highest).integers(0, highest + 1, shape)
        x = x > 0 if kind == "bool" else x
        values, indices = torch.tensor(x).to(device, getattr(torch, kind)).mode(dim, keepdim=True)
        rows = [most_frequent(row.tolist()) for row in np.moveaxis(x, dim, -1).reshape(
            -1, shape[dim])]  # fmt: skip
        for found, place in ((values, 0), (indices, 1)):
            flat = np.moveaxis(found.cpu().float().numpy(), dim, -1).reshape(-1)
            assert flat.tolist() == [row[place] for row in rows]


@pytest.mark.torch
def test_mode_is_pytorchs_up_to_sixteen_elements() -> None:
    oracle = pytest.importorskip("torch")
    for size in range(1, 17):
        x = np.random.default_rng(size).integers(0, 1 + size // 3, (50, size)).astype("float32")
        ours, theirs = torch.tensor(x).mode(1), oracle.tensor(x).mode(1)
        np.testing.assert_array_equal(ours.values.numpy(), theirs.values.numpy())
        np.testing.assert_array_equal(ours.indices.numpy(), theirs.indices.numpy())


@pytest.mark.parametrize(("row", "value", "place"), [
    ([NAN, NAN], NAN, 0), ([NAN, NAN, NAN, 1.0, 1.0], 1.0, 4), ([NAN], NAN, 0),
    ([0.0, -0.0, 1.0], 0.0, 1),
])  # fmt: skip
def test_a_nan_equals_no_other_for_mode(row: list[float], value: float, place: int) -> None:
    found = torch.tensor(row).mode()
    np.testing.assert_array_equal(found.values.numpy(), np.float32(value))
    assert found.indices.item() == place


def test_mode_takes_memory_in_proportion_to_its_input() -> None:
    x = torch.tensor(np.random.default_rng(0).integers(0, 50, 20_000))
    tracemalloc.start()
    x.mode()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 * x.array.nbytes


def test_complex_numbers_have_no_mode() -> None:
    with pytest.raises(NotImplementedError, match="mode.*not implemented for 'ComplexFloat'"):
        torch.ones(2, dtype=torch.complex64).mode()
