"""The rectifier whose slope is drawn."""

from __future__ import annotations

import math

import numpy as np

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation.rectifier import leaky_relu, source, stored
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops.create import from_numpy, ones_like
from minitorch_lazy.ops.sample import stream


def rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
          inplace: bool = False) -> Tensor:  # fmt: skip
    """Multiply what is not above 0 by a slope: in training drawn anew for each, else the middle.

        y = x if x > 0 else r x,  r uniform on [lower, upper)

    Raises:
        RuntimeError: a bound is not finite, or `lower` is above `upper`.

    Source: torch.nn.functional.rrelu.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.rrelu(torch.tensor([-1.0, 2.0]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    return randomly_leaky(input, lower, upper, training, inplace, None)


def rrelu_(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
           generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Multiply what is not above 0 by a slope that is drawn, in place.

    Source: torch.rrelu_.
    """
    return randomly_leaky(input, lower, upper, training, True, generator)


def randomly_leaky(
    input: Tensor, lower: float, upper: float, training: bool, inplace: bool,
    generator: Generator | None,
) -> Tensor:  # fmt: skip
    """Apply the rectifier, with draws of a generator."""
    check_floating("rrelu", input)
    for word, bound in (("lower", lower), ("upper", upper)):
        if not math.isfinite(bound):
            raise refuse(RuntimeError, "rrelu", f"{word} bound must be finite, got {bound}",
                         "give the range of the slope", input=input)  # fmt: skip
    if lower > upper:
        raise refuse(RuntimeError, "rrelu", "Lower bound should be less than or equal to the upper "
                     "bound", "exchange them", lower=lower, upper=upper)  # fmt: skip
    if not training:
        return leaky_relu(input, (lower + upper) / 2, inplace)
    out = source(input, inplace) * slopes(input, lower, upper, generator)  # type: ignore[operator]
    return stored(input, out, inplace, "rrelu_")


def slopes(input: Tensor, lower: float, upper: float, generator: Generator | None) -> Tensor:
    """Draw the factor of each number: 1 above 0 and for nan, which draw nothing, else a slope."""
    ones = ones_like(input, requires_grad=False)
    if input.is_meta:
        return ones
    below = input.detach() <= 0  # type: ignore[attr-defined]
    if input.dtype.itemsize < 8:
        lower, upper = float(np.float32(lower)), float(np.float32(upper))
    count = int(below.sum())
    drawn = stream(generator, input).uniform((count,), np.float64) * (upper - lower) + lower
    return ones.masked_scatter(below, from_numpy(drawn).to(input.device, input.dtype))  # type: ignore[attr-defined,no-any-return]
