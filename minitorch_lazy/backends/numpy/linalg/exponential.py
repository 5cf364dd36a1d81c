"""The exponential of matrices, by Taylor polynomials with few products, scaling and squaring.

Source: P. Bader, S. Blanes, F. Casas, Computing the matrix exponential with an optimized Taylor
polynomial approximation, Mathematics 7(12), 2019.
"""

from __future__ import annotations

import math
from typing import Any

ROOT = math.sqrt(177)

TWELFTH = (
    (9.0198e-16, 0.46932117595418237389, -0.20099424927047284052, -0.04623946134063071740),
    (5.31597895759871264183, 1.19926790417132231573, 0.01179296240992997031,
     0.01108844528519167989),
    (0.18188869982170434744, 0.05502798439925399070, 0.09351590770535414968,
     0.00610700528898058230),
    (-2.0861320e-13, -0.13181061013830184015, -0.02027855540589259079, -0.00675951846863086359),
)  # fmt: skip
"""Degree 12: row i weighs I, A, A², A³ in polynomial i."""

EIGHTEENTH = (
    (0.0, -1.00365581030144618291e-01, -8.02924648241156932449e-03, -8.92138498045729985177e-04,
     0.0),
    (0.0, 3.97849749499645077844e-01, 1.36783778460411720168e00, 4.98289622525382669416e-01,
     -6.37898194594723280150e-04),
    (-1.09676396052962061844e01, 1.68015813878906206114e00, 5.71779846478865511061e-02,
     -6.98210122488052056106e-03, 3.34975017086070470649e-05),
    (-9.04316832390810593223e-02, -6.76404519071381882256e-02, 6.75961301770459654925e-02,
     2.95552570429315521194e-02, -1.39180257516060693404e-05),
    (0.0, 0.0, -9.23364619367118555360e-02, -1.69364939002081722752e-02,
     -1.40086798182036094347e-05),
)  # fmt: skip
"""Degree 18: row i weighs I, A, A², A³, A⁶ in polynomial i."""

BOUNDS = {
    4: (1.192092800768788e-07, 5.978858893805233e-04, 5.116619363445086e-02,
        5.800524627688768e-01, 1.461661507209034e00, 3.010066362817634e00),
    8: (2.220446049250313e-16, 2.580956802971767e-08, 3.397168839976962e-04,
        4.991228871115323e-02, 2.996158913811580e-01, 1.090863719290036e00),
}  # fmt: skip
"""Bytes of a real number -> up to which norm each polynomial is exact to rounding."""


def mixed(weights: tuple[float, ...], powers: list[Any]) -> Any:
    """Return a weighted sum of powers of a matrix."""
    terms = [w * p for w, p in zip(weights, powers, strict=True)]
    return sum(terms[1:], terms[0])


def first(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 1."""
    return one + a


def second(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 2."""
    return one + a + times(a, a) * 0.5


def fourth(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 4, by two products."""
    square = times(a, a)
    return one + a + times(square, one * 0.5 + a * (1 / 6) + square * (1 / 24))


def eighth(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 8, by three products."""
    third = 2 / 3
    square = times(a, a)
    quartic = times(square, a * (third * (1 + ROOT) / 88) + square * (third * (1 + ROOT) / 352))
    weights = (
        (29 * ROOT - 271) / (315 * third), 11 * (ROOT - 1) / (1260 * third),
        11 * (ROOT - 9) / (5040 * third), (89 - ROOT) / (5040 * third * third),
    )  # fmt: skip
    rest = times(square * third + quartic, mixed(weights, [one, a, square, quartic]))
    return one + a + square * ((857 - 58 * ROOT) / 630) + rest


def twelfth(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 12, by four products."""
    square = times(a, a)
    powers = [one, a, square, times(square, a)]
    low, middle, high, last = (mixed(weights, powers) for weights in TWELFTH)
    inner = high + times(last, last)
    return low + times(middle + inner, inner)


def eighteenth(one: Any, a: Any, times: Any) -> Any:
    """Return the polynomial of degree 18, by five products."""
    square = times(a, a)
    cube = times(square, a)
    powers = [one, a, square, cube, times(cube, cube)]
    zeroth, low, middle, high, last = (mixed(weights, powers) for weights in EIGHTEENTH)
    inner = times(zeroth, last) + high
    return low + times(middle + inner, inner)


POLYNOMIALS = (first, second, fourth, eighth, twelfth, eighteenth)


class ExponentialKernels:
    """The exponential of stacks of square matrices."""

    xp: Any
    matmul: Any
    widened: Any

    def matrix_exp(self, a: Any) -> Any:
        """Return e^a: each matrix is halved until its norm is small, and its result squared back.

        One polynomial serves the whole stack. The norms are read: the host waits for a device.
        """
        if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
            return self.matrix_exp(self.widened(a)).astype(a.dtype)
        if not a.size:
            return a.copy()
        a = self.xp.ascontiguousarray(a)
        bounds = BOUNDS[a.real.dtype.itemsize]
        norms = abs(a).sum(-2).max(-1)
        largest = float(norms.max())
        for bound, polynomial in zip(bounds, POLYNOMIALS, strict=True):
            if largest <= bound:
                return polynomial(self.identities(a), a, self.matmul)
        if not math.isfinite(largest):
            known = self.xp.isfinite(norms)[..., None, None]
            others = self.matrix_exp(self.xp.where(known, a, self.xp.zeros_like(a)))
            return self.xp.where(known, others, a * math.nan)
        return self.squared(a, norms / bounds[-1])

    def identities(self, a: Any) -> Any:
        """Return a stack of identities like a."""
        return self.xp.zeros_like(a) + self.xp.eye(a.shape[-1], dtype=a.dtype)

    def squared(self, a: Any, excess: Any) -> Any:
        """Scale each matrix by a power of 2, and square what was scaled as often."""
        times = self.xp.ceil(self.xp.log2(self.xp.maximum(excess, 1.0)))[..., None, None]
        small = a * self.xp.exp2(-times).astype(a.real.dtype)
        y = eighteenth(self.identities(a), small, self.matmul)
        for count in range(int(times.max())):
            y = self.xp.where(times > count, self.matmul(y, y), y)
        return y
