"""Many tensors to one, and one to many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer, no_dimension, whole
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.core.views import forbid
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.index import getitem
from minitorch_lazy.ops.shape import reshape, unsqueeze

joined = primitive(
    "concatenate", static="axis", rest="xs", node_name="Cat",
    xs=lambda xp, g, position, xs_shape, axis: xp.getitem(
        g, key=piece(axis, sum(s[axis] for s in xs_shape[:position]), xs_shape[position][axis])),
)  # fmt: skip
stacked = primitive(
    "stack", static="axis", rest="xs",
    xs=lambda xp, g, position, axis: xp.getitem(g, key=(*((None, None, None),) * axis, position)),
)  # fmt: skip


def piece(axis: int, start: int, length: int) -> tuple[Any, ...]:
    """Spell the key of a piece along an axis."""
    return (*((None, None, None),) * axis, (start, start + length, None))


def promoted(tensors: Sequence[Any], name: str) -> list[Tensor]:
    """Check a sequence of tensors, and give them their common type."""
    if tensors.__class__ in TENSORS or not isinstance(tensors, (list, tuple)):
        raise TypeError(f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not "
                        f"{type(tensors).__name__}")  # fmt: skip
    if not tensors:
        raise RuntimeError(f"{name}(): expected a non-empty list of Tensors")
    for tensor in tensors:
        if tensor.__class__ not in TENSORS:
            raise TypeError(f"expected Tensor as element in argument 0, but got "
                            f"{type(tensor).__name__}")  # fmt: skip
    kind = tensors[0].dtype
    for tensor in tensors[1:]:
        kind = types.promote_types(kind, tensor.dtype)
    return [convert(tensor, kind.numpy) for tensor in tensors]


@public(method=False, aliases="concat concatenate")
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors along a dimension; their other sizes are equal.

    An empty tensor of shape (0,) is left out, whatever the others' shape.

    Source: torch.cat.

    >>> import minitorch_lazy as torch
    >>> torch.cat([torch.ones(1, 2), torch.zeros(1, 2)])
    tensor([[1., 1.],
            [0., 0.]])
    """
    every = promoted(tensors, "torch.cat")
    parts = [x for x in every if tuple(x.shape) != (0,)] or every[:1]
    axis = parts[0].axis(dim)
    for place, part in enumerate(parts):
        if part.ndim == 0:
            raise refuse(RuntimeError, "cat", f"zero-dimensional tensor (at position {place}) "
                         "cannot be concatenated", "use torch.stack", tensor=part)  # fmt: skip
        if part.ndim != parts[0].ndim or any(
            a != b for i, (a, b) in enumerate(zip(part.shape, parts[0].shape, strict=False))
            if i != axis
        ):  # fmt: skip
            raise refuse(
                RuntimeError, "cat", f"Tensors must have same number of dimensions, and sizes of "
                f"tensors must match except in dimension {dim}. Expected size of tensor number "
                f"{place} in the list: {list(part.shape)}, got the first's {list(parts[0].shape)}",
                "reshape or expand them first", first=parts[0], other=part,
            )  # fmt: skip
    return joined(*parts, axis=axis)


@public(method=False)
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """Join tensors of one shape along a new dimension.

    Source: torch.stack.
    """
    parts = promoted(tensors, "stack")
    count = parts[0].ndim + 1
    if not -count <= dim < count:
        raise no_dimension(dim, count, parts[0].array.shape)
    for place, part in enumerate(parts):
        if part.shape != parts[0].shape:
            raise refuse(RuntimeError, "stack", "stack expects each tensor to be equal size, but "
                         f"got {list(parts[0].shape)} at entry 0 and {list(part.shape)} at entry "
                         f"{place}", "give tensors of one shape", first=parts[0],
                         other=part)  # fmt: skip
    return stacked(*parts, axis=dim % count)


def at_least(tensors: Sequence[Tensor], count: int) -> list[Tensor]:
    """Give numbers and vectors the dimensions that a stack needs."""
    return [reshape(x, *(1,) * (1 - x.ndim), *x.shape) if x.ndim < count else x for x in tensors]


@public(method=False)
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side: along the first dimension of vectors, else along the second.

    Source: torch.hstack.
    """
    parts = at_least(promoted(tensors, "hstack"), 1)
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


@public(method=False, aliases="row_stack")
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join one above the other: vectors are rows.

    Source: torch.vstack.
    """
    parts = at_least(promoted(tensors, "vstack"), 1)
    return cat([unsqueeze(x, 0) if x.ndim == 1 else x for x in parts], 0)


@public
def select(input: Tensor, dim: int, index: int) -> Tensor:
    """Look at one place along a dimension; the dimension goes.

    Source: torch.select.
    """
    axis = input.axis(dim)
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    size = input.array.shape[axis]
    if not -size <= index < size:
        raise refuse(IndexError, "select", f"select(): index {index} out of range for tensor of "
                     f"size {list(input.shape)} at dimension {axis}",
                     f"use an index from {-size} to {size - 1}", input=input)  # fmt: skip
    return getitem(input, key=(*((None, None, None),) * axis, int(index)))


