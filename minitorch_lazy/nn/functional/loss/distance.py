"""Losses that pull what belongs together near, and push the rest apart, in torch's signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.loss.checks import check_tensors, legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.ops.distance import pairwise_distance
from minitorch_lazy.ops.limits import clamp_min, minimum

TINY = 9.999999960041972e-13
"""Added to squared lengths: the cosine of a zero vector is 0. It is float32's 1e-12, as there."""


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Turn vectors toward each other or away: 1 - cos where t = 1, max(cos - margin, 0) at t = -1.

    Args:
        input1, input2: (N, D), or (D,) for one pair.
        target: (N,), or () for one pair, of 1 and -1; other numbers count nothing.
        margin: the cosine that vectors of t = -1 may have.

    Raises:
        RuntimeError: the numbers of dimensions do not fit.

    Source: torch.nn.functional.cosine_embedding_loss.
    """
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction("cosine_embedding_loss", reduction)
    check_tensors("cosine_embedding_loss", input1=input1, input2=input2, target=target)
    check_vectors(input1, input2, target)
    cos = cosine(input1, input2, target.ndim)
    zeros = zeros_like(cos)
    near = where(target == 1, 1 - cos, zeros)  # type: ignore[operator]
    far = where(target == -1, clamp_min(cos - margin, 0), zeros)  # type: ignore[operator]
    return ops.reduced(near + far, reduction, "cosine_embedding_loss")


def check_vectors(input1: Tensor, input2: Tensor, target: Tensor) -> None:
    """Refuse anything but rows with a vector of targets, or one vector with one target."""
    shown = {"input1": input1, "input2": input2, "target": target}
    if target.ndim > 1:
        raise refuse(
            RuntimeError,
            "cosine_embedding_loss",
            "0D or 1D target tensor expected, multi-target not supported",
            "give one number for each pair",
            **shown,
        )
    if input1.ndim != target.ndim + 1:
        raise refuse(RuntimeError, "cosine_embedding_loss", f"{target.ndim}D target tensor expects "
                     f"{target.ndim + 1}D input tensors, but found inputs with sizes "
                     f"{list(input1.shape)} and {list(input2.shape)}.",
                     "give (N, D), (N, D) and (N,)", **shown)  # fmt: skip


def cosine(x: Tensor, y: Tensor, axis: int) -> Tensor:
    """Return the cosine of the angle between vectors; squared lengths are never 0."""
    squares = [(v * v).sum(axis) + TINY for v in (x, y)]  # type: ignore[operator]
    return (x * y).sum(axis) / (squares[0] * squares[1]).sqrt()  # type: ignore[operator,no-any-return]


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Keep an anchor nearer to one vector than to another: max(d(a, p) - d(a, n) + margin, 0).

    Args:
        anchor, positive, negative: (N, D) or (D,).
        margin: how much nearer, above 0.
        p: the order of the norm that is the distance.
        eps: see `pairwise_distance`.
        swap: take d(p, n) for d(a, n) where it is smaller (Balntas et al., Learning shallow
            convolutional feature descriptors with triplet losses, 2016).

    Raises:
        ValueError: the margin is not above 0.
        RuntimeError: the numbers of dimensions differ.

    Source: torch.nn.functional.triplet_margin_loss.

    >>> import minitorch_lazy as torch
    >>> a, p, n = torch.zeros(1, 1), torch.full((1, 1), 3.0), torch.full((1, 1), 2.5)
    >>> torch.nn.functional.triplet_margin_loss(a, p, n)
    tensor(1.5000)
    """
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction("triplet_margin_loss", reduction)

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    check_margin("triplet_margin_loss", margin)
    loss = triplet("triplet_margin_loss", distance, anchor, positive, negative, margin, swap)
    return ops.reduced(loss, reduction, "triplet_margin_loss")


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *,
    distance_function: Callable[[Tensor, Tensor], Tensor] | None = None, margin: float = 1.0,
    swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Keep an anchor nearer to one thing than to another, by a distance of one's own.

    Args:
        distance_function: from two batches to (N,); `pairwise_distance` where it is None.
        margin, swap: see `triplet_margin_loss`.

    Source: torch.nn.functional.triplet_margin_with_distance_loss.
    """
    name = "triplet_margin_with_distance_loss"
    ops.check_reduction(name, reduction)
    check_margin(name, margin)
    distance = distance_function or pairwise_distance
    return ops.reduced(triplet(name, distance, anchor, positive, negative, margin, swap),
                       reduction, name)  # fmt: skip


def check_margin(name: str, margin: float) -> None:
    """Refuse a margin that asks for nothing."""
    if margin <= 0:
        raise refuse(ValueError, name, f"margin must be greater than 0, got {margin}",
                     "1.0 is the default")  # fmt: skip


def triplet(
    name: str, distance: Callable[[Tensor, Tensor], Tensor], anchor: Tensor, positive: Tensor,
    negative: Tensor, margin: float, swap: bool,
) -> Tensor:  # fmt: skip
    """Return the loss of each triplet."""
    check_tensors(name, anchor=anchor, positive=positive, negative=negative)
    if not anchor.ndim == positive.ndim == negative.ndim:
        raise refuse(RuntimeError, name, "The anchor, positive, and negative tensors are expected "
                     f"to have the same number of dimensions, but got: anchor {anchor.ndim}D, "
                     f"positive {positive.ndim}D, and negative {negative.ndim}D inputs",
                     "unsqueeze those that lack the batch", anchor=anchor, positive=positive,
                     negative=negative)  # fmt: skip
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return clamp_min(margin + near - far, 0)  # type: ignore[operator]
