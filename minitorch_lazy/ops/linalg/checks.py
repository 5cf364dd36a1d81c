"""What all of linear algebra asks of its arguments, and how it says that it failed."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import SCALARS
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import diagnosis, refuse
from minitorch_lazy.ops.broadcast import broadcast_shapes
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.diagonals import embedded


class LinAlgError(RuntimeError):
    """A matrix that has no inverse, factor or decomposition of the kind that was asked for.

    Source: torch.linalg.LinAlgError.
    """


def mH(xp: Any, x: Any) -> Any:  # noqa: N802
    """Swap the last two axes and conjugate."""
    axes = (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2)
    return xp.conj(xp.transpose(x, axes=axes))


def identity(like: Tensor, rows: int, columns: int | None = None) -> Tensor:
    """Make an identity of a tensor's type, on its device and without a copy to it."""
    columns = rows if columns is None else columns
    one = like.new_ones((min(rows, columns),))
    return embedded(one, shape=(rows, columns), offset=0, axis1=0, axis2=1)


def spoken(x: Tensor) -> str:
    """Return what PyTorch's messages call a tensor's type."""
    return SCALARS[x.dtype]


def check_matrix(name: str, x: Any, word: str = "A", low: bool = False) -> None:
    """Refuse what is no stack of matrices of floating-point numbers.

    Args:
        low: accept numbers of 16 bits, for which most algorithms do not exist.
    """
    check_tensor(name, word, x)
    if x.ndim < 2:
        raise refuse(RuntimeError, name, f"The input tensor {word} must have at least 2 "
                     "dimensions.", "unsqueeze it", **{word: x})  # fmt: skip
    if x.dtype.category < 2:
        raise refuse(RuntimeError, name, "Expected a floating point or complex tensor as input. "
                     f"Got {spoken(x)}", "convert it with .float()", **{word: x})  # fmt: skip
    if x.dtype.itemsize == 2 and not low:
        raise refuse(NotImplementedError, name, "Low precision dtypes not supported. Got "
                     f"{spoken(x)}: not implemented for '{spoken(x)}'",
                     "convert it with .float()", **{word: x})  # fmt: skip


def check_square(name: str, x: Any, word: str = "A", low: bool = False) -> None:
    """Refuse what is no stack of square matrices."""
    check_matrix(name, x, word, low)
    rows, columns = x.array.shape[-2:]
    if rows != columns:
        raise refuse(RuntimeError, name, f"{word} must be batches of square matrices, but "
                     f"they are {rows} by {columns} matrices", "use pinv or lstsq, or cut it",
                     **{word: x})  # fmt: skip


def check_system(name: str, A: Tensor, B: Tensor, left: bool = True) -> None:
    """Refuse sides of an equation that do not fit."""
    check_square(name, A)
    check_matrix(name, B, "B")
    if A.array.dtype != B.array.dtype:
        raise refuse(RuntimeError, name, f"Expected A and B to have the same dtype, but "
                     f"found A of type {spoken(A)} and B of type {spoken(B)} instead",
                     f"use B.to({A.dtype})", A=A, B=B)  # fmt: skip
    (rows, columns), size = B.array.shape[-2:], A.array.shape[-1]
    if size != (rows if left else columns):
        equation = "AX = B" if left else "XA = B"
        raise refuse(RuntimeError, name, f"Incompatible shapes of A and B for the equation "
                     f"{equation} ({size}x{size} and {rows}x{columns})",
                     f"give B {size} {'rows' if left else 'columns'}", A=A, B=B)  # fmt: skip
    broadcast_shapes(A.shape[:-2], B.shape[:-2])


SINGULAR = "the input matrix is singular."


def singular(A: Tensor) -> tuple[str, int]:
    """Find the first singular matrix of a stack: where it is, and the first zero pivot."""
    for place, matrix in stacked(A):
        for step in range(len(matrix)):
            pivot = step + int(np.argmax(abs(matrix[step:, step])))
            if matrix[pivot, step] == 0:
                return place, step + 1
            matrix[[step, pivot]] = matrix[[pivot, step]]
            factors = matrix[step + 1 :, step] / matrix[step, step]
            matrix[step + 1 :] -= factors[:, None] * matrix[step]
    return "", A.array.shape[-1]


def stacked(A: Tensor) -> Any:
    """Yield host copies of the matrices of a stack, each with how messages name its place."""
    host = BACKEND[A.array.__class__].to_numpy(A.array)
    flat = np.array(host).reshape((-1, *host.shape[-2:]))
    for place, matrix in enumerate(flat):
        yield f"(Batch element {place}): " if host.ndim > 2 else "", matrix


@diagnosis("inv")
def no_inverse(arguments: Any, static: Any) -> Any:
    """Say which matrix has no inverse."""
    place, step = singular(arguments["A"])
    return (LinAlgError, f"linalg.inv: {place}The diagonal element {step} is zero, the inversion "
            f"could not be completed because {SINGULAR}", "use torch.linalg.pinv")  # fmt: skip


@diagnosis("solve")
def no_solution(arguments: Any, static: Any) -> Any:
    """Say which matrix of a system is singular."""
    place, _ = singular(arguments["A"])
    return (LinAlgError, f"torch.linalg.solve: {place}The solver failed because {SINGULAR}",
            "use torch.linalg.lstsq")  # fmt: skip


@diagnosis("cholesky")
def not_positive(arguments: Any, static: Any) -> Any:
    """Say which leading part of a matrix is not positive-definite."""
    for place, matrix in stacked(arguments["A"]):
        for order in range(1, len(matrix) + 1):
            try:
                np.linalg.cholesky(matrix[:order, :order])
            except np.linalg.LinAlgError:
                return (LinAlgError, f"linalg.cholesky: {place}The factorization could not be "
                        "completed because the input is not positive-definite (the leading minor "
                        f"of order {order} is not positive-definite).",
                        "add a small multiple of the identity, or use eigh")  # fmt: skip
    return None


@diagnosis("svd", "svdvals", "pinv", "rank")
def not_finite(arguments: Any, static: Any) -> Any:
    """Say that a matrix holds what is no number."""
    return (LinAlgError, "linalg.svd: The algorithm failed to converge because the input matrix "
            "contained non-finite values.", "look for nan and inf in A")  # fmt: skip


@diagnosis("eigh", "eigvalsh", "eig", "eigvals")
def no_eigenvalues(arguments: Any, static: Any) -> Any:
    """Say that no eigenvalues were found."""
    return (LinAlgError, "linalg.eigh, linalg.eig: The algorithm failed to converge because the "
            "input matrix is ill-conditioned or has too many repeated eigenvalues, or contained "
            "non-finite values.", "look for nan and inf in A")  # fmt: skip
