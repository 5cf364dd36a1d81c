"""Softmax and its logarithm."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.windows import Sizes, pieces

Block = tuple[slice, slice, slice]


class SoftmaxKernels:
    """Softmax along one axis: arrays are looked at as (N, C, L) with C the axis."""

    xp: Any
    widened: Any

    loss_block = 1 << 17
    """Elements to work on at a time."""

    def softmax(self, x: Any, *, axis: int) -> Any:
        """Return exp(x) / sum(exp(x)) along an axis."""
        xp, wide = self.xp, classwise(self.widened(x), axis)
        y = xp.empty(wide.shape, wide.dtype)
        for part in self.class_blocks(wide.shape):
            raised, _ = self.below_largest(wide[part])
            xp.exp(raised, out=raised)
            xp.divide(raised, self.class_sum(raised), out=y[part])
        return y.reshape(x.shape).astype(x.dtype, copy=False)

    def log_softmax(self, x: Any, *, axis: int) -> Any:
        """Return x - log(sum(exp(x))) along an axis."""
        xp, wide = self.xp, classwise(self.widened(x), axis)
        y = xp.empty(wide.shape, wide.dtype)
        for part in self.class_blocks(wide.shape):
            below, _ = self.below_largest(wide[part])
            xp.subtract(below, xp.log(self.class_sum(xp.exp(below))), out=y[part])
        return y.reshape(x.shape).astype(x.dtype, copy=False)

    def class_blocks(self, shape: Sizes) -> Iterator[Block]:
        """Cut (N, C, L) into blocks with all classes."""
        batch, classes, length = shape
        if not classes:
            return
        places = max(1, self.loss_block // classes)
        for part in pieces(batch, max(1, places // max(1, length))):
            for some in pieces(length, places):
                yield part, slice(None), some

    def below_largest(self, x: Any) -> tuple[Any, Any]:
        """Return how far scores are below the largest of all classes, and the largest."""
        largest = self.xp.max(x, 1, keepdims=True)
        return self.xp.subtract(x, largest), largest

    def class_sum(self, x: Any, weight: Any = None) -> Any:
        """Sum over the classes of (N, C, L), weighted if there are weights."""
        batch, classes, length = x.shape
        if length == 1:
            factor = self.xp.ones(classes, x.dtype) if weight is None else weight
            return self.xp.matmul(x.reshape(batch, classes), factor).reshape(batch, 1, 1)
        if weight is None:
            return self.xp.add.reduce(x, 1, keepdims=True)
        return self.xp.matmul(weight.reshape(1, 1, -1), x)


def classwise(x: Any, axis: int) -> Any:
    """Look at an array as (N, C, L) with C its given axis."""
    axis %= x.ndim
    return x.reshape(prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))
