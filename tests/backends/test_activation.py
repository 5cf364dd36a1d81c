"""The CPU's elementwise kernels against plain formulas, at the sizes where their way changes."""

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
