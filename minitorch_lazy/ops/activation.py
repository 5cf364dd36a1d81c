"""Nonlinear functions of neural networks."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import Primitive, primitive
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_real

SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946


def activation(name: str, body: Callable[..., Any], gradient: Callable[..., Any],
               static: str = "") -> Primitive:  # fmt: skip
    """Declare a function with a generic body and a gradient kernel that backends may replace."""
    body.__name__, gradient.__name__ = name, name + "_gradient"
    kernel(body)
    return primitive(name, static=static, x=kernel(gradient))


relu = activation(
    "relu",
    lambda xp, x: xp.maximum(x, xp.zeros_like(x)),
    lambda xp, g, y: xp.kept_where(g, xp.not_equal(y, 0)),
)  # fmt: skip


def check_relu(values: Any) -> None:
    """Refuse bools, and complex numbers, which have no order."""
    check_real("relu", values[0])
    if values[0].array.dtype.kind == "b":
        raise refuse(RuntimeError, "relu", "Boolean inputs not supported for relu",
                     "convert it, for example with .float()", input=values[0])  # fmt: skip


relu.op.check, relu.op.unusual = check_relu, "bc"
leaky_relu = activation(
    "leaky_relu",
    lambda xp, x, *, slope: xp.where(xp.greater(x, 0), x, x * slope),
    lambda xp, g, x, *, slope: xp.where(xp.greater(x, 0), g, g * slope),
    static="slope",
)  # fmt: skip


@kernel
def prelu_kernel(xp: Any, x: Any, weight: Any) -> Any:
    """Multiply negative numbers by a slope; two clipped copies are faster than a choice."""
    return xp.maximum(x, 0.0) + weight * xp.minimum(x, 0.0)


prelu = primitive(
    "prelu_kernel",
    x=lambda xp, g, x, weight: xp.where(xp.greater(x, 0), g, g * weight),
    weight=lambda xp, g, x: g * xp.minimum(x, 0.0),
)
hardtanh = activation(
    "hardtanh",
    lambda xp, x, *, low, high: xp.minimum(xp.maximum(x, low), high),
    lambda xp, g, x, *, low, high: xp.kept_where(
        g, xp.logical_and(xp.greater(x, low), xp.less(x, high))),
    static="low high",
)  # fmt: skip
elu = activation(
    "elu",
    lambda xp, x, *, alpha, scale, rate: xp.where(
        xp.less(x, 0), xp.expm1(xp.minimum(x, xp.zeros_like(x)) * rate) * (alpha * scale),
        x * scale),
    lambda xp, g, x, *, alpha, scale, rate: g * xp.where(
        xp.greater(x, 0), xp.ones_like(x) * scale,
        xp.exp(xp.minimum(x, xp.zeros_like(x)) * rate) * (alpha * scale * rate)),
    static="alpha scale rate",
)  # fmt: skip
softplus = activation(
    "softplus",
    lambda xp, x, *, beta, threshold: xp.where(
        xp.greater(x * beta, threshold), x, softened(xp, x * beta) / beta),
    lambda xp, g, x, *, beta, threshold: xp.where(
        xp.greater(x * beta, threshold), g, g * xp.sigmoid(x * beta)),
    static="beta threshold",
)  # fmt: skip
logsigmoid = activation(
    "logsigmoid",
    lambda xp, x: xp.minimum(x, xp.zeros_like(x)) - xp.log1p(xp.exp(-xp.absolute(x))),
    lambda xp, g, x: g * xp.sigmoid(-x),
)  # fmt: skip
gelu = activation(
    "gelu",
    lambda xp, x, *, approximate: 0.5 * x * (1 + gelu_curve(xp, x, approximate)),
    lambda xp, g, x, *, approximate: g * gelu_slope(xp, x, approximate),
    static="approximate",
)  # fmt: skip
silu = activation(
    "silu",
    lambda xp, x: x * xp.sigmoid(x),
    lambda xp, g, x: g * silu_slope(x, xp.sigmoid(x)),
)  # fmt: skip
mish = activation(
    "mish",
    lambda xp, x: x * xp.tanh(xp.softplus(x, beta=1.0, threshold=20.0)),
    lambda xp, g, x: g * mish_slope(
        x, xp.tanh(xp.softplus(x, beta=1.0, threshold=20.0)), xp.sigmoid(x)),
)  # fmt: skip
hardswish = activation(
    "hardswish",
    lambda xp, x: x * xp.minimum(xp.maximum(x + 3, 0.0), 6.0) / 6,
    lambda xp, g, x: xp.where(
        xp.less_equal(x, -3), xp.zeros_like(g),
        xp.where(xp.greater_equal(x, 3), g, g * (x / 3 + 0.5))),
)  # fmt: skip
hardsigmoid = activation(
    "hardsigmoid",
    lambda xp, x: xp.minimum(xp.maximum(x + 3, 0.0), 6.0) / 6,
    lambda xp, g, x: xp.kept_where(g / 6, xp.logical_and(xp.greater(x, -3), xp.less(x, 3))),
)  # fmt: skip
hardshrink = activation(
    "hardshrink",
    lambda xp, x, *, lambd: xp.masked_zero(
        x, xp.logical_and(xp.greater_equal(x, -lambd), xp.less_equal(x, lambd))),
    lambda xp, g, x, *, lambd: beyond(xp, g, x, lambd),
    static="lambd",
)  # fmt: skip
softshrink = activation(
    "softshrink",
    lambda xp, x, *, lambd: xp.where(
        xp.greater(x, lambd), x - lambd,
        xp.where(xp.less(x, -lambd), x + lambd, xp.absolute(x * 0))),
    lambda xp, g, x, *, lambd: beyond(xp, g, x, lambd),
    static="lambd",
)  # fmt: skip
threshold = activation(
    "threshold",
    lambda xp, x, *, bound, value: xp.where(
        xp.less_equal(x, bound), xp.zeros_like(x) + value, x),
    lambda xp, g, x, *, bound: xp.masked_zero(g, xp.less_equal(x, bound)),
    static="bound value",
)  # fmt: skip


def beyond(xp: Any, g: Any, x: Any, lambd: float) -> Any:
    """Keep the gradient where x lies outside of [-lambd, lambd]; nan lies nowhere."""
    outside = xp.logical_or(xp.greater(x, lambd), xp.less(x, -lambd))
    return xp.kept_where(g, outside)


def softened(xp: Any, x: Any) -> Any:
    """Return ln(1 + e^x), whose exponential cannot overflow."""
    return xp.maximum(x, 0.0) + xp.log1p(xp.exp(-xp.absolute(x)))


def silu_slope(x: Any, s: Any) -> Any:
    """Return the slope of x sigmoid(x)."""
    return s * (1 + x * (1 - s))


def mish_slope(x: Any, t: Any, s: Any) -> Any:
    """Return the slope of x tanh(softplus(x))."""
    return t + x * s * (1 - t * t)


def gelu_curve(xp: Any, x: Any, approximate: str) -> Any:
    """Return erf(x / sqrt 2), or its approximation by tanh."""
    if approximate == "none":
        return xp.erf(x * math.sqrt(0.5))
    return xp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * (x * x * x)))


def gelu_slope(xp: Any, x: Any, approximate: str) -> Any:
    """Return the slope of x times half of (1 + curve)."""
    curve = gelu_curve(xp, x, approximate)
    if approximate == "none":
        change = math.sqrt(2 / math.pi) * xp.exp(-0.5 * (x * x))
    else:
        inner = math.sqrt(2 / math.pi) * (1 + 0.134145 * (x * x))
        change = (1 - curve * curve) * inner
    return 0.5 * (1 + curve) + 0.5 * (x * change)


softmaxed = primitive(
    "softmax", static="axis",
    x=lambda xp, g, y, axis: y * (g - xp.sum(g * y, axis=(axis,), keepdims=True)),
)  # fmt: skip
log_softmaxed = primitive(
    "log_softmax", static="axis",
    x=lambda xp, g, y, axis: g - xp.exp(y) * xp.sum(g, axis=(axis,), keepdims=True),
)  # fmt: skip


def along(op: Callable[..., Tensor], name: str, input: Tensor, dim: int | None,
          dtype: Any) -> Tensor:  # fmt: skip
    """Apply softmax or its logarithm along a dimension."""
    x = input if dtype is None else input.to(dtype)
    if x.array.dtype.kind in "biuc":
        raise refuse(NotImplementedError, name, f"\"{name}_lastdim_kernel_impl\" not implemented "
                     f"for '{spoken(x.dtype.name)}'", "convert it with .float(), or give dtype=",
                     input=input)  # fmt: skip
    if dim is None:
        dim = 0 if x.ndim in (0, 1, 3) else 1
    axis = x.axis(dim)
    if not x.ndim:
        return op(x.reshape(1), axis=0).reshape(())
    return op(x, axis=axis)
