"""The same elements in another shape: views, wherever the memory allows it."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.formats import check_format
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import copy

reshaped = primitive(
    "reshape", static="shape", view=True, node_name="View",
    x=lambda xp, g, x_shape: xp.reshape(g, shape=x_shape),
)  # fmt: skip
transposed = primitive(
    "transpose", static="axes", view=True, node_name="Permute",
    x=lambda xp, g, axes: xp.transpose(g, axes=inverse(axes)),
)  # fmt: skip
broadcast = primitive(
    "broadcast_to", static="shape", view=True, node_name="Expand",
    x=lambda xp, g: g,
)  # fmt: skip
flipped = primitive(
    "flip", static="axis", x=lambda xp, g, axis: xp.flip(g, axis=axis),
)  # fmt: skip
rolled = primitive(
    "roll", static="shift axis",
    x=lambda xp, g, shift, axis: xp.roll(g, shift=tuple(-s for s in shift), axis=axis),
)  # fmt: skip
primitive("sum_to", static="shape", x=lambda xp, g, x_shape: xp.broadcast_to(g, shape=x_shape))


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the permutation that undoes another."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def listed(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Read arguments given one by one or as one sequence."""
    if len(values) == 1 and isinstance(values[0], (tuple, list)):
        return tuple(values[0])
    return values


