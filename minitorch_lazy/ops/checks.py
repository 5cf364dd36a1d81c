"""Checks that many operations share."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import TENSORS


def check_tensor(name: str, word: str, value: Any) -> None:
    """Refuse an argument that is no tensor.

    Raises:
        TypeError: with the words that PyTorch has for it.
    """
    if value.__class__ not in TENSORS:
        raise TypeError(f"{name}(): argument '{word}' must be Tensor, not {type(value).__name__}\n"
                        "  mend    make it one with torch.tensor(...)")  # fmt: skip
