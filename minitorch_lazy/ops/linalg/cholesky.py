"""The triangular factor of positive-definite matrices."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import adjoint
from minitorch_lazy.ops.linalg.checks import check_matrix, check_square, identity, mH
from minitorch_lazy.ops.linalg.systems import substitute
from minitorch_lazy.ops.product import mT


def pull_cholesky(xp: Any, g: Any, y: Any) -> Any:
    """Pull back through A = L L^H: the Hermitian L^-H S L^-1, S from the triangle of L^H g."""
    half = xp.tril(xp.matmul(mT(xp, y), g), offset=0)
    both = (half + mH(xp, xp.tril(half, offset=-1))) * 0.5
    left = xp.solve_triangular(mT(xp, y), both, upper=True, unit=False)
    return mT(xp, xp.solve_triangular(mH(xp, y), mT(xp, left), upper=True, unit=False))


factored = primitive("cholesky", A=pull_cholesky, node_name="LinalgCholeskyEx")


def lower_factor(input: Tensor, upper: bool = False) -> Tensor:
    """Return the lower triangular L with A = L L^H, or the upper one with A = U^H U.

    The gradient is Hermitian.

    Args:
        input: (*, N, N), Hermitian and positive-definite; the other triangle is not read.
        upper: return U.

    Raises:
        LinAlgError: a matrix is not positive-definite. On a GPU nobody waits to see that.

    Source: torch.linalg.cholesky.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.cholesky(torch.tensor([[4., 2.], [2., 2.]]))
    tensor([[2., 0.],
            [1., 1.]])
    """
    check_square("linalg.cholesky", input)
    return adjoint(factored(adjoint(input))) if upper else factored(input)


@public
def cholesky(input: Tensor, upper: bool = False) -> Tensor:
    """Do what `linalg.cholesky` does, under its old name.

    Source: torch.cholesky.
    """
    return lower_factor(input, upper)


@public
def cholesky_solve(input: Tensor, input2: Tensor, upper: bool = False) -> Tensor:
    """Solve A X = B by the factor of A = L L^H, or A = U^H U.

    Args:
        input: B, (*, N, K).
        input2: L, (*, N, N), of which one triangle is read.
        upper: whether it is U.

    Source: torch.cholesky_solve.
    """
    name = "cholesky_solve"
    check_square(name, input2)
    check_matrix(name, input, "b")
    if input.array.shape[-2] != input2.array.shape[-1]:
        size, (rows, columns) = input2.array.shape[-1], input.array.shape[-2:]
        raise refuse(RuntimeError, name, "Incompatible matrix sizes for cholesky_solve: each A "
                     f"matrix is {size} by {size} but each b matrix is {rows} by {columns}",
                     f"give B {size} rows", B=input, L=input2)  # fmt: skip
    lower = adjoint(input2) if upper else input2
    half = substitute(lower, input, upper=False, unit=False)
    return substitute(adjoint(lower), half, upper=True, unit=False)


@public
def cholesky_inverse(input: Tensor, upper: bool = False) -> Tensor:
    """Invert A by its factor: A = L L^H, or A = U^H U.

    Args:
        input: L, (*, N, N), of which one triangle is read.
        upper: whether it is U.

    Source: torch.cholesky_inverse.
    """
    check_square("cholesky_inverse", input)
    return cholesky_solve(identity(input, input.array.shape[-1]), input, upper)
