"""The same elements in another shape: views, wherever the memory allows it."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.formats import check_format
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer, no_dimension, whole
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import copy

reshaped = primitive(
    "reshape", static="shape", view=True, node_name="View",
    x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape),
)  # fmt: skip


def listed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Read arguments given one by one or as one sequence."""
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        return tuple(values[0])
    return values


def sizes(input: Tensor, shape: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    """Read a shape that may hold one -1, and check that the elements fit."""
    shape = listed(shape)
    found = [n if n.__class__ is int else integer("shape", n, operation) for n in shape]
    if found.count(-1) > 1:
        raise refuse(RuntimeError, operation, "only one dimension can be inferred",
                     "give all sizes but one", input=input, shape=tuple(found))  # fmt: skip
    total, known = input.numel(), math.prod(n for n in found if n != -1)
    if -1 in found:
        if known == 0:
            raise refuse(RuntimeError, operation, "cannot reshape tensor of 0 elements into shape "
                         f"{found} because the unspecified dimension size -1 can be any value and "
                         "is ambiguous", "give every size", input=input)  # fmt: skip
        found[found.index(-1)] = total // known
    if math.prod(found) != total or any(n < 0 for n in found):
        raise refuse(RuntimeError, operation, f"shape '{list(shape)}' is invalid for "
                     f"input of size {total}", "make the product of the sizes the number of "
                     "elements, or give one of them as -1", input=input)  # fmt: skip
    return tuple(found)


@public
def reshape(input: Tensor, *size: Any, shape: Any = None) -> Tensor:
    """Give the elements another shape: a view where the memory allows it, else a copy.

    Args:
        size: the sizes, one by one or as one sequence; one of them may be -1.
        shape: the same, by name.

    Source: torch.reshape.
    """
    return reshaped(input, shape=sizes(input, size if shape is None else (shape,), "reshape"))


@public(exported=False)
def view(input: Tensor, *shape: Any, dtype: Any = None) -> Tensor:
    """Look at the same memory in another shape.

    Raises:
        RuntimeError: the strides do not allow it; use `reshape`.

    Source: torch.Tensor.view.
    """
    if dtype is not None or (len(shape) == 1 and hasattr(shape[0], "is_floating_point")):
        return view_as_dtype(input, dtype or shape[0])
    target = sizes(input, shape, "view")
    out = reshaped(input, shape=target)
    if out.memory is not input.memory or out.memory is None:
        raise refuse(RuntimeError, "view", "view size is not compatible with input tensor's size "
                     "and stride (at least one dimension spans across two contiguous subspaces). "
                     "Use .reshape(...) instead.", "use .reshape(...), or .contiguous() first",
                     input=input, shape=target, stride=input.stride())  # fmt: skip
    return out


def view_as_dtype(input: Tensor, dtype: Any) -> Tensor:
    """Read the same bytes as another type of the same size."""
    if dtype is input.dtype:
        return reshaped(input, shape=tuple(input.shape))
    if dtype.itemsize != input.itemsize:
        raise refuse(RuntimeError, "view", f"self.element_size() must equal the size of {dtype}",
                     "use .to(dtype) to convert the numbers", input=input)  # fmt: skip
    out = input.detach()
    out.array = out.array.view(dtype.numpy)
    return out


@public(exported=False)
def view_as(input: Tensor, other: Tensor) -> Tensor:
    """Look at the same memory in the shape of another tensor."""
    return view(input, tuple(other.shape))


@public(exported=False)
def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """Give the elements the shape of another tensor."""
    return reshape(input, tuple(other.shape))


@public
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from `start_dim` to `end_dim` into one.

    Source: torch.flatten.
    """
    if not input.ndim:
        return reshape(input, 1)
    first, last = input.axis(start_dim), input.axis(end_dim)
    if first > last:
        raise refuse(RuntimeError, "flatten", "flatten() has invalid args: start_dim cannot come "
                     "after end_dim", "swap them", input=input, start_dim=start_dim,
                     end_dim=end_dim)  # fmt: skip
    if first == last:
        return input
    shape = input.array.shape
    return reshape(input, *shape[:first], math.prod(shape[first:last + 1]), *shape[last + 1:])


public(lambda input: reshape(input, -1), name="ravel", doc="Flatten to one dimension.")


@public
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """Split one dimension into several.

    Source: torch.unflatten.
    """
    place = input.axis(dim)
    parts = whole("unflatten", "sizes", sizes)
    if not parts:
        raise refuse(RuntimeError, "unflatten", "unflatten: sizes must be non-empty",
                     "give the sizes to split into", input=input)  # fmt: skip
    size = input.array.shape[place]
    known = math.prod(n for n in parts if n != -1)
    if (parts.count(-1) == 0 and known != size) or (
        parts.count(-1) == 1 and (known == 0 or size % known)
    ) or parts.count(-1) > 1:  # fmt: skip
        raise refuse(RuntimeError, "unflatten", f"unflatten: Provided sizes {list(parts)} don't "
                     f"multiply up to the size of dim {dim} ({size}) in the input tensor",
                     "make their product the size of the dimension", input=input)  # fmt: skip
    parts = tuple(size // known if n == -1 else n for n in parts)
    shape = input.array.shape
    return reshape(input, *shape[:place], *parts, *shape[place + 1:])


def names_of(input: Tensor, dims: Any) -> tuple[int, ...]:
    """Read one dimension or several, counted from the front."""
    many = dims if isinstance(dims, (tuple, list)) else (dims,)
    return tuple(input.axis(d) for d in many)


@public(inplace=False)
def squeeze(input: Tensor, dim: Any = None) -> Tensor:
    """Drop dimensions of size 1: all, or those given; others are left.

    Source: torch.squeeze.
    """
    shape = input.array.shape
    drop = range(len(shape)) if dim is None else names_of(input, dim) if shape else ()
    return reshaped(input, shape=tuple(n for i, n in enumerate(shape) if i not in drop or n != 1))


@public(inplace=False)
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Insert a dimension of size 1.

    Source: torch.unsqueeze.
    """
    count = input.ndim + 1
    dim = integer("dim", dim, "unsqueeze")
    if not -count <= dim < count:
        raise no_dimension(dim, count, input.array.shape)
    shape = input.array.shape
    return reshaped(input, shape=(*shape[: dim % count], 1, *shape[dim % count :]))


@public(exported=False)
def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """Return the tensor itself if its elements lie in row-major order, else a copy that does."""
    check_format(memory_format)
    return input if is_contiguous(input) else copy(input)


@public(exported=False)
def is_contiguous(input: Tensor, memory_format: Any = None) -> bool:
    """Tell whether the elements lie in row-major order without gaps."""
    check_format(memory_format)
    return bool(BACKEND[input.array.__class__].is_contiguous(input.array))
