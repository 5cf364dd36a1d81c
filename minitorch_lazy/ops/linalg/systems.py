"""Systems of linear equations, and inverses.

In the rules, as in all rules, g is the conjugate of PyTorch's gradient; so transposes stand where
textbooks have adjoints.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.axes import matrix_transpose
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.linalg.checks import check_square, check_system
from minitorch_lazy.ops.product import mT
from minitorch_lazy.ops.shape import reshape


def triangle(xp: Any, x: Any, upper: bool, unit: bool) -> Any:
    """Keep the part of a matrix that a triangular system reads."""
    return xp.triu(x, offset=int(unit)) if upper else xp.tril(x, offset=-int(unit))


def pull_triangular(xp: Any, g: Any, needed: Any, A: Any, y: Any, upper: Any, unit: Any) -> Any:
    """Pull back through A y = B: B gets A^-T g, and A gets -(A^-T g) y^T."""
    gB = xp.solve_triangular(mT(xp, A), g, upper=not upper, unit=unit)
    if not needed[0]:
        return None, gB
    return triangle(xp, -xp.matmul(gB, mT(xp, y)), upper, unit), gB


substitute = primitive(
    "solve_triangular", arguments="A B", static="upper unit", casts="same", joint=pull_triangular,
    node_name="LinalgSolveTriangular",
)  # fmt: skip


def solve_triangular(
    input: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """Solve A X = B, or X A = B, for a triangular A; the other triangle is not read.

    Zeros on the diagonal give infinities and nan, and no error.

    Args:
        input: (*, N, N).
        B: (*, N, K), or (*, K, N) for `left=False`; stacks are broadcast.
        upper: whether A is upper triangular.
        left: whether A stands to the left of X.
        unitriangular: take the diagonal to be ones, whatever it holds.

    Source: torch.linalg.solve_triangular.

    >>> import minitorch_lazy as torch
    >>> A = torch.tensor([[2., 1.], [0., 1.]])
    >>> torch.linalg.solve_triangular(A, torch.tensor([[3.], [1.]]), upper=True)
    tensor([[1.],
            [1.]])
    """
    check_system("linalg.solve_triangular", input, B, left)
    if left:
        return substitute(input, B, upper=bool(upper), unit=bool(unitriangular))
    turned = substitute(
        matrix_transpose(input), matrix_transpose(B), upper=not upper, unit=bool(unitriangular)
    )
    return matrix_transpose(turned)


def pull_solve(xp: Any, g: Any, needed: Any, A: Any, y: Any, transposed: bool) -> Any:
    """Pull back through A y = B: B gets A^-T g, and A gets -(A^-T g) y^T; or through A^T y = B."""
    gB = xp.solve(A, g, transposed=not transposed)
    if not needed[0]:
        return None, gB
    return -(xp.matmul(y, mT(xp, gB)) if transposed else xp.matmul(gB, mT(xp, y))), gB


solved = primitive(
    "solve", arguments="A B", static="transposed=False", casts="same", joint=pull_solve,
    node_name="LinalgSolveEx",
)  # fmt: skip


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """Solve A X = B, or X A = B, for square matrices.

    Args:
        A: (*, N, N).
        B: (*, N, K), or (*, N) of the same stack, or (N,); (*, K, N) for `left=False`.
        left: whether A stands to the left of X.

    Raises:
        LinAlgError: a matrix is singular. On a GPU nobody waits to see that: the result is nan or
            infinite.

    Source: torch.linalg.solve.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.solve(torch.tensor([[2., 1.], [1., 1.]]), torch.tensor([3., 2.]))
    tensor([1., 1.])
    """
    check_square("linalg.solve", A)
    check_tensor("linalg.solve", "B", B)
    vector = B.ndim == 1 or (A.ndim - 1 == B.ndim and A.array.shape[:-1] == B.array.shape)
    if vector:
        left, B = True, reshape(B, *B.shape, 1)
    check_system("linalg.solve", A, B, left)
    if left:
        X = solved(A, B)
        return reshape(X, X.array.shape[:-1]) if vector else X
    return matrix_transpose(solved(matrix_transpose(A), matrix_transpose(B)))


inverted = primitive(
    "inv", casts="same", node_name="LinalgInvEx",
    A=lambda xp, g, y: -xp.matmul(mT(xp, y), xp.matmul(g, mT(xp, y))),
)  # fmt: skip


def inv(A: Tensor) -> Tensor:
    """Invert square matrices.

    Args:
        A: (*, N, N).

    Raises:
        LinAlgError: a matrix is singular. On a GPU nobody waits to see that: the result is nan or
            infinite.

    Source: torch.linalg.inv.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.inv(torch.tensor([[1., 2.], [0., 1.]]))
    tensor([[ 1., -2.],
            [ 0.,  1.]])
    """
    check_square("linalg.inv", A)
    return inverted(A)


@public
def inverse(input: Tensor) -> Tensor:
    """Do what `linalg.inv` does.

    Source: torch.inverse.
    """
    return inv(input)
