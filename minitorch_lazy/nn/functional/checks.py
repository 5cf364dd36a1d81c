"""Checks that the functions of this folder share."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor

SPOKEN = {
    "bool": "Bool", "uint8": "Byte", "int8": "Char", "int16": "Short", "int32": "Int",
    "int64": "Long",
}  # fmt: skip


def check_floating(name: str, value: Any, word: str = "input") -> None:
    """Refuse what is no tensor, and integers: a slope or a mean of them needs fractions.

    Raises:
        TypeError: not a tensor.
        NotImplementedError: a tensor of integers or booleans.
    """
    if value.__class__ not in TENSORS:
        check_tensor(name, word, value)
    if value.array.dtype.kind in "biu":
        kind = value.dtype.name
        raise refuse(NotImplementedError, name, f'"{name}" not implemented for '
                     f"'{SPOKEN.get(kind, kind)}'", "convert it with .float()",
                     **{word: value})  # fmt: skip


def check_same_type(name: str, input: Tensor, **parts: Tensor | None) -> None:
    """Refuse parameters of another type than the input; halves may come with float32 ones.

    Raises:
        RuntimeError: the types differ.
    """
    kind = input.array.dtype
    for word, part in parts.items():
        if part is None or part.array.dtype is kind:
            continue
        if part.array.dtype != kind and not (kind.itemsize == 2 and part.array.dtype == "float32"):
            raise refuse(RuntimeError, name, "mixed dtype (CPU): all inputs must share same "
                         "datatype.", f"convert one, for example the input with .to({part.dtype})",
                         input=input, **{word: part})  # fmt: skip


def sizes(value: Any, rank: int, word: str, name: str) -> tuple[int, ...]:
    """Read one number for all axes, or one for each.

    Raises:
        TypeError: something else than integers.
        RuntimeError: another number of them than axes.
    """
    if isinstance(value, int):
        return (value,) * rank
    try:
        found = tuple(v.__index__() for v in value)
    except (AttributeError, TypeError):
        raise refuse(TypeError, name, f"argument '{word}' must be tuple of ints, not "
                     f"{type(value).__name__}", f"give an integer, or {rank} of them",
                     **{word: value}) from None  # fmt: skip
    if len(found) == 1:
        return found * rank
    if len(found) != rank:
        raise refuse(RuntimeError, name, f"expected {word} to be a single integer value or a list "
                     f"of {rank} values to match the {rank} dimensions, but got {word}="
                     f"{list(found)}", f"give an integer, or {rank} of them")  # fmt: skip
    return found
