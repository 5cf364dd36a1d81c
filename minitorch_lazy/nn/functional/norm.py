"""Normalisation, in torch's signatures."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.dtype import finfo
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating, check_same_type
from minitorch_lazy.ops import norm as ops
from minitorch_lazy.ops.elementwise import rsqrt


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None,
    weight: Tensor | None = None, bias: Tensor | None = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise every channel over batch and places: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        input: (N, C, *sizes).
        running_mean, running_var: (C,); in training they move toward the batch's statistics, the
            variance being the unbiased one; otherwise they are what is normalised with.
        weight, bias: (C,).
        momentum: how far they move, 0 to 1.

    Raises:
        ValueError: training with one value for each channel.

    Source: torch.nn.functional.batch_norm.
    """
    check_floating("batch_norm", input)
    if eps < 0 or (training and eps == 0):
        wanted = "positive during training" if training else "non-negative"
        raise refuse(ValueError, "batch_norm", f"batch_norm eps must be {wanted}, but got {eps}",
                     "leave the default 1e-5", input=input)  # fmt: skip
    if (running_mean is None) != (running_var is None):
        raise refuse(ValueError, "batch_norm", "running_mean and running_var must either both be "
                     "None or neither be None", "give both", input=input)  # fmt: skip
    if input.ndim < 2:
        return input * 1 if not input.numel() else channels_missing(input)
    if not training:
        return scaled(input, running_mean, running_var, weight, bias, eps)
    count = math.prod(n for i, n in enumerate(input.array.shape) if i != 1)
    if count == 1:
        raise refuse(ValueError, "batch_norm", "Expected more than 1 value per channel when "
                     f"training, got input size {input.shape}", "give a larger batch, or call "
                     "eval() first", input=input)  # fmt: skip
    check_channels(input, running_mean, running_var, weight, bias)
    y, mean, var = ops.batch_normal(input, weight, bias, eps=float(eps))
    move(running_mean, mean, momentum, 1.0)
    move(running_var, var, momentum, count / max(count - 1, 1))
    return y  # type: ignore[no-any-return]


def channels_missing(input: Tensor) -> Tensor:
    """Refuse an input without a dimension of channels."""
    raise refuse(RuntimeError, "batch_norm", "input must have at least 2 dimensions",
                 "give (N, C, *)", input=input)  # fmt: skip


def move(running: Tensor | None, found: Tensor, momentum: float, scale: float) -> None:
    """Move a running statistic toward the batch's."""
    if running is None or found.is_meta:
        return
    with no_grad():
        fresh = found.detach() * (momentum * scale)  # type: ignore[attr-defined]
        running.mul_(1 - momentum).add_(fresh.to(running.dtype))  # type: ignore[attr-defined]


def check_channels(input: Tensor, *parts: Tensor | None) -> None:
    """Refuse statistics, weights and biases that have not one number for each channel."""
    channels = input.array.shape[1]
    named = dict(zip(("running_mean", "running_var", "weight", "bias"), parts, strict=True))
    check_same_type("batch_norm", input, **named)
    for name, part in named.items():
        if part is not None and part.numel() != channels:
            raise refuse(RuntimeError, "batch_norm", f"{name} should contain {channels} elements "
                         f"not {part.numel()}", f"build the layer for {channels} channels, or use "
                         "the Lazy form and let the first batch decide", input=input,
                         **{name: part})  # fmt: skip


def scaled(input: Tensor, mean: Tensor | None, var: Tensor | None, weight: Tensor | None,
           bias: Tensor | None, eps: float) -> Tensor:  # fmt: skip
    """Normalise with given statistics."""
    if mean is None or var is None:
        raise refuse(RuntimeError, "batch_norm", "Expected running_mean and running_var to be "
                     "defined when training=False", "give both, or training=True",
                     input=input)  # fmt: skip
    check_channels(input, mean, var, weight, bias)
    shape = (1, -1, *(1,) * (input.ndim - 2))
    scale: Any = rsqrt(var + eps)  # type: ignore[operator]
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale  # type: ignore[operator]
    scale, shift = scale.to(input.dtype), shift.to(input.dtype)
    return input * scale.reshape(shape) + shift.reshape(shape)  # type: ignore[no-any-return]


