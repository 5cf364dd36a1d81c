"""Powers and chains of products."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import copy, overwrite
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.linalg.checks import identity, spoken
from minitorch_lazy.ops.linalg.systems import inv
from minitorch_lazy.ops.product import product
from minitorch_lazy.ops.shape import reshape


@public
def matrix_power(input: Tensor, n: int) -> Tensor:
    """Multiply square matrices with themselves, by repeated squaring.

    Args:
        input: (*, N, N); integers too, for n >= 0.
        n: how often; 0 gives the identity, below 0 the inverse is taken.

    Raises:
        LinAlgError: n is below 0, and a matrix is singular.

    Source: torch.linalg.matrix_power, torch.matrix_power.

    >>> import minitorch_lazy as torch
    >>> torch.matrix_power(torch.tensor([[1., 1.], [0., 1.]]), 5)
    tensor([[1., 5.],
            [0., 1.]])
    """
    check_tensor("linalg.matrix_power", "A", input)
    if not isinstance(n, int):
        raise TypeError("linalg_matrix_power(): argument 'n' (position 2) must be int, not "
                        f"{type(n).__name__}")  # fmt: skip
    if input.ndim < 2 or input.array.shape[-1] != input.array.shape[-2]:
        raise refuse(RuntimeError, "linalg.matrix_power", "A must be batches "
                     f"of square matrices, but they have shape {tuple(input.shape)}",
                     "give a square matrix", A=input)  # fmt: skip
    if n == 0:
        return overwrite(input, identity(input, input.array.shape[-1]))
    square = inv(input) if n < 0 else input
    result, rest = None, abs(n)
    while rest:
        if rest % 2:
            result = square if result is None else product(result, square)
        rest //= 2
        square = product(square, square) if rest else square
    return copy(input) if result is input else result  # type: ignore[return-value]


def multi_dot(tensors: Sequence[Tensor]) -> Tensor:
    """Multiply a chain of matrices, in the order that takes the fewest multiplications.

    Args:
        tensors: two or more matrices; the first and the last may be vectors.

    Source: torch.linalg.multi_dot; T. Cormen et al., Introduction to Algorithms, chapter 15.2.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.multi_dot([torch.ones(2), torch.ones(2, 3), torch.ones(3)])
    tensor(6.)
    """
    every = list(tensors)
    check_chain(every)
    row, column = every[0].ndim == 1, every[-1].ndim == 1
    if row:
        every[0] = reshape(every[0], 1, -1)
    if column:
        every[-1] = reshape(every[-1], -1, 1)
    sizes = [every[0].array.shape[0], *(x.array.shape[1] for x in every)]
    out = multiplied(every, cuts(sizes), 0, len(every) - 1)
    shape = out.array.shape
    return reshape(out, (*shape[row:1], *shape[1 : 2 - column])) if row or column else out


def check_chain(every: list[Any]) -> None:
    """Refuse what cannot be multiplied one after the other."""
    name = "multi_dot()"
    if len(every) < 2:
        raise refuse(RuntimeError, name, "expected at least 2 tensors but got "
                     f"{len(every)}", "give two or more")  # fmt: skip
    for place, x in enumerate(every):
        check_tensor(name, f"tensor {place}", x)
        end = place in (0, len(every) - 1)
        if x.ndim != 2 and not (end and x.ndim == 1):
            kinds = "1D or 2D" if end else "2D"
            raise refuse(RuntimeError, name, f"tensor {place} must be {kinds} but got "
                         f"{x.ndim}D", "use torch.matmul for stacks", tensor=x)  # fmt: skip
        if x.array.dtype != every[0].array.dtype:
            raise refuse(RuntimeError, name, "all tensors must have be the same dtype "
                         f"but tensor 0 is {spoken(every[0])} and tensor {place} {spoken(x)}",
                         f"use .to({every[0].dtype})", tensor=x)  # fmt: skip
    for place, (a, b) in enumerate(zip(every, every[1:], strict=False)):
        if a.array.shape[-1] != b.array.shape[0]:
            raise refuse(RuntimeError, name, f"tensors {place} and {place + 1} with "
                         f"shapes {list(a.shape)} and {list(b.shape)} cannot be multiplied",
                         "the inner sizes must be equal")  # fmt: skip


def cuts(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Return, for each part of a chain, after which matrix its last product is taken."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    best = {}
    for length in range(1, count):
        for first in range(count - length):
            last = first + length
            cost[first, last], best[first, last] = min(
                (cost[first, k] + cost[k + 1, last] + sizes[first] * sizes[k + 1] * sizes[last + 1],
                 k)
                for k in range(first, last)
            )  # fmt: skip
    return best


def multiplied(every: list[Tensor], best: Any, first: int, last: int) -> Tensor:
    """Multiply a part of a chain."""
    if first == last:
        return every[first]
    cut = best[first, last]
    return product(multiplied(every, best, first, cut), multiplied(every, best, cut + 1, last))
