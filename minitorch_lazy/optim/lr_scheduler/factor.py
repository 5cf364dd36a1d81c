"""Schedules given by functions of the epoch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler, function_state
from minitorch_lazy.optim.optimizer import Optimizer

Factor = Callable[[int], float]


class FactorLR(LRScheduler):
    """A schedule whose factors come from one function, or from one for each group."""

    def __init__(
        self, optimizer: Optimizer, lr_lambda: Factor | list[Factor], last_epoch: int = -1
    ) -> None:
        groups = len(optimizer.param_groups)
        if not isinstance(lr_lambda, list | tuple):
            lr_lambda = [lr_lambda] * groups
        if len(lr_lambda) != groups:
            raise ValueError(f"Expected {groups} lr_lambdas, but got {len(lr_lambda)}")
        for function in lr_lambda:
            if not callable(function):
                raise TypeError(
                    f"lr_lambda should be a function, but got {type(function).__name__}"
                )
        self.lr_lambdas = list(lr_lambda)
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return everything but the optimizer and plain functions."""
        return {
            **super().state_dict(),
            "lr_lambdas": [function_state(function) for function in self.lr_lambdas],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what `state_dict` returned; functions stay, callable objects are filled."""
        functions = self.lr_lambdas
        super().load_state_dict(state_dict)
        self.lr_lambdas = functions
        for function, state in zip(functions, state_dict["lr_lambdas"], strict=True):
            if state is not None:
                function.__dict__.update(state)

    def factors(self) -> list[float]:
        """Return the factors of this epoch, one a group."""
        return [function(self.last_epoch) for function in self.lr_lambdas]


class LambdaLR(FactorLR):
    """Set the rate to the initial one times a function of the epoch.

        lr = initial_lr * lr_lambda(epoch)

    Args:
        optimizer: whose rates are set.
        lr_lambda: function of the epoch, or a list with one for each group.
        last_epoch: -1 for a fresh start.

    Source: torch.optim.lr_scheduler.LambdaLR.

    >>> optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.5)
    >>> schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5**epoch)
    >>> optimizer.step(); schedule.step()
    >>> schedule.get_last_lr()
    [0.25]
    """

    def get_lr(self) -> list[Any]:
        self.rates()
        return [base * f for base, f in zip(self.base_lrs, self.factors(), strict=True)]


class MultiplicativeLR(FactorLR):
    """Multiply the rate by a function of the epoch, from the second epoch on.

        lr = lr * lr_lambda(epoch)

    Args:
        optimizer: whose rates are set.
        lr_lambda: function of the epoch, or a list with one for each group.
        last_epoch: -1 for a fresh start.

    Source: torch.optim.lr_scheduler.MultiplicativeLR.
    """

    def get_lr(self) -> list[Any]:
        rates = self.rates()
        if self._is_initial:
            return rates
        return [rate * f for rate, f in zip(rates, self.factors(), strict=True)]
