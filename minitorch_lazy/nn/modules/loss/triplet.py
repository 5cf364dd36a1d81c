"""Losses of three things of which two belong together, as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.modules.distance import PairwiseDistance
from minitorch_lazy.nn.modules.loss.base import Loss


def check_margin(name: str, margin: float) -> None:
    """Refuse a margin that asks for nothing."""
    if margin <= 0:
        raise refuse(ValueError, name, f"expected margin to be greater than 0, got {margin} "
                     "instead", "1.0 is the default")  # fmt: skip


class TripletMarginLoss(Loss):
    """Keep an anchor nearer to one vector than to another: max(d(a, p) - d(a, n) + margin, 0).

    Args:
        margin: how much nearer, above 0.
        p: the order of the norm that is the distance.
        eps: see `PairwiseDistance`.
        swap: take d(p, n) for d(a, n) where it is smaller.

    Source: torch.nn.TripletMarginLoss.
    """

    def __init__(self, margin: float = 1.0, p: float = 2.0, eps: float = 1e-6, swap: bool = False,
                 size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        check_margin("TripletMarginLoss", margin)
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:  # noqa: D102
        return F.triplet_margin_loss(
            anchor, positive, negative, margin=self.margin, p=self.p, eps=self.eps, swap=self.swap,
            reduction=self.reduction,
        )  # fmt: skip


class TripletMarginWithDistanceLoss(Loss):
    """Keep an anchor nearer to one thing than to another, by a distance of one's own.

    Args:
        distance_function: from two batches to (N,), or a layer; PairwiseDistance where it is None.
        margin, swap: see TripletMarginLoss.

    Source: torch.nn.TripletMarginWithDistanceLoss.
    """

    def __init__(
        self, *, distance_function: Callable[[Tensor, Tensor], Tensor] | None = None,
        margin: float = 1.0, swap: bool = False, reduction: str = "mean",
    ) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        check_margin("TripletMarginWithDistanceLoss", margin)
        self.distance_function = PairwiseDistance() if distance_function is None \
            else distance_function  # fmt: skip
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Tensor, positive: Tensor, negative: Tensor) -> Tensor:  # noqa: D102
        return F.triplet_margin_with_distance_loss(
            anchor, positive, negative, distance_function=self.distance_function,
            margin=self.margin, swap=self.swap, reduction=self.reduction,
        )  # fmt: skip
