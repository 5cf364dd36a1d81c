"""The largest and the smallest: of a tensor, along a dimension, of two tensors, and so far."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.gather import pick
from minitorch_lazy.ops.limits import maximum, minimum
from minitorch_lazy.ops.reduce import amax, amin, argmax, argmin
from minitorch_lazy.ops.shape import squeeze


def picked_along(input: Tensor, place: Tensor, axis: int, keepdim: bool) -> tuple[Tensor, Tensor]:
    """Return the elements at places of size 1 along a dimension, and the places."""
    values = pick(input, place, axis, distinct=True)
    if keepdim or not input.ndim:
        return values, place
    return squeeze(values, axis), squeeze(place, axis)


def extreme(
    word: str, of_pair: Callable[..., Tensor], of_all: Callable[..., Tensor],
    place_of: Callable[..., Tensor], result: type[return_types.Named],
) -> Callable[..., Any]:  # fmt: skip
    """Declare `max` or `min` with its three ways to be called."""

    def function(input: Tensor, dim: Any = None, keepdim: bool = False, *, other: Any = None
                 ) -> Any:  # fmt: skip
        check_tensor(word, "input", input)
        other = dim if dim.__class__ in TENSORS else other
        if other is not None:
            return of_pair(input, other)
        if input.array.dtype.kind == "c":
            raise refuse(RuntimeError, word, f"\"{word}\" not implemented for complex numbers",
                         "compare magnitudes, with .abs()", input=input)  # fmt: skip
        if dim is None:
            check_any(input, word)
            return of_all(input)
        place = place_of(input, dim, keepdim=True)
        return result(picked_along(input, place, input.axis(dim), keepdim))

    function.__name__ = word
    long = {"max": "largest", "min": "smallest"}[word]
    doc = f"""Return the {long} element: of all, along a dimension, or of each pair.

    `{word}(input)` is a 0-d tensor, and ties share the gradient evenly. `{word}(input, dim)` is a
    named tuple (values, indices), the first place in a tie, and the gradient goes there.
    `{word}(input, other)` is `{word}imum(input, other)`. A nan is the result wherever there is one.

    Args:
        dim: a dimension; or a tensor to compare with.
        keepdim: keep the reduced dimension, as size 1.

    Source: torch.{word}.

    >>> import minitorch_lazy as torch
    >>> torch.{word}(torch.tensor([[1., 2.], [4., 3.]]), 1).indices
    tensor({[1, 0] if word == "max" else [0, 1]})
    """
    return public(function, name=word, doc=doc)


def check_any(input: Tensor, word: str) -> None:
    """Refuse the extreme of no elements."""
    if not input.numel():
        raise refuse(RuntimeError, word, f"{word}(): Expected reduction dim to be specified for "
                     "input.numel() == 0. Specify the reduction dim with the 'dim' argument.",
                     "check for numel() == 0 first", input=input)  # fmt: skip


max = extreme("max", maximum, amax, argmax, return_types.max)
min = extreme("min", minimum, amin, argmin, return_types.min)

place_so_far = primitive("running_place", arguments="x", static="axis larger")


def running(word: str, larger: bool, result: type[return_types.Named]) -> Callable[..., Any]:
    """Declare the largest or the smallest up to each element."""

    def function(input: Tensor, dim: int) -> Any:
        axis = input.axis(dim)
        if not input.ndim:
            return result(input.clone(), argmax(input))
        place = place_so_far(input, axis=axis, larger=larger)
        return result(pick(input, place, axis), place)

    function.__name__ = word
    doc = f"""Return the {"largest" if larger else "smallest"} element up to each place, and where \
it stands.

    Of equal elements the last one counts; after a nan all are nan.

    Returns:
        named tuple (values, indices), both of the input's shape.

    Source: torch.{word}.
    """
    return public(function, name=word, doc=doc)


cummax = running("cummax", True, return_types.cummax)
cummin = running("cummin", False, return_types.cummin)
