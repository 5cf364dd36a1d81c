"""Cross-entropy of scores with class numbers, fused with softmax.

With w the class weights and s the label smoothing, every element has the loss

    - sum_c k_c ln p_c,  p = softmax(x),  k_c = w_c ((1 - s) [c = target] + s / C)

and the mean divides by the sum of w[target] over the targets that are not ignored.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive

EVERY = (None, None, None)


def column(xp: Any, x: Any) -> Any:
    """Insert an axis for the classes."""
    return xp.reshape(x, shape=(x.shape[0], 1, *x.shape[1:]))


def coefficients(
    xp: Any, x: Any, target: Any, weight: Any, ignore_index: int, smoothing: float
) -> tuple[Any, Any]:
    """Return k, and the weight of each target; both are 0 where a target is ignored."""
    index = column(xp, target)
    valid = xp.not_equal(index, ignore_index)
    safe = xp.where(valid, index, xp.zeros_like(index))
    ones = xp.ones_like(xp.getitem(x, key=(EVERY, (0, 1, None))))
    ones = xp.where(valid, ones, xp.zeros_like(ones))
    hot = xp.scatter_zeros(ones, safe, axis=1, shape=x.shape)
    weights = None if weight is None else xp.reshape(weight, shape=(1, -1, *(1,) * (x.ndim - 2)))
    picked = hot if weights is None else hot * weights
    k = hot * (1 - smoothing) + ones * (smoothing / x.shape[1]) if smoothing else hot
    return (k if weights is None else k * weights), picked


@kernel
def softmax_cross_entropy(
    xp: Any, x: Any, target: Any, weight: Any, *, ignore_index: int, label_smoothing: float,
    reduction: str,
) -> Any:  # fmt: skip
    """Return the loss, and nothing kept for the gradient."""
    k, picked = coefficients(xp, x, target, weight, ignore_index, label_smoothing)
    loss = -xp.sum(k * xp.log_softmax(x, axis=1), axis=(1,), keepdims=False)
    if reduction == "none":
        return loss, None
    total = xp.sum(loss, axis=tuple(range(loss.ndim)), keepdims=False)
    if reduction == "mean":
        total = total / xp.sum(picked, axis=tuple(range(picked.ndim)), keepdims=False)
    return total, None


@kernel
def softmax_cross_entropy_gradient(
    xp: Any, g: Any, x: Any, target: Any, weight: Any, cache: Any, *, ignore_index: int,
    label_smoothing: float, reduction: str,
) -> Any:  # fmt: skip
    """Pull back to the scores: g (p sum_c k_c - k)."""
    k, picked = coefficients(xp, x, target, weight, ignore_index, label_smoothing)
    gx = xp.softmax(x, axis=1) * xp.sum(k, axis=(1,), keepdims=True) - k
    if reduction == "none":
        return gx * column(xp, g)
    if reduction == "mean":
        g = g / xp.sum(picked, axis=tuple(range(picked.ndim)), keepdims=False)
    return gx * g


entropy = primitive(
    "softmax_cross_entropy", arguments="x target weight", exempt="target", cached=True,
    static="ignore_index label_smoothing reduction", node_name="CrossEntropy",
    x=lambda xp, g, x, target, weight, cache, **s: xp.softmax_cross_entropy_gradient(
        g, x, target, weight, cache, **s),
)  # fmt: skip

picked_loss = primitive(
    "nll", arguments="x target weight", exempt="target", node_name="NllLoss",
    static="ignore_index reduction",
    x=lambda xp, g, x, target, weight, **s: xp.nll_gradient(g, x, target, weight, **s),
)  # fmt: skip


@kernel
def nll(xp: Any, x: Any, target: Any, weight: Any, *, ignore_index: int, reduction: str) -> Any:
    """Return minus the log-probability of each target, weighted, averaged or summed."""
    k, picked = coefficients(xp, x, target, weight, ignore_index, 0.0)
    loss = -xp.sum(xp.where(xp.equal(k, 0), xp.zeros_like(x), k * x), axis=(1,), keepdims=False)
    if reduction == "none":
        return loss
    total = xp.sum(loss, axis=tuple(range(loss.ndim)), keepdims=False)
    if reduction == "mean":
        total = total / xp.sum(picked, axis=tuple(range(picked.ndim)), keepdims=False)
    return total


@kernel
def nll_gradient(
    xp: Any, g: Any, x: Any, target: Any, weight: Any, *, ignore_index: int, reduction: str
) -> Any:
    """Pull back to the log-probabilities: -g k."""
    k, picked = coefficients(xp, x, target, weight, ignore_index, 0.0)
    if reduction == "none":
        return -(k * column(xp, g))
    if reduction == "mean":
        g = g / xp.sum(picked, axis=tuple(range(picked.ndim)), keepdims=False)
    return -(k * g)
