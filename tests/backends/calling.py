"""Calling kernels by name, with host arrays in and host arrays out, on any device."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import backend_of


def call(name: str, *arrays: Any, device: str = "cpu", **static: Any) -> Any:
    """Call the kernel of a device's backend."""
    backend = backend_of(device)
    return carried(getattr(backend, name)(*carried(arrays, backend.from_numpy), **static),
                   backend.to_numpy)  # fmt: skip


def carried(value: Any, carry: Any) -> Any:
    """Apply a transfer to every array in a tuple of tuples; None and cpu scalars stay."""
    if isinstance(value, tuple):
        return tuple(carried(part, carry) for part in value)
    if value is None or isinstance(value, np.generic):
        return value
    return carry(value)


def normal(*shape: int, dtype: Any = np.float64, seed: int = 0) -> Any:
    """Draw numbers of a normal distribution."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)
