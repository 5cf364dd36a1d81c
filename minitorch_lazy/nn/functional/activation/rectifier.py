"""Functions with corners and their kin: what is below 0 is cut, bent or scaled."""

from __future__ import annotations

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.core.views import shadow, write
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops import activation as ops
from minitorch_lazy.ops.checks import check_real, check_tensor
from minitorch_lazy.ops.fill import fitting


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


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """Multiply negative numbers by a small slope, in place."""
    return leaky_relu(input, negative_slope, inplace=True)


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


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Cut off below `min_val` and above `max_val`, in place."""
    return hardtanh(input, min_val, max_val, inplace=True)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Bend smoothly to -alpha: y = x if x > 0 else alpha * (e^x - 1).

    Source: torch.nn.functional.elu.
    """
    check_floating("elu", input)
    out = ops.elu(source(input, inplace), alpha=float(alpha), scale=1.0, rate=1.0)
    return stored(input, out, inplace, "elu_")


def elu_(input: Tensor, alpha: float = 1.0, scale: float = 1.0,
         input_scale: float = 1.0) -> Tensor:  # fmt: skip
    """Bend smoothly to -alpha, in place: x becomes scale * (x or alpha (e^(input_scale x) - 1))."""
    check_floating("elu_", input)
    factors = {"alpha": float(alpha), "scale": float(scale), "rate": float(input_scale)}
    return write(input, ops.elu(shadow(input), **factors), "elu_")


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


def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Bend smoothly with slope 1 at 0, in place.

    Source: torch.celu_.
    """
    return celu(input, alpha, inplace=True)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.nn.functional.selu.
    """
    check_floating("selu", input)
    out = ops.elu(source(input, inplace), alpha=ops.SELU_ALPHA, scale=ops.SELU_SCALE, rate=1.0)
    return stored(input, out, inplace, "selu_")


def selu_(input: Tensor) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1, in place.

    Source: torch.selu_.
    """
    return selu(input, inplace=True)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace what is not above a threshold: y = x if x > threshold else value.

    Args:
        threshold, value: numbers; of the input's type where that is one of integers.

    Raises:
        NotImplementedError: the input holds booleans or complex numbers.

    Source: torch.nn.functional.threshold.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.threshold(torch.tensor([-1.0, 0.5, 2.0]), 0.5, 9)
    tensor([9., 9., 2.])
    """
    return replaced(input, threshold, value, inplace)


def replaced(input: Tensor, threshold: float, value: float, inplace: bool) -> Tensor:
    """Replace what is not above a threshold."""
    check_tensor("threshold", "input", input)
    kind = input.array.dtype.kind
    if kind in "bc":
        raise refuse(NotImplementedError, "threshold", "\"threshold\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert it with .float()" if kind == "b"
                     else "take .abs() or .real first", input=input)  # fmt: skip
    bound, value = (fitting(input, number, "threshold") for number in (threshold, value))
    out = ops.threshold(source(input, inplace), bound=bound, value=value)
    return stored(input, out, inplace, "threshold_")


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """Replace what is not above a threshold, in place.

    Source: torch.threshold_.
    """
    return replaced(input, threshold, value, True)
