"""What the losses have alike: a reduction, and weights."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.functional.loss.checks import legacy
from minitorch_lazy.nn.module import Module


class Loss(Module):
    """A loss with a reduction: "mean", "sum" or "none".

    Args:
        size_average, reduce: the two old arguments that `reduction` replaced.
    """

    def __init__(self, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__()
        self.reduction = legacy(size_average, reduce, reduction)


class WeightedLoss(Loss):
    """A loss whose elements are weighted; the weight is a buffer."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, size_average: Any = None, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.register_buffer("weight", weight)
