"""The meta device: shapes and types without numbers, by the kernels that compute the numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.creation import meta
from minitorch_lazy.backends.meta.kernels import ConvShapes, OtherShapes, Refusals
from minitorch_lazy.backends.meta.namespace import MetaNumpy
from minitorch_lazy.backends.numpy import NumpyBackend
from minitorch_lazy.backends.registry import register

__all__ = ["META", "MetaArray", "MetaBackend"]


class MetaBackend(ConvShapes, OtherShapes, Refusals, NumpyBackend):
    """Arrays of which only shape, type and strides are known."""

    device_type = "meta"
    choice_block = 1 << 62

    def like(self, x: Any) -> MetaArray:
        """Return the shape-only array of any array."""
        return meta(x)

    def relu_gradient(self, g: Any, y: Any) -> Any:
        """Return what has the shape and type of g."""
        return self.kept_where(g, self.xp.not_equal(y, self.zero[y.dtype]))

    def kept_where(self, x: Any, mask: Any) -> Any:
        """Return what has the type of x, and the shape that it has with the mask."""
        return self.xp.where(mask, x, self.zero[x.dtype])

    def address(self, x: Any) -> int:
        """Return 0: there is no memory."""
        return 0

    def from_numpy(self, x: np.ndarray[Any, Any], index: int | None = None) -> MetaArray:
        """Forget the numbers of a host array."""
        return meta(x)


META = MetaBackend(MetaNumpy())
register(MetaArray, META, "meta")
