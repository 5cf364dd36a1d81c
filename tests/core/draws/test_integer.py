"""Integer draws equal PyTorch 2.13's; the checksums are of its bytes for seed 7."""

import zlib

import numpy as np
import pytest

from minitorch_lazy.core.generator import Generator

INT64 = [
    (0, 2, 2270144451), (0, 10, 1063505233), (-5, 100, 1834832184),
    (0, 2**28 - 1, 1393445454), (0, 2**28, 1184641460), (-(2**63), 2**63 - 1, 3411256076),
]  # fmt: skip
FLOAT16 = [(0, 2050, 3428597294), (-3000, 4097, 2681610929), (0, 60000, 339417990)]
WITHOUT_BOUNDS = {
    "bool": 2891034214, "uint8": 3585645947, "int8": 662078031, "int16": 2085531352,
    "int32": 3029666676, "int64": 3705461758, "float16": 3364412638, "float32": 2017465553,
    "float64": 4278185275,
}  # fmt: skip
FROM_FIVE = {"uint8": 913780670, "int64": 3392724225, "float32": 1843334144}


def crc(array):
    return zlib.crc32(array.tobytes())


@pytest.fixture
def generator():
    return Generator().manual_seed(7)


@pytest.mark.parametrize(("low", "high", "expected"), INT64)
def test_integers_equal_pytorch(generator, low, high, expected):
    assert crc(generator.integers(low, high, (1000,))) == expected


@pytest.mark.filterwarnings("ignore:random_")
@pytest.mark.parametrize(("low", "high", "expected"), FLOAT16)
def test_range_is_narrowed_to_what_float16_stores(generator, low, high, expected):
    assert crc(generator.integers(low, high, (1000,), np.float16)) == expected


@pytest.mark.parametrize("name", WITHOUT_BOUNDS)
def test_random_without_bounds_equals_pytorch(generator, name):
    assert crc(generator.random((1000,), name)) == WITHOUT_BOUNDS[name]


@pytest.mark.parametrize("name", FROM_FIVE)
def test_random_from_a_lower_bound_equals_pytorch(generator, name):
    assert crc(generator.random((1000,), name, 5)) == FROM_FIVE[name]


def test_random_from_the_lowest_integer_takes_all_64_bits(generator):
    assert crc(generator.random((1000,), np.int64, -(2**63))) == 2082172770


def test_base_seed_of_a_data_loader_is_one_scalar_draw(generator):
    seeds = [int(generator.random(())) for turn in range(2)]
    assert seeds == [1407639518939636932, 5163590386780219894]


def test_empty_range_is_refused(generator):
    with pytest.raises(RuntimeError, match="'from' to be less than 'to', but got from=5 >= to=5"):
        generator.integers(5, 5, (2,))


@pytest.mark.parametrize(("name", "high"), [("uint8", 300), ("bool", 3), ("float16", 70000)])
def test_range_that_the_type_cannot_store_is_refused(generator, name, high):
    with pytest.raises(RuntimeError, match="to - 1 is out of bounds"):
        generator.integers(0, high, (2,), name)


def test_range_with_gaps_is_warned_of(generator):
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^11\), 2\^11\]"):
        generator.integers(0, 60000, (2,), np.float16)


def test_all_64_bits_do_not_fit_a_short_type(generator):
    with pytest.raises(RuntimeError, match="random_full_64_bits_range_kernel_cpu handles only"):
        generator.random((2,), np.int32, -(2**63))


def test_complex_type_is_refused(generator):
    with pytest.raises(NotImplementedError, match="random_kernel_cpu"):
        generator.random((2,), np.complex64)
