"""Checks that many operations share."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.mistakes import not_a_tensor
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse


def check_tensor(name: str, word: str, value: Any) -> None:
    """Refuse an argument that is no tensor.

    Raises:
        TypeError: with the words that PyTorch has for it.
    """
    if value.__class__ not in TENSORS:
        raise not_a_tensor(name, word, value)


def check_real(name: str, input: Tensor) -> None:
    """Refuse complex numbers, which have no order.

    Raises:
        NotImplementedError: as PyTorch does.
    """
    if input.array.dtype.kind == "c":
        raise refuse(NotImplementedError, name, f"\"{name}\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "take .abs() or .real first",
                     input=input)  # fmt: skip
