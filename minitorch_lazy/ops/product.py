"""Products of vectors and matrices."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import diagnosis, refuse
from minitorch_lazy.ops.shape import reshape


def mT(xp: Any, x: Any) -> Any:  # noqa: N802
    """Swap the last two axes."""
    return xp.transpose(x, axes=(*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def column(xp: Any, x: Any) -> Any:
    """Make a vector a matrix of one column."""
    return xp.reshape(x, shape=(*x.shape, 1)) if x.ndim == 1 else x


def row(xp: Any, x: Any) -> Any:
    """Make a vector a matrix of one row."""
    return xp.reshape(x, shape=(1, *x.shape)) if x.ndim == 1 else x


def matmul_a(xp: Any, g: Any, b: Any, a_shape: tuple[int, ...]) -> Any:
    """Pull back to the left factor: g b^T, with vectors as rows and columns."""
    if len(a_shape) == 1:
        g = xp.reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]) if b.ndim > 1 else (1, 1))
    elif b.ndim == 1:
        g = xp.reshape(g, shape=(*g.shape, 1))
    ga = xp.matmul(g, mT(xp, column(xp, b)))
    return xp.reshape(ga, shape=(*ga.shape[:-2], ga.shape[-1])) if len(a_shape) == 1 else ga


def matmul_b(xp: Any, g: Any, a: Any, b_shape: tuple[int, ...]) -> Any:
    """Pull back to the right factor: a^T g, with vectors as rows and columns."""
    if len(b_shape) == 1:
        g = xp.reshape(g, shape=(*g.shape, 1) if a.ndim > 1 else (1, 1))
    elif a.ndim == 1:
        g = xp.reshape(g, shape=(*g.shape[:-1], 1, g.shape[-1]))
    gb = xp.matmul(mT(xp, row(xp, a)), g)
    return xp.reshape(gb, shape=gb.shape[:-1]) if len(b_shape) == 1 else gb


product = primitive("matmul", casts="same", a=matmul_a, b=matmul_b, node_name="Mm")


@diagnosis("matmul", "linear")
def shapes_do_not_fit(arguments: Any, static: Any) -> Any:
    """Say which two sizes of a product differ."""
    names = list(arguments)
    a, b = arguments[names[0]], arguments[names[1]]
    of_layer = names[1] == "weight"
    if a.ndim == 0 or b.ndim == 0:
        mend = "give it a dimension of features, for example with reshape(1)"
        return (RuntimeError, f"both arguments to {'linear' if of_layer else 'matmul'} need to be "
                f"at least 1D, but they are {a.ndim}D and {b.ndim}D",
                mend if of_layer else "use a * b for a number")  # fmt: skip
    if of_layer and b.ndim > 2:
        return (RuntimeError, f"t() expects a tensor with <= 2 dimensions, but weight is {b.ndim}D",
                "give a weight (out_features, in_features)")  # fmt: skip
    left = (a.numel() // a.shape[-1] if a.shape[-1] else 0, a.shape[-1])
    if of_layer:
        inner, outer = (b.shape[-1], b.shape[0]) if b.ndim == 2 else (b.shape[-1], 1)
        mend = layer_mend(a, inner, outer)
    else:
        inner, outer = (b.shape[-2], b.shape[-1]) if b.ndim > 1 else (b.shape[0], 1)
        mend = f"the last size of {names[0]} ({left[1]}) must be {inner}"
    if left[1] == inner:
        return bias_does_not_fit(arguments, outer) if of_layer else None
    return (RuntimeError, f"mat1 and mat2 shapes cannot be multiplied ({left[0]}x{left[1]} and "
            f"{inner}x{outer})", mend)  # fmt: skip


def layer_mend(input: Any, inner: int, outer: int) -> str:
    """Say what makes an input fit into a linear layer, or the layer to the input."""
    if input.ndim > 2 and math.prod(input.array.shape[1:]) == inner:
        return "put nn.Flatten() before it"
    return f"build it as nn.Linear({input.shape[-1]}, {outer}), or nn.LazyLinear({outer}) and " \
           "let the first batch decide"  # fmt: skip


def bias_does_not_fit(arguments: Any, features: int) -> Any:
    """Say which size a bias should have."""
    bias = arguments.get("bias")
    if bias is None:
        return None
    size = bias.shape[-1] if bias.ndim else 1
    return (RuntimeError, f"The expanded size of the tensor ({features}) must match the existing "
            f"size ({size}) of the bias", f"give a bias of shape ({features},), one number for "
            "each output feature")  # fmt: skip


@public(operators="__matmul__ __rmatmul__")
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """Multiply matrices; stacks of them are broadcast, vectors are rows and columns.

    Source: torch.matmul.
    """
    return product(input, other)


def ranked(name: str, left: int, right: int) -> Any:
    """Declare the product of tensors with given numbers of dimensions."""

    def function(input: Tensor, other: Tensor) -> Tensor:
        if input.ndim != left or other.ndim != right:
            raise refuse(
                RuntimeError, name, f"{name}: expected tensors of {left} and {right} dimensions, "
                f"but got {input.ndim}D and {other.ndim}D", "use torch.matmul",
                input=input, other=other,
            )  # fmt: skip
        if name == "bmm" and input.shape[0] != other.shape[0]:
            raise refuse(RuntimeError, name, "Expected size for first two dimensions of batch2 "
                         f"tensor to be: [{input.shape[0]}, {input.shape[2]}] but got: "
                         f"{list(other.shape[:2])}.", "give two stacks of one length",
                         input=input, other=other)  # fmt: skip
        if name == "bmm" and input.shape[2] != other.shape[1]:
            raise refuse(RuntimeError, name, "Expected size for first two dimensions of batch2 "
                         f"tensor to be: [{input.shape[0]}, {input.shape[2]}] but got: "
                         f"{list(other.shape[:2])}.", "make the rows of the second as many as the "
                         "columns of the first", input=input, other=other)  # fmt: skip
        return product(input, other)

    doc = f"Multiply a {left}-d tensor by a {right}-d one.\n\n    Source: torch.{name}.\n    "
    return public(function, name=name, doc=doc)


mm, mv, bmm, dot = ranked("mm", 2, 2), ranked("mv", 2, 1), ranked("bmm", 3, 3), ranked("dot", 1, 1)


@public(aliases="ger")
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Multiply each element of a vector by each of another.

    Source: torch.outer.
    """
    if input.ndim != 1 or vec2.ndim != 1:
        raise refuse(RuntimeError, "outer", f"outer: Expected 1-D argument, but got {input.ndim}-D "
                     f"and {vec2.ndim}-D", "flatten them first", input=input,
                     vec2=vec2)  # fmt: skip
    return reshape(input, -1, 1) * vec2


