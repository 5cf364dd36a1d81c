"""Samples of linear algebra: matrices far from those where a function is not smooth."""

from __future__ import annotations

import numpy as np

from tests.laws.samples.source import Array, Shape, Source
from tests.laws.samples.table import Call, call, sample


def near_identity(s: Source, stack: Shape, size: int, spread: float = 0.2) -> Array:
    """Draw matrices with an inverse that is not large."""
    return s.cast(np.eye(size) * 1.5 + spread * s.between((*stack, size, size)).astype("D").real
                  + imaginary(s, (*stack, size, size), spread))  # fmt: skip


def imaginary(s: Source, shape: Shape, spread: float) -> Array | float:
    """Draw imaginary parts, where the type has such."""
    if s.dtype.kind != "c":
        return 0.0
    return 1j * s.stream.uniform(-spread, spread, shape)


def hermitian(s: Source, stack: Shape, size: int) -> Array:
    """Draw Hermitian matrices whose eigenvalues are positive and apart."""
    x = near_identity(s, stack, size, 0.15).astype("D")
    both = x + np.conj(np.swapaxes(x, -2, -1)) + np.diag(np.arange(size) * 1.5)
    return s.cast(both if s.dtype.kind == "c" else both.real)


def size_of(s: Source) -> int:
    """Choose how many rows a square matrix has."""
    return int(s.pick(2, 3, 1, 0))


@sample("inv", complex=True, narrow=False)
def square(s: Source) -> Call:
    return call(near_identity(s, s.shape(0, 2), size_of(s)))


@sample("matrix_exp", complex=True, waits="the norm chooses the polynomial",
        waits_back="the rule is an exponential")  # fmt: skip
def exponent(s: Source) -> Call:
    size = size_of(s)
    scale = s.pick(0.3, 0.01, 1.5)
    return call(s.cast(s.between((*s.shape(0, 2), size, size)) * np.asarray(scale, s.dtype)))


@sample("solve", complex=True, narrow=False)
def system(s: Source) -> Call:
    size, (left, right) = size_of(s), s.together(2, 0, 2)
    columns = s.pick(2, 1, 0)
    return call(near_identity(s, left, size), s.between((*right, size, columns)))


@sample("solve_triangular", complex=True, narrow=False)
def triangular(s: Source) -> Call:
    return system(s)._replace(static={"upper": s.pick(True, False), "unit": s.pick(False, True)})


@sample("cholesky", complex=True, narrow=False, hermitian=True)
def positive(s: Source) -> Call:
    return call(hermitian(s, s.shape(0, 2), size_of(s)))


def oblong(s: Source) -> Array:
    """Draw matrices of any shape whose singular values are large and apart."""
    rows, columns = s.pick((3, 2), (2, 2), (2, 3), (3, 3), (1, 2), (2, 0), (0, 2))
    stack = s.shape(0, 1)
    parts = 0.15 * s.between((*stack, rows, columns)).astype("D")
    wide = parts + np.eye(rows, columns) * (1.5 + np.arange(columns))
    return s.cast(wide if s.dtype.kind == "c" else wide.real)


@sample("qr", complex=True, narrow=False)
def factored(s: Source) -> Call:
    x = oblong(s)
    wide = x.shape[-2] <= x.shape[-1]
    return call(x, mode=s.pick("reduced", "complete") if wide else "reduced")


@sample("geqrf", complex=True, narrow=False)
def packed(s: Source) -> Call:
    return call(oblong(s))
