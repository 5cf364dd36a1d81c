"""Nonlinear functions, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.core.views import shadow, write
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops import activation as ops
from minitorch_lazy.ops import elementwise
from minitorch_lazy.ops.checks import check_real, check_tensor


def stored(input: Tensor, out: Tensor, inplace: bool, name: str) -> Tensor:
    """Return the result, written into the input where that was asked for."""
    return write(input, out, name) if inplace else out


def source(input: Tensor, inplace: bool) -> Tensor:
    """Return what to read: a copy where the input will be overwritten under the graph."""
    return shadow(input) if inplace else input


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """Cut off below 0: y = max(x, 0). The slope at 0 is 0.

    Source: torch.nn.functional.relu.
    """
    if input.__class__ not in TENSORS:
        check_tensor("relu", "input", input)
    kind = input.array.dtype.kind
    if kind == "c":
        check_real("relu", input)
    if kind == "b":
        raise refuse(RuntimeError, "relu", "Boolean inputs not supported for relu",
                     "convert it, for example with .float()", input=input)  # fmt: skip
    return stored(input, ops.relu(input), True, "relu_") if inplace else ops.relu(input)


public(lambda input: relu(input), name="relu", inplace=True, doc=relu.__doc__ or "")


def relu_(input: Tensor) -> Tensor:
    """Cut off below 0, in place."""
    return relu(input, inplace=True)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Multiply negative numbers by a small slope: y = x if x > 0 else slope * x.

    Source: torch.nn.functional.leaky_relu.
    """
    check_floating("leaky_relu", input)
    out = ops.leaky_relu(source(input, inplace), slope=float(negative_slope))
    return stored(input, out, inplace, "leaky_relu_")


@public
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Multiply negative numbers by a learned slope: y = x if x > 0 else w x.

    Args:
        input: (N, C, *), or fewer dimensions, which are one channel.
        weight: (C,), one slope for each channel, or one for all.

    Raises:
        RuntimeError: the slopes are not as many as the channels, or of another type.

    Source: torch.nn.functional.prelu.
    """
    check_tensor("prelu", "input", input)
    check_tensor("prelu", "weight", weight)
    check_slopes(input, weight)
    shape = (-1, *(1,) * (input.ndim - 2)) if input.ndim else ()
    return ops.prelu(input, weight.reshape(shape))  # type: ignore[attr-defined]


def check_slopes(input: Tensor, weight: Tensor) -> None:
    """Refuse slopes that do not fit an input."""
    shown = {"input": input, "weight": weight}
    if input.dtype is not weight.dtype:
        kinds = f"{input.dtype.name} and {weight.dtype.name}"
        raise refuse(RuntimeError, "prelu", f"Type promoting not supported. Got {kinds}",
                     "convert one", **shown)  # fmt: skip
    if weight.ndim > 1:
        raise refuse(RuntimeError, "prelu", "Expected `weight` to be a scalar or 1D tensor, but "
                     f"got: ndim = {weight.ndim}", "flatten it", **shown)  # fmt: skip
    count, channels = weight.numel(), input.array.shape[1] if input.ndim > 1 else 1  # type: ignore[attr-defined]
    if count != 1 and not input.ndim:
        raise refuse(RuntimeError, "prelu", "Not allow zero-dim input tensor.",
                     "give one slope, or the input a dimension of channels", **shown)  # fmt: skip
    if count not in (1, channels):
        raise refuse(RuntimeError, "prelu", "Mismatch of parameter numbers and input channel size. "
                     f"Found parameter numbers = {count} and channel size = {channels}.",
                     "give one slope, or one for each channel", **shown)  # fmt: skip


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Cut off below 0 and above 6.

    Source: torch.nn.functional.relu6.
    """
    check_tensor("relu6", "input", input)
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0,
             inplace: bool = False) -> Tensor:  # fmt: skip
    """Cut off below `min_val` and above `max_val`; the slope at the bounds is 0.

    Source: torch.nn.functional.hardtanh.
    """
    if min_val > max_val:
        raise refuse(ValueError, "hardtanh", "min_val cannot be greater than max_val",
                     "exchange them", min_val=min_val, max_val=max_val)  # fmt: skip
    check_tensor("hardtanh", "input", input)
    check_real("hardtanh", input)
    kind = input.array.dtype.kind
    if kind == "b" or (kind == "u" and min_val < 0):
        headline = "Bool inputs not supported for hardtanh" if kind == "b" else \
            "cannot do hardtanh on an unsigned type with negative limits"  # fmt: skip
        raise refuse(RuntimeError, "hardtanh", headline, "convert it with .float()", input=input)
    low, high = (int(v) if kind in "iu" else v for v in (min_val, max_val))
    out = ops.hardtanh(source(input, inplace), low=low, high=high)
    return stored(input, out, inplace, "hardtanh_")


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Bend smoothly to -alpha: y = x if x > 0 else alpha * (e^x - 1).

    Source: torch.nn.functional.elu.
    """
    check_floating("elu", input)
    out = ops.elu(source(input, inplace), alpha=float(alpha), scale=1.0, rate=1.0)
    return stored(input, out, inplace, "elu_")


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Bend smoothly with slope 1 at 0: y = x if x > 0 else alpha * (e^(x / alpha) - 1).

    Source: torch.nn.functional.celu.
    """
    check_floating("celu", input)
    if not alpha:
        raise refuse(RuntimeError, "celu", "ZeroDivisionError: alpha cannot be 0 for CELU",
                     "use relu, its limit", input=input)  # fmt: skip
    out = ops.elu(source(input, inplace), alpha=float(alpha), scale=1.0, rate=1.0 / alpha)
    return stored(input, out, inplace, "celu_")


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.nn.functional.selu.
    """
    check_floating("selu", input)
    out = ops.elu(source(input, inplace), alpha=ops.SELU_ALPHA, scale=ops.SELU_SCALE, rate=1.0)
    return stored(input, out, inplace, "selu_")


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


@public
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
            dtype: Any = None) -> Tensor:  # fmt: skip
    """Make positive numbers that sum to 1 along a dimension: y_i = e^x_i / sum_j e^x_j.

    Source: torch.nn.functional.softmax.
    """
    check_tensor("softmax", "input", input)
    return ops.along(ops.softmaxed, "softmax", input, chosen("softmax", dim),
                     dtype or kind_of(_stacklevel))  # fmt: skip


@public
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
                dtype: Any = None) -> Tensor:  # fmt: skip
    """Return the logarithm of softmax, without overflow.

    Source: torch.nn.functional.log_softmax.
    """
    check_tensor("log_softmax", "input", input)
    return ops.along(ops.log_softmaxed, "log_softmax", input, chosen("log_softmax", dim),
                     dtype or kind_of(_stacklevel))  # fmt: skip


def chosen(name: str, dim: int | None) -> int | None:
    """Warn where no dimension was chosen: which one is taken depends on the input's dimensions."""
    if dim is None:
        warn(f"Implicit dimension choice for {name} has been deprecated. Give dim=1 for "
             "(batch, classes), dim=-1 for the last one")  # fmt: skip
    return dim


def kind_of(third: Any) -> Any:
    """Return a dtype that was given as the third argument, as `torch.softmax` takes it."""
    return None if isinstance(third, int) else third


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
            dtype: Any = None) -> Tensor:  # fmt: skip
    """Return softmax of -x."""
    check_tensor("softmin", "input", input)
    return softmax(-input, dim, _stacklevel, dtype)  # type: ignore[operator]
