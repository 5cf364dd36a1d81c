"""Checks that many operations share."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.mistakes import not_a_tensor
from minitorch_lazy.core.tensor import TENSORS


def check_tensor(name: str, word: str, value: Any) -> None:
    """Refuse an argument that is no tensor.

    Raises:
        TypeError: with the words that PyTorch has for it.
    """
    if value.__class__ not in TENSORS:
        raise not_a_tensor(name, word, value)
