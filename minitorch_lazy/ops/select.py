"""Whole slices by a vector of places, elements by masks, and where the nonzero elements are."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor, wrap
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.broadcast import broadcast_tensors
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import masked_fill
from minitorch_lazy.ops.fill import fitting
from minitorch_lazy.ops.gather import at_least_vector, check_places, from_the_front
from minitorch_lazy.ops.index import check_range, normal_key, put, trimmed
from minitorch_lazy.ops.index import take as taken
from minitorch_lazy.ops.join import stack
from minitorch_lazy.ops.shape import reshape


def slices(axis: int) -> tuple[Any, ...]:
    """Spell the key that picks slices along an axis by an index."""
    return (*((None, None, None),) * axis, "index")


def check_vector(input: Tensor, dim: int, index: Tensor, name: str) -> int:
    """Check a vector of places; return the dimension counted from the front."""
    check_tensor(name, "index", index)
    axis = input.axis(dim)
    if index.ndim > 1:
        raise refuse(IndexError, name, f"{name}(): Index is supposed to be a vector, but got dim: "
                     f"{index.ndim}", "flatten it", input=input, index=index)  # fmt: skip
    if index.array.dtype.kind != "i" or index.itemsize < 4:
        raise refuse(RuntimeError, name, f"{name}(): Expected dtype int32/int64 for index but got: "
                     f"{index.dtype.name}", "convert it with .long()", input=input,
                     index=index)  # fmt: skip
    check_places(index, input.array.shape[axis] if input.ndim else 1, axis, name, IndexError)
    return axis


@public
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Pick slices along a dimension by a vector of places; this copies.

    Raises:
        IndexError: a place is negative or too large.

    Source: torch.index_select.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([[1, 2], [3, 4]]).index_select(1, torch.tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    axis = check_vector(input, dim, index, "index_select")
    if not input.ndim and index.numel() != 1:
        raise refuse(IndexError, "index_select", "index_select(): Index to scalar can have only 1 "
                     f"value, got {index.numel()} value(s)", "reshape(1) the input",
                     input=input, index=index)  # fmt: skip
    found = taken(at_least_vector(input), at_least_vector(index), key=slices(axis))
    return found if input.ndim else reshape(found, ())


def put_slices(input: Tensor, dim: int, index: Tensor, value: Any, accumulate: bool, name: str
               ) -> Tensor:  # fmt: skip
    """Replace slices along a dimension, or add to them."""
    axis = check_vector(input, dim, index, name)
    out = put(at_least_vector(input), at_least_vector(value), at_least_vector(index),
              key=slices(axis), accumulate=accumulate)  # fmt: skip
    return out if input.ndim else reshape(out, ())


def check_source(input: Tensor, dim: int, index: Tensor, source: Tensor, name: str) -> None:
    """Refuse slices that do not fit."""
    if source.array.dtype != input.array.dtype:
        raise refuse(RuntimeError, name, f"{name}(): self and source expected to have the same "
                     f"dtype, but got (self) {input.dtype.name} and (source) {source.dtype.name}",
                     f"use source.to({input.dtype})", input=input, source=source)  # fmt: skip
    axis = input.axis(dim)
    want = list(input.array.shape)
    if want:
        want[axis] = index.numel()
    if list(source.array.shape) != want and (want or source.numel() != 1):
        raise refuse(RuntimeError, name, f"{name}(): Number of indices ({index.numel()}) should be "
                     "equal to source.size(dim), and the other sizes should match: expected "
                     f"{want}, got {list(source.shape)}", "reshape the source", input=input,
                     index=index, source=source)  # fmt: skip


@public(inplace=True)
def index_add(input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: Any = 1) -> Tensor:
    """Add slices along a dimension: for dim = 0, y[index[i]] += alpha * source[i].

    Places named several times get all their slices.

    Source: torch.index_add.
    """
    check_source(input, dim, index, source, "index_add")
    scaled = source if alpha == 1 else source * alpha
    return put_slices(input, dim, index, scaled, True, "index_add")


@public(inplace=True)
def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """Replace slices along a dimension: for dim = 0, y[index[i]] = source[i].

    Source: torch.index_copy.
    """
    check_source(input, dim, index, source, "index_copy")
    return put_slices(input, dim, index, source, False, "index_copy")


@public(inplace=True)
def index_fill(input: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """Fill slices along a dimension with one number; negative places count from the end.

    Source: torch.index_fill.
    """
    axis = input.axis(dim)
    size = input.array.shape[axis] if input.ndim else 1
    places = from_the_front(index, size)
    check_vector(input, dim, places, "index_fill")
    nowhere = input.new_zeros((size,), dtype=types.bool)
    mask = put(nowhere, nowhere.new_ones(()), at_least_vector(places), key=("index",),
               accumulate=False)  # fmt: skip
    shape = tuple(size if place == axis else 1 for place in range(input.ndim))
    return masked_fill(input, reshape(mask, shape), fitting(input, value, "index_fill"))


@public(inplace=True)
def index_put(input: Tensor, indices: tuple[Any, ...], values: Tensor, accumulate: bool = False
              ) -> Tensor:  # fmt: skip
    """Write `values` where `input[indices]` reads.

    Args:
        indices: index tensors or masks, one for each of the first dimensions; None takes all.
        values: broadcast to what is written.
        accumulate: add instead of replacing; elements named several times get all.

    Source: torch.index_put.
    """
    if values.array.dtype != input.array.dtype:
        raise refuse(RuntimeError, "index_put", "Index put requires the source and destination "
                     f"dtypes match, got {input.dtype.name} for the destination and "
                     f"{values.dtype.name} for the source.", f"use values.to({input.dtype})",
                     input=input, values=values)  # fmt: skip
    key = tuple(slice(None) if part is None else part for part in indices)
    spelled, places = normal_key(input, key)
    return put(input, trimmed(values), *places, key=spelled, accumulate=accumulate)


@public
def take(input: Tensor, index: Tensor) -> Tensor:
    """Pick elements of the flattened tensor: y = input.flatten()[index], of the index's shape.

    Source: torch.take.
    """
    flat = reshape(input, -1)
    check_flat(flat, index, "take")
    return taken(flat, index, key=("index",))


@public(name="put", inplace=True)
def put_flat(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """Write elements of the flattened tensor: y.flatten()[index] = source.

    Source: torch.put.
    """
    flat = reshape(input, -1)
    check_flat(flat, index, "put_")
    out = put(flat, reshape(source, tuple(index.shape)), index, key=("index",),
              accumulate=accumulate)  # fmt: skip
    return reshape(out, tuple(input.shape))


def check_flat(flat: Tensor, index: Tensor, name: str) -> None:
    """Check places in a flattened tensor; negative ones count from the end."""
    if index.dtype is not types.int64:
        raise refuse(RuntimeError, name, f"{name}(): Expected a long tensor for index, but got "
                     f"{index.dtype.name}", "convert it with .long()", index=index)  # fmt: skip
    if index.numel() and not flat.numel():
        raise refuse(IndexError, name, f"{name}(): tried to take from an empty tensor",
                     "check for numel() == 0 first", input=flat)  # fmt: skip
    check_range(flat, index, 0)


@public
def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """Pick the elements where the mask is true, as a vector.

    Args:
        mask: bool, broadcast with the input.

    Source: torch.masked_select.
    """
    if mask.array.dtype.kind != "b":
        raise refuse(RuntimeError, "masked_select", "masked_select: expected BoolTensor for mask",
                     "use mask.bool()", input=input, mask=mask)  # fmt: skip
    x, where = broadcast_tensors(input, mask)
    x, where = at_least_vector(x), at_least_vector(where)
    return taken(x, *nonzero(where, as_tuple=True), key=("index",) * x.ndim)


@public(inplace=True)
def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """Write the elements of `source`, one after the other, where the mask is true.

    Args:
        mask: bool, broadcast with the input.
        source: at least as many elements as the mask has true ones.

    Source: torch.Tensor.masked_scatter.
    """
    if mask.array.dtype.kind != "b" or source.array.dtype != input.array.dtype:
        raise refuse(RuntimeError, "masked_scatter", "masked_scatter: expected self and source to "
                     "have same dtypes, and a bool mask", "convert them", input=input, mask=mask,
                     source=source)  # fmt: skip
    x, where = broadcast_tensors(input, mask)
    x, where = at_least_vector(x), at_least_vector(where)
    places = nonzero(where, as_tuple=True)
    count = places[0].numel()
    if source.numel() < count:
        raise refuse(RuntimeError, "masked_scatter", f"masked_scatter: number of elements of "
                     f"source ({source.numel()}) < number of ones in mask ({count})",
                     "give more elements", mask=mask, source=source)  # fmt: skip
    value = reshape(source, -1)[:count]
    out = put(x, value, *places, key=("index",) * x.ndim, accumulate=False)
    return out if input.ndim or mask.ndim else reshape(out, ())


@public
def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """Return where the elements are that are not 0.

    Args:
        as_tuple: return one vector of places for each dimension, as NumPy does.

    Returns:
        int64 (number of elements, dimensions), or a tuple.

    Source: torch.nonzero.
    """
    x = at_least_vector(input)
    found = tuple(wrap(places) for places in BACKEND[x.array.__class__].nonzero(x.array))
    if as_tuple:
        return found
    together = stack(found, 1)
    return together if input.ndim else together[:, :0]


@public
def argwhere(input: Tensor) -> Tensor:
    """Return where the elements are that are not 0, one row for each.

    Source: torch.argwhere.
    """
    return nonzero(input)  # type: ignore[no-any-return]
