"""How wide a layer is on either side, and what its nonlinearity does to the variance."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor

PLAIN = {
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "sigmoid",
}  # fmt: skip
"""Functions of gain 1."""

GAINS: dict[str, float] = {"tanh": 5.0 / 3, "relu": math.sqrt(2.0), "selu": 3.0 / 4}


def calculate_gain(nonlinearity: str, param: Any = None) -> float:
    """Return by how much to scale weights before a nonlinearity, to keep the variance.

        linear, conv, sigmoid 1 · tanh 5/3 · relu sqrt(2) · leaky_relu sqrt(2 / (1 + slope²)) ·
        selu 3/4

    Args:
        nonlinearity: the name of a function.
        param: the slope of `leaky_relu`, 0.01 where not given.
    Raises:
        ValueError: the name is not known, or the slope is not a number.

    Source: torch.nn.init.calculate_gain.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity in PLAIN:
        return 1
    if nonlinearity in GAINS:
        return GAINS[nonlinearity]
    if nonlinearity != "leaky_relu":
        known = ", ".join(sorted({*PLAIN, *GAINS, "leaky_relu"}))
        raise ValueError(f"Unsupported nonlinearity {nonlinearity}\n  mend    choose from {known}")
    slope = 0.01 if param is None else param
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise ValueError(f"negative_slope {param} not a valid number")
    return math.sqrt(2.0 / (1 + slope**2))


def _calculate_fan_in_and_fan_out(tensor: Tensor) -> tuple[int, int]:
    if tensor.dim() < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions"
        )
    outputs, inputs, *window = tensor.shape
    return inputs * math.prod(window), outputs * math.prod(window)


def _calculate_correct_fan(tensor: Tensor, mode: str) -> int:
    modes = ["fan_in", "fan_out"]
    if mode.lower() not in modes:
        raise ValueError(f"Mode {mode.lower()} not supported, please use one of {modes}")
    return _calculate_fan_in_and_fan_out(tensor)[modes.index(mode.lower())]
