"""Pooling: the mean or the largest element of each window."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive

WINDOW = "kernel stride padding ceil_mode count_include_pad divisor"

averaged = primitive(
    "avg_pool", static=WINDOW, node_name="AvgPool2D",
    x=lambda xp, g, x_shape, **s: xp.avg_pool_gradient(g, x_shape=x_shape, **s),
)  # fmt: skip
primitive(
    "avg_pool_gradient", static="x_shape " + WINDOW,
    g=lambda xp, gx, kernel, stride, padding, ceil_mode, count_include_pad, divisor: xp.avg_pool(
        gx, kernel=kernel, stride=stride, padding=padding, ceil_mode=ceil_mode,
        count_include_pad=count_include_pad, divisor=divisor),
)  # fmt: skip
adapted = primitive(
    "adaptive_avg_pool", static="output", node_name="AdaptiveAvgPool2D",
    x=lambda xp, g, x_shape, output: xp.adaptive_avg_pool_gradient(
        g, x_shape=x_shape, output=output),
)  # fmt: skip
primitive(
    "adaptive_avg_pool_gradient", static="x_shape output",
    g=lambda xp, gx, output: xp.adaptive_avg_pool(gx, output=output),
)  # fmt: skip


@kernel
def unpool(xp: Any, g: Any, index: Any, *, shape: tuple[int, ...], unique: bool) -> Any:
    """Add elements into zeros at flat places of each plane: what picking by them pulls back.

    `unique` says that no place of a plane comes twice, as where windows do not overlap.
    """
    planes = g.shape[:2]
    flat = xp.scatter_zeros(
        xp.reshape(g, shape=(*planes, math.prod(g.shape[2:]))),
        xp.reshape(index, shape=(*planes, math.prod(g.shape[2:]))), axis=2,
        shape=(*planes, math.prod(shape[2:])),
    )  # fmt: skip
    return xp.reshape(flat, shape=shape)


@kernel
def adaptive_max_pool(xp: Any, x: Any, *, output: tuple[int, ...]) -> Any:
    """Return the largest elements of the windows, and where in their planes they are."""
    indices = xp.adaptive_max_pool_indices(x, output=output)
    return xp.plane_take(x, indices), indices


def largest_rule(xp: Any, g: Any, needed: Any, ys: Any, x_shape: Any, kernel: Any, stride: Any,
                 dilation: Any) -> Any:  # fmt: skip
    """Send the gradient to the elements that were picked."""
    apart = all(d * (k - 1) < s for k, s, d in zip(kernel, stride, dilation, strict=True))
    return (xp.unpool(g[0], ys[1], shape=x_shape, unique=apart),)


def adapted_rule(xp: Any, g: Any, needed: Any, ys: Any, x_shape: Any) -> Any:
    """Send the gradient to the elements that were picked."""
    return (xp.unpool(g[0], ys[1], shape=x_shape, unique=False),)


largest = primitive(
    "max_pool", arguments="x", static="kernel stride padding dilation ceil_mode", outputs=2,
    joint=largest_rule, node_name="MaxPool2DWithIndices",
)  # fmt: skip
adapted_largest = primitive(
    "adaptive_max_pool", arguments="x", static="output", outputs=2, joint=adapted_rule,
    node_name="AdaptiveMaxPool2D",
)  # fmt: skip
