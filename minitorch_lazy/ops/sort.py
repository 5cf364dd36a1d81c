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

order = primitive("argsort", arguments="x", static="axis descending stable=True")
top = primitive("top_places", arguments="x", static="count axis largest ordered=True")


def check_ordered(input: Tensor, name: str) -> None:
    """Refuse complex numbers, which have no order."""
    if input.array.dtype.kind == "c":
        raise refuse(RuntimeError, name, f"{name}: Sort does not support complex dtypes on CPU",
                     "sort by magnitude, with .abs()", input=input)  # fmt: skip


def ordered(
    input: Tensor, dim: int, descending: bool, name: str, stable: bool = True
) -> Tensor:
    """Return the places of the elements in ascending or descending order."""
    check_ordered(input, name)
    axis = input.axis(dim)
    places = order(
        at_least_vector(input), axis=axis, descending=bool(descending), stable=bool(stable)
    )
    return places if input.ndim else reshape(places, ())


@public
def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """Sort along a dimension; a nan comes last, and first in descending order.

    Args:
        stable: let equal elements keep their order. Otherwise they lie as in PyTorch, which has it
            from C++'s std::sort; from 32,768 elements on, and on a GPU, they keep it all the same.

    Returns:
        named tuple (values, indices); the gradient goes to where the values came from.

    Source: torch.sort.

    >>> import minitorch_lazy as torch
    >>> torch.sort(torch.tensor([3., 1., 2.])).indices
    tensor([1, 2, 0])
    """
    places = ordered(input, dim, descending, "sort", stable)
    return return_types.sort(pick(input, places, input.axis(dim), distinct=True), places)


@public
def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False
            ) -> Tensor:  # fmt: skip
    """Return the places of the elements in sorted order, as `sort` does.

    Source: torch.argsort.
    """
    return ordered(input, dim, descending, "argsort", stable)


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
        sorted: give them in order; otherwise as they were found. Of equal elements those are taken
            that PyTorch takes; from 32,768 elements on, and on a GPU, it may be others.

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
    places = top(
        at_least_vector(input), count=int(k), axis=axis, largest=bool(largest),
        ordered=bool(sorted),
    )  # fmt: skip
    places = places if input.ndim else reshape(places, ())
    return return_types.topk(pick(input, places, axis, distinct=True), places)
