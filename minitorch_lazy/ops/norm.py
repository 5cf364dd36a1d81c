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


def moments(
    xp: Any, x: Any, axis: tuple[int, ...], eps: float, center: bool = True
) -> tuple[Any, Any]:
    """Return what remains after the mean is taken off, and one over the standard deviation."""
    centred = x - xp.mean(x, axis=axis, keepdims=True) if center else x
    variance = xp.mean(centred * centred, axis=axis, keepdims=True)
    return centred, xp.rsqrt(variance + eps)


@kernel
def batch_norm_gradient(
    xp: Any, g: Any, x: Any, weight: Any, cache: Any, *, eps: float, share: int = 1,
    needed: Needed = ALL,
) -> Any:  # fmt: skip
    """Pull back through batch normalisation: to what is needed of input, weight and bias.

    x^ = (x - mean) / std,  gx = (g w - mean(g w) - x^ mean(g w x^)) / std

    The means go over the batch, all places, and `share` neighbouring channels.
    """
    groups = (x.shape[1] // share, share)
    own = (*groups, *(1,) * (x.ndim - 2))
    axis, kept = (0, *range(2, x.ndim + 1)), (0, *range(3, x.ndim + 1))
    slope, signal = (xp.reshape(part, shape=(x.shape[0], *groups, *x.shape[2:])) for part in (g, x))
    centred, scale = moments(xp, signal, axis, eps)
    normal = centred * scale
    gw = gb = None
    if needed[1]:
        gw = xp.reshape(xp.sum(slope * normal, axis=kept, keepdims=False), shape=x.shape[1:2])
    if needed[2]:
        gb = xp.reshape(xp.sum(slope, axis=kept, keepdims=False), shape=x.shape[1:2])
    if not needed[0]:
        return None, gw, gb
    if weight is not None:
        slope = slope * xp.reshape(weight, shape=own)
    gx = centred_gradient(xp, slope, normal, scale, axis)
    return xp.reshape(gx, shape=x.shape), gw, gb


def centred_gradient(
    xp: Any, g: Any, normal: Any, scale: Any, axis: tuple[int, ...], center: bool = True
) -> Any:
    """Pull back through the mean and the deviation that were taken over some axes."""
    gx = g - normal * xp.mean(g * normal, axis=axis, keepdims=True)
    if center:
        gx = gx - xp.mean(g, axis=axis, keepdims=True)
    return scale * gx


def batch_norm_rule(
    xp: Any, g: Any, needed: Any, x: Any, weight: Any, cache: Any, eps: float, share: int = 1
) -> Any:
    """Pull back to what needs a gradient; statistics that were returned carry none."""
    return xp.batch_norm_gradient(
        g[0], x, weight, cache, eps=eps, share=share, needed=tuple(needed)
    )


batch_normal = primitive(
    "batch_norm", arguments="x weight bias", static="eps share=1", outputs=3, cached=True,
    joint=batch_norm_rule, node_name="NativeBatchNorm", constant=(1, 2),
)  # fmt: skip


@kernel
def layer_norm_gradient(
    xp: Any, g: Any, x: Any, weight: Any, cache: Any, *, count: int, eps: float,
    center: bool = True, needed: Needed = ALL,
) -> Any:  # fmt: skip
    """Pull back through layer normalisation over the last `count` axes."""
    axis = tuple(range(x.ndim - count, x.ndim))
    batch = tuple(range(x.ndim - count))
    centred, scale = moments(xp, x, axis, eps, center)
    normal = centred * scale
    gw = xp.sum(g * normal, axis=batch, keepdims=False) if needed[1] else None
    gb = xp.sum(g, axis=batch, keepdims=False) if needed[2] else None
    if not needed[0]:
        return None, gw, gb
    if weight is not None:
        g = g * weight
    return centred_gradient(xp, g, normal, scale, axis, center), gw, gb


def layer_norm_rule(
    xp: Any, g: Any, needed: Any, x: Any, weight: Any, cache: Any, count: int, eps: float,
    center: bool = True,
) -> Any:  # fmt: skip
    """Pull back to what needs a gradient."""
    return xp.layer_norm_gradient(
        g, x, weight, cache, count=count, eps=eps, center=center, needed=tuple(needed)
    )


layer_normal = primitive(
    "layer_norm", arguments="x weight bias", static="count eps center=True", cached=True,
    joint=layer_norm_rule, node_name="NativeLayerNorm",
)  # fmt: skip
