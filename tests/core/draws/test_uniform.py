"""Uniform draws and their kin equal PyTorch 2.13's; the checksums are of its bytes for seed 7."""

import zlib

import numpy as np
import pytest

from minitorch_lazy.core.draws.stream import BLOCK
from minitorch_lazy.core.generator import Generator

SIZES = (1, 17, 1000)
UNIFORM = [
    ("float32", 0, 1, (4281795242, 743965870, 424614700)),
    ("float32", -0.1, 0.1, (1144297482, 2006962318, 1441804862)),
    ("float32", 2.5, 7.25, (2303449657, 2556767517, 1608481522)),
    ("float64", 0, 1, (1168464093, 1973509903, 161633299)),
    ("float64", -0.1, 0.1, (4272869778, 979222745, 2236410621)),
    ("float64", 2.5, 7.25, (1242184692, 3825903548, 3160752672)),
    ("float16", 0, 1, (1367043948, 988291407, 1246593436)),
    ("float16", -0.1, 0.1, (370453871, 1135392945, 2462066894)),
    ("float16", 2.5, 7.25, (3179302762, 1874724470, 519146642)),
    ("bfloat16", 0, 1, (645760139, 1145688182, 1445740236)),
    ("bfloat16", -0.1, 0.1, (3554409586, 2806113047, 2693100636)),
    ("bfloat16", 2.5, 7.25, (2149179079, 1004373344, 2123761698)),
    ("complex64", 0, 1, (3232983033, 1784538715, 2667179980)),
    ("complex64", -0.1, 0.1, (1768075946, 1100560795, 2060775650)),
]
BERNOULLI = {
    0: (3523407757, 3387945405, 101390208),
    0.3: (2768625435, 3214784714, 1188422686),
    0.5: (2768625435, 3214784714, 1961504512),
    1: (2768625435, 4031928604, 501268548),
}
CHANCES = {"float32": 341017124, "float64": 2859167445, "float16": 341017124}
EXPONENTIAL = {
    1: (3164840181, 4068554744, 1368490746),
    3.5: (1543954248, 4189320359, 207588182),
}
GEOMETRIC = {
    0.1: (4264020664, 4195908624, 3618817664),
    0.7: (654825492, 1342182538, 678337099),
}
CAUCHY = {
    (0, 1): (701053330, 2681339511, 1218048503),
    (2, 0.5): (2012601998, 3404486169, 2519796178),
}


def crc(array):
    return zlib.crc32(array.tobytes())


def of_type(name):
    return pytest.importorskip("ml_dtypes").bfloat16 if name == "bfloat16" else np.dtype(name)


def seeded():
    return Generator().manual_seed(7)


@pytest.mark.parametrize(("name", "low", "high", "expected"), UNIFORM)
def test_uniform_equals_pytorch_bit_for_bit(name, low, high, expected):
    found = [seeded().uniform((size,), of_type(name), low, high) for size in SIZES]
    assert tuple(map(crc, found)) == expected


@pytest.mark.parametrize("p", BERNOULLI)
def test_bernoulli_with_a_number_equals_pytorch(p):
    assert tuple(crc(seeded().bernoulli(p, (size,))) for size in SIZES) == BERNOULLI[p]


@pytest.mark.parametrize("name", CHANCES)
def test_bernoulli_with_an_array_equals_pytorch(name):
    p = np.arange(1000, dtype=np.float32) / np.float32(999)
    assert crc(seeded().bernoulli_array(p.astype(name))) == CHANCES[name]


@pytest.mark.parametrize("rate", EXPONENTIAL)
def test_exponential_equals_pytorch_bit_for_bit(rate):
    found = tuple(crc(seeded().exponential((size,), rate=rate)) for size in SIZES)
    assert found == EXPONENTIAL[rate]


@pytest.mark.parametrize("p", GEOMETRIC)
def test_geometric_equals_pytorch(p):
    found = tuple(crc(seeded().geometric((size,), np.int64, p=p)) for size in SIZES)
    assert found == GEOMETRIC[p]


@pytest.mark.parametrize("parameters", CAUCHY)
def test_cauchy_equals_pytorch_bit_for_bit(parameters):
    found = tuple(crc(seeded().cauchy((size,), np.float32, *parameters)) for size in SIZES)
    assert found == CAUCHY[parameters]


def test_long_draw_is_the_same_as_short_ones_in_a_row():
    size = BLOCK + 5
    generator = seeded()
    parts = [generator.uniform((BLOCK,)), generator.uniform((5,))]
    np.testing.assert_array_equal(seeded().uniform((size,)), np.concatenate(parts))


@pytest.mark.parametrize("name", ["float16", "float32", "float64"])
def test_upper_bound_is_never_drawn(name):
    values = seeded().uniform((20_000,), name, 100.0, 101.0)
    assert values.min() >= 100.0
    assert values.max() < 101.0


def test_scalar_shape_draws_one_number():
    assert seeded().uniform(()).shape == ()


REFUSED = [
    (lambda g: g.uniform((2,), np.float32, 2, 1), RuntimeError, r"found from=2 > to=1"),
    (lambda g: g.uniform((2,), np.float32, -3e38, 3e38), RuntimeError, "expects to-from <="),
    (lambda g: g.uniform((2,), np.float16, 0, 1e5), RuntimeError, "to is out of bounds"),
    (lambda g: g.uniform((2,), np.float32, float("-inf")), RuntimeError, "from is out of bounds"),
    (lambda g: g.uniform((2,), np.int32), NotImplementedError, "check_uniform_bounds"),
    (lambda g: g.bernoulli(1.5, (2,)), RuntimeError, r"expects p to be in \[0, 1\]"),
    (lambda g: g.bernoulli_array(np.array([0.2, 1.5])), RuntimeError, "Expected p_in >= 0"),
    (lambda g: g.bernoulli_array(np.array([1])), NotImplementedError, "bernoulli_tensor_cpu_p_"),
    (lambda g: g.exponential((2,), rate=0), RuntimeError, "expects lambda > 0.0"),
    (lambda g: g.exponential((2,), np.int32), RuntimeError, "continuous probability"),
    (lambda g: g.geometric((2,), p=1), RuntimeError, r"expects p to be in \(0, 1\)"),
    (lambda g: g.cauchy((2,), sigma=0), RuntimeError, "expects sigma > 0.0"),
    (lambda g: g.cauchy((2,), np.int32), RuntimeError, "continuous probability"),
    (lambda g: g.log_normal((2,), std=0), RuntimeError, "expects std > 0.0"),
]


@pytest.mark.parametrize(("draw", "kind", "phrase"), REFUSED)
def test_parameters_without_a_distribution_are_refused(draw, kind, phrase):
    generator = seeded()
    before = generator.get_state()
    with pytest.raises(kind, match=phrase):
        draw(generator)
    np.testing.assert_array_equal(generator.get_state(), before)
