"""Cross-entropy of scores, and negative log-likelihood, with class numbers as targets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minitorch_lazy.backends.numpy.loss.softmax import Block, classwise


class EntropyKernels:
    """Losses of scores (N, C, *S) and class numbers (N, *S).

    `weight` is one number for each class, or None. A target that is `ignore_index` counts
    nothing. `reduction` is "none", "sum", or "mean", which divides by the weights of the targets
    that count.
    """

    xp: Any
    widened: Any
    below_largest: Any
    class_sum: Any
    class_blocks: Any

    def softmax_cross_entropy(
        self, x: Any, target: Any, weight: Any, *, ignore_index: int, label_smoothing: float,
        reduction: str,
    ) -> tuple[Any, Any]:  # fmt: skip
        """Return minus the logarithm of what softmax gives to each target.

            loss = -sum_c k_c log(softmax(x)_c)
            k_c = weight_c * ((1 - label_smoothing) * [c = target] + label_smoothing / C)

        Returns:
            the loss, and a cache: the largest score, and the sum of exp of the scores below it.
        """
        xp, scores = self.xp, classwise(self.widened(x), 1)
        weight = None if weight is None else self.widened(weight)
        count, classes, length = scores.shape
        valid, place, picked = self.targets(scores, target, weight, ignore_index)
        largest, total, even = (xp.zeros((count, 1, length), scores.dtype) for _ in range(3))
        for part in self.class_blocks(scores.shape):
            below, largest[part] = self.below_largest(scores[part])
            if label_smoothing:
                even[part] = self.class_sum(below, weight)
            total[part] = self.class_sum(xp.exp(below, out=below))
        logs = xp.log(total[:, 0])
        loss = (logs + (largest[:, 0] - scores[place])) * picked
        if label_smoothing:
            whole = classes if weight is None else xp.add.reduce(weight)
            spread = (logs * whole - even[:, 0]) * (label_smoothing / classes)
            loss = loss * (1.0 - label_smoothing) + spread
        loss = xp.where(valid, loss, xp.zeros_like(loss))
        return self.reduced(loss, picked, target, reduction).astype(x.dtype, copy=False), (
            largest, total,
        )  # fmt: skip

    def softmax_cross_entropy_gradient(
        self, g: Any, x: Any, target: Any, weight: Any, cache: Any, *, ignore_index: int,
        label_smoothing: float, reduction: str,
    ) -> Any:  # fmt: skip
        """Pull a gradient back to the scores: g * (softmax(x) * sum(k) - k)."""
        xp, scores = self.xp, classwise(self.widened(x), 1)
        weight = None if weight is None else self.widened(weight)
        classes = scores.shape[1]
        valid, place, picked = self.targets(scores, target, weight, ignore_index)
        share = self.shared(self.widened(g), valid, picked, reduction)
        hit = share * picked * (1.0 - label_smoothing)
        even = share * (label_smoothing / classes)
        whole = classes if weight is None else xp.add.reduce(weight)
        factor = (hit + even * whole)[:, None]
        gx = xp.empty(scores.shape, scores.dtype)
        for part, largest, total in self.shifted_blocks(scores, cache):
            held = xp.subtract(scores[part], largest, out=gx[part])
            xp.exp(held, out=held)
            xp.multiply(held, factor[part] / total, out=held)
            if label_smoothing:
                level = even[:, None][part]
                held -= level if weight is None else level * weight.reshape(1, -1, 1)
        gx[place] -= hit
        return gx.reshape(x.shape).astype(x.dtype, copy=False)

    def nll(self, x: Any, target: Any, weight: Any, *, ignore_index: int, reduction: str) -> Any:
        """Return minus the log-probability of each target."""
        scores = classwise(self.widened(x), 1)
        weight = None if weight is None else self.widened(weight)
        valid, place, picked = self.targets(scores, target, weight, ignore_index)
        loss = -scores[place] * picked
        loss = self.xp.where(valid, loss, self.xp.zeros_like(loss))
        return self.reduced(loss, picked, target, reduction).astype(x.dtype, copy=False)

    def nll_gradient(
        self, g: Any, x: Any, target: Any, weight: Any, *, ignore_index: int, reduction: str
    ) -> Any:
        """Pull a gradient back to the log-probabilities."""
        scores = classwise(x, 1)
        weight = None if weight is None else self.widened(weight)
        valid, place, picked = self.targets(self.widened(scores), target, weight, ignore_index)
        share = self.shared(self.widened(g), valid, picked, reduction)
        gx = self.xp.zeros(scores.shape, x.dtype)
        gx[place] = (-share * picked).astype(x.dtype, copy=False)
        return gx.reshape(x.shape)

    def targets(self, scores: Any, target: Any, weight: Any, ignore_index: int) -> Any:
        """Return which targets count, their places in (N, C, L), and their weights (N, L)."""
        xp, (count, _, length) = self.xp, scores.shape
        classes = target.reshape(count, length)
        valid = classes != ignore_index
        safe = xp.where(valid, classes, xp.zeros_like(classes))
        place = (xp.arange(count).reshape(-1, 1), safe, xp.arange(length))
        picked = xp.ones(valid.shape, scores.dtype) if weight is None else weight[safe]
        return valid, place, xp.where(valid, picked, xp.zeros_like(picked))

    def shared(self, g: Any, valid: Any, picked: Any, reduction: str) -> Any:
        """Return what reaches each target of the gradient of the loss, shape (N, L)."""
        if reduction == "mean":
            g = g / self.xp.sum(picked)
        whole = g.reshape(valid.shape) if reduction == "none" else g + self.xp.zeros_like(picked)
        return self.xp.where(valid, whole, self.xp.zeros_like(whole))

    def shifted_blocks(self, scores: Any, cache: Any) -> Iterator[tuple[Block, Any, Any]]:
        """Yield blocks of scores, the largest of each, and the sum of exp of the others below."""
        for part in self.class_blocks(scores.shape):
            if cache is None:
                below, largest = self.below_largest(scores[part])
                yield part, largest, self.class_sum(self.xp.exp(below))
            else:
                yield part, cache[0][part], cache[1][part]

    def reduced(self, loss: Any, picked: Any, target: Any, reduction: str) -> Any:
        """Sum or average the losses (N, L), or give them the targets' shape."""
        if reduction == "none":
            return loss.reshape(target.shape)
        total = self.xp.add.reduce(loss, None)
        return total / self.xp.sum(picked) if reduction == "mean" else total
