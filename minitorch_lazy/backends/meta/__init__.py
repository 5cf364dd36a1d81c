"""The meta device: shapes and types without numbers, through the same kernels."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.creation import meta
from minitorch_lazy.backends.meta.namespace import MetaNumpy
from minitorch_lazy.backends.meta.rules import no_numbers
from minitorch_lazy.backends.numpy import NumpyBackend
from minitorch_lazy.backends.registry import register


class MetaBackend(NumpyBackend):
    """Arrays of which only shape, type and strides are known.

    The kernels are NumPy's own, run on shapes. Those that would work through an array in pieces,
    or look at numbers, are replaced.
    """

    device_type = "meta"

    def like(self, x: Any) -> MetaArray:
        """Return the shape-only array of any array."""
        return meta(x)

    def from_numpy(self, x: np.ndarray[Any, Any], index: int | None = None) -> MetaArray:
        """Forget the numbers of a host array."""
        return meta(x)

    def to_numpy(self, x: Any) -> NoReturn:
        """Refuse to make numbers up."""
        raise no_numbers(
            "item, bool, tolist, numpy or a copy to another device",
            "compute it on the CPU; torch.empty_like(x, device='cpu') makes memory for its shape",
        )

    def check_divisor(self, a: Any, b: Any) -> None:
        """Let every division pass: there are no zeros to be found."""


META = MetaBackend(MetaNumpy())
register(MetaArray, META, "meta")
