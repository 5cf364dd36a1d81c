"""The table of shape rules: what a function of NumPy answers when only shapes are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

RULES: dict[str, Callable[..., Any]] = {}
"""Dotted name below `numpy` -> its rule, which takes what the function takes."""


def rule(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register the rule of one or more functions of NumPy."""

    def keep(function: Callable[..., Any]) -> Callable[..., Any]:
        RULES.update(dict.fromkeys(names, function))
        return function

    return keep


def named(name: str) -> Any:
    """Return the function of NumPy that a dotted name means."""
    found: Any = np
    for part in name.split("."):
        found = getattr(found, part)
    return found


def no_numbers(operation: str, mend: str = "") -> Exception:
    """Build the refusal of an operation whose result follows from numbers that are not there."""
    return NotImplementedError(
        f"{operation}: Cannot copy out of meta tensor; no data! This asks for numbers, and a "
        "tensor on device 'meta' has a shape and a dtype only.\n  mend    "
        + (mend or "run it on a tensor with numbers, on the CPU or a GPU")
    )


def no_rule(name: str) -> Exception:
    """Build the refusal of a function of NumPy that has no rule."""
    return NotImplementedError(
        f"numpy.{name}: the meta device does not know the shape of its result.\n"
        "  mend    give it a rule in minitorch_lazy/backends/meta, or use a function that has one"
    )


def small(x: Any) -> Any:
    """Return ones that stand for an operand where only its type matters: sizes are 1, or 0."""
    if not hasattr(x, "dtype"):
        return x
    return np.ones(tuple(min(n, 1) for n in x.shape), x.dtype)
