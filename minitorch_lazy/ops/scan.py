"""Running products and logarithms of sums along a dimension, and differences of neighbours."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.join import cat, narrow
from minitorch_lazy.ops.reduce import accumulated, at


def following(xp: Any, x: Any, fill: Any, step: int, axis: int) -> Any:
    """Return for each element the one that stands `step` places after it."""
    size = x.shape[axis]
    tail = xp.getitem(x, key=at(axis, (min(step, size), size, None)))
    return xp.concatenate(tail, xp.getitem(fill, key=at(axis, (0, min(step, size), None))),
                          axis=axis)  # fmt: skip


@kernel
def backward_recurrence(xp: Any, a: Any, b: Any, *, axis: int) -> Any:
    """Solve r[j] = b[j] + a[j] r[j + 1] along an axis, from the end, by doubling steps."""
    zeros = xp.zeros_like(b)
    step = 1
    while step < b.shape[axis]:
        b = b + a * following(xp, b, zeros, step, axis)
        a = a * following(xp, a, zeros, step, axis)
        step *= 2
    return b


@kernel
def cumprod_gradient(xp: Any, g: Any, x: Any, *, axis: int) -> Any:
    """Pull back through a running product, exact where there are zeros.

    The gradient of x[j] is the product before it times r[j] = g[j] + x[j + 1] r[j + 1].
    """
    ahead = following(xp, x, xp.zeros_like(x), 1, axis)
    return xp.exclusive_product(x, axis=axis) * xp.backward_recurrence(ahead, g, axis=axis)


@kernel
def logcumsumexp_gradient(xp: Any, g: Any, x: Any, y: Any, *, axis: int) -> Any:
    """Pull back through ln of a running sum of e^x, with no exponent above 0.

    The gradient of x[j] is e^(x[j] - y[j]) r[j] with r[j] = g[j] + e^(y[j] - y[j + 1]) r[j + 1].
    """
    last = xp.getitem(y, key=at(axis, (max(y.shape[axis] - 1, 0), None, None)))
    fall = y - following(xp, y, last, 1, axis)
    share = xp.exp(xp.where(xp.equal(x, y), xp.zeros_like(x), x - y))
    carried = xp.exp(xp.where(xp.isnan(fall), xp.zeros_like(y), fall))
    return share * xp.backward_recurrence(carried, g, axis=axis)


running_product = primitive("cumprod", static="axis", x=cumprod_gradient)
running_log = primitive("logcumsumexp", static="axis", x=logcumsumexp_gradient)


@public(inplace=True)
def cumprod(input: Tensor, dim: int, *, dtype: types.dtype | None = None) -> Tensor:
    """Multiply up to each element along a dimension.

    The gradient is exact where there are zeros.

    Source: torch.cumprod.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([1., 2., 3.]).cumprod(0)
    tensor([1., 2., 6.])
    """
    x = accumulated(input, dtype)
    axis = x.axis(dim)
    return running_product(x, axis=axis) if x.ndim else x.clone()


@public
def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """Compute ln of the sum of e^x up to each element along a dimension, without overflow.

    Source: torch.logcumsumexp.
    """
    if input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, "logcumsumexp", "\"logcumsumexp_out_cpu\" not implemented for "
                     f"'{input.dtype.name}'", "convert it with .float()", input=input)  # fmt: skip
    axis = input.axis(dim)
    return running_log(input, axis=axis) if input.ndim else input.clone()


@public
def diff(input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
         append: Tensor | None = None) -> Tensor:  # fmt: skip
    """Subtract neighbours along a dimension: y[i] = x[i + 1] - x[i]; of bools, tell if they differ.

    Args:
        n: how many times.
        prepend, append: what is put before and after the input first.

    Source: torch.diff.
    """
    if not input.ndim:
        raise refuse(RuntimeError, "diff", "diff expects input to be at least one-dimensional",
                     "reshape(1) it", input=input)  # fmt: skip
    if n < 0:
        raise refuse(RuntimeError, "diff", f"order must be non-negative but got {n}",
                     "give how many times to subtract", input=input)  # fmt: skip
    if not n:
        return input.clone()
    axis = input.axis(dim)
    parts = [part for part in (prepend, input, append) if part is not None]
    out = cat(parts, axis) if len(parts) > 1 else input
    for _ in range(min(n, out.array.shape[axis])):
        size = out.array.shape[axis]
        after, before = narrow(out, axis, 1, size - 1), narrow(out, axis, 0, size - 1)
        out = after ^ before if out.array.dtype.kind == "b" else after - before
    return out
