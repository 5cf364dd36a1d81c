"""Lengths of vectors and sizes of matrices."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import movedim
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.elementwise import abs as absolute
from minitorch_lazy.ops.linalg.checks import check_matrix
from minitorch_lazy.ops.linalg.svd import svdvals
from minitorch_lazy.ops.reduce import Axes, amax, amin, axes_of, spread
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape


@kernel
def power_norm_gradient(xp: Any, g: Any, x: Any, y: Any, *, order: float) -> Any:
    """Pull back through (sum |x|^p)^(1/p): x / |x| (|x| / y)^(p - 1), and 0 where that is nothing.

    `g` and `y` have the reduced axes, as size 1.
    """
    if order == 0:
        return xp.zeros_like(x)
    nothing = xp.equal(y, 0.0)
    ones, zeros = xp.ones_like(y), xp.zeros_like(y)
    if order == 2:
        slope = xp.where(nothing, zeros, 1 / xp.where(nothing, ones, y))
        return (g * slope) * xp.conj(x)
    size = xp.absolute(x)
    away = xp.equal(size, 0.0)
    size = xp.where(away, xp.ones_like(size), size)
    power = xp.power_number(size / xp.where(nothing, ones, y), exponent=order - 1)
    power = xp.where(xp.logical_or(away, nothing), xp.zeros_like(power), power)
    return (g * power) * (xp.conj(x) / size)


power_norm = primitive(
    "power_norm", static="order axis keepdims", node_name="LinalgVectorNorm",
    x=lambda xp, g, x, y, order, axis, keepdims: xp.power_norm_gradient(
        spread(xp, g, x.shape, axis, keepdims), x, spread(xp, y, x.shape, axis, keepdims),
        order=order),
)  # fmt: skip


def length(x: Tensor, order: float, axes: Axes, keepdim: bool) -> Tensor:
    """Return the norm of vectors of floating-point numbers."""
    if order in (math.inf, -math.inf):
        if any(x.array.shape[a] == 0 for a in axes):
            raise refuse(RuntimeError, "vector_norm", f"linalg.vector_norm cannot compute the "
                         f"{order} norm on an empty tensor because the operation does not have an "
                         "identity", "check for numel() == 0 first", input=x)  # fmt: skip
        pick = amax if order > 0 else amin
        return pick(absolute(x), axes, keepdim) if axes else absolute(x)
    if order == 1:
        return total(absolute(x), axes, keepdim) if axes else absolute(x)
    return power_norm(x, order=order, axis=axes, keepdims=keepdim)


def converted(x: Tensor, dtype: types.dtype | None, name: str) -> Tensor:
    """Convert to the type in which a norm is computed; integers have none."""
    check_tensor(name, "input", x)
    if dtype is not None:
        if dtype.category < 2 or (x.is_complex() and not dtype.is_complex):
            raise refuse(RuntimeError, name, f"{name}: dtype should be floating point or complex "
                         f"and hold the input's numbers, but got {dtype}",
                         "choose a wider type", input=x)  # fmt: skip
        return x.to(dtype)
    if x.array.dtype.kind in "biu":
        raise refuse(RuntimeError, name, f"{name}: Expected a floating point or complex tensor as "
                     f"input. Got {x.dtype.name}", "convert it, for example with .float()",
                     input=x)  # fmt: skip
    return x


def vector_norm(x: Tensor, ord: Any = 2, dim: Any = None, keepdim: bool = False, *,
                dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Return the length of vectors: (sum |x|^ord)^(1/ord).

    The gradient at the zero vector is 0.

    Args:
        ord: a number; inf is the largest magnitude, -inf the smallest, 0 the count of nonzeros.
        dim: the dimensions that make up a vector; None flattens the tensor.
        keepdim: keep the reduced dimensions, as size 1.
        dtype: the type to compute in.

    Raises:
        RuntimeError: the tensor holds integers.

    Source: torch.linalg.vector_norm.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.vector_norm(torch.tensor([3., 4.]))
    tensor(5.)
    """
    x = converted(x, dtype, "linalg.vector_norm")
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        out = length(reshape(x, -1) if x.ndim != 1 else x, float(ord), (0,), keepdim)
        return reshape(out, (1,) * x.ndim) if keepdim else out
    return length(x, float(ord), axes_of(x, dim), keepdim)


