"""Samplers: the orders that PyTorch 2.13 gives for the same seed, recorded."""

from __future__ import annotations

import pytest

import minitorch_lazy as mt
from minitorch_lazy.utils.data import (
    BatchSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)


def seeded():
    return mt.Generator().manual_seed(5)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda g: SequentialSampler("abc"), [0, 1, 2]),
        (lambda g: RandomSampler(range(7), generator=g), [1, 0, 4, 2, 6, 5, 3]),
        (lambda g: RandomSampler(range(7), num_samples=15, generator=g),
         [1, 0, 4, 2, 6, 5, 3, 1, 6, 5, 3, 2, 4, 0, 4]),
        (lambda g: RandomSampler(range(7), True, 40, g),
         [1, 5, 2, 3, 6, 1, 1, 3, 5, 4, 0, 6, 4, 2, 3, 2, 4, 5, 6, 5, 3, 1, 0, 4, 1, 0, 1, 3, 6,
          5, 3, 5, 5, 3, 2, 5, 5, 5, 4, 0]),
        (lambda g: SubsetRandomSampler([10, 20, 30, 40], g), [40, 20, 10, 30]),
        (lambda g: WeightedRandomSampler([0.1, 0.2, 0.0, 0.7], 8, generator=g),
         [3, 1, 3, 3, 1, 3, 3, 3]),
        (lambda g: WeightedRandomSampler([0.1, 0.2, 0.3, 0.7], 3, False, g), [3, 2, 1]),
    ],
)  # fmt: skip
def test_orders_are_pytorchs(make, expected):
    sampler = make(seeded())
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


def test_without_a_generator_a_fresh_one_is_seeded_from_the_default():
    mt.manual_seed(7)
    assert list(RandomSampler(range(7))) == [6, 0, 4, 1, 2, 5, 3]
    assert mt.rand(1).item() == 0.6592116951942444


@pytest.mark.parametrize(
    ("size", "drop_last", "expected"),
    [
        (2, False, [[0, 1], [2, 3], [4]]),
        (2, True, [[0, 1], [2, 3]]),
        (5, True, [[0, 1, 2, 3, 4]]),
        (9, True, []),
    ],
)
def test_keys_are_batched(size, drop_last, expected):
    sampler = BatchSampler(SequentialSampler(range(5)), size, drop_last)
    assert list(sampler) == expected
    assert len(sampler) == len(expected)


def test_any_iterable_of_keys_is_batched():
    assert list(BatchSampler("abc", 2, False)) == [["a", "b"], ["c"]]


@pytest.mark.parametrize(
    ("make", "kind", "phrase"),
    [
        (lambda: RandomSampler([]), ValueError, "num_samples=0"),
        (lambda: RandomSampler([1], "yes"), TypeError, "replacement should be a boolean"),
        (lambda: RandomSampler([1], num_samples=1.5), ValueError, "positive integer"),
        (lambda: WeightedRandomSampler([1.0], True), ValueError, "positive integer"),
        (lambda: WeightedRandomSampler([1.0], 1, 1), ValueError, "replacement should be"),
        (lambda: WeightedRandomSampler([[1.0]], 1), ValueError, r"1d sequence.*\(1, 1\)"),
        (lambda: BatchSampler([1], 0, False), ValueError, "batch_size=0"),
        (lambda: BatchSampler([1], 1, 1), ValueError, "drop_last should be a boolean"),
        (lambda: iter(Sampler()), NotImplementedError, None),
    ],
)
def test_wrong_options_are_refused(make, kind, phrase):
    with pytest.raises(kind, match=phrase):
        make()
