"""The gamma function's logarithm and its derivatives, and the inverse of the error function."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import in_place, public, special
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.elementwise import function

erfinv = function(
    "erfinv", "the number whose erf is x",
    lambda xp, g, y: g * (math.sqrt(math.pi) / 2 * xp.exp(y * y)),
)  # fmt: skip
lgamma = function("lgamma", "ln |gamma(x)|", lambda xp, g, x: g * xp.digamma(x))
digamma = function(
    "digamma", "the derivative of ln gamma(x)",
    lambda xp, g, x: g * xp.polygamma(x, order=1),
)  # fmt: skip
BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)
"""The Bernoulli numbers B2, B4 ... B12."""

TERMS = 8
"""Terms of a zeta series that are added one by one, before Euler and Maclaurin's formula."""


def zeta(xp: Any, x: Any, order: int) -> Any:
    """Sum 1 / (x + k)^order over k = 0, 1, 2 ... for x > 0.

    Source: NIST Digital Library of Mathematical Functions, 25.11.28.
    """
    total = xp.power_number(x, exponent=-order)
    for k in range(1, TERMS):
        total = total + xp.power_number(x + k, exponent=-order)
    far = x + TERMS
    total = total + xp.power_number(far, exponent=1 - order) / (order - 1)
    total = total + 0.5 * xp.power_number(far, exponent=-order)
    for j, number in enumerate(BERNOULLI, 1):
        factor = math.prod(range(order, order + 2 * j - 1)) / math.factorial(2 * j)
        total = total + (number * factor) * xp.power_number(far, exponent=1 - order - 2 * j)
    return total


def derivative_of_cotangent(xp: Any, x: Any, order: int) -> Any:
    """Return the n-th derivative of cot(pi x), a polynomial of the cotangent."""
    coefficients = [0.0, 1.0]
    for _ in range(order):
        slope = [k * c for k, c in enumerate(coefficients)][1:]
        twice = [0.0, 0.0, *slope]
        coefficients = [-math.pi * (a + b) for a, b in
                        zip([*slope, 0.0, 0.0], twice, strict=True)]  # fmt: skip
    cotangent = 1 / xp.tan(math.pi * x)
    total = xp.zeros_like(x)
    for coefficient in reversed(coefficients):
        total = total * cotangent + coefficient
    return total


@kernel
def polygamma(xp: Any, x: Any, *, order: int) -> Any:
    """Return the n-th derivative of digamma, reflected where x < 0.5."""
    left = xp.less(x, 0.5)
    pole = xp.logical_and(left, xp.equal(x, xp.floor(x)))
    sign = (-1.0) ** (order + 1)
    value = (sign * math.factorial(order)) * zeta(xp, xp.where(left, 1 - x, x), order + 1)
    wave = math.pi * derivative_of_cotangent(xp, xp.where(left, x, xp.ones_like(x) * 0.25), order)
    found = xp.where(left, -sign * value - wave, value)
    return xp.where(pole, xp.ones_like(x) * (sign * math.inf), found)


derivative_of_digamma = primitive(
    "polygamma", static="order", casts="float",
    x=lambda xp, g, x, order: g * xp.polygamma(x, order=order + 1),
)  # fmt: skip


@public(name="polygamma", method=False)
def derivative(n: int, input: Tensor) -> Tensor:
    """Return the n-th derivative of `digamma`.

    Args:
        n: 0 or more.

    Source: torch.polygamma.
    """
    check_tensor("polygamma", "input", input)
    if n < 0:
        raise refuse(RuntimeError, "polygamma", "polygamma(n, x) does not support negative n.",
                     "use 0 or more", n=n, input=input)  # fmt: skip
    return derivative_of_digamma(input, order=n) if n else digamma(input)


def polygamma_method(input: Tensor, n: int) -> Tensor:
    """Return the n-th derivative of `digamma`."""
    return derivative(n, input)


special("polygamma", polygamma_method)
special("polygamma_", in_place("polygamma_", polygamma_method))
