"""Elements by their rank: the k-th smallest, medians, quantiles and the most frequent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.axes import movedim
from minitorch_lazy.ops.compare import isnan, logical_not, where
from minitorch_lazy.ops.create import ones, tensor
from minitorch_lazy.ops.extremes import place_so_far
from minitorch_lazy.ops.gather import pick
from minitorch_lazy.ops.join import cat, narrow
from minitorch_lazy.ops.pairs import lerp
from minitorch_lazy.ops.ranges import arange
from minitorch_lazy.ops.reduce import any as any_true
from minitorch_lazy.ops.reduce import argmax, shared
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape, squeeze
from minitorch_lazy.ops.sort import ordered, sort


def ranked(input: Tensor, place: Tensor, axis: int, keepdim: bool, result: Any) -> Any:
    """Return the elements at places of size 1 along a dimension."""
    values = pick(input, place, axis, distinct=True)
    if keepdim or not input.ndim:
        return result(values, place)
    return result(squeeze(values, axis), squeeze(place, axis))


def check_size(input: Tensor, axis: int, name: str) -> None:
    """Refuse to rank no elements."""
    if input.ndim and not input.array.shape[axis]:
        raise refuse(IndexError, name, f"{name}(): Expected reduction dim {axis} to have non-zero "
                     "size.", "check for numel() == 0 first", input=input)  # fmt: skip


@public
def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """Return the k-th smallest element along a dimension, counted from 1.

    Returns:
        named tuple (values, indices).

    Raises:
        RuntimeError: there are fewer than k elements.

    Source: torch.kthvalue.
    """
    axis = input.axis(dim)
    check_size(input, axis, "kthvalue")
    size = input.array.shape[axis] if input.ndim else 1
    if not 1 <= k <= size:
        raise refuse(RuntimeError, "kthvalue", "kthvalue(): selected number k out of range for "
                     f"dimension {axis}", f"use 1 to {size}", input=input, k=k)  # fmt: skip
    places = ordered(input, axis, False, "kthvalue")
    place = narrow(places, axis, k - 1, 1) if input.ndim else places
    return ranked(input, place, axis, keepdim, return_types.kthvalue)


def middle(input: Tensor, axis: int) -> Tensor:
    """Return the place of the lower median along a dimension; that of the first nan if any."""
    places = ordered(input, axis, False, "median")
    if not input.ndim:
        return places
    place = narrow(places, axis, (input.array.shape[axis] - 1) // 2, 1)
    if input.array.dtype.kind in "biu":
        return place
    missing = isnan(input)
    return where(  # type: ignore[no-any-return]
        any_true(missing, axis, True), argmax(missing, axis, True), place
    )


def middle_of_numbers(input: Tensor, axis: int) -> Tensor:
    """Return the place of the lower median of what is not nan; of a nan if all are."""
    if not input.ndim or input.array.dtype.kind in "biu":
        return middle(input, axis)
    count = total(logical_not(isnan(input)), axis, True)
    rank = (count - 1).clamp(min=0) // 2
    return pick(ordered(input, axis, False, "nanmedian"), rank, axis, distinct=True)


middle_of_all = primitive(
    "median", static="skip_nan",
    x=lambda xp, g, x, y: shared(xp, g, x, y, tuple(range(x.ndim))),
)  # fmt: skip


def median_like(name: str, place_of: Callable[..., Tensor], result: Any, what: str) -> Any:
    """Declare `median` or `nanmedian`."""

    def function(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is None:
            return middle_of_all(input, skip_nan=name == "nanmedian")
        axis = input.axis(dim)
        check_size(input, axis, name)
        return ranked(input, place_of(input, axis), axis, keepdim, result)

    function.__name__ = name
    doc = f"""Return the middle element, the lower of the two where their number is even.

    {what}

    Args:
        dim: a dimension; None returns the median of all, whose ties share the gradient evenly.
        keepdim: keep the reduced dimension, as size 1.

    Returns:
        a 0-d tensor, or for a dimension a named tuple (values, indices).

    Source: torch.{name}.
    """
    return public(function, name=name, doc=doc)


median = median_like("median", middle, return_types.median, "Where there is a nan, it is nan.")
nanmedian = median_like("nanmedian", middle_of_numbers, return_types.nanmedian,
                        "A nan does not count.")  # fmt: skip


def quantile_like(name: str, skip_nan: bool, what: str) -> Any:
    """Declare `quantile` or `nanquantile`."""

    def function(input: Tensor, q: Any, dim: int | None = None, keepdim: bool = False, *,
                 interpolation: str = "linear") -> Tensor:  # fmt: skip
        level = check_level(name, input, q, interpolation)
        x = reshape(input, -1) if dim is None or not input.ndim else input
        axis = 0 if dim is None or not input.ndim else input.axis(dim)
        found = between(movedim(x, axis, -1), reshape(level, -1), skip_nan, interpolation)
        front = movedim(found, -1, 0)
        if keepdim:
            kept = [1 if dim is None or i == axis else n for i, n in enumerate(input.array.shape)]
            front = reshape(front, front.array.shape[0], *kept)
        return front if level.ndim else squeeze(front, 0)

    function.__name__ = name
    doc = f"""Return the values below which fractions q of the elements lie.

    {what}

    Args:
        q: numbers from 0 to 1: a float, or a tensor of one dimension.
        dim: a dimension; None takes all elements.
        keepdim: keep the reduced dimension, as size 1.
        interpolation: what lies between two elements: "linear", "lower", "higher", "midpoint" or
            "nearest".

    Returns:
        a tensor whose first dimension is that of q, if q has one.

    Source: torch.{name}.
    """
    return public(function, name=name, doc=doc)


def check_level(name: str, input: Tensor, q: Any, interpolation: str) -> Tensor:
    """Check the arguments of a quantile; return its levels as a tensor."""
    if input.dtype not in (types.float32, types.float64):
        raise refuse(RuntimeError, name, f"{name}() input tensor must be either float or double "
                     "dtype", "convert it with .float()", input=input)  # fmt: skip
    if not input.numel():
        raise refuse(RuntimeError, name, f"{name}() input tensor must be non-empty",
                     "check for numel() == 0 first", input=input)  # fmt: skip
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise refuse(RuntimeError, name, f"{name}() interpolation must be one of linear, lower, "
                     f"higher, midpoint or nearest, but got {interpolation}", "choose one",
                     input=input)  # fmt: skip
    if q.__class__ in TENSORS and (q.ndim > 1 or q.dtype is not input.dtype):
        raise refuse(RuntimeError, name, f"{name}() q tensor must be the same dtype as the input "
                     "tensor, and a scalar or 1D tensor", f"use q.to({input.dtype})", input=input,
                     q=q)  # fmt: skip
    if q.__class__ not in TENSORS:
        if not 0 <= q <= 1:
            raise refuse(RuntimeError, name, f"{name}() q must be in the range [0, 1] but got {q}",
                         "divide percentages by 100", input=input)  # fmt: skip
        return tensor(float(q), dtype=input.dtype, device=input.device)
    return q  # type: ignore[no-any-return]


def between(x: Tensor, level: Tensor, skip_nan: bool, interpolation: str) -> Tensor:
    """Return quantiles along the last dimension: one for each level, as the last dimension."""
    values = sort(x, -1)[0]
    missing = isnan(x)
    last = x.array.shape[-1] - 1
    rank = level * last
    if skip_nan:
        count = total(logical_not(missing), -1, True)
        rank = (level * (count - 1)).clamp(min=0)
    else:
        rank = where(any_true(missing, -1, True), float(last), rank)
    if interpolation in ("lower", "higher", "nearest"):
        rank = {"lower": rank.floor, "higher": rank.ceil, "nearest": rank.round}[interpolation]()
    below = rank.floor()
    low = pick(values, below.long(), values.ndim - 1)
    if interpolation in ("lower", "higher", "nearest"):
        return low
    high = pick(values, rank.ceil().long(), values.ndim - 1)
    weight = 0.5 if interpolation == "midpoint" else rank - below
    return lerp(low, high, weight)


quantile = quantile_like("quantile", False, "Where there is a nan, all are nan.")
nanquantile = quantile_like("nanquantile", True, "A nan does not count.")


def longest_run(values: Tensor, axis: int) -> Tensor:
    """Return where the longest run of equals ends, the first of several; a nan equals nothing."""
    size = values.array.shape[axis]
    before, after = narrow(values, axis, 0, size - 1), narrow(values, axis, 1, size - 1)
    first = ones(narrow(values, axis, 0, 1).shape, dtype=types.bool, device=values.device)
    start = place_so_far(cat([first, after != before], axis), axis=axis, larger=True)
    places = reshape(arange(size, device=values.device), size, *(1,) * (values.ndim - 1 - axis))
    return argmax(places - start, axis, True)


@public
def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> Any:
    """Return the most frequent element along a dimension, the smallest of several.

    A nan equals nothing, itself included, and is larger than all numbers. It takes one sort and
    memory in proportion to the input.

    Returns:
        named tuple (values, indices); the index is that of its last appearance. PyTorch's is too
        for up to 16 elements, and any of its appearances for more.

    Raises:
        IndexError: the dimension has no elements.
        NotImplementedError: the numbers are complex.

    Source: torch.mode.

    >>> import minitorch_lazy as torch
    >>> torch.mode(torch.tensor([3, 1, 3, 1, 2])).values
    tensor(1)
    """
    axis = input.axis(dim)
    check_size(input, axis, "mode")
    if input.array.dtype.kind == "c":
        raise refuse(NotImplementedError, "mode", "\"mode_cpu\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "count magnitudes, with .abs()",
                     input=input)  # fmt: skip
    if not input.ndim:
        return ranked(input, argmax(input), axis, keepdim, return_types.mode)
    places = ordered(input, axis, False, "mode")
    final = longest_run(pick(input.detach(), places, axis, distinct=True), axis)
    return ranked(input, pick(places, final, axis, distinct=True), axis, keepdim, return_types.mode)
