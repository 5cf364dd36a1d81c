"""Likelihoods under a distribution, and of lines of labels, as layers."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.loss.ctc import Lengths
from minitorch_lazy.nn.modules.loss.base import Loss


class PoissonNLLLoss(Loss):
    """Compare a count with a Poisson distribution: e^x - t x, or x - t ln(x + eps).

    Args:
        log_input: whether the input is the logarithm of the rate; else it is the rate.
        full: add Stirling's approximation of ln t! where t > 1.
        eps: keeps the logarithm of a rate of 0 finite.

    Source: torch.nn.PoissonNLLLoss.
    """

    def __init__(self, log_input: bool = True, full: bool = False, size_average: Any = None,
                 eps: float = 1e-8, reduce: Any = None,
                 reduction: str = "mean") -> None:  # fmt: skip
        super().__init__(size_average, reduce, reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, log_input: Tensor, target: Tensor) -> Tensor:  # noqa: D102
        return F.poisson_nll_loss(log_input, target, log_input=self.log_input, full=self.full,
                                  eps=self.eps, reduction=self.reduction)  # fmt: skip


class GaussianNLLLoss(Loss):
    """Compare a number with a normal distribution: (ln v + (x - t)^2 / v) / 2.

    Args:
        full: add the constant ln(2 pi) / 2.
        eps: smaller variances count as this.

    Source: torch.nn.GaussianNLLLoss.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self.full, self.eps = full, eps

    def forward(self, input: Tensor, target: Tensor, var: Tensor | float) -> Tensor:  # noqa: D102
        return F.gaussian_nll_loss(input, target, var, full=self.full, eps=self.eps,
                                   reduction=self.reduction)  # fmt: skip


class CTCLoss(Loss):
    """Return minus the logarithm of the chance that a line of labels is said.

    Args:
        blank: the class that says nothing.
        zero_infinity: let lines that cannot be said in the time count 0, with gradient 0.

    Source: torch.nn.CTCLoss.
    """

    def __init__(self, blank: int = 0, reduction: str = "mean",
                 zero_infinity: bool = False) -> None:  # fmt: skip
        super().__init__(reduction=reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Tensor, targets: Tensor, input_lengths: Lengths,
                target_lengths: Lengths) -> Tensor:  # fmt: skip  # noqa: D102
        """See `nn.functional.ctc_loss`."""
        return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, self.blank,
                          self.reduction, self.zero_infinity)  # fmt: skip
