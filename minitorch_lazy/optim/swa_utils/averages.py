"""Functions that move averages towards new values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor

Average = Callable[[Tensor, Tensor, Any], Tensor]
MultiAverage = Callable[[Sequence[Tensor], Sequence[Tensor], Any], None]


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """Return the exponential moving average of one tensor: decay * mean + (1 - decay) * now.

    Raises:
        ValueError: `decay` is not between 0 and 1.

    Source: torch.optim.swa_utils.get_ema_avg_fn.

    >>> average = torch.optim.swa_utils.get_ema_avg_fn(0.75)
    >>> average(torch.tensor(4.0), torch.tensor(8.0), 1)
    tensor(5.)
    """
    check_decay(decay)

    def ema_update(ema_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            mean: Tensor = decay * ema_param + (1 - decay) * current_param
            return mean

    return ema_update


def get_ema_multi_avg_fn(decay: float = 0.999) -> MultiAverage:
    """Return the exponential moving average of many tensors, which it changes in place.

    Raises:
        ValueError: `decay` is not between 0 and 1.

    Source: torch.optim.swa_utils.get_ema_multi_avg_fn.
    """
    one = get_ema_avg_fn(decay)

    def ema_update(
        ema_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor], _: Any
    ) -> None:
        move_all(ema_param_list, current_param_list, 1 - decay, lambda m, x: one(m, x, _))

    return ema_update


def get_swa_avg_fn() -> Average:
    """Return the equal average of one tensor: mean + (now - mean) / (count + 1).

    Source: torch.optim.swa_utils.get_swa_avg_fn; Izmailov et al. (2018).
    """

    def swa_update(averaged_param: Tensor, current_param: Tensor, num_averaged: Any) -> Tensor:
        with no_grad():
            change: Tensor = (current_param - averaged_param) / (num_averaged + 1)
            return averaged_param + change

    return swa_update


def get_swa_multi_avg_fn() -> MultiAverage:
    """Return the equal average of many tensors, which it changes in place.

    Source: torch.optim.swa_utils.get_swa_multi_avg_fn; Izmailov et al. (2018).
    """
    one = get_swa_avg_fn()

    def swa_update(
        averaged_param_list: Sequence[Tensor], current_param_list: Sequence[Tensor],
        num_averaged: Any,
    ) -> None:  # fmt: skip
        weight = float(1 / (num_averaged + 1))
        move_all(
            averaged_param_list, current_param_list, weight, lambda m, x: one(m, x, num_averaged)
        )

    return swa_update


def check_decay(decay: float) -> None:
    """Refuse a decay that does not average."""
    if not 0.0 <= decay <= 1.0:
        raise ValueError(
            f"Invalid decay value {decay} provided. Please provide a value in [0,1] range."
        )


def move_all(
    means: Sequence[Tensor], values: Sequence[Tensor], weight: float, average: Any
) -> None:
    """Move every mean towards its value; integers, which cannot, take the average rounded."""
    with no_grad():
        for mean, value in zip(means, values, strict=True):
            if mean.is_floating_point() or mean.is_complex():
                mean.lerp_(value, weight)
            else:
                mean.copy_(average(mean, value))
