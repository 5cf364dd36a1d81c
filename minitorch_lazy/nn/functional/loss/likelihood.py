"""Minus the logarithm of how likely a target is under a distribution, in torch's signatures."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.loss.checks import check_valid, legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import full_like, ones_like

TAU = 2 * math.pi


def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: Any = None, eps: float = 1e-8, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Compare a count with a Poisson distribution: e^x - t x, or x - t ln(x + eps).

    Args:
        log_input: whether the input is the logarithm of the rate; else it is the rate.
        full: add Stirling's approximation of ln t!, t ln t - t + ln(2 pi t) / 2, where t > 1.
        eps: keeps the logarithm of a rate of 0 finite.

    Source: torch.nn.functional.poisson_nll_loss.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.poisson_nll_loss(torch.zeros(2), torch.tensor([0.0, 3.0]))
    tensor(1.)
    """
    reduction = legacy(size_average, reduce, reduction)
    check_tensor("poisson_nll_loss", "input", input)
    check_tensor("poisson_nll_loss", "target", target)
    ops.check_reduction("poisson_nll_loss", reduction)
    loss = input.exp() - target * input if log_input else input - target * (input + eps).log()  # type: ignore[attr-defined,operator]
    if full:
        loss = loss + stirling(target)
    return ops.reduced(loss, reduction, "poisson_nll_loss")


def stirling(n: Tensor) -> Tensor:
    """Return ln n! by Stirling's approximation where n > 1, else 0."""
    large = n > 1  # type: ignore[operator]
    n = where(large, n, ones_like(n))
    found = n * n.log() - n + 0.5 * (TAU * n).log()  # type: ignore[attr-defined,operator]
    return found.masked_fill(~large, 0)  # type: ignore[no-any-return]


def gaussian_nll_loss(input: Tensor, target: Tensor, var: Tensor | float, full: bool = False,
                      eps: float = 1e-6, reduction: str = "mean") -> Tensor:  # fmt: skip
    """Compare a number with a normal distribution: (ln v + (x - t)^2 / v) / 2.

    Args:
        input: the expected values, (N, *) or (*).
        target: of the input's shape, or one that broadcasts.
        var: the variance: a float, or a tensor of the input's shape, or of that without its last
            dimension, or with one dimension of size 1.
        full: add the constant ln(2 pi) / 2.
        eps: smaller variances count as this; their gradient is that of the variance itself.

    Raises:
        ValueError: a variance is negative, or of another shape.

    Source: torch.nn.functional.gaussian_nll_loss.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.gaussian_nll_loss(torch.tensor([3.0]), torch.tensor([1.0]), 1.0)
    tensor(2.)
    """
    check_tensor("gaussian_nll_loss", "input", input)
    check_tensor("gaussian_nll_loss", "target", target)
    var = fitting(input, variance(input, var))
    check_valid("gaussian_nll_loss", reduction)
    var = var.clone()  # type: ignore[attr-defined]
    with no_grad():
        var.clamp_(min=eps)  # type: ignore[attr-defined]
    loss = 0.5 * (var.log() + (input - target) ** 2 / var)  # type: ignore[attr-defined,operator]
    if full:
        loss = loss + 0.5 * math.log(TAU)
    return ops.reduced(loss, reduction, "gaussian_nll_loss")


def variance(input: Tensor, var: Tensor | float) -> Tensor:
    """Make a variance a tensor, and refuse a negative one."""
    if isinstance(var, float):
        negative, var = var < 0, full_like(input, var)
    elif var.__class__ in TENSORS:
        negative = not var.is_meta and bool((var < 0).any())  # type: ignore[attr-defined,operator]
    else:
        raise refuse(TypeError, "gaussian_nll_loss", f"var must be a Tensor or a float, not "
                     f"{type(var).__name__}", "write 1.0 for 1", var=var)  # fmt: skip
    if negative:
        raise refuse(ValueError, "gaussian_nll_loss", "var has negative entry/entries",
                     "predict its logarithm, and give var.exp()", input=input, var=var)  # fmt: skip
    return var  # type: ignore[return-value]


def fitting(input: Tensor, var: Tensor) -> Tensor:
    """Give a variance a shape that broadcasts with the input along one dimension at most.

    Raises:
        ValueError: its shape is another one.
    """
    shape, own = tuple(input.array.shape), tuple(var.array.shape)
    if own == shape:
        return var
    if own == shape[:-1]:
        return var.unsqueeze(-1)  # type: ignore[attr-defined,no-any-return]
    if len(own) != len(shape) or sum(n for n, m in zip(own, shape, strict=True) if n != m) != 1:
        raise refuse(ValueError, "gaussian_nll_loss", "var is of incorrect size",
                     f"give {shape}, or {(*shape[:-1], 1)}", input=input, var=var)  # fmt: skip
    return var
