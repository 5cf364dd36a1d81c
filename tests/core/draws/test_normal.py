"""Normal draws equal PyTorch 2.13's; the checksums are of its bytes for seed 7."""

import zlib
from fractions import Fraction

import numpy as np
import pytest

from minitorch_lazy.core.draws.rounding import multiply_add
from minitorch_lazy.core.draws.stream import fill
from minitorch_lazy.core.generator import Generator

SINGLE = {
    0: 0, 1: 2552661772, 2: 1478713418, 15: 3599280333, 16: 928954846, 17: 1319852905,
    31: 2412581032, 32: 56501707, 33: 3132370809, 100: 2215753106, 1000: 682472891,
    10007: 2561168349,
}  # fmt: skip
HALF = {
    1: 1162894344, 15: 2948875175, 16: 3779733683, 17: 3728214210, 31: 3395948598,
    32: 2671476137, 33: 154118434, 1000: 4216858190, 10007: 3288614153,
}  # fmt: skip
BFLOAT16 = {1: 1905801635, 15: 2728950859, 17: 524893936, 33: 105354806, 1000: 1064892347}
COMPLEX = {1: 4221976820, 7: 352590599, 8: 99989960, 9: 2629592957, 1000: 3306277867}
LOG_NORMAL = {1: 1385190596, 2: 2817388563, 15: 741210488, 33: 2909277043, 1000: 722363425}
DOUBLE = {  # size -> first, middle and last number
    2: (-0.1467950974849952, 0.7861412987235358, 0.7861412987235358),
    15: (-0.1467950974849952, 1.2323857451651945, 1.3954507962006726),
    16: (0.06626753966449943, -0.8067815436367963, -1.0492146121597965),
    17: (0.06626753966449943, -1.3131496578292892, -1.6677291342328766),
    33: (0.06626753966449943, 0.12877206565947644, -0.4155986456482291),
    10007: (0.06626753966449943, 0.1031519408509442, 1.0355686810667681),
}
SCALED = [
    (0, 0.01, 5, 1542185848), (0, 0.01, 100, 3956001741), (3, 2, 5, 1013293153),
    (3, 2, 100, 2964596789), (1.1, 0.3, 5, 576824679), (1.1, 0.3, 100, 1961271982),
]  # fmt: skip


def crc(array):
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


@pytest.fixture
def generator():
    return Generator().manual_seed(7)


@pytest.mark.parametrize("size", SINGLE)
def test_float32_equals_pytorch_bit_for_bit(generator, size):
    assert crc(generator.normal((size,))) == SINGLE[size]


@pytest.mark.parametrize("size", HALF)
def test_float16_equals_pytorch_bit_for_bit(generator, size):
    assert crc(generator.normal((size,), np.float16)) == HALF[size]


@pytest.mark.parametrize("size", BFLOAT16)
def test_bfloat16_equals_pytorch_bit_for_bit(generator, size):
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    assert crc(generator.normal((size,), bfloat16)) == BFLOAT16[size]


@pytest.mark.parametrize("size", DOUBLE)
def test_float64_equals_pytorch_within_two_ulp(generator, size):
    values = generator.normal((size,), np.float64)[[0, size // 2, -1]]
    np.testing.assert_allclose(values, DOUBLE[size], rtol=4.5e-16)


@pytest.mark.parametrize("size", COMPLEX)
def test_complex_draws_both_parts_with_half_the_variance(generator, size):
    assert crc(generator.normal((size,), np.complex64)) == COMPLEX[size]


@pytest.mark.parametrize(("mean", "std", "size", "expected"), SCALED)
def test_mean_and_std_are_applied_in_one_rounding(generator, mean, std, size, expected):
    assert crc(generator.normal((size,), np.float32, mean, std)) == expected


@pytest.mark.parametrize("size", LOG_NORMAL)
def test_log_normal_equals_pytorch_bit_for_bit(generator, size):
    assert crc(generator.log_normal((size,), np.float32, 0.5, 0.25)) == LOG_NORMAL[size]


def test_second_of_an_odd_pair_waits_for_the_next_small_draw(generator):
    draws = [generator.normal((size,)) for size in (3, 5, 16, 1, 17, 2, 0, 1)]
    assert crc(np.concatenate(draws)) == 1995726630


def test_transposed_array_is_filled_along_its_memory(generator):
    array = np.empty((4, 6), np.float32).T
    fill(array, lambda shape: generator.normal(shape, contiguous=False))
    assert crc(array) == 518457356


def test_strided_array_takes_the_path_of_pairs(generator):
    array = np.empty((5, 8), np.float32)[:, ::2]
    fill(array, lambda shape: generator.normal(shape, contiguous=False))
    assert crc(array) == 4000920355


def test_shape_does_not_change_the_numbers(generator):
    flat = generator.normal((24,))
    shaped = generator.manual_seed(7).normal((2, 3, 4))
    np.testing.assert_array_equal(shaped.ravel(), flat)


def test_mean_and_spread_are_those_of_the_distribution(generator):
    values = generator.normal((200_000,), np.float64, 2.0, 3.0)
    assert abs(values.mean() - 2.0) < 0.03
    assert abs(values.std() - 3.0) < 0.03


@pytest.mark.parametrize("std", [-1.0, float("nan")])
def test_negative_std_is_refused(generator, std):
    with pytest.raises(RuntimeError, match=r"normal expects std >= 0\.0"):
        generator.normal((2,), np.float32, 0.0, std)


def test_integer_type_is_refused(generator):
    with pytest.raises(NotImplementedError, match="normal_kernel_cpu"):
        generator.normal((2,), np.int64)


def test_multiply_add_rounds_once():
    a = np.random.default_rng(0).uniform(-10, 10, 2000)
    b, c = 0.3, -1.7
    exact = [float(Fraction(x) * Fraction(b) + Fraction(c)) for x in a.tolist()]
    np.testing.assert_array_equal(multiply_add(a, b, c), exact)


@pytest.mark.torch
@pytest.mark.parametrize("seed", range(5))
def test_trunc_normal_of_pytorch_is_made_of_these_draws(seed):
    torch = pytest.importorskip("torch")
    theirs = torch.nn.init.trunc_normal_(
        torch.empty(50, 20), a=-1.0, b=1.5, generator=torch.Generator().manual_seed(seed)
    )
    generator = Generator().manual_seed(seed)
    ours = generator.normal((50, 20))
    while (outside := (ours < -1.0) | (ours > 1.5)).any():
        ours = np.where(outside, generator.normal((50, 20)), ours)
    np.testing.assert_array_equal(ours, theirs.numpy())