@public
def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """Look at a run of places along a dimension.

    Source: torch.narrow.
    """
    axis = input.axis(dim)
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    size = input.array.shape[axis]
    if start.__class__ in TENSORS and (start.ndim or start.dtype.category != 1):
        raise refuse(RuntimeError, "narrow", "start must be an 0-dim integral Tensor.",
                     "give a number", input=input, start=start)  # fmt: skip
    if start.__class__ in TENSORS and (start.ndim or start.array.dtype.kind not in "iu"):
        raise refuse(RuntimeError, "narrow", "start must be an 0-dim integral Tensor.",
                     "give a whole number", input=input, start=start)  # fmt: skip
    first = int(start)
    if length < 0 or not -size <= first <= size:
        raise refuse(IndexError if length >= 0 else RuntimeError, "narrow",
                     f"start out of range (expected to be in range of [{-size}, {size}], but got "
                     f"{first}), or negative length {length}", "stay inside the dimension",
                     input=input)  # fmt: skip
    first += size if first < 0 else 0
    if first + length > size:
        raise refuse(RuntimeError, "narrow", f"start ({first}) + length ({length}) exceeds "
                     f"dimension size ({size}).", "stay inside the dimension",
                     input=input)  # fmt: skip
    return getitem(input, key=piece(axis, first, length))


@public
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """Look at every place along a dimension.

    Source: torch.unbind.
    """
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    axis = input.axis(dim)
    lead = ((None, None, None),) * axis
    parts = tuple([getitem(input, key=(*lead, i)) for i in range(input.array.shape[axis])])
    return forbid(parts, "UnbindBackward0")


def pieces(input: Tensor, axis: int, lengths: Sequence[int], name: str) -> tuple[Tensor, ...]:
    """Look at runs of given lengths, one after the other."""
    starts = [sum(lengths[:i]) for i in range(len(lengths))]
    parts = [
        getitem(input, key=piece(axis, start, length))
        for start, length in zip(starts, lengths, strict=True)
    ]
    return forbid(tuple(parts), name)


@public
def split(tensor: Tensor, split_size_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Split into runs of one size, the last one shorter, or of the sizes given.

    Source: torch.split.
    """
    if not tensor.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    axis = tensor.axis(dim)
    size = tensor.array.shape[axis]
    if not isinstance(split_size_or_sections, (tuple, list)):
        each = integer("split_size", split_size_or_sections, "split")
        if each < 0 or (each == 0 and size):
            raise RuntimeError(f"split expects split_size be non-negative, but got {each}")
        count = max(-(-size // each), 1) if each else 1
        lengths = [min(each, size - i * each) if each else 0 for i in range(count)]
        return pieces(tensor, axis, lengths, "SplitBackward0")
    lengths = list(whole("split", "split_sizes", split_size_or_sections))
    if sum(lengths) != size or any(n < 0 for n in lengths):
        raise refuse(RuntimeError, "split", "split_with_sizes expects split_sizes to sum exactly "
                     f"to {size} (input tensor's size at dimension {axis}), but got {lengths}",
                     "make the sizes add up", input=tensor)  # fmt: skip
    return pieces(tensor, axis, lengths, "SplitWithSizesBackward0")


public(lambda input, split_sizes, dim=0: split(input, list(split_sizes), dim),
       name="split_with_sizes", doc="Split into runs of the sizes given.")  # fmt: skip


@public
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """Split into at most so many runs of equal size, the last one shorter.

    Source: torch.chunk.
    """
    chunks = integer("chunks", chunks, "chunk")
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    size = input.array.shape[input.axis(dim)]
    each = -(-size // chunks)
    return split(input, each, dim) if each else pieces(
        input, input.axis(dim), [0] * chunks, "SplitBackward0")  # fmt: skip


@public
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple[Tensor, ...]:
    """Split into so many runs as equal as can be, or at the places given.

    Source: torch.tensor_split.
    """
    if not input.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor, but got 0 dims")
    axis = input.axis(dim)
    size = input.array.shape[axis]
    if indices_or_sections.__class__ in TENSORS:
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        if count < 1:
            raise RuntimeError(f"number of sections must be larger than 0, got {count}")
        lengths = [size // count + (i < size % count) for i in range(count)]
        return pieces(input, axis, lengths, "SplitBackward0")
    cuts = [slice(None, int(i)).indices(size)[1] for i in indices_or_sections]
    bounds = [0, *cuts, size]
    parts = [
        getitem(input, key=piece(axis, a, max(b - a, 0)))
        for a, b in zip(bounds, bounds[1:], strict=False)
    ]
    return forbid(tuple(parts), "SplitBackward0")
