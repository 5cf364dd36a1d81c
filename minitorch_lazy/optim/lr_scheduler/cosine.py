"""Schedules that follow a half wave of the cosine."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler
from minitorch_lazy.optim.optimizer import Optimizer


def wave(part: float) -> float:
    """Fall from 1 at 0 to 0 at 1, along half a wave."""
    return (1 + math.cos(math.pi * part)) / 2


class CosineAnnealingLR(LRScheduler):
    """Let the rate fall to `eta_min` in `T_max` epochs along half a cosine, and rise again.

        lr = eta_min + (initial_lr - eta_min) * (1 + cos(pi * epoch / T_max)) / 2

    Each step follows from the rate before, so that it goes on from a rate that was changed.

    Source: torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov and Hutter (2017).
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ) -> None:
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        rates = self.rates()
        if self._is_initial:
            return rates
        if self._step_count == 1 and self.last_epoch > 0:
            return self._get_closed_form_lr()
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:
            rise = 1 - wave(1 / self.T_max)
            return [
                rate + (base - self.eta_min) * rise
                for rate, base in zip(rates, self.base_lrs, strict=True)
            ]
        factor = wave(self.last_epoch / self.T_max) / wave((self.last_epoch - 1) / self.T_max)
        return [factor * (rate - self.eta_min) + self.eta_min for rate in rates]

    def _get_closed_form_lr(self) -> list[Any]:
        height = wave(self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Let the rate fall along half a cosine, and start anew after `T_0` epochs.

    Each period is `T_mult` times as long as the one before.

    Raises:
        ValueError: `T_0` or `T_mult` is no positive integer.

    Source: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts; Loshchilov and Hutter (2017).
    """

    def __init__(
        self, optimizer: Optimizer, T_0: int, T_mult: int = 1, eta_min: float = 0.0,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not isinstance(T_0, int) or T_0 <= 0:
            raise ValueError(f"Expected positive integer T_0, but got {T_0}")
        if not isinstance(T_mult, int) or T_mult < 1:
            raise ValueError(f"Expected integer T_mult >= 1, but got {T_mult}")
        if not isinstance(eta_min, float | int):
            raise ValueError(
                f"Expected float or int eta_min, but got {eta_min} of type {type(eta_min)}"
            )
        self.T_0, self.T_i, self.T_mult = T_0, T_0, T_mult
        self.eta_min, self.T_cur = eta_min, float(last_epoch)
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[Any]:
        self.rates()
        height = wave(self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]

    def step(self, epoch: float | None = None) -> None:
        """Go to the next epoch, or to any time, such as `epoch + batch / batches`."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"Expected non-negative epoch, but got {epoch}")
        else:
            self.jump(epoch)
        self.last_epoch = math.floor(epoch)
        with self.computing():
            rates = self.get_lr()
        self.apply(rates)

    def jump(self, epoch: float) -> None:
        """Find the period that a time falls into."""
        self.T_i, self.T_cur = self.T_0, epoch
        if epoch < self.T_0:
            return
        if self.T_mult == 1:
            self.T_cur = epoch % self.T_0
            return
        periods = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
        past = self.T_0 * (self.T_mult**periods - 1) / (self.T_mult - 1)
        self.T_cur, self.T_i = epoch - past, self.T_0 * self.T_mult**periods
