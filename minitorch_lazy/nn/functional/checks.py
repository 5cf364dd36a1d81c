"""Checks that the functions of this folder share."""

from __future__ import annotations

from collections.abc import Iterable
from operator import index
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor

COMPLEX = ("l1_loss", "rms_norm", "silu")
"""Functions that take complex numbers."""


def check_floating(name: str, value: Any, word: str = "input") -> None:
    """Refuse what is no tensor, and integers: a slope or a mean of them needs fractions.

    Complex numbers have neither order nor slope here, except where PyTorch takes them too.

    Raises:
        TypeError: not a tensor.
        NotImplementedError: a tensor of integers, booleans or complex numbers.
    """
    if value.__class__ not in TENSORS:
        check_tensor(name, word, value)
    kind = value.array.dtype.kind
    if kind in "biu" or (kind == "c" and name not in COMPLEX):
        raise refuse(NotImplementedError, name, f'"{name}" not implemented for '
                     f"'{spoken(value.dtype.name)}'",
                     "convert it with .float()" if kind != "c" else "take .abs() or .real first",
                     **{word: value})  # fmt: skip


def check_same_type(name: str, input: Tensor, **parts: Tensor | None) -> bool:
    """Refuse parameters of another type than the input; halves may come with float32 ones.

    Returns:
        whether they do.
    Raises:
        RuntimeError: the types differ in another way.
    """
    kind, mixed = input.array.dtype, False
    for word, part in parts.items():
        if part is None or part.array.dtype is kind:
            continue
        if part.array.dtype != kind and not (kind.itemsize == 2 and part.array.dtype == "float32"):
            raise refuse(RuntimeError, name, "mixed dtype (CPU): all inputs must share same "
                         "datatype.", f"convert one, for example the input with .to({part.dtype})",
                         input=input, **{word: part})  # fmt: skip
        mixed = mixed or part.array.dtype != kind
    return mixed


def widened(*parts: Tensor | None) -> Any:
    """Return tensors in float32, where a result and its gradients are rounded only once."""
    return [None if part is None else part.float() for part in parts]


def sizes(value: Any, rank: int, word: str, name: str, wanted: str = "") -> tuple[int, ...]:
    """Read one number for all axes, or one for each.

    Args:
        wanted: what to say of a wrong number of them.

    Raises:
        TypeError: something else than integers.
        RuntimeError: another number of them than axes.
    """
    if value.__class__ is int:
        return (value,) * rank
    many = value if isinstance(value, Iterable) else (value,)
    mend = f"give one integer, or {rank} of them"
    try:
        found = tuple([index(number) for number in many])
    except TypeError:
        raise refuse(TypeError, name, f"argument '{word}' must be tuple of ints, not "
                     f"{type(value).__name__}", mend, **{word: value}) from None  # fmt: skip
    if len(found) not in (1, rank):
        wanted = wanted or f"{word} must either be a single int, or a tuple of {rank} ints"
        raise refuse(RuntimeError, name, f"{wanted}, but got {word}={list(found)}", mend)
    return found if len(found) == rank else found * rank