def matrix_norm(A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *,
                dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Return the size of matrices.

    Args:
        ord: "fro" is the root of the sum of squares, 1 the largest column of magnitudes, inf the
            largest row; -1 and -inf the smallest; 2 and -2 the largest and the smallest singular
            value, "nuc" their sum.
        dim: the rows' and the columns' dimension.
        keepdim: keep both, as size 1.
        dtype: the type to compute in.

    Source: torch.linalg.matrix_norm.
    """
    A = converted(A, dtype, "linalg.matrix_norm")
    if A.ndim < 2:
        raise refuse(RuntimeError, "linalg.matrix_norm", "linalg.matrix_norm: The input tensor A "
                     "must have at least 2 dimensions.", "use vector_norm", A=A)  # fmt: skip
    axes = tuple(A.axis(d) for d in dim)
    if len(axes) != 2 or axes[0] == axes[1]:
        raise refuse(RuntimeError, "linalg.matrix_norm", "linalg.matrix_norm: dim must be a "
                     f"2-tuple of different dimensions. Got {dim}", "name two", A=A)  # fmt: skip
    if ord == "fro":
        return length(A, 2.0, axes, keepdim)
    if ord in (1, -1, math.inf, -math.inf):
        return largest_sum(A, axes if ord in (1, -1) else axes[::-1], ord, keepdim)
    return of_singular_values(A, ord, axes, keepdim)


def largest_sum(A: Tensor, axes: Axes, ord: float, keepdim: bool) -> Tensor:
    """Sum magnitudes along the first axis, and return the largest or smallest along the second."""
    sums = total(absolute(A), axes[0], keepdim=True)
    nothing = ord > 0 and not A.array.shape[axes[1]]
    out = (total if nothing else amax if ord > 0 else amin)(sums, axes[1], keepdim=True)
    return out if keepdim else out.squeeze(axes)


def of_singular_values(A: Tensor, ord: Any, axes: Axes, keepdim: bool) -> Tensor:
    """Return the largest singular value, the smallest, or the sum of all."""
    if ord not in (2, -2, "nuc"):
        raise refuse(RuntimeError, "linalg.matrix_norm", f"Order {ord} not supported.",
                     "use 'fro', 'nuc', or one of 1, -1, 2, -2, inf, -inf",
                     A=A)  # fmt: skip
    check_matrix("linalg.matrix_norm", A)
    values = svdvals(movedim(A, axes, (-2, -1)))
    if ord == "nuc" or (ord == 2 and not values.array.shape[-1]):
        out = total(values, -1)
    else:
        out = (amax if ord == 2 else amin)(values, -1)
    if not keepdim:
        return out
    return reshape(out, tuple(1 if i in axes else n for i, n in enumerate(A.array.shape)))


def matrix_or_vector_norm(A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *,
                          dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Return the norm of vectors or matrices, as the number of dimensions says.

    Args:
        ord: see `vector_norm` and `matrix_norm`; None is the root of the sum of squares.
        dim: one dimension for vectors, two for matrices; None takes all.
        keepdim: keep the reduced dimensions, as size 1.
        dtype: the type to compute in.

    Source: torch.linalg.norm.
    """
    if ord is None:
        return vector_norm(A, 2, dim, keepdim, dtype=dtype)
    count = A.ndim if dim is None else len(dim) if isinstance(dim, (tuple, list)) else 1
    if count == 2:
        axes = tuple(range(2)) if dim is None else dim
        return matrix_norm(A, ord, axes, keepdim, dtype=dtype)
    if count > 2 or isinstance(ord, str):
        raise refuse(RuntimeError, "linalg.norm", "linalg.norm: If ord is specified but dim is "
                     f"not, the input must be 1D or 2D; got {A.ndim}D and ord={ord!r}",
                     "give dim=", A=A)  # fmt: skip
    return vector_norm(A, ord, dim, keepdim, dtype=dtype)


@public
def norm(input: Tensor, p: Any = "fro", dim: Any = None, keepdim: bool = False,
         dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Return the norm of all elements, or of those along dimensions.

    Args:
        p: "fro" (2), a number, or "nuc" for the sum of singular values.

    Raises:
        RuntimeError: the tensor holds integers.

    Source: torch.norm.
    """
    if p == "nuc":
        axes = tuple(range(input.ndim)) if dim is None else dim
        return matrix_norm(input, "nuc", axes, keepdim, dtype=dtype)
    if isinstance(p, str) and p != "fro":
        raise refuse(RuntimeError, "norm", f"only valid string values are 'fro' and 'nuc', found "
                     f"'{p}'", "use one of them, or a number", input=input)  # fmt: skip
    return vector_norm(input, 2 if p in ("fro", None) else p, dim, keepdim, dtype=dtype)


@public(inplace=True)
def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """Scale down the slices along a dimension whose p-norm is above a limit, to that limit.

    Args:
        p: above 0; inf is the largest magnitude.
        dim: the dimension that counts the slices.
        maxnorm: the limit, 0 or more.

    Raises:
        RuntimeError: the input has fewer than two dimensions, or holds integers.

    Source: torch.renorm.

    >>> import minitorch_lazy as torch
    >>> torch.renorm(torch.tensor([[3., 4.], [0., 1.]]), 2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.0000, 1.0000]])
    """
    check_tensor("renorm", "input", input)
    headline = "non-positive-norm not supported" if not p > 0 else \
        f"expected maxnorm to be >= 0 but got {maxnorm}" if not maxnorm >= 0 else \
        f"input needs at least 2 dimensions, got {input.ndim} dimensions"  # fmt: skip
    if not (p > 0 and maxnorm >= 0 and input.ndim > 1):
        raise refuse(RuntimeError, "renorm", f"renorm: {headline}", "give p > 0, maxnorm >= 0 and "
                     "a matrix or more", input=input, p=p, maxnorm=maxnorm)  # fmt: skip
    narrow = input.dtype in (types.float16, types.bfloat16)
    x = input.to(types.float32) if narrow else input
    axes = tuple(axis for axis in range(x.ndim) if axis != x.axis(dim))
    size = vector_norm(x, p, axes, True)
    factor: Tensor = where(size > maxnorm, maxnorm / (size + 1e-7), 1.0)
    return (x * factor).to(input.dtype)
