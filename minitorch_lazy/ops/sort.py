"""Putting elements in order; nan counts as larger than every number."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.gather import at_least_vector, pick
from minitorch_lazy.ops.shape import reshape

order = primitive("argsort", arguments="x", static="axis descending")
top = primitive("top_places", arguments="x", static="count axis largest")


def check_ordered(input: Tensor, name: str) -> None:
    """Refuse complex numbers, which have no order."""
    if input.array.dtype.kind == "c":
        raise refuse(RuntimeError, name, f"{name}: Sort does not support complex dtypes on CPU",
                     "sort by magnitude, with .abs()", input=input)  # fmt: skip


def ordered(input: Tensor, dim: int, descending: bool, name: str) -> Tensor:
    """Return the places of the elements in ascending or descending order; equals keep theirs."""
    check_ordered(input, name)
    axis = input.axis(dim)
    places = order(at_least_vector(input), axis=axis, descending=bool(descending))
    return places if input.ndim else reshape(places, ())


@public
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """Sort along a dimension; a nan comes last, and first in descending order.

    Args:
        stable: accepted; equal elements always keep their order. PyTorch promises that only where
            it is True, and without it leaves them as std::sort does.

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
        sorted: accepted; the result is always in order, of equal elements the first ones first.
            PyTorch does not say which of them it takes.

    Returns:
        named tuple (values, indices).

    Raises:
        RuntimeError: there are fewer than k elements.

    Source: torch.topk.
    """
    axis = input.axis(dim)
    size = input.array.shape[axis] if input.ndim else 1
    k = integer("k", k, "topk")
    if not 0 <= k <= size:
        raise refuse(RuntimeError, "topk", "selected index k out of range",
                     f"k may be at most the size of the dimension, {size}", input=input,
                     k=k)  # fmt: skip
    check_ordered(input, "topk")
    places = top(at_least_vector(input), count=int(k), axis=axis, largest=bool(largest))
    places = places if input.ndim else reshape(places, ())
    return return_types.topk(pick(input, places, axis, distinct=True), places)
