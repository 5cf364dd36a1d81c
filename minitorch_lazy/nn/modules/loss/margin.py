"""Losses with a margin as layers."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.loss.classes import check_options
from minitorch_lazy.nn.modules.loss.base import Loss, WeightedLoss


class MarginLoss(Loss):
    """A loss with a margin."""

    def __init__(self, margin: float = 0.0, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.margin = margin


class HingeEmbeddingLoss(MarginLoss):
    """Shrink distances of pairs alike, and widen the others: x at t = 1, max(margin - x, 0) at -1.

    Source: torch.nn.HingeEmbeddingLoss.
    """

    def __init__(self, margin: float = 1.0, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(margin, size_average, reduce, reduction)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.hinge_embedding_loss(input, target, margin=self.margin, reduction=self.reduction)


class MarginRankingLoss(MarginLoss):
    """Rank two numbers: max(-t (x1 - x2) + margin, 0).

    Source: torch.nn.MarginRankingLoss.
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.margin_ranking_loss(input1, input2, target, margin=self.margin,
                                     reduction=self.reduction)  # fmt: skip


class CosineEmbeddingLoss(MarginLoss):
    """Turn vectors toward each other or away: 1 - cos at t = 1, max(cos - margin, 0) at t = -1.

    Source: torch.nn.CosineEmbeddingLoss.
    """

    def forward(self, input1: Tensor, input2: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.cosine_embedding_loss(input1, input2, target, margin=self.margin,
                                       reduction=self.reduction)  # fmt: skip


class SoftMarginLoss(Loss):
    """Give a score the sign of its target: ln(1 + e^(-t x)).

    Source: torch.nn.SoftMarginLoss.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.soft_margin_loss(input, target, reduction=self.reduction)


class MultiLabelMarginLoss(Loss):
    """Keep the scores of all right classes above all others by 1.

    Source: torch.nn.MultiLabelMarginLoss.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.multilabel_margin_loss(input, target, reduction=self.reduction)


class MultiLabelSoftMarginLoss(WeightedLoss):
    """Average, over the classes, the cross-entropy of sigmoid(x) with each class's yes or no.

    Source: torch.nn.MultiLabelSoftMarginLoss.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.multilabel_soft_margin_loss(input, target, weight=self.weight,
                                             reduction=self.reduction)  # fmt: skip


class MultiMarginLoss(WeightedLoss):
    """Keep the score of the right class above the others by a margin.

    Args:
        p: the power of what falls short, 1 or 2.
        weight: one number for each class.

    Raises:
        ValueError: another p, or a weight that is no vector.

    Source: torch.nn.MultiMarginLoss.
    """

    def __init__(self, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
                 size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(weight, size_average, reduce, reduction)
        check_options("MultiMarginLoss", p, None)
        if weight is not None and weight.ndim != 1:
            raise refuse(ValueError, "MultiMarginLoss", "expected weight to be None or 1D tensor, "
                         f"got {weight.ndim}D instead", "give one number for each class",
                         weight=weight)  # fmt: skip
        self.p, self.margin = p, margin

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.multi_margin_loss(input, target, p=self.p, margin=self.margin,
                                   weight=self.weight, reduction=self.reduction)  # fmt: skip
