"""Putting elements in order, and picking by rank; nan counts as larger than every number."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.compare import isnan, logical_and, logical_not, where
from minitorch_lazy.ops.gather import at_least_vector, pick
from minitorch_lazy.ops.join import narrow
from minitorch_lazy.ops.reduce import any as any_true
from minitorch_lazy.ops.reduce import argmax
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape, squeeze, unsqueeze

order = primitive("argsort", arguments="x", static="axis descending")


def ordered(input: Tensor, dim: int, descending: bool, name: str) -> Tensor:
    """Return the places of the elements in ascending or descending order; equals keep theirs."""
    if input.array.dtype.kind == "c":
        raise refuse(RuntimeError, name, f"{name}: Sort does not support complex dtypes on CPU",
                     "sort by magnitude, with .abs()", input=input)  # fmt: skip
    axis = input.axis(dim)
    places = order(at_least_vector(input), axis=axis, descending=bool(descending))
    return places if input.ndim else reshape(places, ())


@public
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """Sort along a dimension; a nan comes last, and first in descending order.

    Args:
        stable: accepted; equal elements always keep their order.

    Returns:
        named tuple (values, indices); the gradient goes to where the values came from.

    Source: torch.sort.

    >>> import minitorch_lazy as torch
    >>> torch.sort(torch.tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    places = ordered(input, dim, descending, "sort")
    return return_types.sort(pick(input, places, input.axis(dim), distinct=True), places)


@public
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
            ) -> Tensor:  # fmt: skip
    """Return the places of the elements in sorted order, as `sort` does.

    Source: torch.argsort.
    """
    return ordered(input, dim, descending, "argsort")


@public
def msort(input: Tensor) -> Tensor:
    """Sort along the first dimension.

    Source: torch.msort.
    """
    return sort(input, 0)[0]  # type: ignore[no-any-return]


@public
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """Return the k largest or smallest elements along a dimension, the most extreme first.

    Args:
        sorted: accepted; the result is always in order.

    Returns:
        named tuple (values, indices).

    Raises:
        RuntimeError: there are fewer than k elements.

    Source: torch.topk.
    """
    axis = input.axis(dim)
    size = input.array.shape[axis] if input.ndim else 1
    if not 0 <= k <= size:
        raise refuse(RuntimeError, "topk", "selected index k out of range",
                     f"k may be at most the size of the dimension, {size}", input=input,
                     k=k)  # fmt: skip
    places = ordered(input, axis, largest, "topk")
    places = narrow(places, axis, 0, k) if input.ndim else places
    return return_types.topk(pick(input, places, axis, distinct=True), places)


def ranked(input: Tensor, place: Tensor, axis: int, keepdim: bool, result: Any) -> Any:
    """Return the elements at places of size 1 along a dimension."""
    values = pick(input, place, axis, distinct=True)
    if keepdim or not input.ndim:
        return result(values, place)
    return result(squeeze(values, axis), squeeze(place, axis))


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
    size = input.array.shape[axis] if input.ndim else 1
    if not 1 <= k <= size:
        raise refuse(RuntimeError, "kthvalue", "kthvalue(): selected number k out of range for "
                     f"dimension {axis}", f"use 1 to {size}", input=input, k=k)  # fmt: skip
    places = ordered(input, axis, False, "kthvalue")
    place = narrow(places, axis, k - 1, 1) if input.ndim else places
    return ranked(input, place, axis, keepdim, return_types.kthvalue)


def check_size(input: Tensor, axis: int, name: str) -> None:
    """Refuse the middle of no elements."""
    if input.ndim and not input.array.shape[axis]:
        raise refuse(IndexError, name, f"{name}(): Expected reduction dim {axis} to have non-zero "
                     "size.", "check for numel() == 0 first", input=input)  # fmt: skip


def middle(input: Tensor, axis: int) -> Tensor:
    """Return the place of the lower median along a dimension of size 1 or more; of a nan if any."""
    places = ordered(input, axis, False, "median")
    if not input.ndim:
        return places
    place = narrow(places, axis, (input.array.shape[axis] - 1) // 2, 1)
    if input.array.dtype.kind in "biu":
        return place
    missing = isnan(input)
    return where(any_true(missing, axis, True), argmax(missing, axis, True), place)  # type: ignore[no-any-return]


def middle_of_numbers(input: Tensor, axis: int) -> Tensor:
    """Return the place of the lower median of what is not nan; of a nan if all are."""
    places = ordered(input, axis, False, "nanmedian")
    if not input.ndim or input.array.dtype.kind in "biu":
        return middle(input, axis)
    count = total(logical_not(isnan(input)), axis, True)
    rank = (count - 1).clamp(min=0) // 2  # type: ignore[operator]
    return pick(places, rank, axis, distinct=True)


def median_like(name: str, place_of: Any, result: Any, what: str) -> Any:
    """Declare `median` or `nanmedian`."""

    def function(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
        if dim is None:
            return of_all(input, place_of)
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


shared_among_equals = primitive(
    "equal_to_picked", arguments="x value",
    x=lambda xp, g, x, value: g * xp.evenly(x, value),
)  # fmt: skip
