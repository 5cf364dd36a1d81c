"""OneCycleLR: one rise and one long fall, over the whole of training."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import check_optimizer, per_group
from minitorch_lazy.optim.lr_scheduler.momentum import MomentumCycle
from minitorch_lazy.optim.optimizer import Optimizer


def cosine(start: float, end: float, part: float) -> float:
    """Go from `start` to `end` along half a cosine."""
    return end + (start - end) / 2.0 * (math.cos(math.pi * part) + 1)


def linear(start: float, end: float, part: float) -> float:
    """Go from `start` to `end` along a line."""
    return (end - start) * part + start


def phase(end: float, lr: tuple[str, str], momentum: tuple[str, str]) -> dict[str, Any]:
    """Describe one phase: where it ends, and the group's entries that it leads between."""
    return {
        "end_step": end, "start_lr": lr[0], "end_lr": lr[1],
        "start_momentum": momentum[0], "end_momentum": momentum[1],
    }  # fmt: skip


def count_steps(total: int | None, epochs: int | None, each: int | None) -> int:
    """Return the number of steps, given at once or as epochs times steps."""
    if total is None and (epochs is None or each is None):
        raise ValueError("You must define either total_steps OR (epochs AND steps_per_epoch)")
    given = {"total_steps": total} if total is not None else {
        "epochs": epochs, "steps_per_epoch": each,
    }  # fmt: skip
    for name, value in given.items():
        if not isinstance(value, int) or value <= 0:
            raise ValueError(f"Expected positive integer {name}, but got {value}")
    return total if total is not None else epochs * each  # type: ignore[operator]


class OneCycleLR(MomentumCycle):
    """Let the rate rise from `max_lr / div_factor` to `max_lr`, and fall far below the start.

    Call `step` after every batch. The end is `final_div_factor` times below the start. With
    `three_phase`, the fall mirrors the rise first. The momentum goes the other way where
    `cycle_momentum` is set.

    Args:
        optimizer: whose rates are set.
        max_lr: the top, one number or one for each group.
        total_steps: how many steps there will be; or give `epochs` and `steps_per_epoch`.
        pct_start: the part of the steps that rise.
        anneal_strategy: `"cos"` or `"linear"`.

    Raises:
        ValueError: an option is out of its range, or there are more steps than were announced.

    Source: torch.optim.lr_scheduler.OneCycleLR; Smith and Topin (2018).
    """

    def __init__(
        self, optimizer: Optimizer, max_lr: float | list[float], total_steps: int | None = None,
        epochs: int | None = None, steps_per_epoch: int | None = None, pct_start: float = 0.3,
        anneal_strategy: str = "cos", cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85, max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0, final_div_factor: float = 1e4, three_phase: bool = False,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        check_optimizer(optimizer)
        self.total_steps = count_steps(total_steps, epochs, steps_per_epoch)
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"Expected float between 0 and 1 pct_start, but got {pct_start}")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        self._anneal_func_type = anneal_strategy
        self._schedule_phases = self.phases(pct_start * self.total_steps, three_phase)
        tops = per_group("max_lr", optimizer, max_lr)
        if last_epoch == -1:
            for top, group in zip(tops, optimizer.param_groups, strict=True):
                group["initial_lr"], group["max_lr"] = top / div_factor, top
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            self.start_momentum(optimizer, base_momentum, max_momentum, last_epoch == -1)
        super().__init__(optimizer, last_epoch)

    def phases(self, rise: float, three_phase: bool) -> list[dict[str, Any]]:
        """List the phases, the first of which takes `rise` steps."""
        fall, back = ("max_momentum", "base_momentum"), ("base_momentum", "max_momentum")
        last = self.total_steps - 1
        first = phase(rise - 1, ("initial_lr", "max_lr"), fall)
        if not three_phase:
            return [first, phase(last, ("max_lr", "min_lr"), back)]
        return [
            first,
            phase(2 * rise - 2, ("max_lr", "initial_lr"), back),
            phase(last, ("initial_lr", "min_lr"), ("max_momentum", "max_momentum")),
        ]

    def get_lr(self) -> list[Any]:
        self.rates()
        step = self.last_epoch
        if step > self.total_steps:
            raise ValueError(
                f"Tried to step {step} times. The specified number of total steps is "
                f"{self.total_steps}\n  mend  announce all batches of all epochs as total_steps"
            )
        start = 0.0
        for part in self._schedule_phases[:-1]:
            if step <= part["end_step"]:
                break
            start = part["end_step"]
        else:
            part = self._schedule_phases[-1]
        done = (step - start) / (part["end_step"] - start)
        anneal = cosine if self._anneal_func_type == "cos" else linear
        groups = self.optimizer.param_groups
        if self.cycle_momentum:
            low, high = part["start_momentum"], part["end_momentum"]
            for group in groups:
                self.set_momentum(group, anneal(group[low], group[high], done))
        low, high = part["start_lr"], part["end_lr"]
        return [anneal(group[low], group[high], done) for group in groups]
