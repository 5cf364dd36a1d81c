"""Dimensions for vectors, rows and columns, and splits along one of the first three."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import flip
from minitorch_lazy.ops.join import cat, hstack, promoted, tensor_split
from minitorch_lazy.ops.shape import reshape


def as_vector(x: Tensor) -> Tensor:
    """Make a number a vector of one element."""
    return x if x.ndim else reshape(x, 1)


def as_matrix(x: Tensor) -> Tensor:
    """Make a number or a vector a matrix of one row."""
    return x if x.ndim > 1 else reshape(x, 1, -1)


def as_volume(x: Tensor) -> Tensor:
    """Give a tensor at least three dimensions: (N,) becomes (1, N, 1), (M, N) (M, N, 1)."""
    if x.ndim > 2:
        return x
    return reshape(x, *x.shape, 1) if x.ndim == 2 else reshape(x, 1, -1, 1)


def at_least(name: str, shaped: Callable[[Tensor], Tensor], count: int) -> Any:
    """Declare the function that gives tensors a least number of dimensions."""

    def function(*tensors: Any) -> Any:
        if len(tensors) == 1 and tensors[0].__class__ in TENSORS:
            return shaped(tensors[0])
        every = tensors[0] if len(tensors) == 1 else tensors
        return tuple(shaped(x) for x in every)

    function.__name__ = name
    doc = f"""Give each tensor at least {count} dimension{"s" if count > 1 else ""}.

    Args:
        tensors: one tensor, or several, for which a tuple is returned.

    Source: torch.{name}.
    """
    return public(function, name=name, method=False, doc=doc)


atleast_1d = at_least("atleast_1d", as_vector, 1)
atleast_2d = at_least("atleast_2d", as_matrix, 2)
atleast_3d = at_least("atleast_3d", as_volume, 3)


def splitting(name: str, axis: int, least: int) -> Any:
    """Declare the split along one of the first three dimensions."""

    def function(input: Tensor, indices_or_sections: Any) -> tuple[Tensor, ...]:
        if input.ndim < least:
            raise refuse(RuntimeError, name, f"torch.{name} requires a tensor with at least "
                         f"{least} dimension, but got a tensor with {input.ndim} dimensions!",
                         "use tensor_split", input=input)  # fmt: skip
        place = 0 if input.ndim == 1 else axis
        size = input.array.shape[place]
        sections = indices_or_sections
        if isinstance(sections, int) and (sections < 1 or size % sections):
            raise refuse(RuntimeError, name, f"torch.{name} attempted to split along dimension "
                         f"{place}, but the size of the dimension {size} is not divisible by the "
                         f"split_size {sections}!", "use tensor_split", input=input)  # fmt: skip
        return tensor_split(input, sections, place)

    function.__name__ = name
    what = {"hsplit": "side by side", "vsplit": "one above the other", "dsplit": "in depth"}[name]
    doc = f"""Split into pieces that stand {what}: equal ones, or at the places given.

    Source: torch.{name}.
    """
    return public(function, name=name, doc=doc)


hsplit, vsplit, dsplit = (
    splitting("hsplit", 1, 1), splitting("vsplit", 0, 2), splitting("dsplit", 2, 3),
)  # fmt: skip


@public(method=False)
def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """Join in depth, along the third dimension.

    Source: torch.dstack.
    """
    return cat([as_volume(x) for x in promoted(tensors, "dstack")], 2)


@public(method=False)
def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """Join side by side; numbers and vectors are columns.

    Source: torch.column_stack.
    """
    parts = promoted(tensors, "column_stack")
    return hstack([reshape(x, -1, 1) if x.ndim < 2 else x for x in parts])


@public
def fliplr(input: Tensor) -> Tensor:
    """Reverse the order along the second dimension.

    Source: torch.fliplr.
    """
    if input.ndim < 2:
        raise refuse(RuntimeError, "fliplr", "Input must be >= 2-d.", "use flip",
                     input=input)  # fmt: skip
    return flip(input, 1)


@public
def flipud(input: Tensor) -> Tensor:
    """Reverse the order along the first dimension.

    Source: torch.flipud.
    """
    if input.ndim < 1:
        raise refuse(RuntimeError, "flipud", "Input must be >= 1-d.", "reshape it",
                     input=input)  # fmt: skip
    return flip(input, 0)
