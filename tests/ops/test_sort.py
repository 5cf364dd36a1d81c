"""Sorting and the k largest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.array([[3.0, 1.0, np.nan, 1.0], [0.0, -2.0, 5.0, -2.0]])


def test_sort_puts_nan_last_and_keeps_the_order_of_equals() -> None:
    values, indices = torch.sort(torch.tensor(X))
    np.testing.assert_array_equal(values.numpy(), np.sort(X))
    np.testing.assert_array_equal(indices.numpy(), np.argsort(X, kind="stable"))


def test_descending_order_puts_nan_first_and_keeps_the_order_of_equals() -> None:
    values, indices = torch.tensor(X).sort(descending=True)
    np.testing.assert_array_equal(values.numpy(), np.sort(X)[:, ::-1])
    assert indices.tolist() == [[2, 0, 1, 3], [2, 0, 1, 3]]


def test_the_gradient_of_sorted_values_goes_where_they_came_from() -> None:
    y = np.random.default_rng(0).permutation(np.arange(12.0)).reshape(3, 4)
    check_gradient(lambda x: x.sort(0, descending=True).values, y)
    check_gradient(lambda x: torch.topk(x, 2, dim=1, largest=False).values, y)
    check_gradient(torch.msort, y)


def test_topk_is_in_order_and_refuses_more_than_there_are() -> None:
    found = torch.topk(torch.tensor([1.0, 4.0, 3.0]), 2)
    assert found.values.tolist() == [4, 3]
    assert found.indices.tolist() == [1, 2]
    with pytest.raises(RuntimeError, match="selected index k out of range"):
        torch.topk(torch.ones(3), 4)


def test_a_number_is_sorted_already() -> None:
    values, indices = torch.sort(torch.tensor(2.0))
    assert (values.item(), indices.item()) == (2, 0)
    assert torch.argsort(torch.tensor(2.0)).shape == ()


def test_complex_numbers_have_no_order() -> None:
    with pytest.raises(RuntimeError, match="Sort does not support complex"):
        torch.sort(torch.ones(2) * 1j)


@pytest.mark.parametrize("largest", [True, False])
def test_a_few_of_many_are_those_of_the_whole_order(largest: bool) -> None:
    x = np.random.default_rng(0).normal(size=(4, 50))
    x[0, :9] = np.nan
    values, indices = torch.topk(torch.tensor(x), 6, largest=largest)
    order = np.argsort(x, 1)[:, ::-1] if largest else np.argsort(x, 1)
    np.testing.assert_array_equal(values.numpy(), np.take_along_axis(x, order, 1)[:, :6])
    np.testing.assert_array_equal(np.take_along_axis(x, indices.numpy(), 1), values.numpy())


KINDS = ["bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64"]


@pytest.mark.torch
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [5, 17, 300])
def test_the_order_of_equals_is_pytorchs_stable_one(kind: str, size: int, descending: bool) -> None:
    oracle = pytest.importorskip("torch")
    numbers = np.random.default_rng(size).integers(0, 4, (2, size, 3)).astype("float64")
    if "float" in kind:
        numbers[numbers == 3] = np.nan
        numbers[0] *= -1  # so that there are zeros of both signs

    def places(package: Any) -> list[Any]:
        x = package.tensor(numbers).to(getattr(package, kind))
        options = {"dim": 1, "descending": descending, "stable": True}
        return [package.sort(x, **options).indices.tolist(),
                package.argsort(x, **options).tolist()]  # fmt: skip

    assert places(torch) == places(oracle)


@pytest.mark.torch
@pytest.mark.parametrize("largest", [False, True])
@pytest.mark.parametrize("k", [1, 3, 40])
def test_the_most_extreme_are_pytorchs_where_all_differ(k: int, largest: bool) -> None:
    oracle = pytest.importorskip("torch")
    numbers = np.random.default_rng(k).permutation(100).astype("float32")
    ours = torch.tensor(numbers).topk(k, largest=largest)
    theirs = oracle.tensor(numbers).topk(k, largest=largest)
    assert ours.indices.tolist() == theirs.indices.tolist()
    assert ours.values.tolist() == theirs.values.tolist()


@pytest.mark.parametrize("call", [
    lambda x: x.sort().values, lambda x: x.topk(4).values, lambda x: x.unique(),
    lambda x: x.nanmedian(), lambda x: torch.searchsorted(torch.tensor([0.0, 0.5]).to(x.dtype), x),
], ids=["sort", "topk", "unique", "nanmedian", "searchsorted"])  # fmt: skip
def test_bfloat16_with_nan_is_ordered_as_float32_is(call: Any) -> None:
    x = torch.tensor([2.0, np.nan, -1.0, 1.0, np.nan, 3.0, -2.0])
    narrow, wide = call(x.bfloat16()).float().numpy(), call(x).float().numpy()
    np.testing.assert_array_equal(narrow, wide)


# -- equal elements, where no order is promised ----------------------------------------------------

ZEROS = [8, 16, 15, 14, 13, 12, 11, 10, 9, 0, 7, 6, 5, 4, 3, 2, 1]
"""Where PyTorch 2.13's CPU puts 17 equal elements."""


