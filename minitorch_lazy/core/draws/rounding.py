"""Arithmetic that ends on the same last bit as PyTorch's compiled loops.

Those loops multiply and add in one rounding, and their float32 logarithm, sine and cosine are
short polynomials. Both are followed here step by step: each float32 step is done in float64,
where the product is exact, and rounded once.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np

from minitorch_lazy.backends.silence import unwarned
from minitorch_lazy.core.draws.stream import Array

FEW = 4096
"""Up to so many float64 values go through the C library's functions, whose last bit is PyTorch's.

More go through NumPy's, which are many times as fast and off by an ulp here and there.
"""


def rounded(*values: float) -> tuple[float, ...]:
    """Round constants to float32."""
    return tuple(float(np.float32(value)) for value in values)


FOUR_OVER_PI, TWO_PI, ROOT_OF_HALF = rounded(4 / math.pi, 2 * math.pi, math.sqrt(0.5))
LOG_TWO_LOW, LOG_TWO_HIGH = rounded(-2.12194440e-4, 0.693359375)
QUARTER_PI_PARTS = rounded(0.78515625, 2.4187564849853515625e-4, 3.77489497744594108e-8)
LOG_TERMS = rounded(
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip
SINE_TERMS = rounded(-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1)
COSINE_TERMS = rounded(2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2)


def from_library(name: str, x: Array) -> Array:
    """Apply a function of the C library, or NumPy's where there are many values.

    Python raises where C returns an infinity; NumPy's function is the answer there too.
    """
    if x.size <= FEW:
        with suppress(OverflowError, ValueError):
            return np.fromiter(map(getattr(math, name), x.tolist()), np.float64, x.size)
    return getattr(np, name)(x)  # type: ignore[no-any-return]


@unwarned
def multiply_add(a: Array, b: float, c: float) -> Array:
    """Return a * b + c of float64 in one rounding.

    Source: T. J. Dekker, A floating-point technique for extending the available precision, 1971.
    """
    product = a * b
    if c == 0 or b in (0, 1) or abs(b) > 1e290:
        return product + c
    (a_high, a_low), (b_high, b_low) = halves(a), halves(b)
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total: Array = product + c
    part = total - product
    total += ((product - (total - part)) + (c - part)) + lost
    return total


def halves(x: Any) -> tuple[Any, Any]:
    """Split float64 into two numbers of half the bits each, whose products are exact."""
    scaled = x * 134217729.0
    high = scaled - (scaled - x)
    return high, x - high


@unwarned
def single_multiply_add(a: Array, b: Any, c: Any) -> Array:
    """Return a * b + c of float32 in one rounding."""
    total = a.astype(np.float64)
    total *= b
    total += c
    return total.astype(np.float32)


def polynomial(terms: tuple[float, ...], x: Array) -> Array:
    """Evaluate a float32 polynomial by Horner's rule, one rounding a step."""
    x = x.astype(np.float64)
    y = x * terms[0]
    for term in terms[1:-1]:
        y += term
        y[...] = y.astype(np.float32)
        y *= x
    y += terms[-1]
    return y.astype(np.float32)


def single_log(x: Array) -> Array:
    """Return the natural logarithm of positive float32 numbers.

    Source: logf of S. L. Moshier's Cephes library, in the order of J. Pommier's sse_mathfun.
    """
    x, exponent = np.frexp(x)
    small = x < np.float32(ROOT_OF_HALF)
    exponent = (exponent - small).astype(np.float32)
    x = x + x * small - np.float32(1)
    z = x * x
    y = polynomial(LOG_TERMS, x) * x
    y = single_multiply_add(y, z, exponent * np.float32(LOG_TWO_LOW))
    y = single_multiply_add(z, -0.5, y)
    return single_multiply_add(exponent, LOG_TWO_HIGH, x + y)


def single_sine_cosine(x: Array) -> tuple[Array, Array]:
    """Return sine and cosine of float32 angles in [0, 2 pi].

    Source: sinf and cosf of S. L. Moshier's Cephes library, in the order of J. Pommier's
    sse_mathfun.
    """
    octant = ((x * np.float32(FOUR_OVER_PI)).astype(np.int32) + 1) & -2
    steps = octant.astype(np.float64)
    for part in QUARTER_PI_PARTS:
        x = (x - steps * part).astype(np.float32)
    z = x * x
    cosine = polynomial(COSINE_TERMS, z) * z
    cosine = single_multiply_add(cosine, z, z * np.float32(-0.5)) + np.float32(1)
    sine = single_multiply_add(polynomial(SINE_TERMS, z) * z, x, x)
    swap = (octant & 2) != 0
    sine, cosine = np.where(swap, cosine, sine), np.where(swap, sine, cosine)
    return negated(sine, octant & 4), negated(cosine, (octant + 2) & 4)


def negated(x: Array, fourth_bit: Array) -> Array:
    """Flip the sign of float32 numbers where the bit of value 4 is set."""
    return (x.view(np.int32) ^ (fourth_bit << 29)).view(np.float32)
