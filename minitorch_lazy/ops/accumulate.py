"""Products added to a tensor: y = beta * input + alpha * (a @ b)."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.broadcast import expand
from minitorch_lazy.ops.product import bmm, mm, mv, outer
from minitorch_lazy.ops.reduce import sum as total


def added(name: str, input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """Add beta * input to alpha * product; with beta = 0 the input does not count, nan or not.

    Among integers both factors are cut to whole numbers.
    """
    if input.array.dtype != product.array.dtype:
        raise refuse(RuntimeError, name, f"{name}: self and mat2 must have the same dtype, but got "
                     f"{input.dtype.name} and {product.dtype.name}",
                     f"use input.to({product.dtype})", input=input, product=product)  # fmt: skip
    if product.array.dtype.kind in "biu":
        beta, alpha = int(beta), int(alpha)
    out = product if alpha == 1 else product * alpha
    wide = expand(input, tuple(product.shape))
    if beta == 0:
        return out
    return out + (wide if beta == 1 else wide * beta)


@public(inplace=True)
def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Add a product of matrices: y = beta * input + alpha * (mat1 @ mat2).

    Args:
        input: (N, P), or broadcast to it. With `beta=0` it does not count, even where it is nan.
        mat1: (N, M).
        mat2: (M, P).

    Source: torch.addmm.

    >>> import minitorch_lazy as torch
    >>> torch.addmm(torch.ones(1, 1), torch.ones(1, 3), torch.ones(3, 1), alpha=2)
    tensor([[7.]])
    """
    return added("addmm", input, mm(mat1, mat2), beta, alpha)


@public(inplace=True)
def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Add a product of a matrix and a vector: y = beta * input + alpha * (mat @ vec).

    Source: torch.addmv.
    """
    return added("addmv", input, mv(mat, vec), beta, alpha)


@public(inplace=True)
def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """Add the products of all pairs: y = beta * input + alpha * outer(vec1, vec2).

    Source: torch.addr.
    """
    product = outer(vec1, vec2)
    if input.array.dtype.kind == "b":
        return either(input, product, beta, alpha)
    if product.array.dtype.kind in "biu" and not all(isinstance(n, int) for n in (beta, alpha)):
        raise refuse(RuntimeError, "addr", "For integral input tensors, argument beta and alpha "
                     "must not be a floating point number.", "convert the tensors, or give whole "
                     "numbers", input=input, beta=beta, alpha=alpha)  # fmt: skip
    return added("addr", input, product, beta, alpha)


def either(input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """Add bools: true where one that counts is."""
    wide = expand(input, tuple(product.shape))
    return (wide & bool(beta)) | (product & bool(alpha))


@public(inplace=True)
def baddbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1
            ) -> Tensor:  # fmt: skip
    """Add products of stacks of matrices: y = beta * input + alpha * (batch1 @ batch2).

    Source: torch.baddbmm.
    """
    return added("baddbmm", input, bmm(batch1, batch2), beta, alpha)


@public(inplace=True)
def addbmm(input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1
           ) -> Tensor:  # fmt: skip
    """Add the sum of products of a stack of matrices: y = beta * input + alpha * sum(b1 @ b2).

    Source: torch.addbmm.
    """
    product = total(bmm(batch1, batch2), 0, dtype=batch1.dtype)
    return added("addbmm", input, product, beta, alpha)
