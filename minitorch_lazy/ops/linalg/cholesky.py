"""The triangular factor of positive-definite matrices."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.axes import adjoint
from minitorch_lazy.ops.linalg.checks import check_square, mH
from minitorch_lazy.ops.product import mT


def pull_cholesky(xp: Any, g: Any, y: Any) -> Any:
    """Pull back through A = L L^H: the Hermitian L^-H S L^-1, S from the triangle of L^H g."""
    half = xp.tril(xp.matmul(mT(xp, y), g), offset=0)
    both = (half + mH(xp, xp.tril(half, offset=-1))) * 0.5
    left = xp.solve_triangular(mT(xp, y), both, upper=True, unit=False)
    return mT(xp, xp.solve_triangular(mH(xp, y), mT(xp, left), upper=True, unit=False))


factored = primitive("cholesky", A=pull_cholesky, node_name="LinalgCholeskyEx")


def lower_factor(A: Tensor, upper: bool = False) -> Tensor:
    """Return the lower triangular L with A = L L^H, or the upper one with A = U^H U.

    The gradient is Hermitian.

    Args:
        A: (*, N, N), Hermitian and positive-definite; the other triangle is not read.
        upper: return U.

    Raises:
        LinAlgError: a matrix is not positive-definite. On a GPU nobody waits to see that.

    Source: torch.linalg.cholesky.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 2.]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    check_square("linalg.cholesky", A)
    return adjoint(factored(adjoint(A))) if upper else factored(A)


@public
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Do what `linalg.cholesky` does, under its old name.

    Source: torch.cholesky.
    """
    return lower_factor(input, upper)
