"""Schedules made of schedules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler, assign, current
from minitorch_lazy.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minitorch_lazy.optim.optimizer import Optimizer


class Composed(LRScheduler):
    """What schedules of schedules share."""

    _schedulers: Sequence[Any]

    def check(self, schedulers: Sequence[Any], optimizer: Optimizer) -> None:
        """Refuse schedules of several optimizers, and those that a plain `step` cannot serve."""
        name = type(self).__name__
        for place, scheduler in enumerate(schedulers):
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it requires "
                    "additional kwargs to be specified when calling `step`, but got one at index "
                    f"{place} in the given schedulers sequence."
                )
            if scheduler.optimizer is not optimizer:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but got "
                    f"scheduler {type(scheduler).__name__} at index {place} has "
                    f"{scheduler.optimizer}, which is different from {type(optimizer).__name__}."
                )

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer, with the states of the parts."""
        parts = [scheduler.state_dict() for scheduler in self._schedulers]
        return {**super().state_dict(), "_schedulers": parts}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned."""
        parts = self._schedulers
        super().load_state_dict(state_dict)
        self._schedulers = parts
        for scheduler, state in zip(parts, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


def check_parts(name: str, schedulers: Sequence[Any]) -> None:
    """Refuse an empty list, and things that are no schedules."""
    if not schedulers:
        raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
    for place, scheduler in enumerate(schedulers):
        if not hasattr(scheduler, "optimizer"):
            raise TypeError(f"{name} at index {place} should have `optimizer` as its attribute.")


class SequentialLR(Composed):
    """Follow one schedule after the other; each starts anew at its milestone.

    Args:
        optimizer: whose rates are set.
        schedulers: schedules of this optimizer.
        milestones: the epochs at which the second, third ... schedule begins.

    Raises:
        ValueError: the numbers do not fit, or a schedule belongs to another optimizer.

    Source: torch.optim.lr_scheduler.SequentialLR.
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: list[LRScheduler], milestones: list[int],
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        check_parts(type(self).__name__, schedulers)
        self.check(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self._schedulers, self._milestones = schedulers, milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:
            assign(group, "lr", group["initial_lr"])
        self.recursive_undo()
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def recursive_undo(self, sched: Any = None) -> None:
        """Take back the first step that every part made when it was created."""
        scheduler = self if sched is None else sched
        if isinstance(scheduler, Composed):
            for part in scheduler._schedulers:
                self.recursive_undo(part)
        else:
            scheduler.last_epoch -= 1

    def step(self) -> None:  # type: ignore[override]
        """Go to the next epoch of the schedule whose time it is."""
        self.last_epoch += 1
        place = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[place]
        if place > 0 and self._milestones[place - 1] == self.last_epoch:
            scheduler._update_lr(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


class ChainedScheduler(Composed):
    """Follow several schedules at the same time: each changes the rate that the others left.

    Raises:
        ValueError: there is no schedule, or one belongs to another optimizer.

    Source: torch.optim.lr_scheduler.ChainedScheduler.
    """

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        check_parts(type(self).__name__, schedulers)
        self.optimizer = optimizer or schedulers[0].optimizer
        self.check(schedulers, self.optimizer)
        self._schedulers = schedulers
        self._last_lr = current(self.optimizer, "lr")

    def step(self) -> None:  # type: ignore[override]
        """Go to the next epoch of every schedule."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = current(self.optimizer, "lr")
