"""LRScheduler: a learning rate that follows a plan, epoch by epoch."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.optimizer import Optimizer

Rate = float | Tensor

EPOCH_WARNING = (
    "The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where "
    "possible. Please use `scheduler.step()` to step the scheduler."
)


def current(optimizer: Optimizer, key: str) -> list[Any]:
    """Return one option of every group, tensors copied."""
    values = [group[key] for group in optimizer.param_groups]
    return [v.detach().clone() if isinstance(v, Tensor) else v for v in values]


def assign(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group; a tensor keeps its identity and takes the new value."""
    if isinstance(group[key], Tensor):
        group[key].detach().fill_(float(value))
    else:
        group[key] = value


def per_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """Give every group its own value, of one for all or of a list."""
    groups = len(optimizer.param_groups)
    if not isinstance(value, list | tuple):
        value = [value] * groups
    if len(value) != groups:
        raise ValueError(
            f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} "
            f"values, param_groups has {groups}."
        )
    return [v.clone() if isinstance(v, Tensor) else v for v in value]


def check_optimizer(optimizer: Any) -> None:
    """Refuse what is no optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{type(optimizer).__name__} is not an Optimizer\n"
            "  mend  the optimizer is a scheduler's first argument"
        )


class LRScheduler:
    """Set the learning rate of every group when it is made, and at every `step`.

    A subclass gives `get_lr`, the rates of epoch `last_epoch`; where `_get_closed_form_lr` says
    them without those of the epoch before, `step(epoch)` can jump.

    Args:
        optimizer: whose `param_groups` are set.
        last_epoch: -1 for a fresh start; the groups then remember their rate as `initial_lr`.

    Raises:
        TypeError: `optimizer` is no optimizer.
        KeyError: `last_epoch` is given, and a group has no `initial_lr`.

    Source: torch.optim.lr_scheduler.LRScheduler.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        check_optimizer(optimizer)
        self.optimizer = optimizer
        for place, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                rate = group["lr"]
                group.setdefault("initial_lr", rate.clone() if isinstance(rate, Tensor) else rate)
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{place}] when resuming "
                    "scheduler with last_epoch >= 0.\n  mend  load the optimizer's state first, "
                    "or leave last_epoch=-1 for a fresh run"
                )
        self.base_lrs: list[Any] = current(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        if not optimizer._scheduled:
            optimizer._scheduled = True
            optimizer._opt_called = False
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self._is_initial = True
        try:
            self.step()
        finally:
            self._is_initial = False

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer.

        Source: torch.optim.lr_scheduler.LRScheduler.state_dict.
        """
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned; the optimizer's state is loaded for itself.

        Source: torch.optim.lr_scheduler.LRScheduler.load_state_dict.
        """
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """Return the rates that the last step set, one a group.

        Source: torch.optim.lr_scheduler.LRScheduler.get_last_lr.
        """
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """Compute the rates of epoch `last_epoch`, one a group."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go to the next epoch; call it after the optimizer's `step`.

        Args:
            epoch: the epoch to jump to (deprecated).

        Source: torch.optim.lr_scheduler.LRScheduler.step.
        """
        if self._step_count == 1 and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. The first value "
                "of the learning rate schedule is skipped. Call them in the opposite order: "
                "`optimizer.step()` before `lr_scheduler.step()`.",
                UserWarning,
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(EPOCH_WARNING, UserWarning, stacklevel=2)
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        closed_form = getattr(self, "_get_closed_form_lr", None)
        with self.computing():
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            rates = self.get_lr() if epoch is None or closed_form is None else closed_form()
        self.apply(rates)

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Let `get_lr` know that a step asks it, not the user."""
        self._get_lr_called_within_step = True
        try:
            yield
        finally:
            self._get_lr_called_within_step = False

    def apply(self, rates: list[Any]) -> None:
        """Set the rate of every group."""
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            assign(group, "lr", rate)
        self._last_lr: list[Any] = current(self.optimizer, "lr")

    def rates(self) -> list[Any]:
        """Return the rates that the groups have now; what `get_lr` starts from.

        Asked by the user rather than by a step, `get_lr` computes from rates that are set
        already, so it warns.
        """
        if not self._get_lr_called_within_step:
            warnings.warn(
                "To get the last learning rate computed by the scheduler, please use "
                "`get_last_lr()`.",
                UserWarning,
                stacklevel=3,
            )
        return current(self.optimizer, "lr")


def function_state(function: Any) -> dict[str, Any] | None:
    """Return the attributes of a callable object; plain functions are not saved."""
    return None if isinstance(function, FunctionType) else function.__dict__.copy()
