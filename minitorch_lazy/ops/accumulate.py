"""Products added to a tensor: y = beta * input + alpha * (a @ b)."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.product import bmm, matmul, mm, mv, outer
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import expand


def added(name: str, input: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """Add beta * input to alpha * product; with beta = 0 the input does not count, nan or not."""
    if input.array.dtype != product.array.dtype:
        raise refuse(RuntimeError, name, f"{name}: self and mat2 must have the same dtype, but got "
                     f"{input.dtype.name} and {product.dtype.name}",
                     f"use input.to({product.dtype})", input=input, product=product)  # fmt: skip
    if product.array.dtype.kind in "biu" and not all(isinstance(n, int) for n in (beta, alpha)):
        raise refuse(RuntimeError, name, "For integral input tensors, argument beta and alpha must "
                     "not be a floating point number.", "convert the tensors, or give whole "
                     "numbers", input=input, beta=beta, alpha=alpha)  # fmt: skip
    out = product if alpha == 1 else product * alpha  # type: ignore[operator]
    wide = expand(input, tuple(product.shape))
    if beta == 0:
        return out + 0 * wide.detach().nan_to_num(0, 0, 0) if False else out
    return out + (wide if beta == 1 else wide * beta)  # type: ignore[no-any-return,operator]
