"""Scaled dot-product attention: y = (softmax(scale * q k^T + mask) * noise) v.

On arrays the kernels of a backend go block by block, and keep a logarithm for each query. On
Tensors the bodies below run, so that the gradient can be differentiated again.
"""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.ops.product import mT


def weights(xp: Any, q: Any, k: Any, mask: Any, scale: float, causal: bool) -> Any:
    """Return softmax(scale * q k^T + mask); zeros for a query that may attend to nothing."""
    s = xp.matmul(q * scale, mT(xp, k))
    if mask is not None:
        s = s + mask
    if causal:
        later = xp.triu(xp.ones_like(s), offset=1)
        s = xp.where(xp.equal(later, 0), s, -math.inf)
    idle = xp.all(xp.equal(s, -math.inf), axis=(-1,), keepdims=True)
    nothing = xp.zeros_like(s)
    return xp.where(idle, nothing, xp.softmax(xp.where(idle, nothing, s), axis=-1))


@kernel
def attention(
    xp: Any, q: Any, k: Any, v: Any, mask: Any, noise: Any, *, scale: float, causal: bool
) -> Any:
    """Return the weighted sums of the values, and nothing kept for the gradient."""
    p = weights(xp, q, k, mask, scale, causal)
    return xp.matmul(p if noise is None else p * noise, v), None


@kernel
def attention_gradient(
    xp: Any, g: Any, q: Any, k: Any, v: Any, mask: Any, noise: Any, cache: Any, *, scale: float,
    causal: bool, masked: bool,
) -> Any:  # fmt: skip
    """Pull back to queries, keys, values and mask.

    With h = (g v^T) * noise, the scores get gs = p * (h - sum_j p_j h_j).
    """
    p = weights(xp, q, k, mask, scale, causal)
    h = xp.matmul(g, mT(xp, v))
    h = h if noise is None else h * noise
    gs = p * (h - xp.sum(p * h, axis=(-1,), keepdims=True))
    gv = xp.matmul(mT(xp, p if noise is None else p * noise), g)
    gq, gk = xp.matmul(gs, k) * scale, xp.matmul(mT(xp, gs), q) * scale
    return (gq, gk, gv, gs) if masked else (gq, gk, gv)


def attention_rule(
    xp: Any, g: Any, needed: Any, q: Any, k: Any, v: Any, mask: Any, noise: Any, cache: Any,
    q_dtype: Any, scale: float, causal: bool,
) -> Any:  # fmt: skip
    """Pull back to what needs a gradient; noise may be of a wider type."""
    noise = None if noise is None else xp.astype(noise, dtype=q_dtype)
    found = xp.attention_gradient(
        g, q, k, v, mask, noise, cache, scale=scale, causal=causal, masked=needed[3]
    )  # fmt: skip
    return *found, *(None,) * (5 - len(found))


attend = primitive(
    "attention", arguments="q k v mask noise", static="scale causal", exempt="noise", cached=True,
    joint=attention_rule, node_name="ScaledDotProductAttention",
)  # fmt: skip
