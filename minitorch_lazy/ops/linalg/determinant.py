"""Determinants."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.elementwise import log
from minitorch_lazy.ops.linalg.checks import check_square, mH
from minitorch_lazy.ops.linalg.svd import as_columns, diagonal_of, on_diagonal
from minitorch_lazy.ops.product import mT


def per_matrix(xp: Any, x: Any) -> Any:
    """Give numbers, one a matrix, the dimensions of rows and columns."""
    return xp.reshape(x, shape=(*x.shape, 1, 1))


def pull_cofactors(xp: Any, g: Any, A: Any) -> Any:
    """Pull back through the matrix of cofactors, which is the derivative of a determinant.

    The second derivative is symmetric: so this is the change of the cofactors along g. Of a
    diagonal matrix that is a sum of products of all numbers on the diagonal but two; the singular
    vectors turn A into one, and cofactors of a product are the product of the cofactors.
    """
    U, s, Vh = xp.svd(A, full=False)
    along = xp.matmul(xp.matmul(mH(xp, U), g), mH(xp, Vh))
    one = on_diagonal(xp, xp.ones_like(s))
    last = s.ndim + 1
    first = xp.reshape(one, shape=(*s.shape, 1, s.shape[-1]))
    second = xp.reshape(one, shape=(*s.shape[:-1], 1, s.shape[-1], s.shape[-1]))
    left_out = first + second - first * second
    numbers = xp.reshape(s, shape=(*s.shape[:-1], 1, 1, s.shape[-1]))
    others = xp.prod(numbers * (1 - left_out) + left_out, axis=(last,), keepdims=False)
    beside = (others - others * one) * as_columns(xp, diagonal_of(xp, along))
    sums = xp.sum(beside, axis=(last - 1,), keepdims=False)
    turned = mT(xp, along) * others
    inner = on_diagonal(xp, sums + diagonal_of(xp, turned)) - turned
    scale = per_matrix(xp, xp.det(U) * xp.det(Vh))
    return xp.matmul(xp.matmul(xp.conj(U), inner), xp.conj(Vh)) * scale


primitive("cofactors", A=pull_cofactors)
of_square = primitive(
    "det", node_name="LinalgDet",
    A=lambda xp, g, A: per_matrix(xp, g) * xp.cofactors(A),
)  # fmt: skip


def determinant(A: Tensor) -> Tensor:
    """Return the determinant of square matrices.

    The gradient is the matrix of cofactors, of singular matrices too.

    Args:
        A: (*, N, N).

    Source: torch.linalg.det.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.det(torch.tensor([[1., 2.], [3., 4.]]))
    tensor(-2.)
    """
    check_square("linalg.det", A)
    return of_square(A)


@public
def det(input: Tensor) -> Tensor:
    """Do what `linalg.det` does.

    Source: torch.det.
    """
    return determinant(input)


def pull_slogdet(xp: Any, g: Any, needed: Any, A: Any, ys: Any) -> Any:
    """Pull back to A: (g_log + i Im(g_sign sign)) A^-T; a real sign does not change.

    Where A is singular, the slope of the logarithm is infinite.
    """
    scale = 0.0 if g[1] is None else g[1]
    if g[0] is not None:
        turn = g[0] * ys[0]
        scale = scale + (turn - xp.conj(turn)) * 0.5
    lost = xp.equal(ys[0], 0.0)
    scale = scale / xp.where(lost, xp.zeros_like(ys[1]), xp.ones_like(ys[1]))
    one = on_diagonal(xp, xp.ones_like(diagonal_of(xp, A)))
    inverse = xp.inv(xp.where(per_matrix(xp, lost), one, A))
    return (per_matrix(xp, scale) * mT(xp, inverse),)


signed = primitive(
    "slogdet", arguments="A", joint=pull_slogdet, outputs=2, node_name="LinalgSlogdet"
)


def log_determinant(A: Tensor) -> Any:
    """Return the sign of determinants and the logarithm of their magnitude.

    Args:
        A: (*, N, N).

    Returns:
        named tuple (sign, logabsdet); a singular matrix has 0 and -inf.

    Source: torch.linalg.slogdet.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.slogdet(torch.tensor([[0., 1.], [1., 0.]])).sign
    tensor(-1.)
    """
    check_square("linalg.slogdet", A)
    return return_types.linalg_slogdet(*signed(A))


@public
def slogdet(input: Tensor) -> Any:
    """Do what `linalg.slogdet` does.

    Source: torch.slogdet.
    """
    return return_types.slogdet(*log_determinant(input))


@public
def logdet(input: Tensor) -> Tensor:
    """Return the logarithm of determinants: nan of negative ones, -inf of 0.

    Args:
        input: (*, N, N).

    Source: torch.logdet.
    """
    check_square("linalg.slogdet", input)
    sign, size = signed(input)
    if input.is_complex():
        return log(sign) + size  # type: ignore[no-any-return]
    return where(sign < 0, float("nan"), size)  # type: ignore[no-any-return]
