"""The shape of a tensor, as torch prints it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from operator import index
from typing import Any


class Size(tuple[int, ...]):
    """A tuple of dimension sizes.

    Source: torch.Size.

    >>> Size((2, 3)).numel()
    6
    """

    __slots__ = ()

    def numel(self) -> int:
        """Return the number of elements of a tensor of this shape."""
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found

    def __add__(self, other: Any) -> Size:
        return Size((*self, *other))

    def __mul__(self, times: Any) -> Size:
        return Size(tuple(self) * times)


def whole(name: str, word: str, values: Iterable[Any]) -> tuple[int, ...]:
    """Read integers, such as sizes; a fraction or a bool is none.

    Raises:
        TypeError: with the words that PyTorch has for it.
    """
    found = []
    for place, value in enumerate(values):
        number = value if value.__class__ is int else as_integer(value)
        if number is None:
            raise TypeError(
                f"{name}(): argument '{word}' must be tuple of ints, but found element of "
                f"type {type(value).__name__} at pos {place}\n"
                "  mend    give integers: int(x), or a // b in place of a / b"
            )
        found.append(number)
    return tuple(found)


def integer(word: str, value: Any, name: str = "") -> int:
    """Read one integer, such as a dimension; a fraction or a bool is none.

    Raises:
        TypeError: with the words that PyTorch has for it.
    """
    number = as_integer(value)
    if number is None:
        asked = f"{name}(): " if name else ""
        raise TypeError(
            f"{asked}argument '{word}' must be int, not {type(value).__name__}\n"
            "  mend    give an integer: int(x), or a // b in place of a / b"
        )
    return number


def as_integer(value: Any) -> int | None:
    """Return an integer of any library as Python's; None where it is something else."""
    try:
        return None if value.__class__ is bool else index(value)
    except TypeError:
        return None


def no_dimension(dim: int, count: int, shape: Iterable[int]) -> IndexError:
    """Say which dimensions there are; `count` is one more than the shape has to insert another."""
    shape = tuple(shape)
    return IndexError(
        f"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got "
        f"{dim})\n"
        f"  input   {len(shape)}-D, {shape}\n"
        f"  mend    use one from {-count} to {count - 1}: dimensions count from 0, or from -1 at "
        "the end"
    )
