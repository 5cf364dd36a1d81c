"""Losses of numbers that are compared one by one, as layers."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.loss.regression import mse_loss
from minitorch_lazy.nn.modules.loss.base import Loss


class MSELoss(Loss):
    """Average the squared difference.

    Source: torch.nn.MSELoss.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return mse_loss(input, target, reduction=self.reduction)


class L1Loss(Loss):
    """Average the absolute difference.

    Source: torch.nn.L1Loss.
    """

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(Loss):
    """Square small differences, and count large ones.

    Source: torch.nn.SmoothL1Loss.
    """

    def __init__(self, size_average: Any = None, reduce: Any = None, reduction: str = "mean",
                 beta: float = 1.0) -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.beta = beta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(Loss):
    """Square small differences, and count large ones times delta.

    Source: torch.nn.HuberLoss.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        if not isinstance(delta, (int, float)):
            raise TypeError(f"delta must be a float or int, got: {type(delta)}")
        self.delta = delta

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.huber_loss(input, target, reduction=self.reduction, delta=self.delta)
