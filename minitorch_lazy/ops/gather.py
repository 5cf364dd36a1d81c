"""Picking and placing elements along a dimension by an index of the same number of dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert, spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.broadcast import broadcast_shapes, expand
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.fill import fitting
from minitorch_lazy.ops.index import getitem
from minitorch_lazy.ops.shape import reshape

taken = primitive(
    "take_along_axis", arguments="x index", static="axis distinct=False", exempt="index",
    node_name="Gather",
    x=lambda xp, g, index, x_shape, axis, distinct: xp.scatter_zeros(
        g, index, axis=axis, shape=x_shape, distinct=distinct),
)  # fmt: skip
primitive(
    "scatter_zeros", arguments="x index", static="axis shape distinct=False", exempt="index",
    x=lambda xp, g, index, axis, distinct: xp.take_along_axis(
        g, index, axis=axis, distinct=distinct),
)  # fmt: skip
scattered = primitive(
    "scatter", arguments="x index value", static="axis accumulate=False", exempt="index",
    x=lambda xp, g, index, axis, accumulate: g if accumulate
    else xp.scatter(g, index, xp.zeros_like(xp.take_along_axis(g, index, axis=axis)), axis=axis),
    value=lambda xp, g, index, axis: xp.take_along_axis(g, index, axis=axis),
)  # fmt: skip


def check_index(input: Tensor, dim: int, index: Tensor, name: str) -> int:
    """Check type, sizes and range of an index; return the dimension counted from the front.

    Raises:
        RuntimeError: wrong type, number of dimensions or size, or a place that does not exist.
    """
    axis = input.axis(dim)
    if index.array.dtype.kind != "i" or index.itemsize < 4:
        raise refuse(RuntimeError, name, f"{name}(): Expected dtype int32/int64 for index",
                     "convert it with .long()", input=input, index=index)  # fmt: skip
    if (index.ndim or 1) != (input.ndim or 1):
        raise refuse(RuntimeError, name, "Index tensor must have the same number of dimensions as "
                     "input tensor", "reshape or expand the index", input=input,
                     index=index)  # fmt: skip
    check_sizes(index, input, axis, name)
    check_places(index, input.array.shape[axis] if input.ndim else 1, axis, name)
    return axis


def check_sizes(index: Tensor, limit: Tensor, free: int | None, name: str) -> None:
    """Refuse an index that is larger than a tensor in any dimension but `free`."""
    for place, (n, most) in enumerate(zip(index.array.shape, limit.array.shape, strict=False)):
        if n > most and place != free:
            raise refuse(RuntimeError, name, f"Size does not match at dimension {place} expected "
                         f"index {list(index.shape)} to be no larger than {list(limit.shape)}"
                         + ("" if free is None else f" apart from dimension {free}"),
                         "cut the index", index=index, tensor=limit)  # fmt: skip


def check_places(index: Tensor, size: int, axis: int, name: str, kind: type[Exception]
                 = RuntimeError) -> None:  # fmt: skip
    """Refuse places that do not exist, negative ones too; arrays on devices are not read."""
    array = index.array
    if not isinstance(array, np.ndarray) or not array.size:
        return
    # As unsigned numbers negative places are the largest, so that one pass finds them too.
    if int(array.view(f"u{array.itemsize}").max()) < size:
        return
    low, high = int(array.min()), int(array.max())
    raise refuse(kind, name, f"index {low if low < 0 else high} is out of bounds for dimension "
                 f"{axis} with size {size}", f"use places from 0 to {size - 1}",
                 index=index)  # fmt: skip


def at_least_vector(x: Any) -> Any:
    """Make a 0-d tensor one of a single element."""
    return reshape(x, 1) if x.__class__ in TENSORS and not x.ndim else x


def pick(input: Tensor, index: Tensor, axis: int, distinct: bool = False) -> Tensor:
    """Pick checked places along a dimension; 0-d tensors count as single elements.

    Args:
        distinct: promises that no place is picked twice.
    """
    found = taken(at_least_vector(input), at_least_vector(index), axis=axis,
                  distinct=distinct or index.numel() == 1)  # fmt: skip
    return found if index.ndim else reshape(found, ())


@public
def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """Pick elements along a dimension: for dim = 1, y[i, j] = input[i, index[i, j]].

    Args:
        index: integers, with as many dimensions as the input, none longer but `dim`.
        sparse_grad: accepted; gradients here are dense.

    Raises:
        RuntimeError: a place is negative or too large.

    Source: torch.gather.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([[1, 2], [3, 4]]).gather(1, torch.tensor([[0], [1]]))
    tensor([[1],
            [4]])
    """
    axis = check_index(input, dim, index, "gather") if index.numel() else input.axis(dim)
    return pick(input, index, axis) if index.numel() else empty_pick(input, index)


def empty_pick(input: Tensor, index: Tensor) -> Tensor:
    """Pick nothing: a result of the index's shape that hangs on the input."""
    flat = reshape(input, -1)
    return reshape(getitem(flat, key=((0, 0, None),)), tuple(index.shape))


