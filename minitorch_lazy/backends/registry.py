"""Which backend owns an array: one look-up by the array's type, and the table of kernels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

BACKEND: dict[type, Any] = {}
"""Array type -> backend. A dictionary look-up costs tens of nanoseconds.

The types of NumPy's scalars are here too: operators make such scalars of 0-d arrays, and a gradient
may be one until somebody sees it.
"""

ARRAYS: set[Any] = set()
"""Every array type; a NumPy scalar is none."""

DEVICES: dict[str, Any] = {}
"""Device type ('cpu', 'meta', ...) -> backend."""

LOADERS: dict[str, Callable[[], Any]] = {}
"""Device type -> what brings its backend in on first use (CuPy is imported by nobody else)."""

KERNELS: dict[str, Callable[..., Any]] = {}
"""Name -> generic body in the words of the contract."""

NAMESPACES: list[Any] = []
"""Namespaces that are no backends, but offer kernels too."""

TABLES: dict[str, list[KernelTable]] = {}
"""Name of a kernel -> the tables of operations that call it."""


def kernel(body: Callable[..., Any]) -> Callable[..., Any]:
    """Register a generic body `name(xp, *arrays, **static)`.

    Every namespace then offers `xp.name(*arrays, **static)`. A backend replaces it by a method of
    that name; on Tensors the generic body runs, so that its derivative needs no extra line, unless
    a primitive has that name.
    """
    name = body.__name__
    KERNELS[name] = body
    for namespace in {*BACKEND.values(), *NAMESPACES}:
        namespace.offer(name, partial(body, namespace))
    for table in TABLES.get(name, ()):
        table.clear()
    return body


def register(array_type: type, backend: Any, device_type: str) -> None:
    """Make `backend` the owner of arrays of `array_type` and of devices of `device_type`."""
    BACKEND[array_type] = backend
    ARRAYS.add(array_type)
    DEVICES[device_type] = backend


def backend_of(device_type: str) -> Any:
    """Return the backend of a device type, bringing it in on first use.

    Raises:
        RuntimeError: there is no such backend, or its library or hardware is missing.
    """
    if device_type not in DEVICES:
        if device_type not in LOADERS:
            known = ", ".join(sorted({*DEVICES, *LOADERS}))
            raise RuntimeError(f"no backend for device type '{device_type}'; known: {known}")
        LOADERS[device_type]()
    return DEVICES[device_type]


class KernelTable(dict[type, Callable[..., Any]]):
    """Array type -> the function that computes one operation on such arrays."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        TABLES.setdefault(name, []).append(self)

    def __missing__(self, array_type: type) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(BACKEND[array_type], self.name)
        self[array_type] = function
        return function
