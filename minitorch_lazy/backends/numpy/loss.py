"""Softmax, its logarithm, and losses of classification, block by block so as to stay in the cache.

Scores are looked at as (N, C, L): batch, classes, places. Sums over classes are products with
ones where the classes are the last axis: they are faster than sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.windows import Sizes, pieces

Block = tuple[slice, slice, slice]


class LossKernels:
    """Kernels over classes; float16 and bfloat16 are computed in float32.

    Where `x` is (N, C, *S), targets are class numbers (N, *S), and `weight` is one number for
    each class or None. A target that is `ignore_index` counts nothing. `reduction` is "none",
    "sum" or "mean", which divides by the weights of the targets that count.
    """

    xp: Any
    widened: Any

    loss_block = 1 << 15
    """Elements to work on at a time."""

    def softmax(self, x: Any, *, axis: int) -> Any:
        """Return exp(x) / sum(exp(x)) along an axis."""
        wide = classwise(self.widened(x), axis)
        y = self.xp.empty(wide.shape, wide.dtype)
        for part in self.class_blocks(wide.shape):
            raised = self.xp.exp(self.below_largest(wide[part])[0])
            self.xp.divide(raised, self.class_sum(raised), out=y[part])
        return y.reshape(x.shape).astype(x.dtype, copy=False)

    def log_softmax(self, x: Any, *, axis: int) -> Any:
        """Return x - log(sum(exp(x))) along an axis."""
        wide = classwise(self.widened(x), axis)
        y = self.xp.empty(wide.shape, wide.dtype)
        for part in self.class_blocks(wide.shape):
            below, _ = self.below_largest(wide[part])
            total = self.class_sum(self.xp.exp(below))
            self.xp.subtract(below, self.xp.log(total), out=y[part])
        return y.reshape(x.shape).astype(x.dtype, copy=False)

    def softmax_cross_entropy(
        self, x: Any, target: Any, weight: Any, *, ignore_index: int, label_smoothing: float,
        reduction: str,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Return minus the log of the probability that softmax gives to each target.

            loss = -sum_c k_c log(softmax(x)_c),
            k_c = weight_c ((1 - smoothing) [c = target] + smoothing / C)

        Returns:
            the loss, and a cache: the largest score, and the sum of exp of the scores below it.
        """
        xp, wide = self.xp, classwise(self.widened(x), 1)
        picked = self.target_weights(wide, target, weight, ignore_index)
        count, classes, length = wide.shape
        largest, total = (xp.empty((count, 1, length), wide.dtype) for _ in range(2))
        spread = xp.zeros((count, 1, length), wide.dtype)
        for part in self.class_blocks(wide.shape):
            below, largest[part] = self.below_largest(wide[part])
            if label_smoothing:
                spread[part] = self.class_sum(below, weight)
            total[part] = self.class_sum(xp.exp(below, out=below))
        logs = xp.log(total)
        loss = (logs + (largest - self.at_targets(wide, target, ignore_index))) * picked
        if label_smoothing:
            share = label_smoothing / classes
            even = (logs * self.weight_sum(wide, weight) - spread) * share
            valid = self.counting(wide, target, ignore_index)
            loss = loss * (1.0 - label_smoothing) + xp.where(valid, even, xp.zeros_like(even))
        loss = xp.where(self.counting(wide, target, ignore_index), loss, xp.zeros_like(loss))
        return self.reduced(loss, picked, target.shape, reduction, x.dtype), (largest, total)