@public
def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """Pick elements along a dimension, the other dimensions being broadcast together.

    Args:
        dim: None picks from the flattened input.

    Source: torch.take_along_dim.
    """
    if indices.array.dtype.kind not in "iu":
        raise refuse(RuntimeError, "take_along_dim", "torch.take_along_dim(): dtype of indices "
                     f"should be Long but got {spoken(indices.dtype.name)}",
                     "convert it with .long()", indices=indices)  # fmt: skip
    if dim is None:
        return take_along_dim(reshape(input, -1), reshape(indices, -1), 0)
    if input.ndim != indices.ndim:
        raise refuse(RuntimeError, "take_along_dim", "torch.take_along_dim(): input and indices "
                     f"should have the same number of dimensions, but got {input.ndim} dimensions "
                     f"for input, and {indices.ndim} dimensions for indices", "reshape one",
                     input=input, indices=indices)  # fmt: skip
    axis = input.axis(dim)
    shapes = [list(t.array.shape) for t in (input, indices)]
    own = [shape[axis] for shape in shapes]
    for shape in shapes:
        shape[axis] = 1
    common = list(broadcast_shapes(*shapes))
    wide = [expand(t, (*common[:axis], n, *common[axis + 1 :])) for t, n in
            zip((input, indices), own, strict=True)]  # fmt: skip
    return gather(wide[0], axis, from_the_front(wide[1].long(), own[0]))


def from_the_front(index: Tensor, size: int) -> Tensor:
    """Count negative places from the end."""
    return where(index < 0, index + size, index)  # type: ignore[no-any-return]


def cut(src: Tensor, index: Tensor) -> Tensor:
    """Cut a source to the shape of the index."""
    if src.shape == index.shape:
        return src
    return getitem(src, key=tuple((0, n, None) for n in index.array.shape))


def scatter_into(input: Tensor, axis: int, index: Tensor, value: Any, accumulate: bool) -> Tensor:
    """Place a number or a tensor of the index's shape."""
    x = at_least_vector(input)
    out = scattered(x, at_least_vector(index), at_least_vector(value), axis=axis,
                    accumulate=accumulate)  # fmt: skip
    return out if input.ndim else reshape(out, ())


def source_of(input: Tensor, index: Tensor, src: Any, name: str) -> Any:
    """Check what is to be scattered: a number, or a tensor at least as large as the index."""
    if src.__class__ not in TENSORS:
        return fitting(input, src, name)
    if src.array.dtype != input.array.dtype:
        raise refuse(RuntimeError, name, f"{name}(): Expected self.dtype to be equal to src.dtype",
                     f"convert it with .to({input.dtype})", input=input, src=src)  # fmt: skip
    if (src.ndim or 1) != (index.ndim or 1):
        raise refuse(RuntimeError, name, "Index tensor must have the same number of dimensions as "
                     "src tensor", "reshape or expand src", src=src, index=index)  # fmt: skip
    check_sizes(index, src, None, name)
    return cut(at_least_vector(src), at_least_vector(index))


@public(inplace=True)
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None,
            reduce: str | None = None) -> Tensor:  # fmt: skip
    """Place elements along a dimension: for dim = 1, y[i, index[i, j]] = src[i, j].

    Where a place is named several times, one of the elements is kept, and all get its gradient.

    Args:
        src: a tensor at least as large as the index, or a number.
        value: a number, the same as a number given as `src`.
        reduce: "add" or "multiply" the elements instead of replacing.

    Raises:
        RuntimeError: a place is negative or too large; types or sizes do not fit.

    Source: torch.Tensor.scatter.
    """
    src = value if src is None else src
    if reduce not in (None, "add", "multiply"):
        raise refuse(RuntimeError, "scatter", "reduce argument must be either add or multiply.",
                     "choose one of them, or leave it out", reduce=reduce)  # fmt: skip
    if not index.numel():
        return input.clone()
    axis = check_index(input, dim, index, "scatter")
    src = source_of(input, index, src, "scatter")
    if reduce == "multiply":
        return multiplied_into(input, axis, index, src)
    return scatter_into(input, axis, index, src, accumulate=reduce == "add")


multiplied_at = primitive(
    "scatter_multiply", arguments="x index value", static="axis", exempt="index",
)  # fmt: skip


def multiplied_into(input: Tensor, axis: int, index: Tensor, src: Any) -> Tensor:
    """Multiply elements into places; this has no gradient, as in PyTorch."""
    out = multiplied_at(at_least_vector(input), at_least_vector(index), at_least_vector(src),
                        axis=axis)  # fmt: skip
    return out if input.ndim else reshape(out, ())


@public(inplace=True)
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """Add elements along a dimension: for dim = 1, y[i, index[i, j]] += src[i, j].

    Places named several times get all their elements.

    Source: torch.Tensor.scatter_add.
    """
    if not index.numel():
        return input.clone()
    axis = check_index(input, dim, index, "scatter_add")
    src = source_of(input, index, src, "scatter_add")
    return scatter_into(input, axis, index, convert(src, input.array.dtype), accumulate=True)
