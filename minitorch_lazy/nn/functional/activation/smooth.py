"""Smooth functions, and those that gate one part of an input by another."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation.rectifier import source, stored
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops import activation as ops
from minitorch_lazy.ops import elementwise
from minitorch_lazy.ops.checks import check_tensor


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Weigh by the normal distribution: y = x P(Z <= x).

    Args:
        approximate: "none" for the exact form by erf, or "tanh".

    Source: torch.nn.functional.gelu.
    """
    check_floating("gelu", input)
    if approximate not in ("none", "tanh"):
        raise refuse(RuntimeError, "gelu", "approximate argument must be either none or tanh.",
                     "choose one of them", input=input, approximate=approximate)  # fmt: skip
    return ops.gelu(input, approximate=approximate)  # type: ignore[no-any-return]


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Weigh by the sigmoid: y = x / (1 + e^-x).

    Source: torch.nn.functional.silu.
    """
    check_floating("silu", input)
    return stored(input, ops.silu(source(input, inplace)), inplace, "silu_")


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute y = x tanh(softplus(x)).

    Source: torch.nn.functional.mish.
    """
    check_floating("mish", input)
    return stored(input, ops.mish(source(input, inplace)), inplace, "mish_")


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Smooth the corner of relu: y = ln(1 + e^(beta x)) / beta, and x above the threshold.

    Source: torch.nn.functional.softplus.
    """
    check_floating("softplus", input)
    return ops.softplus(input, beta=float(beta), threshold=float(threshold))  # type: ignore[no-any-return]


def logsigmoid(input: Tensor) -> Tensor:
    """Return the logarithm of the sigmoid, without overflow.

    Source: torch.nn.functional.logsigmoid.
    """
    check_floating("logsigmoid", input)
    return ops.logsigmoid(input)  # type: ignore[no-any-return]


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute y = x min(max(x + 3, 0), 6) / 6.

    Source: torch.nn.functional.hardswish.
    """
    check_floating("hardswish", input)
    return stored(input, ops.hardswish(source(input, inplace)), inplace, "hardswish_")


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute y = min(max(x + 3, 0), 6) / 6.

    Source: torch.nn.functional.hardsigmoid.
    """
    check_floating("hardsigmoid", input)
    return stored(input, ops.hardsigmoid(source(input, inplace)), inplace, "hardsigmoid_")


def softsign(input: Tensor) -> Tensor:
    """Compute y = x / (1 + |x|).

    Source: torch.nn.functional.softsign.
    """
    check_tensor("softsign", "input", input)
    return input / (1 + input.abs())


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Halve along a dimension, and gate the first half by the sigmoid of the second.

    Source: torch.nn.functional.glu.
    """
    check_floating("glu", input)
    if not input.ndim:
        raise refuse(RuntimeError, "glu", "glu does not support scalars because halving size must "
                     "be even", "give it a dimension", input=input)  # fmt: skip
    size = input.array.shape[input.axis(dim)]
    if size % 2:
        raise refuse(RuntimeError, "glu", f"Halving dimension must be even, but dimension {dim} is "
                     f"size {size}", "make the size even", input=input)  # fmt: skip
    a, b = input.chunk(2, dim)  # type: ignore[attr-defined]
    return a * elementwise.sigmoid(b)  # type: ignore[no-any-return]


sigmoid, tanh = elementwise.sigmoid, elementwise.tanh
