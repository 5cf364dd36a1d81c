"""Bags of rows against rows that are reduced bag by bag."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

TABLE = np.random.default_rng(0).standard_normal((6, 3))
INDEX, BOUNDS = [0, 1, 2, 3, 2, 2, 5], [0, 2, 2, 5, 7]
REDUCE = {"sum": np.sum, "mean": np.mean, "max": np.max}


def bags(index, bounds, padding=None):
    """Return the rows of each bag."""
    found = [index[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]
    return [TABLE[[i for i in bag if i != padding]] for bag in found]


def reduced(rows, mode):
    return REDUCE[mode](rows, axis=0) if len(rows) else np.zeros(TABLE.shape[1])


@pytest.mark.parametrize("mode", REDUCE)
@pytest.mark.parametrize("padding", [None, 2, -4])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", [torch.int64, torch.int32])
def test_each_bag_is_reduced_without_the_padding(mode, padding, last, kind):
    offsets = torch.tensor(BOUNDS if last else BOUNDS[:-1], dtype=kind)
    y = F.embedding_bag(torch.tensor(INDEX, dtype=kind), torch.tensor(TABLE), offsets, mode=mode,
                        include_last_offset=last, padding_idx=padding)  # fmt: skip
    row = None if padding is None else padding % 6
    expected = [reduced(rows, mode) for rows in bags(INDEX, BOUNDS, row)]
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-15)


@pytest.mark.parametrize("mode", REDUCE)
def test_rows_of_a_matrix_are_bags(mode):
    index = np.array([[1, 2, 3], [4, 4, 0]])
    y = F.embedding_bag(torch.tensor(index), torch.tensor(TABLE), mode=mode)
    np.testing.assert_allclose(y.numpy(), [reduced(TABLE[bag], mode) for bag in index], atol=1e-15)


def test_what_lies_after_the_last_offset_belongs_to_no_bag():
    index = torch.tensor(INDEX)
    for mode in REDUCE:
        y = F.embedding_bag(index, torch.tensor(TABLE), torch.tensor([0, 3, 5]), mode=mode,
                            include_last_offset=True)  # fmt: skip
        expected = [reduced(rows, mode) for rows in bags(INDEX, [0, 3, 5])]
        np.testing.assert_allclose(y.numpy(), expected, atol=1e-15)


@pytest.mark.parametrize("mode", REDUCE)
def test_there_may_be_no_bags_or_no_indices(mode):
    table, none = torch.tensor(TABLE), torch.tensor([]).long()
    assert F.embedding_bag(torch.tensor(INDEX), table, none, mode=mode).shape == (0, 3)
    empty = F.embedding_bag(none, table, torch.tensor([0, 0]), mode=mode)
    assert empty.tolist() == [[0, 0, 0]] * 2


def test_sums_may_be_weighted_and_the_weights_learn():
    weights = np.arange(1.0, 8)
    table = torch.tensor(TABLE, requires_grad=True)
    factors = torch.tensor(weights, requires_grad=True)
    y = F.embedding_bag(torch.tensor(INDEX), table, torch.tensor(BOUNDS[:-1]), mode="sum",
                        per_sample_weights=factors, padding_idx=3)  # fmt: skip
    g = np.arange(12.0).reshape(4, 3)
    y.backward(torch.tensor(g))
    bag = np.searchsorted(BOUNDS, np.arange(7), side="right") - 1
    kept = np.array(INDEX) != 3
    np.testing.assert_allclose(factors.grad.numpy(), (g[bag] * TABLE[INDEX]).sum(1) * kept)
    expected = np.zeros((6, 3))
    np.add.at(expected, INDEX, g[bag] * (weights * kept)[:, None])
    np.testing.assert_allclose(table.grad.numpy(), expected)


@pytest.mark.parametrize("mode", REDUCE)
@pytest.mark.parametrize("padding", [None, 2])
def test_gradients_and_second_gradients_hold(mode, padding):
    index, offsets = torch.tensor(INDEX), torch.tensor(BOUNDS[:-1])
    table = torch.tensor(TABLE, requires_grad=True)
    look = lambda t: F.embedding_bag(index, t, offsets, mode=mode, padding_idx=padding)  # noqa: E731
    assert torch.autograd.gradcheck(look, table)
    assert torch.autograd.gradgradcheck(lambda t: look(t) ** 2, table)


def test_gradients_may_be_divided_by_how_often_a_row_was_looked_up():
    table = torch.tensor(TABLE, requires_grad=True)
    F.embedding_bag(torch.tensor(INDEX), table, torch.tensor([0]), mode="sum",
                    scale_grad_by_freq=True).sum().backward()  # fmt: skip
    looked_up = [[float(i in INDEX)] * 3 for i in range(6)]
    np.testing.assert_allclose(table.grad.numpy(), looked_up)


def test_the_largest_is_the_first_of_equals_and_nan_only_where_it_is_first():
    table = torch.tensor([[1.0], [1.0], [math.nan], [-math.inf]], requires_grad=True)
    F.embedding_bag(torch.tensor([1, 0]), table, torch.tensor([0]), mode="max").backward()
    assert table.grad.tolist() == [[0], [1], [0], [0]]
    look = lambda *bag: F.embedding_bag(torch.tensor([bag]), table, mode="max").item()  # noqa: E731
    assert (look(0, 2), look(3)) == (1, -math.inf)
    assert math.isnan(look(2, 0))
    padded = F.embedding_bag(torch.tensor([[0, 3]]), table, mode="max", padding_idx=0)
    assert padded.item() == -math.inf


def test_long_rows_are_shortened_in_place_and_halves_are_added_in_float32():
    table = torch.tensor(TABLE)
    F.embedding_bag(torch.tensor([[0, 1]]), table, max_norm=0.5)
    norms = np.linalg.norm(table.numpy(), axis=1)
    assert norms[:2].max() <= 0.5
    np.testing.assert_array_equal(table.numpy()[2:], TABLE[2:])
    half = torch.full((2, 1), 0.001, dtype=torch.float16)
    y = F.embedding_bag(torch.zeros(1, 5000).long(), half, mode="sum")
    assert y.item() == pytest.approx(5.0, rel=2e-3)


def test_a_pretrained_table_is_taken_as_it_is():
    layer = torch.nn.EmbeddingBag.from_pretrained(torch.tensor(TABLE), mode="sum")
    assert not layer.weight.requires_grad
    np.testing.assert_allclose(layer(torch.tensor([[1, 2]])).numpy()[0], TABLE[1] + TABLE[2])
    assert torch.nn.EmbeddingBag.from_pretrained(torch.tensor(TABLE), False).weight.requires_grad


def test_shapes_are_known_without_numbers():
    table, index = (torch.empty(*s, device="meta") for s in ((6, 3), (2, 4)))
    for mode in REDUCE:
        assert F.embedding_bag(index.long(), table, mode=mode).shape == (2, 3)


# -- refusals ------------------------------------------------------------------------------------


def refused(kind, phrase, mend, *args, **kwargs):
    check_mend(kind, phrase, mend, lambda: F.embedding_bag(*args, **kwargs))


def test_what_does_not_fit_is_refused_and_changes_nothing():
    index, table = torch.tensor(INDEX), torch.tensor(TABLE)
    offsets = torch.tensor([0, 2])
    refused(ValueError, "offsets has to be a 1D Tensor but got None", "starts", index, table)
    refused(ValueError, "if input is 2D, then offsets has to be None", "flatten",
            index.reshape(1, 7), table, offsets)  # fmt: skip
    refused(ValueError, "input has to be 1D or 2D", "bags", index.reshape(1, 7, 1), table)
    refused(ValueError, "weight has to be a 2D Tensor", "embedding_dim", index, table[0], offsets)
    refused(ValueError, "mode has to be one of sum, mean or max", "one of them", index, table,
            offsets, mode="min")  # fmt: skip
    refused(ValueError, "max mode does not support scaling", "scale_grad_by_freq", index, table,
            offsets, mode="max", scale_grad_by_freq=True)  # fmt: skip
    refused(
        NotImplementedError,
        "only supported for mode='sum' (got mode='mean')",
        "mode='sum'",
        index,
        table,
        offsets,
        per_sample_weights=torch.ones(7).double(),
        max_norm=0.1,
    )
    refused(RuntimeError, "to have the same type as tensor", ".to(", index, table, offsets,
            mode="sum", per_sample_weights=torch.ones(7))  # fmt: skip
    refused(RuntimeError, "Index 1 of input takes value 6 which is not in the valid range [0, 6)",
            "rows", torch.tensor([0, 6]), table, offsets, max_norm=0.1)  # fmt: skip
    refused(RuntimeError, "offsets[0] has to be 0", "start with 0", index, table, offsets + 1)
    refused(RuntimeError, "offsets[-1] can not be greater than input's length 7", "within", index,
            table, offsets * 4)  # fmt: skip
    refused(RuntimeError, "offsets must not decrease", "sort", index, table,
            torch.tensor([0, 3, 2]))  # fmt: skip
    refused(RuntimeError, "padding_idx must be within the number of embeddings, -6 through 5",
            "row", index, table, offsets, padding_idx=6)  # fmt: skip
    refused(RuntimeError, "scalar types: Long, Int; but got Float", ".long()", index.float(),
            table, offsets)  # fmt: skip
    np.testing.assert_array_equal(table.numpy(), TABLE)


@pytest.mark.torch
@pytest.mark.parametrize("mode", REDUCE)
def test_values_and_gradients_are_torch_s(mode):
    oracle = pytest.importorskip("torch")
    for padding in (None, 2):
        found = []
        for package in (torch, oracle):
            table = package.tensor(TABLE, requires_grad=True)
            y = package.nn.functional.embedding_bag(
                package.tensor(INDEX), table, package.tensor(BOUNDS[:-1]), 0.9, mode=mode,
                padding_idx=padding,
            )  # fmt: skip
            (y * y).sum().backward()
            found.append([y.detach().numpy(), table.grad.numpy(), table.detach().numpy()])
        for mine, other in zip(*found, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-6)
