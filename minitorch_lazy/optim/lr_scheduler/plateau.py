"""A schedule that waits for a measure to stop improving."""

from __future__ import annotations

import math
import warnings
from typing import Any, SupportsFloat

from minitorch_lazy.optim.lr_scheduler.base import (
    EPOCH_WARNING,
    LRScheduler,
    assign,
    check_optimizer,
    current,
)
from minitorch_lazy.optim.optimizer import Optimizer


class ReduceLROnPlateau(LRScheduler):
    """Multiply the rate by `factor` when a measure has not improved for `patience` epochs.

    Args:
        optimizer: whose rates are set.
        mode: `"min"` where a small measure is good, `"max"` where a large one is.
        factor: below 1.
        patience: how many epochs without improvement are allowed.
        threshold: what counts as improvement; a part of the best where `threshold_mode` is
            `"rel"`, a difference where it is `"abs"`.
        cooldown: epochs to wait after a reduction.
        min_lr: where to stop, one number or one for each group.
        eps: a smaller reduction is not made.

    Raises:
        ValueError: a mode is unknown, or `factor` is not below 1.

    Source: torch.optim.lr_scheduler.ReduceLROnPlateau.
    """

    def __init__(
        self, optimizer: Optimizer, mode: str = "min", factor: float = 0.1, patience: int = 10,
        threshold: float = 1e-4, threshold_mode: str = "rel", cooldown: int = 0,
        min_lr: list[float] | float = 0, eps: float = 1e-8,
    ) -> None:  # fmt: skip
        if factor >= 1.0:
            raise ValueError("Factor should be < 1.0.")
        check_optimizer(optimizer)
        if mode not in ("min", "max"):
            raise ValueError(f"mode {mode} is unknown!")
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(f"threshold mode {threshold_mode} is unknown!")
        groups = len(optimizer.param_groups)
        given = isinstance(min_lr, list | tuple)
        if given and len(min_lr) != groups:  # type: ignore[arg-type]
            raise ValueError(f"expected {groups} min_lrs, got {len(min_lr)}")  # type: ignore[arg-type]
        self.default_min_lr = None if given else min_lr
        self.min_lrs: list[Any] = list(min_lr) if given else [min_lr] * groups  # type: ignore
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.eps = cooldown, eps
        self.last_epoch = 0
        self._last_lr = current(optimizer, "lr")
        self._reset()

    def _reset(self) -> None:
        self.best = math.inf if self.mode == "min" else -math.inf
        self.cooldown_counter = 0
        self.num_bad_epochs = 0

    @property
    def in_cooldown(self) -> bool:
        """Whether a reduction has just been made."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the measure of this epoch.

        Args:
            metrics: a number, or a tensor of one element.
            epoch: its number (deprecated).
        """
        measure = float(metrics)
        if epoch is not None:
            warnings.warn(EPOCH_WARNING, UserWarning, stacklevel=2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.improves(measure):
            self.best = measure
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.reduce()
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self._last_lr = current(self.optimizer, "lr")

    def improves(self, measure: float) -> bool:
        """Tell whether a measure is better than the best by more than the threshold."""
        sign = 1 if self.mode == "min" else -1
        if self.threshold_mode == "rel":
            return sign * measure < sign * self.best * (1.0 - sign * self.threshold)
        return sign * measure < sign * self.best - self.threshold

    def reduce(self) -> None:
        """Lower the rate of every group, down to its minimum."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.min_lrs):
            if self.default_min_lr is None:
                raise RuntimeError(
                    f"The number of param groups in the `optimizer` ({len(groups)}) differs from "
                    f"when `ReduceLROnPlateau` was initialized ({len(self.min_lrs)}), usually due "
                    "to a new param group being added to the optimizer.\n"
                    "  mend  set the schedule's min_lrs to one number for each group"
                )
            self.min_lrs = [self.default_min_lr] * len(groups)
        for group, least in zip(groups, self.min_lrs, strict=True):
            rate = float(group["lr"])
            lower = max(rate * self.factor, least)
            if rate - lower > self.eps:
                assign(group, "lr", lower)
