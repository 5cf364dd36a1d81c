"""Normalisation of each sample by itself, in torch's signatures.

It is batch normalisation seen from another side: the channels of all samples are the channels of
one sample, and a weight is repeated for each.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating, check_same_type, widened
from minitorch_lazy.nn.functional.norm.batch import check_channels, check_pair, move, scaled
from minitorch_lazy.ops import norm as ops


def standardised(input: Tensor, weight: Tensor | None, bias: Tensor | None, share: int,
                 eps: float, mixed: bool) -> tuple[Tensor, Any, Any]:  # fmt: skip
    """Normalise `share` neighbouring channels of a sample together; return the statistics too.

    Args:
        mixed: whether a half comes with float32 parameters.
    """
    kind, (batch, channels, *sizes) = input.dtype, input.array.shape
    if mixed:
        input, weight, bias = widened(input, weight, bias)
    rows = input.reshape(1, batch * channels, math.prod(sizes))  # type: ignore[attr-defined]
    repeated = (
        None if part is None
        else part.expand(batch, channels).reshape(batch * channels)  # type: ignore[attr-defined]
        for part in (weight, bias)
    )  # fmt: skip
    y, mean, var = ops.batch_normal(rows, *repeated, eps=float(eps), share=share)
    y = y.reshape(batch, channels, *sizes)  # type: ignore[attr-defined]
    return y.to(kind) if mixed else y, mean, var


@public(method=False)
def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None,
               bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:  # fmt: skip
    """Normalise over groups of channels and all places: y = (x - mean) / sqrt(var + eps) w + b.

    Each sample has statistics of its own.

    Args:
        input: (N, C, *sizes).
        num_groups: a divisor of C; neighbouring channels are a group.
        weight, bias: (C,).

    Raises:
        RuntimeError: groups or parameters do not fit the channels.
        ValueError: one value for each group.

    Source: torch.nn.functional.group_norm.
    """
    check_floating("group_norm", input)
    if input.ndim < 2:
        raise refuse(RuntimeError, "group_norm", "Expected at least 2 dimensions for input tensor "
                     f"but received {input.ndim}", "give (N, C, *)", input=input)  # fmt: skip
    batch, channels, *sizes = input.array.shape
    if num_groups <= 0:
        raise refuse(RuntimeError, "group_norm", "Expected num groups to be greater than 0, got "
                     f"{num_groups}", "use 1 or more", input=input)  # fmt: skip
    if channels % num_groups:
        raise refuse(RuntimeError, "group_norm", "Expected number of channels in input to be "
                     f"divisible by num_groups, but got input of shape {list(input.shape)} and "
                     f"num_groups={num_groups}", "choose a divisor of the channels",
                     input=input)  # fmt: skip
    if batch * (channels // num_groups) * math.prod(sizes) == 1:
        raise refuse(ValueError, "group_norm", "Expected more than 1 value per channel when "
                     f"training, got input size {list(input.shape)}", "use fewer groups",
                     input=input, num_groups=num_groups)  # fmt: skip
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != (channels,):
            raise refuse(RuntimeError, "group_norm", f"Expected {name} to be a vector of size "
                         f"equal to the number of channels in input, but got {name} of shape "
                         f"{list(part.shape)} and input of shape {list(input.shape)}",
                         "give one number for each channel", input=input,
                         **{name: part})  # fmt: skip
    mixed = check_same_type("group_norm", input, weight=weight, bias=bias)
    return standardised(input, weight, bias, channels // num_groups, eps, mixed)[0]


def instance_norm(
    input: Tensor, running_mean: Tensor | None = None, running_var: Tensor | None = None,
    weight: Tensor | None = None, bias: Tensor | None = None, use_input_stats: bool = True,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise every channel of every sample over its places.

        y = (x - mean) / sqrt(var + eps) w + b

    Args:
        input: (N, C, *sizes).
        running_mean, running_var: (C,); they move toward the mean of the samples' statistics, the
            variances being the unbiased ones. Without `use_input_stats` they are what is
            normalised with.
        weight, bias: (C,).
        momentum: how far they move, 0 to 1.

    Raises:
        ValueError: one place for each channel.
        RuntimeError: statistics or parameters do not fit the channels.

    Source: torch.nn.functional.instance_norm.
    """
    check_floating("instance_norm", input)
    count = math.prod(input.array.shape[2:])
    if use_input_stats and count == 1:
        raise refuse(ValueError, "instance_norm", "Expected more than 1 spatial element when "
                     f"training, got input size {input.shape}", "give (N, C, *) with more places, "
                     "or use batch_norm", input=input)  # fmt: skip
    check_pair("instance_norm", input, running_mean, running_var)
    if not use_input_stats and running_mean is None:
        return scaled("instance_norm", input, None, None, weight, bias, eps)
    if input.ndim < 2:
        raise refuse(RuntimeError, "instance_norm", "input must have at least 2 dimensions",
                     "give (N, C, *)", input=input)  # fmt: skip
    mixed = check_channels("instance_norm", input, running_mean, running_var, weight, bias)
    if not use_input_stats:
        return scaled("instance_norm", input, running_mean, running_var, weight, bias, eps)
    y, mean, var = standardised(input, weight, bias, 1, eps, mixed)
    if input.numel():
        shape = input.array.shape[:2]
        move(running_mean, mean.reshape(shape).mean(0), momentum, 1.0)
        move(running_var, var.reshape(shape).mean(0), momentum, count / (count - 1))
    return y
