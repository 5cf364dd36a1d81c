"""Batch normalisation, in torch's signature, and what it shares with others of its kind."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating, check_same_type, widened
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
    check_pair("batch_norm", input, running_mean, running_var)
    if input.ndim < 2:
        return input * 1 if not input.numel() else channels_missing(input)
    if not training:
        check_channels("batch_norm", input, running_mean, running_var, weight, bias)
        return scaled("batch_norm", input, running_mean, running_var, weight, bias, eps)
    count = math.prod(n for i, n in enumerate(input.array.shape) if i != 1)
    if count == 1:
        raise refuse(ValueError, "batch_norm", "Expected more than 1 value per channel when "
                     f"training, got input size {input.shape}", "give a larger batch, or call "
                     "eval() first", input=input)  # fmt: skip
    mixed = check_channels("batch_norm", input, running_mean, running_var, weight, bias)
    parts = widened(input, weight, bias) if mixed else (input, weight, bias)
    y, mean, var = ops.batch_normal(*parts, eps=float(eps))
    move(running_mean, mean, momentum, 1.0)
    move(running_var, var, momentum, count / max(count - 1, 1))
    return y.to(input.dtype) if mixed else y


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


def check_pair(name: str, input: Tensor, mean: Tensor | None, var: Tensor | None) -> None:
    """Refuse one running statistic without the other."""
    if (mean is None) != (var is None):
        raise refuse(ValueError, name, "running_mean and running_var must either both be None or "
                     "neither be None", "give both", input=input)  # fmt: skip


def check_channels(name: str, input: Tensor, *parts: Tensor | None) -> bool:
    """Refuse statistics, weights and biases that have not one number for each channel.

    Returns:
        whether halves come with float32 ones.
    """
    channels = input.array.shape[1]
    named = dict(zip(("running_mean", "running_var", "weight", "bias"), parts, strict=True))
    mixed = check_same_type(name, input, **named)
    for word, part in named.items():
        if part is not None and part.numel() != channels:
            raise refuse(RuntimeError, name, f"{word} should contain {channels} elements not "
                         f"{part.numel()}", f"build the layer for {channels} channels, or use the "
                         "Lazy form and let the first batch decide", input=input,
                         **{word: part})  # fmt: skip
    return mixed


def scaled(name: str, input: Tensor, mean: Tensor | None, var: Tensor | None,
           weight: Tensor | None, bias: Tensor | None, eps: float) -> Tensor:  # fmt: skip
    """Normalise with given statistics."""
    if mean is None or var is None:
        word = "training" if name == "batch_norm" else "use_input_stats"
        raise refuse(RuntimeError, name, "Expected running_mean and running_var to be defined when "
                     f"{word}=False", f"give both, or {word}=True", input=input)  # fmt: skip
    shape = (1, -1, *(1,) * (input.ndim - 2))
    scale: Any = rsqrt(var + eps)  # type: ignore[operator]
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale  # type: ignore[operator]
    scale, shift = scale.to(input.dtype), shift.to(input.dtype)
    return input * scale.reshape(shape) + shift.reshape(shape)  # type: ignore[no-any-return]
