"""`xpx`: the stand-in for `cupyx`, the part of CuPy that NumPy has no name for."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.standin import rules
from tests.standin.array import array, call, wrap
from tests.standin.memory import stats
from tests.standin.namespace import errstate


def scatter_add(a: array, slices: Any, value: Any) -> None:
    """Add values at indexed places, every duplicate counted.

    Raises:
        TypeError: with an index array, a dtype without atomics: bool, int8, int16, bfloat16 ...
    """
    call("add.at", np.add.at, (a, slices, value), {})


def scatter_max(a: array, slices: Any, value: Any) -> None:
    """Keep the largest value at indexed places."""
    call("maximum.at", np.maximum.at, (a, slices, value), {})


def scatter_min(a: array, slices: Any, value: Any) -> None:
    """Keep the smallest value at indexed places."""
    call("minimum.at", np.minimum.at, (a, slices, value), {})


def special(name: str, function: Callable[[float], float]) -> Callable[[array], array]:
    """Make a function of `cupyx.scipy.special`.

    CuPy has loops for float32 and float64 alone: float16 and integers come back as float64.
    """
    compute = np.vectorize(function, otypes=[np.float64])

    def apply(x: array) -> array:
        if not isinstance(x, array) or x.dtype.name == "bfloat16":
            raise TypeError(f"cupyx.scipy.special.{name}: Unsupported type {type(x)}")
        rules.count(name, (x,), {})
        result = np.asarray(compute(x.host))
        return wrap(result.astype(x.dtype if x.dtype == "float32" else np.float64))

    return apply


def rsqrt(x: array) -> array:
    """Return 1 / sqrt(x)."""
    rules.count("rsqrt", (x,), {})
    return wrap(1 / np.sqrt(x.host))  # type: ignore[no-any-return]


def empty_pinned(shape: Any, dtype: Any = float, order: str = "C") -> np.ndarray:
    """Return memory of the host that transfers need not copy first."""
    return np.empty(shape, dtype, order=order)  # type: ignore[call-overload,no-any-return]


def zeros_pinned(shape: Any, dtype: Any = float, order: str = "C") -> np.ndarray:
    """Return zeroed memory of the host that transfers need not copy first."""
    return np.zeros(shape, dtype, order=order)  # type: ignore[call-overload,no-any-return]


xpx = SimpleNamespace(
    empty_pinned=empty_pinned,
    errstate=errstate,
    rsqrt=rsqrt,
    scatter_add=scatter_add,
    scatter_max=scatter_max,
    scatter_min=scatter_min,
    scipy=SimpleNamespace(
        special=SimpleNamespace(
            erf=special("erf", math.erf),
            erfc=special("erfc", math.erfc),
            gammaln=special("gammaln", math.lgamma),
        )
    ),
    zeros_pinned=zeros_pinned,
)
"""The stand-in for the module `cupyx`."""

__all__ = ["stats", "xpx"]
