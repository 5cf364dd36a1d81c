"""Tensors of more dimensions taken to be matrices, and what is made of vectors."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import movedim
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.diagonals import diagonal
from minitorch_lazy.ops.join import stack
from minitorch_lazy.ops.linalg.checks import spoken
from minitorch_lazy.ops.linalg.systems import inv, solve
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape


def check_halves(name: str, A: Any, count: int, word: str) -> None:
    """Refuse tensors whose first dimensions hold more or fewer elements than the others."""
    check_tensor(name, "A", A)
    shape = A.array.shape
    left, right = math.prod(shape[:count]), math.prod(shape[count:])
    if left != right:
        raise refuse(RuntimeError, name, "Expected self to satisfy the requirement "
                     f"prod(self.shape[{word}:]) == prod(self.shape[:{word}]), but got {right} != "
                     f"{left}", "reshape it", A=A)  # fmt: skip


def tensorinv(input: Tensor, ind: int = 2) -> Tensor:
    """Invert a tensor as the matrix from its last dimensions to its first `ind` ones.

    Args:
        input: of as many elements in the first `ind` dimensions as in the others.
        ind: above 0.

    Returns:
        the shape A.shape[ind:] + A.shape[:ind]; tensordot(result, A, ind) is the identity.

    Raises:
        LinAlgError: there is no inverse.

    Source: torch.linalg.tensorinv.
    """
    if ind <= 0:
        raise refuse(RuntimeError, "linalg.tensorinv", "Expected a strictly positive integer for "
                     f"'ind', but got {ind}", "use 1 or more")  # fmt: skip
    check_halves("linalg.tensorinv", input, ind, "ind")
    first, others = input.array.shape[:ind], input.array.shape[ind:]
    size = math.prod(first)
    return reshape(inv(reshape(input, size, size)), (*others, *first))


def tensorsolve(input: Tensor, other: Tensor, dims: Any = None) -> Tensor:
    """Solve tensordot(A, X, X.ndim) = B.

    Args:
        input: A, of shape B.shape + X.shape, with as many elements in both.
        other: B, of any shape.
        dims: dimensions of A that are moved behind the others first.

    Raises:
        LinAlgError: there is no solution, or more than one.

    Source: torch.linalg.tensorsolve.
    """
    name = "linalg.tensorsolve"
    check_tensor(name, "A", input)
    check_tensor(name, "B", other)
    if dims is not None:
        input = movedim(input, tuple(dims), tuple(range(input.ndim - len(dims), input.ndim)))
    check_halves(name, input, other.ndim, "other.ndim")
    size = other.numel()
    X = solve(reshape(input, size, size), reshape(other, size))
    return reshape(X, input.array.shape[other.ndim :])


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """Multiply vectors along a dimension: sum conj(x_i) y_i; stacks are broadcast.

    Source: torch.linalg.vecdot.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.vecdot(torch.tensor([1., 2.]), torch.tensor([3., 4.]))
    tensor(11.)
    """
    name = "linalg.vecdot"
    for word, value in (("x", x), ("y", y)):
        check_tensor(name, word, value)
        if value.dtype.category < 2:
            raise refuse(RuntimeError, name, "Expected a floating point or complex tensor as "
                         f"input. Got {spoken(value)}", "convert it with .float()",
                         **{word: value})  # fmt: skip
    if x.array.dtype != y.array.dtype:
        raise refuse(RuntimeError, name, "Expected x and y to have the same dtype, but found x of "
                     f"type {spoken(x)} and y of type {spoken(y)} instead",
                     f"use y.to({x.dtype})", x=x, y=y)  # fmt: skip
    return total(x.conj() * y, dim)


def powers(x: Tensor, N: int | None = None) -> Tensor:
    """Return the powers 0 to N - 1 of numbers, side by side.

    Args:
        x: (*, M).
        N: 2 or more; M where it is None.

    Returns:
        (*, M, N).

    Source: torch.linalg.vander.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.vander(torch.tensor([1, 2, 3]))
    tensor([[1, 1, 1],
            [1, 2, 4],
            [1, 3, 9]])
    """
    check_tensor("linalg.vander", "x", x)
    x = x if x.ndim else reshape(x, 1)
    count = N if N is not None else x.array.shape[-1]
    if count <= 1:
        raise refuse(RuntimeError, "linalg.vander", "N must be greater than 1.", "give N=2 or more",
                     x=x, N=N)  # fmt: skip
    return side_by_side(x, range(count))


def side_by_side(x: Tensor, places: Iterable[int]) -> Tensor:
    """Put powers side by side; those of integers take 64 bits, as running products do."""
    wide = x.long() if x.array.dtype.kind in "biu" else x
    return stack([wide**place for place in places], -1)


@public(method=False)
def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """Return the powers N - 1 to 0 of numbers, side by side.

    Args:
        x: (M,).
        N: how many; M where it is None.
        increasing: begin with power 0.

    Source: torch.vander.
    """
    check_tensor("vander", "x", x)
    count = N if N is not None else x.numel()
    if x.ndim != 1 or count < 0:
        raise refuse(RuntimeError, "vander", "x must be a one-dimensional tensor."
                     if x.ndim != 1 else "N must be non-negative.", "flatten it, or give N",
                     x=x, N=N)  # fmt: skip
    places = range(count) if increasing else range(count - 1, -1, -1)
    return side_by_side(x, places) if count else x.new_empty((x.numel(), 0))


def diagonal_of_matrices(
    A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1
) -> Tensor:  # fmt: skip
    """Look at the diagonal of two dimensions, the last ones, which becomes the last one.

    Source: torch.linalg.diagonal.
    """
    return diagonal(A, offset, dim1, dim2)