def against_medians(half: int) -> list[int]:
    """Return numbers of which the median of three is always among the smallest.

    Source: Musser (1997), section 4.
    """
    found = [0] * (2 * half)
    for i in range(1, half + 1):
        if i % 2:
            found[i - 1], found[i] = i, half + i
        found[half + i - 1] = 2 * i
    return found


def test_equal_elements_lie_as_recorded() -> None:
    x = torch.zeros(17)
    assert torch.sort(x).indices.tolist() == ZEROS
    assert torch.argsort(x, descending=True).tolist() == ZEROS
    assert torch.argsort(torch.stack([x, x]), 1)[1].tolist() == ZEROS
    assert torch.argsort(torch.stack([x, x], 1), 0)[:, 1].tolist() == ZEROS
    assert torch.topk(torch.zeros(5), 3).indices.tolist() == [2, 4, 3]
    assert torch.topk(torch.zeros(100), 1).indices.tolist() == [0]


def test_equal_elements_keep_their_order_where_that_is_asked_for() -> None:
    x = np.random.default_rng(0).integers(0, 3, (5, 200))
    for descending, key in ((False, x), (True, -x)):
        found = torch.sort(torch.tensor(x), descending=descending, stable=True).indices
        np.testing.assert_array_equal(found.numpy(), np.argsort(key, 1, kind="stable"))


def test_equal_elements_of_long_vectors_keep_their_order() -> None:
    x = np.random.default_rng(0).integers(0, 3, 1 << 15)
    np.testing.assert_array_equal(torch.argsort(torch.tensor(x)), np.argsort(x, kind="stable"))
    assert (x[torch.topk(torch.tensor(x), 5, sorted=False).indices.numpy()] == 2).all()


NUMBERS = ["float32", "float64", "float16", "bfloat16", "int64", "int8", "uint8", "bool"]


def drawn(name: str, size: int) -> tuple[Any, Any]:
    """Draw numbers with many equals, some nan among them, for both packages."""
    real = pytest.importorskip("torch")
    rng = np.random.default_rng(size)
    rows = rng.integers(0, rng.choice([1, 2, 5, 50]), (3, size)).astype("float64")
    if "float" in name:
        rows[1, rng.integers(0, size, size // 9)] = np.nan
    return (
        torch.tensor(rows).to(getattr(torch, name)), real.tensor(rows).to(getattr(real, name))
    )  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("name", NUMBERS)
def test_equal_elements_lie_where_pytorch_leaves_them(name: str, descending: bool) -> None:
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes")
    for size in (2, 16, 17, 18, 40, 129, 1000, 3001):
        ours, theirs = drawn(name, size)
        found, expected = ours.argsort(1, descending), theirs.argsort(1, descending)
        assert found.tolist() == expected.tolist()
        found, expected = ours.T.sort(0, descending).indices, theirs.T.sort(0, descending).indices
        assert found.tolist() == expected.tolist()


@pytest.mark.torch
@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("name", NUMBERS[:-1])
def test_the_largest_are_those_that_pytorch_takes(name: str, ordered: bool) -> None:
    if name == "bfloat16":
        pytest.importorskip("ml_dtypes")
    for size in (1, 2, 17, 64, 129, 1000, 3001):
        ours, theirs = drawn(name, size)
        for k in {0, 1, size // 64, size // 10, size // 2, size}:
            for largest in (True, False):
                found = ours.topk(k, 1, largest, ordered).indices
                assert found.tolist() == theirs.topk(k, 1, largest, ordered).indices.tolist()


@pytest.mark.torch
@pytest.mark.parametrize("half", [30, 300, 2000])
def test_many_rounds_end_in_a_heap_as_in_pytorch(half: int) -> None:
    real = pytest.importorskip("torch")
    numbers = [number // 2 for number in against_medians(half)]
    assert torch.tensor(numbers).argsort().tolist() == real.tensor(numbers).argsort().tolist()
    for k in (half // 50 + 1, half // 3, half):
        found, expected = torch.tensor(numbers).topk(k), real.tensor(numbers).topk(k)
        assert found.indices.tolist() == expected.indices.tolist()
