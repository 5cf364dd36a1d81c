"""Normalisation: rules that keep a cache for speed, and do without it for exactness.

The forward kernels return what the gradient kernels would otherwise compute again. That cache is
made of raw arrays: it is not an input and not an output, so a second derivative would take it for a
constant. Therefore the rule hands it to the gradient kernel only where arrays are raw; on Tensors
it is None, and the generic body below computes it from the inputs, under the graph.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive

Needed = tuple[bool, ...]
ALL = (True, True, True)
"""Gradients of input, weight and bias."""


def moments(xp: Any, x: Any, axis: tuple[int, ...], eps: float) -> tuple[Any, Any]:
    """Return what remains after the mean is taken off, and one over the standard deviation."""
    centred = x - xp.mean(x, axis=axis, keepdims=True)
    variance = xp.mean(centred * centred, axis=axis, keepdims=True)
    return centred, xp.rsqrt(variance + eps)


def channelwise(xp: Any, p: Any, x: Any) -> Any:
    """Give a vector of channels the dimensions of a batch."""
    return xp.reshape(p, shape=(1, -1, *(1,) * (x.ndim - 2)))


def reduced_axes(x: Any) -> tuple[int, ...]:
    """Return all axes of a batch but the channels."""
    return (0, *range(2, x.ndim))


@kernel
def batch_norm_gradient(
    xp: Any, g: Any, x: Any, weight: Any, cache: Any, *, eps: float, needed: Needed = ALL
) -> Any:
    """Pull back through batch normalisation: to what is needed of input, weight and bias.

    x^ = (x - mean) / std,  gx = w / std (g - mean(g) - x^ mean(g x^))
    """
    axis = reduced_axes(x)
    centred, scale = moments(xp, x, axis, eps)
    normal = centred * scale
    gw = xp.sum(g * normal, axis=axis, keepdims=False) if needed[1] else None
    gb = xp.sum(g, axis=axis, keepdims=False) if needed[2] else None
    if not needed[0]:
        return None, gw, gb
    if weight is not None:
        g = g * channelwise(xp, weight, x)
    return centred_gradient(xp, g, normal, scale, axis), gw, gb


def centred_gradient(xp: Any, g: Any, normal: Any, scale: Any, axis: tuple[int, ...]) -> Any:
    """Pull back through the mean and the deviation that were taken over some axes."""
    across = xp.mean(g * normal, axis=axis, keepdims=True)
    return scale * (g - xp.mean(g, axis=axis, keepdims=True) - normal * across)


def batch_norm_rule(
    xp: Any, g: Any, needed: Any, x: Any, weight: Any, cache: Any, eps: float
) -> Any:
    """Pull back to what needs a gradient; statistics that were returned carry none."""
    return xp.batch_norm_gradient(g[0], x, weight, cache, eps=eps, needed=tuple(needed))


batch_normal = primitive(
    "batch_norm", arguments="x weight bias", static="eps", outputs=3, cached=True,
    joint=batch_norm_rule, node_name="NativeBatchNorm", constant=(1, 2),
)  # fmt: skip


@kernel
def layer_norm_gradient(
    xp: Any, g: Any, x: Any, weight: Any, cache: Any, *, count: int, eps: float,
    needed: Needed = ALL,
) -> Any:  # fmt: skip
    """Pull back through layer normalisation over the last `count` axes."""
    axis = tuple(range(x.ndim - count, x.ndim))
    batch = tuple(range(x.ndim - count))
    centred, scale = moments(xp, x, axis, eps)
    normal = centred * scale
    gw = xp.sum(g * normal, axis=batch, keepdims=False) if needed[1] else None
    gb = xp.sum(g, axis=batch, keepdims=False) if needed[2] else None
    if not needed[0]:
        return None, gw, gb
    if weight is not None:
        g = g * weight
    return centred_gradient(xp, g, normal, scale, axis), gw, gb


def layer_norm_rule(
    xp: Any, g: Any, needed: Any, x: Any, weight: Any, cache: Any, count: int, eps: float
) -> Any:
    """Pull back to what needs a gradient."""
    return xp.layer_norm_gradient(
        g, x, weight, cache, count=count, eps=eps, needed=tuple(needed)
    )


layer_normal = primitive(
    "layer_norm", arguments="x weight bias", static="count eps", cached=True,
    joint=layer_norm_rule, node_name="NativeLayerNorm",
)  # fmt: skip
