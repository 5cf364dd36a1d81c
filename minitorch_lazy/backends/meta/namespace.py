"""The module `numpy` as kernels see it on the meta device."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta import (
    choosing,
    creation,
    fourier,
    matrices,
    moving,
    products,
    ufuncs,
)
from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.rules import RULES, named

FAMILIES = (choosing, creation, fourier, matrices, moving, products, ufuncs)
"""The modules whose rules fill the table."""

ABOUT_TYPES = """
    broadcast_shapes can_cast dtype finfo iinfo issubdtype promote_types result_type errstate
""".split()
"""Functions of types and shapes, which read no numbers."""


class MetaNumpy:
    """Offers the functions of NumPy that have a shape rule; there are no others.

    Elementwise functions are NumPy's own, which find the shape-only operands by themselves.
    """

    ndarray = MetaArray

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix

    def __getattr__(self, name: str) -> Any:
        full = self.prefix + name
        if full in RULES:
            return RULES[full]
        try:
            found = named(full)
        except AttributeError:
            found = None
        if isinstance(found, ModuleType):
            return MetaNumpy(full + ".")
        known = isinstance(found, (np.ufunc, type, float)) or name in ABOUT_TYPES
        if found is None or not known:
            raise AttributeError(f"the meta device has no shape rule for numpy.{full}")
        self.__dict__[name] = found
        return found
