"""SWALR: the way to the rate at which averaging goes on."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler, check_optimizer, per_group
from minitorch_lazy.optim.optimizer import Optimizer


class SWALR(LRScheduler):
    """Go from the rate that each group has to `swa_lr`, and stay there.

        lr = swa_lr * a + lr_before * (1 - a),  a = t (linear) or (1 - cos(pi t)) / 2,
        with t = min(1, epoch / anneal_epochs)

    Args:
        optimizer: whose rates are set; its groups remember `swa_lr`.
        swa_lr: the last rate, one number or one for each group.
        anneal_epochs: epochs until then.
        anneal_strategy: `"cos"` or `"linear"`.
        last_epoch: -1 for a fresh start.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.swa_utils.SWALR; Izmailov et al. (2018).

    >>> w = torch.ones(1, requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.5)
    >>> schedule = torch.optim.swa_utils.SWALR(optimizer, 0.1, 4, "linear")
    >>> for _ in range(5):
    ...     optimizer.step()
    ...     schedule.step()
    ...     print(round(optimizer.param_groups[0]["lr"], 6))
    0.4
    0.3
    0.2
    0.1
    0.1
    """

    def __init__(
        self, optimizer: Optimizer, swa_lr: float | list[float], anneal_epochs: int = 10,
        anneal_strategy: str = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        check_optimizer(optimizer)
        rates = per_group("swa_lr", optimizer, swa_lr)
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(
                f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}"
            )
        for rate, group in zip(rates, optimizer.param_groups, strict=True):
            group["swa_lr"] = rate
        self._anneal_strategy = anneal_strategy
        self.anneal_epochs = anneal_epochs
        super().__init__(optimizer, last_epoch)

    def anneal_func(self, t: float) -> float:
        """Return how far the rate has come after a part `t` of the epochs."""
        return t if self._anneal_strategy == "linear" else (1 - math.cos(math.pi * t)) / 2

    def get_lr(self) -> list[Any]:
        """Compute the rates of this epoch from those of the epoch before."""
        rates = self.rates()
        epochs = max(1, self.anneal_epochs)
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before = self.anneal_func(max(0, min(1, (step - 1) / epochs)))
        now = self.anneal_func(max(0, min(1, step / epochs)))
        groups = self.optimizer.param_groups
        return [
            self.between(rate, group["swa_lr"], before, now)
            for rate, group in zip(rates, groups, strict=True)
        ]

    @staticmethod
    def between(rate: Any, last: Any, before: float, now: float) -> Any:
        """Return the rate of this epoch, from what it was when it had come as far as `before`."""
        first = last if before == 1 else (rate - before * last) / (1 - before)
        return last * now + first * (1 - now)