def sizes(input: Tensor, shape: tuple[Any, ...], operation: str) -> tuple[int, ...]:
    """Read a shape that may hold one -1, and check that the elements fit."""
    shape = listed(shape)
    found = [int(n) for n in shape]
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
        raise refuse(RuntimeError, operation, f"shape '{[int(n) for n in shape]}' is invalid for "
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
    out = input.detach()  # type: ignore[attr-defined]
    out.array = out.array.view(dtype.numpy)
    return out  # type: ignore[no-any-return]


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
    parts = tuple(int(n) for n in sizes)
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
    if not -count <= dim < count:
        raise IndexError(f"Dimension out of range (expected to be in range of [{-count}, "
                         f"{count - 1}], but got {dim})")  # fmt: skip
    shape = input.array.shape
    return reshaped(input, shape=(*shape[: dim % count], 1, *shape[dim % count :]))


@public
def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """Reorder the dimensions.

    Args:
        order: every dimension once, one by one or as one sequence.
        dims: the same, by name.

    Source: torch.permute.
    """
    order = listed(order if dims is None else (dims,))
    if len(order) != input.ndim:
        raise refuse(RuntimeError, "permute", "permute(sparse_coo): number of dimensions in the "
                     f"tensor input does not match the length of the desired ordering of "
                     f"dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = "
                     f"{len(order)}", "name every dimension once", input=input)  # fmt: skip
    axes = tuple(input.axis(d) for d in order)
    if len(set(axes)) < len(axes):
        raise refuse(RuntimeError, "permute", "permute(): duplicate dims are not allowed.",
                     "name every dimension once", input=input, dims=order)  # fmt: skip
    return transposed(input, axes=axes)


@public(aliases="swapaxes swapdims")
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions.

    Source: torch.transpose.
    """
    first, second = input.axis(dim0), input.axis(dim1)
    axes = list(range(input.ndim))
    if axes:
        axes[first], axes[second] = axes[second], axes[first]
    return transposed(input, axes=tuple(axes))


@public
def t(input: Tensor) -> Tensor:
    """Transpose a matrix; vectors and numbers stay as they are.

    Raises:
        RuntimeError: there are more than two dimensions.
    """
    if input.ndim > 2:
        raise refuse(RuntimeError, "t", "t() expects a tensor with <= 2 dimensions, but self is "
                     f"{input.ndim}D", "use transpose(dim0, dim1)", input=input)  # fmt: skip
    return transposed(input, axes=tuple(reversed(range(input.ndim))))


@public(aliases="moveaxis")
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    Source: torch.movedim.
    """
    before, after = names_of(input, source), names_of(input, destination)
    if len(before) != len(after):
        raise refuse(RuntimeError, "movedim", "movedim: Invalid source or destination dims: source "
                     f"({list(before)} dims) should contain the same number of dims as destination "
                     f"({list(after)} dims)", "give as many of one as of the other",
                     input=input)  # fmt: skip
    for what, places in (("source", before), ("destination", after)):
        if len(set(places)) < len(places):
            raise refuse(RuntimeError, "movedim", f"movedim: repeated dim in `{what}` "
                         f"({list(places)})", "name each once", input=input)  # fmt: skip
    order: list[int] = [d for d in range(input.ndim) if d not in before]
    for target, origin in sorted(zip(after, before, strict=True)):
        order.insert(target, origin)
    return transposed(input, axes=tuple(order))


@public
def expand(input: Tensor, *size: Any) -> Tensor:
    """Look at dimensions of size 1 as if they were repeated; -1 keeps a size.

    Source: torch.Tensor.expand.
    """
    target = list(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else list(size)
    shape = input.array.shape
    extra = len(target) - len(shape)
    if extra < 0:
        raise refuse(RuntimeError, "expand", f"the number of sizes provided ({len(target)}) must "
                     f"be greater or equal to the number of dimensions in the tensor "
                     f"({len(shape)})", "give every size", input=input)  # fmt: skip
    for place, n in enumerate(target):
        have = shape[place - extra] if place >= extra else None
        if n == -1 and have is not None:
            target[place] = have
        elif n < 0 or (have not in (None, 1, n)):
            raise refuse(RuntimeError, "expand", f"The expanded size of the tensor ({n}) must "
                         f"match the existing size ({have}) at non-singleton dimension {place}.",
                         "only dimensions of size 1 can be expanded", input=input,
                         size=tuple(target))  # fmt: skip
    return broadcast(input, shape=tuple(int(n) for n in target))


@public
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expand to the shape of another tensor."""
    return expand(input, tuple(other.shape))



@public
def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Look at a tensor as one of another shape, by broadcasting.

    Source: torch.broadcast_to.
    """
    return expand(input, tuple(size))



@public(inplace=False)
def flip(input: Tensor, *places: Any, dims: Any = None) -> Tensor:
    """Reverse the order along dimensions; this copies.

    Args:
        places: the dimensions, one by one or as one sequence.
        dims: the same, by name.

    Source: torch.flip.
    """
    places = listed(places if dims is None else (dims,))
    axes = names_of(input, places)
    if len(set(axes)) < len(axes):
        raise refuse(RuntimeError, "flip", "dim appears multiple times in the list of dims",
                     "name each once", input=input, dims=places)  # fmt: skip
    return flipped(input, axis=axes)


@public
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Shift the elements along dimensions; what falls off one end comes in at the other.

    Source: torch.roll.
    """
    steps = tuple(shifts) if isinstance(shifts, (tuple, list)) else (shifts,)
    if dims is None or dims == ():
        if len(steps) != 1:
            raise refuse(RuntimeError, "roll", "shifts and dimensions must align. shifts: "
                         f"{len(steps)}, dims:0", "give as many dims", input=input)  # fmt: skip
        return reshape(rolled(reshape(input, -1), shift=steps, axis=(0,)), tuple(input.shape))
    axes = names_of(input, dims)
    if len(axes) != len(steps):
        raise refuse(RuntimeError, "roll", f"shifts and dimensions must align. shifts: "
                     f"{len(steps)}, dims:{len(axes)}", "give as many dims", input=input)  # fmt: skip
    return rolled(input, shift=steps, axis=axes)


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


def transposed_property(input: Tensor) -> Tensor:
    """The tensor with its dimensions in reverse order."""
    return transposed(input, axes=tuple(reversed(range(input.ndim))))


def matrix_transpose(input: Tensor) -> Tensor:
    """The tensor with its last two dimensions swapped."""
    if input.ndim < 2:
        raise refuse(RuntimeError, "mT", "tensor.mT is only supported on matrices or batches of "
                     f"matrices. Got {input.ndim}-D tensor.", "use .T", input=input)  # fmt: skip
    return transpose(input, -2, -1)


Tensor.T = property(transposed_property)  # type: ignore[attr-defined]
Tensor.mT = property(matrix_transpose)  # type: ignore[attr-defined]
Tensor.H = property(lambda x: matrix_transpose(x).conj())  # type: ignore[attr-defined]
Tensor.mH = property(lambda x: matrix_transpose(x).conj())  # type: ignore[attr-defined]


@public(method=False)
def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape to which all shapes can be broadcast.

    Raises:
        RuntimeError: they cannot.
    """
    count = max((len(s) for s in shapes), default=0)
    out = [1] * count
    for shape in shapes:
        for back in range(1, len(shape) + 1):
            n = shape[-back]
            if n != 1 and out[-back] not in (1, n):
                raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape: "
                                   f"{[tuple(s) for s in shapes]}")  # fmt: skip
            out[-back] = n if out[-back] == 1 else out[-back]
    return Size(out)


@public(method=False)
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Expand all tensors to their common shape.

    Source: torch.broadcast_tensors.
    """
    every = tensors[0] if len(tensors) == 1 and tensors[0].__class__ not in TENSORS else tensors
    shape = broadcast_shapes(*(x.shape for x in every))
    return tuple(expand(x, tuple(shape)) for x in every)
