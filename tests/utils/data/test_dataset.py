"""Data sets: rows, parts, unions and random splits."""

from __future__ import annotations

import pytest

import minitorch_lazy as mt
from minitorch_lazy.utils.data import (
    ChainDataset,
    ConcatDataset,
    Dataset,
    IterableDataset,
    StackDataset,
    Subset,
    TensorDataset,
    random_split,
)


class Letters(Dataset):
    def __init__(self, text):
        self.text = text

    def __getitem__(self, index):
        return self.text[index]

    def __len__(self):
        return len(self.text)


class Stream(IterableDataset):
    def __init__(self, *values):
        self.values = values

    def __iter__(self):
        return iter(self.values)

    def __len__(self):
        return len(self.values)


def test_a_dataset_without_getitem_says_what_is_missing():
    with pytest.raises(NotImplementedError, match="implement __getitem__"):
        Dataset()[0]


def test_rows_of_tensors_are_samples():
    data = TensorDataset(mt.arange(3), mt.arange(6).reshape(3, 2))
    first, second = data[2]
    assert (first.item(), second.tolist(), len(data)) == (2, [4, 5], 3)
    assert [part.tolist() for part in data[1:]] == [[1, 2], [[2, 3], [4, 5]]]


def test_tensors_of_different_length_are_refused_with_their_shapes():
    with pytest.raises(AssertionError, match=r"(?s)Size mismatch between tensors.*\(3, 2\)"):
        TensorDataset(mt.arange(2), mt.zeros(3, 2))


def test_a_sum_is_one_after_the_other():
    data = Letters("ab") + Letters("cde")
    assert isinstance(data, ConcatDataset)
    assert "".join(data[i] for i in range(len(data))) == "abcde"
    assert (data[-1], data[-5], data.cumulative_sizes) == ("e", "a", [2, 5])
    with pytest.raises(ValueError, match="should not exceed dataset length"):
        data[-6]
    with pytest.raises(IndexError):
        data[5]


def test_unions_refuse_what_they_cannot_serve():
    with pytest.raises(AssertionError, match="empty iterable"):
        ConcatDataset([])
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        ConcatDataset([Stream(1)])
    with pytest.raises(AssertionError, match="only supports IterableDataset"):
        list(ChainDataset([[1, 2]]))


def test_streams_are_chained():
    data = Stream(1, 2) + Stream(3)
    assert (list(data), len(data)) == ([1, 2, 3], 3)


def test_data_sets_side_by_side_give_tuples_or_dicts():
    pair = StackDataset(Letters("ab"), [1, 2])
    named = StackDataset(letter=Letters("ab"), number=[1, 2])
    assert (pair[1], len(pair)) == (("b", 2), 2)
    assert named[0] == {"letter": "a", "number": 1}
    assert pair.__getitems__([1, 0]) == [("b", 2), ("a", 1)]
    assert named.__getitems__([1]) == [{"letter": "b", "number": 2}]


def test_data_sets_side_by_side_must_fit():
    with pytest.raises(ValueError, match="Size mismatch"):
        StackDataset([1], [1, 2])
    with pytest.raises(ValueError, match="both types are given"):
        StackDataset([1], x=[1])
    with pytest.raises(ValueError, match="At least one dataset"):
        StackDataset()

    class Short(Letters):
        def __getitems__(self, indices):
            return ["a"]

    with pytest.raises(ValueError, match="Expected 2, got 1"):
        StackDataset(Short("ab")).__getitems__([0, 1])


def test_a_subset_looks_through_its_indices():
    part = Subset(Letters("abcd"), [3, 1])
    assert (part[0], part[1], len(part)) == ("d", "b", 2)
    assert part.__getitems__([1, 0]) == ["b", "d"]
    assert Subset(part, [1])[0] == "b"


def test_a_subset_that_overrides_getitem_must_override_getitems():
    class Shouting(Subset):
        def __getitem__(self, index):
            return super().__getitem__(index).upper()

    with pytest.raises(NotImplementedError, match="overrides __getitem__ but not __getitems__"):
        Shouting(Letters("ab"), [0])


# Recorded from PyTorch 2.13: random_split(range(10), ...) with a generator seeded with 5.
@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([3, 7], [[1, 4, 9], [6, 3, 5, 0, 2, 8, 7]]),
        ([0.5, 0.25, 0.25], [[1, 4, 9, 6, 3, 5], [0, 2], [8, 7]]),
    ],
)
def test_a_random_split_is_pytorchs(lengths, expected):
    parts = random_split(range(10), lengths, generator=mt.Generator().manual_seed(5))
    assert [list(part.indices) for part in parts] == expected


def test_wrong_lengths_are_refused():
    with pytest.raises(ValueError, match="does not equal the length"):
        random_split(range(10), [3, 3])
    with pytest.raises(ValueError, match="Fraction at index 0 is not between 0 and 1"):
        random_split(range(10), [1.5, -0.5])
    with pytest.warns(UserWarning, match="Length of split at index [12] is 0"):
        random_split(range(2), [0.9, 0.05, 0.05])
