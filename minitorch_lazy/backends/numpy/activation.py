"""Activations in fewer passes over memory than their generic bodies take."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.contract import ROW

BITS = {2: np.dtype("int16"), 4: np.dtype("int32"), 8: np.dtype("int64")}
"""Size of a number in bytes -> the type of integers that show its bits."""


class ActivationKernels:
    """Replacements of generic bodies of `ops.activation`."""

    xp: Any
    mean: Any
    sum: Any
    zero: Any
    beside: Any

    def relu(self, x: Any) -> Any:
        """Cut off below 0."""
        if x.dtype.kind != "f":
            return self.xp.maximum(x, self.zero[x.dtype])
        return self.beside(self.xp.maximum, x, 0.0)

    def relu_gradient(self, g: Any, y: Any) -> Any:
        """Keep the gradient where the output is above 0, or nan.

        A choice between two numbers is slow where the processor cannot guess it. A product is not;
        and one of bits, as integers, keeps or drops infinity and nan too.
        """
        bits = BITS[g.itemsize]
        kept = self.xp.not_equal(y, self.zero[y.dtype]).astype(bits)
        kept *= g.view(bits)
        return kept.view(g.dtype)

    def squared_error(self, a: Any, b: Any, *, reduction: str) -> Any:
        """Return (a - b)^2, its mean or its sum."""
        difference = self.xp.subtract(a, b)
        size = difference.size
        if reduction != "none" and 0 < size <= ROW and difference.itemsize > 2:
            flat = difference.ravel()
            total = flat.dot(flat)
            return total / size if reduction == "mean" else total
        loss = self.xp.multiply(difference, difference)
        if reduction == "none":
            return loss
        return (self.mean if reduction == "mean" else self.sum)(loss)

    def squared_error_gradient(self, g: Any, a: Any, b: Any, *, reduction: str) -> Any:
        """Pull back to a."""
        difference = self.xp.subtract(a, b)
        factor = 2.0 / max(difference.size, 1) if reduction == "mean" else 2.0
        difference *= g * factor
        return difference

    def embedding(self, w: Any, index: Any, *, padding: int | None, by_frequency: bool) -> Any:
        """Look up rows; the keywords concern the gradient alone."""
        return w[index]