@kernel
def linear_weight(xp: Any, g: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
    """Pull back to the weight: g^T x, all batch dimensions summed."""
    flat_x = xp.reshape(x, shape=(-1, x.shape[-1])) if x.ndim != 2 else x
    if len(shape) == 1:
        return xp.reshape(xp.matmul(xp.reshape(g, shape=(1, -1)), flat_x), shape=shape)
    flat_g = xp.reshape(g, shape=(-1, g.shape[-1])) if g.ndim != 2 else g
    return xp.matmul(xp.transpose(flat_g, axes=(1, 0)), flat_x)


@kernel
def linear_gradients(
    xp: Any, g: Any, needed: tuple[bool, ...], input: Any, weight: Any,
    weight_shape: tuple[int, ...], bias_shape: tuple[int, ...] | None,
) -> Any:  # fmt: skip
    """Pull back to input, weight and bias at once; None for those that are not needed."""
    return (
        pull_input(xp, g, weight) if needed[0] else None,
        xp.linear_weight(g, input, shape=weight_shape) if needed[1] else None,
        xp.sum_to(g, shape=bias_shape) if needed[2] else None,
    )


def pull_input(xp: Any, g: Any, weight: Any) -> Any:
    """Pull back to the input of `linear`: g W."""
    if weight.ndim == 2:
        return xp.matmul(g, weight)
    return xp.reshape(g, shape=(*g.shape, 1)) * weight


affine = primitive(
    "linear", casts="same", node_name="Addmm",
    input=pull_input,
    weight=lambda xp, g, input, weight_shape: xp.linear_weight(g, input, shape=weight_shape),
    bias=lambda xp, g, bias_shape: xp.sum_to(g, shape=bias_shape),
    joint=linear_gradients,
)  # fmt: skip
