"""Samples of linear algebra: matrices far from those where a function is not smooth."""

from __future__ import annotations

import numpy as np

from tests.laws.samples.source import Array, Shape, Source
from tests.laws.samples.table import Call, call, sample


def near_diagonal(s: Source, stack: Shape, rows: int, columns: int) -> Array:
    """Draw matrices with a diagonal of 1.5, 2.5 ... and small positive numbers beside it.

    Their eigenvalues and singular values are apart and not small. No number that decides the sign
    of a reflection is near 0: vectors do not turn round within the step of a finite difference.
    """
    beside = s.stream.uniform(0.05, 0.25, (*stack, rows, columns)).astype("D")
    if s.dtype.kind == "c":
        beside = beside + 1j * s.stream.uniform(-0.1, 0.1, beside.shape)
    found = beside + np.eye(rows, columns) * (1.5 + np.arange(columns))
    return s.cast(found if s.dtype.kind == "c" else found.real)


def square_of(s: Source) -> Array:
    """Draw stacks of square matrices."""
    size = s.pick(2, 3, 1, 0)
    return near_diagonal(s, s.shape(0, 2), size, size)


def hermitian_of(s: Source) -> Array:
    """Draw stacks of Hermitian matrices with positive eigenvalues."""
    x = square_of(s).astype("D")
    both = (x + np.conj(np.swapaxes(x, -2, -1))) / 2
    return s.cast(both if s.dtype.kind == "c" else both.real)


@sample("inv", complex=True, narrow=False)
def square(s: Source) -> Call:
    return call(square_of(s))


@sample("matrix_exp", complex=True, waits="the norm chooses the polynomial",
        waits_back="the rule is an exponential")  # fmt: skip
def exponent(s: Source) -> Call:
    size = s.pick(2, 3, 1, 0)
    scale = s.pick(0.3, 0.01, 1.5)
    return call(s.cast(s.between((*s.shape(0, 2), size, size)) * np.asarray(scale, s.dtype)))


@sample("solve", complex=True, narrow=False)
def system(s: Source) -> Call:
    size, (left, right) = s.pick(2, 3, 1, 0), s.together(2, 0, 2)
    columns = s.pick(2, 1, 0)
    return call(near_diagonal(s, left, size, size), s.between((*right, size, columns)),
                transposed=s.pick(False, True))  # fmt: skip


@sample("solve_triangular", complex=True, narrow=False)
def triangular(s: Source) -> Call:
    return system(s)._replace(static={"upper": s.pick(True, False), "unit": s.pick(False, True)})


@sample("cholesky", complex=True, narrow=False, hermitian=True)
def positive(s: Source) -> Call:
    return call(hermitian_of(s))


def oblong(s: Source) -> Array:
    """Draw matrices of any shape whose singular values are large and apart."""
    rows, columns = s.pick((3, 2), (2, 2), (2, 3), (3, 3), (1, 2), (2, 0), (0, 2))
    return near_diagonal(s, s.shape(0, 1), rows, columns)


@sample("qr", complex=True, narrow=False)
def factored(s: Source) -> Call:
    x = oblong(s)
    wide = x.shape[-2] <= x.shape[-1]
    return call(x, mode=s.pick("reduced", "complete") if wide else "reduced")


@sample("geqrf", complex=True, narrow=False)
def packed(s: Source) -> Call:
    return call(oblong(s))


@sample("svd", narrow=False)
def decomposed(s: Source) -> Call:
    """Draw real matrices: complex vectors have a phase, which no seed may depend on."""
    x = oblong(s)
    return call(x, full=bool(x.shape[-2] == x.shape[-1] and s.pick(False, True)))


@sample("gauge_free")
def phases(s: Source) -> Call:
    """Draw real numbers, which pass."""
    return call(s.between(s.shape()))


@sample("svdvals", complex=True, narrow=False)
def singular_values(s: Source) -> Call:
    return call(oblong(s))


@sample("eigh", narrow=False, hermitian=True)
def symmetric(s: Source) -> Call:
    return call(hermitian_of(s))


@sample("eigvalsh", complex=True, narrow=False, hermitian=True)
def eigenvalues(s: Source) -> Call:
    return symmetric(s)


def of_two_at_most(s: Source) -> Array:
    """Draw small matrices: LAPACK may find three eigenvalues in another order within a step."""
    size = s.pick(2, 1, 0)
    return near_diagonal(s, s.shape(0, 2), size, size)


@sample("eig", narrow=False, retypes=True)
def general(s: Source) -> Call:
    """Draw real matrices with real eigenvalues: their vectors have a sign, and no phase."""
    return call(of_two_at_most(s), checked=False)


@sample("eigvals", complex=True, narrow=False, retypes=True)
def general_values(s: Source) -> Call:
    return call(of_two_at_most(s))


@sample("det cofactors slogdet", complex=True, narrow=False)
def determinants(s: Source) -> Call:
    return call(square_of(s))


@sample("pinv", complex=True, narrow=False)
def pseudoinverse(s: Source) -> Call:
    return call(oblong(s), np.asarray(0.0), np.asarray(1e-5), hermitian=False)


@sample("rank", complex=True, narrow=False)
def rank(s: Source) -> Call:
    x = oblong(s)
    return call(x, np.asarray(s.pick(0.0, 2.0)), np.asarray(1e-5), hermitian=False)
