"""The derivatives of digamma."""

from __future__ import annotations

from math import factorial, inf, pi, prod
from typing import Any

BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730)
"""The Bernoulli numbers B2, B4 ... B12."""

TERMS = 8
"""Terms of a zeta series that are added one by one, before Euler and Maclaurin's formula."""


class GammaKernels:
    """Polygamma functions, computed in float64 whatever the type."""

    xp: Any

    def polygamma(self, x: Any, *, order: int) -> Any:
        """Return the n-th derivative of digamma, reflected where x < 0.5; infinite at 0, -1 ..."""
        xp, wide = self.xp, x.astype("float64")
        sign = (-1.0) ** (order + 1)
        left = wide < 0.5
        value = sign * factorial(order) * self.zeta(xp.where(left, 1 - wide, wide), order + 1)
        wave = pi * self.cotangent_derivative(xp.where(left, wide, 0.25), order)
        found = xp.where(left, -sign * value - wave, value)
        return xp.where(left & (wide == xp.floor(wide)), sign * inf, found).astype(x.dtype)

    def zeta(self, x: Any, order: int) -> Any:
        """Sum 1 / (x + k)^order over k = 0, 1, 2 ... for x > 0.

        Source: NIST Digital Library of Mathematical Functions, 25.11.28.
        """
        total = x**-order
        for k in range(1, TERMS):
            total = total + (x + k) ** -order
        far = x + TERMS
        total = total + far ** (1 - order) / (order - 1) + 0.5 * far**-order
        for j, number in enumerate(BERNOULLI, 1):
            factor = number * prod(range(order, order + 2 * j - 1)) / factorial(2 * j)
            total = total + factor * far ** (1 - order - 2 * j)
        return total

    def cotangent_derivative(self, x: Any, order: int) -> Any:
        """Return the n-th derivative of cot(pi x): a polynomial p of it, as p' = -pi (1 + c^2)."""
        coefficients = [0.0, 1.0]
        for _ in range(order):
            slope = [k * c for k, c in enumerate(coefficients)][1:]
            pairs = zip([*slope, 0.0, 0.0], [0.0, 0.0, *slope], strict=True)
            coefficients = [-pi * (a + b) for a, b in pairs]
        cotangent = 1 / self.xp.tan(pi * x)
        total = self.xp.zeros_like(x)
        for coefficient in reversed(coefficients):
            total = total * cotangent + coefficient
        return total
