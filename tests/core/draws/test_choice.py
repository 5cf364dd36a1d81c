"""Shuffles and categories equal PyTorch 2.13's; recorded for seed 7."""

import zlib

import numpy as np
import pytest

from minitorch_lazy.core.generator import Generator

SHUFFLES = {
    0: 0, 1: 1696784233, 2: 1121180356, 15: 1437436792, 16: 1590016871, 17: 482587769,
    31: 1627213755, 32: 2385252177, 33: 2127401601, 100: 4019968693, 1000: 1622599416,
    10007: 2326394327, 70001: 4241845211,
}  # fmt: skip
WEIGHTS = np.arange(1, 9, dtype=np.float32)
CHOSEN = [
    (1, True, [6], [2]),
    (1, False, [6], [2]),
    (5, True, [4, 3, 7, 6, 7], [5, 1, 2, 4, 4]),
    (5, False, [6, 7, 1, 3, 5], [2, 3, 5, 4, 6]),
]


def crc(array):
    return zlib.crc32(array.tobytes())


@pytest.fixture
def generator():
    return Generator().manual_seed(7)


@pytest.mark.parametrize("size", SHUFFLES)
def test_permutation_equals_pytorch(generator, size):
    assert crc(generator.permutation(size)) == SHUFFLES[size]


def test_permutation_of_ten_is_the_known_one(generator):
    assert generator.permutation(10).tolist() == [5, 0, 3, 4, 1, 7, 9, 6, 8, 2]


def test_permutation_may_be_stored_in_another_type(generator):
    assert crc(generator.permutation(100, np.float32)) == 1171279590


@pytest.mark.parametrize("size", [3, 50, 2000])
def test_permutation_is_what_the_swaps_one_by_one_give(generator, size):
    words = np.random.RandomState(7).randint(0, 1 << 32, size - 1, dtype=np.uint32).tolist()
    order = list(range(size))
    for step, word in enumerate(words):
        other = step + word % (size - step)
        order[step], order[other] = order[other], order[step]
    assert generator.permutation(size).tolist() == order


def test_very_long_permutations_grow_from_the_inside_out(generator):
    words = np.random.RandomState(7).randint(0, 1 << 32, 2 * 40, dtype=np.uint32).tolist()
    order = []
    for step in range(40):
        place = ((words[2 * step] << 32) | words[2 * step + 1]) % (step + 1)
        order.append(step)
        order[step] = order[place]
        order[place] = step
    assert generator.grown(40).tolist() == order


@pytest.mark.parametrize(("count", "replacement", "first", "second"), CHOSEN)
def test_multinomial_equals_pytorch(generator, count, replacement, first, second):
    rows = np.stack([WEIGHTS, WEIGHTS[::-1]])
    assert generator.multinomial(rows, count, replacement).tolist() == [first, second]
    generator.manual_seed(7)
    assert generator.multinomial(WEIGHTS, count, replacement).tolist() == first


def test_many_draws_with_replacement_equal_pytorch(generator):
    weights = np.arange(1, 301, dtype=np.float32)
    assert crc(generator.multinomial(weights, 1000, True)) == 497809984


def test_all_categories_without_replacement_equal_pytorch(generator):
    weights = np.arange(1, 301, dtype=np.float64)
    assert crc(generator.multinomial(weights, 300)) == 2450485311


def test_category_of_no_weight_is_not_drawn(generator):
    weights = np.array([0.0, 1.0, 0.0, 3.0])
    assert set(generator.multinomial(weights, 200, True).tolist()) == {1, 3}


def test_no_rows_give_no_choices(generator):
    assert generator.multinomial(np.ones((0, 4)), 2, True).shape == (0, 2)


REFUSED = [
    (np.ones((2, 2, 2)), 1, False, "prob_dist must be 1 or 2 dim"),
    (np.ones(3, np.int64), 1, False, "only supports floating-point dtypes"),
    (np.ones(3), 0, False, "n_sample <= 0"),
    (np.ones(3), 4, False, "without replacement"),
    (np.array([1.0, -1.0]), 1, False, "probability tensor contains either"),
    (np.array([1.0, -1.0]), 2, True, "encountering probability entry < 0"),
    (np.array([1.0, np.inf]), 2, True, "entry = infinity or NaN"),
    (np.zeros(2), 1, False, "sum of probabilities <= 0"),
]


@pytest.mark.parametrize(("weights", "count", "replacement", "phrase"), REFUSED)
def test_weights_without_a_distribution_are_refused(generator, weights, count, replacement, phrase):
    with pytest.raises(RuntimeError, match=phrase):
        generator.multinomial(weights, count, replacement)


def test_permutation_of_too_many_or_negative_numbers_is_refused(generator):
    with pytest.raises(RuntimeError, match="n cannot be greater than 2049"):
        generator.permutation(2050, np.float16)
    with pytest.raises(RuntimeError, match="negative dimension -1"):
        generator.permutation(-1)
