"""Bounds and choices on the CPU against plain formulas, at the sizes where their way changes."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch_lazy.backends.numpy import NUMPY

SIZES = [1, 511, 512, 513, 16384, 16385, 40000]
SPECIAL = [np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-30, -1e-30]


def samples(dtype, size, seed=0):
    """Draw numbers, and put special ones among them where there is room."""
    x = np.random.default_rng(seed).standard_normal(size).astype(dtype)
    if size >= 64:
        x[: len(SPECIAL)] = SPECIAL
        x[-len(SPECIAL) :] = SPECIAL
    return x


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_relu_cuts_off_below_0_and_keeps_nan(dtype, size):
    x = samples(dtype, size)
    before = x.copy()
    y = NUMPY.relu(x)
    np.testing.assert_array_equal(y, np.where(x < 0, 0, x).astype(dtype))
    assert y.dtype == dtype
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("size", SIZES)
def test_relu_gradient_chooses_and_does_not_multiply(dtype, size):
    y, g = NUMPY.relu(samples(dtype, size)), samples(dtype, size, seed=1)[::-1]
    found = NUMPY.relu_gradient(g, y)
    expected = np.where((y > 0) | np.isnan(y), g, 0).astype(dtype)
    np.testing.assert_array_equal(found.view(f"u{g.itemsize}"), expected.view(f"u{g.itemsize}"))


@pytest.mark.parametrize("shape", [(), (3,), (40, 50), (8, 9, 10, 11)])
def test_relu_gradient_of_any_layout(shape):
    y = NUMPY.relu(np.random.default_rng(2).standard_normal(shape)).T
    g = np.random.default_rng(3).standard_normal(shape[::-1])
    np.testing.assert_array_equal(NUMPY.relu_gradient(g, y), np.where(y > 0, g, 0))


@pytest.mark.parametrize("name", ["maximum", "minimum"])
@pytest.mark.parametrize("number", [0.0, -0.5, 6.0, np.inf])
@pytest.mark.parametrize("size", SIZES)
def test_an_array_beside_a_number(name, number, size):
    x = samples("float32", size)
    expected = getattr(np, name)(x, np.float32(number))
    found = getattr(NUMPY, name)(x, number)
    assert found.dtype == x.dtype
    np.testing.assert_array_equal(found, expected)
    every_second = np.repeat(x, 2)[::2]
    np.testing.assert_array_equal(getattr(NUMPY, name)(every_second, number), expected)
    np.testing.assert_array_equal(getattr(NUMPY, name)(x, number), expected)


def test_relu_of_integers_stays_integers():
    for size in SIZES:
        x = np.arange(size) - size // 2
        assert NUMPY.relu(x).dtype == x.dtype
        np.testing.assert_array_equal(NUMPY.relu(x), np.maximum(x, 0))


TYPES = ["float16", "float32", "float64", "int16", "int32", "int64", "int8", "bool", "complex64",
         "complex128"]  # fmt: skip


def numbers(dtype, shape, seed):
    """Draw numbers of any type; floating-point ones have special ones among them."""
    stream = np.random.default_rng(seed)
    if np.dtype(dtype).kind in "biu":
        return stream.integers(-100, 100, shape).astype(dtype)
    x = stream.standard_normal(shape)
    x[stream.random(shape) < 0.1] = np.nan
    x[stream.random(shape) < 0.1] = -np.inf
    return x.astype(dtype)


def assert_same_bits(found, expected):
    assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
    assert np.ascontiguousarray(found).tobytes() == np.ascontiguousarray(expected).tobytes()


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("shape", [(), (5,), (8191,), (8192,), (3, 16385), (7, 60, 120)])
def test_a_choice_gives_the_bits_of_either(dtype, shape):
    a, b = numbers(dtype, shape, 0), numbers(dtype, shape, 1)
    mask = np.asarray(np.random.default_rng(2).random(shape) < 0.5)
    zero = np.zeros((), dtype)
    assert_same_bits(NUMPY.where(mask, a, b), np.where(mask, a, b))
    assert_same_bits(NUMPY.kept_where(a, mask), np.where(mask, a, zero))
    assert_same_bits(NUMPY.masked_zero(a, mask), np.where(mask, zero, a))


@pytest.mark.parametrize("dtype", TYPES)
def test_a_choice_of_any_layout_and_with_numbers(dtype):
    a, b = numbers(dtype, (100, 130), 0), numbers(dtype, (130, 100), 1).T
    mask = np.random.default_rng(2).random((100, 260))[:, ::2] < 0.5
    assert_same_bits(NUMPY.where(mask, a, b), np.where(mask, a, b))
    assert_same_bits(NUMPY.where(mask[0], a, b), np.where(mask[0], a, b))
    assert_same_bits(NUMPY.where(mask, a, b[:1]), np.where(mask, a, b[:1]))
    assert_same_bits(NUMPY.where(mask, 1, a), np.where(mask, 1, a))
    assert_same_bits(NUMPY.kept_where(b, mask), np.where(mask, b, np.zeros((), dtype)))
    assert_same_bits(NUMPY.kept_where(b, mask[:1]), np.where(mask[:1], b, np.zeros((), dtype)))


def test_a_choice_between_types_has_their_common_type():
    a, b = numbers("float32", (9000,), 0), numbers("float64", (9000,), 1)
    mask = np.random.default_rng(2).random(9000) < 0.5
    assert_same_bits(NUMPY.where(mask, a, b), np.where(mask, a, b))


@pytest.mark.parametrize("size", [1, 600, 16385])
def test_a_number_is_kept_with_its_sign(size):
    below = np.full(size, -1.0, "float32")
    for number in (-0.0, 0.0, -0.0):
        assert (np.signbit(NUMPY.maximum(below, number)) == np.signbit(number)).all()