@public(method=False)
def layer_norm(
    input: Tensor, normalized_shape: Any, weight: Tensor | None = None,
    bias: Tensor | None = None, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """Normalise over the last dimensions: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        input: (..., *normalized_shape).
        weight, bias: normalized_shape.

    Source: torch.nn.functional.layer_norm.
    """
    check_floating("layer_norm", input)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape):]) != shape:
        raise refuse(RuntimeError, "layer_norm", f"Given normalized_shape={list(shape)}, expected "
                     f"input with shape [*, {', '.join(map(str, shape))}], but got input of size "
                     f"{list(input.shape)}", f"build it as nn.LayerNorm({input.shape[-1:]})",
                     input=input)  # fmt: skip
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != shape:
            raise refuse(RuntimeError, "layer_norm", f"Expected {name} to be of same shape as "
                         f"normalized_shape, but got {name} of shape {list(part.shape)} and "
                         f"normalized_shape = {list(shape)}", "give it that shape",
                         input=input, **{name: part})  # fmt: skip
    check_same_type("layer_norm", input, weight=weight, bias=bias)
    return ops.layer_normal(input, weight, bias, count=len(shape), eps=float(eps))  # type: ignore[no-any-return]


@public(method=False)
def rms_norm(input: Tensor, normalized_shape: Any, weight: Tensor | None = None,
             eps: float | None = None) -> Tensor:  # fmt: skip
    """Divide by the root of the mean square over the last dimensions, and multiply by a weight.

    Source: torch.nn.functional.rms_norm.
    """
    check_floating("rms_norm", input)
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape):]) != shape:
        raise refuse(RuntimeError, "rms_norm", f"Given normalized_shape={list(shape)}, expected "
                     f"input with shape [*, {', '.join(map(str, shape))}], but got input of size "
                     f"{list(input.shape)}", "make them fit", input=input)  # fmt: skip
    if weight is not None and tuple(weight.shape) != shape:
        raise refuse(RuntimeError, "rms_norm", "Expected weight to be of same shape as "
                     f"normalized_shape, but got weight of shape {list(weight.shape)} and "
                     f"normalized_shape = {list(shape)}", "give it that shape", input=input,
                     weight=weight)  # fmt: skip
    eps = finfo(input.dtype).eps if eps is None else eps
    axes = tuple(range(-len(shape), 0))
    wide = input.float() if input.array.dtype.itemsize == 2 else input
    y = wide * rsqrt((wide * wide).mean(axes, keepdim=True) + eps)
    y = y if weight is None else y * weight
    return y.to(input.dtype)


@public(method=False)
def group_norm(input: Tensor, num_groups: int, weight: Tensor | None = None,
               bias: Tensor | None = None, eps: float = 1e-5) -> Tensor:  # fmt: skip
    """Normalise over groups of channels and all places, for each sample by itself.

    Source: torch.nn.functional.group_norm.
    """
    check_floating("group_norm", input)
    if input.ndim < 2:
        raise refuse(RuntimeError, "group_norm", "Expected at least 2 dimensions for input tensor "
                     f"but received {input.ndim}", "give (N, C, *)", input=input)  # fmt: skip
    channels = input.array.shape[1]
    if num_groups <= 0 or channels % num_groups:
        raise refuse(RuntimeError, "group_norm", "Expected number of channels in input to be "
                     f"divisible by num_groups, but got input of shape {list(input.shape)} and "
                     f"num_groups={num_groups}", "choose a divisor of the channels",
                     input=input)  # fmt: skip
    for name, part in (("weight", weight), ("bias", bias)):
        if part is not None and tuple(part.shape) != (channels,):
            raise refuse(RuntimeError, "group_norm", f"Expected {name} to be a vector of size "
                         f"equal to the number of channels in input, but got {name} of shape "
                         f"{list(part.shape)} and input of shape {list(input.shape)}",
                         "give one number for each channel", input=input)  # fmt: skip
    count = channels // num_groups * math.prod(input.array.shape[2:])
    grouped = input.reshape(input.shape[0], num_groups, count)
    y = layer_norm(grouped, grouped.shape[2:], eps=eps).reshape(input.shape)  # type: ignore[attr-defined]
    shape = (1, channels, *(1,) * (input.ndim - 2))
    y = y if weight is None else y * weight.reshape(shape)  # type: ignore[attr-defined]
    return y if bias is None else y + bias.reshape(shape)  # type: ignore[no-any-return,attr-defined]
