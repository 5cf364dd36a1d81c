"""The larger, the smaller, and what lies between bounds."""

from __future__ import annotations

from math import copysign, inf
from typing import Any

KEPT = 16384
"""Elements of the largest arrays of one number that are kept for the next call."""


class BoundKernels:
    """Bounds; NumPy finds the larger of two arrays three times as fast as beside a number.

    Between two numbers it is as fast; but `clip` is slow to begin.

    Attributes:
        number_block: elements from which an array of one number is faster than the number.
    """

    xp: Any
    filled: Any
    typed_as: Any
    number_block = 512

    def maximum(self, a: Any, b: Any) -> Any:
        """Return the larger of two numbers; nan where one is."""
        if b.__class__ is float and a.__class__ is not float and a.dtype.kind == "f":
            return self.beside(self.xp.maximum, a, b, (b, inf))
        return self.xp.maximum(a, b)

    def minimum(self, a: Any, b: Any) -> Any:
        """Return the smaller of two numbers; nan where one is."""
        if b.__class__ is float and a.__class__ is not float and a.dtype.kind == "f":
            return self.beside(self.xp.minimum, a, b, (-inf, b))
        return self.xp.minimum(a, b)

    def beside(self, function: Any, x: Any, number: float, bounds: tuple[float, float]) -> Any:
        """Call `maximum` or `minimum` of x and a number: x is limited to the bounds.

        Of 0.0 and -0.0, which are equal, NumPy mostly returns the second, and of float16 the
        first: as PyTorch does, x. An array of one number does not make float16 faster.
        """
        if x.itemsize == 2:
            return function(x, number)
        size = x.size
        if size < self.number_block or not x.flags.c_contiguous:
            return function(number, x)
        if size <= KEPT:
            return function(self.filled(x.shape, x.dtype, number, copysign(1.0, number)), x)
        return self.xp.clip(x, *bounds)

    def clip(self, x: Any, *, low: Any, high: Any) -> Any:
        """Limit to bounds, of which one may be None."""
        if x.dtype.kind == "f":
            low, high = -inf if low is None else low, inf if high is None else high
        return self.typed_as(self.xp.clip(x, low, high), x)

    def clip_between(self, x: Any, low: Any, high: Any) -> Any:
        """Limit to arrays of bounds, of which one may be None."""
        if low is not None:
            x = self.xp.maximum(x, low)
        return x if high is None else self.xp.minimum(x, high)
