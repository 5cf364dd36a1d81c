"""Scaled dot-product attention, block by block: the scores of a whole batch never exist.

With s = scale * query key^T + mask, forward keeps two numbers for each query: the largest score,
and the sum of exp(s - largest). The gradient computes the weights exp(s - largest) / sum again from
them, which costs one product and needs no memory that grows with queries times keys. (The two in
one, as largest + log(sum), would lose digits where scores are large.)
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from minitorch_lazy.backends.numpy.windows import Sizes, pieces


class Stacks(NamedTuple):
    """The arguments with one axis for batch and heads together, B.

    Attributes:
        q: (B, L, E).
        k: (B, S, E).
        v: (B, S, V).
        mask, noise: (B, L, S), or None; they may repeat the same memory.
        batch: what B stands for.
    """

    q: Any
    k: Any
    v: Any
    mask: Any
    noise: Any
    batch: Sizes


class AttentionKernels:
    """Attention of queries (*, L, E) to keys (*, S, E) with values (*, S, V)."""

    xp: Any
    widened: Any

    attention_block = 1 << 17
    """Scores to work on at a time."""

    def attention(
        self, q: Any, k: Any, v: Any, mask: Any, noise: Any, *, scale: float, causal: bool
    ) -> tuple[Any, Any]:
        """Return (softmax(scale * q k^T + mask) * noise) v; the cache has largest and sum.

        A query that may attend to nothing gives zeros.
        """
        xp, at = self.xp, self.attention_stacks(q, k, v, mask, noise)
        y = xp.zeros((*at.q.shape[:2], at.v.shape[2]), at.q.dtype)
        largest, total = (xp.ones((*at.q.shape[:2], 1), at.q.dtype) for _ in range(2))
        ones = xp.ones((at.k.shape[1], 1), at.q.dtype)
        for h, r, reach, later in self.attention_blocks(at, causal):
            s = self.attention_scores(at, h, r, reach, later, scale)
            top = xp.max(s, 2, keepdims=True)
            top = largest[h, r] = xp.where(top == -math.inf, xp.zeros_like(top), top)
            xp.exp(xp.subtract(s, top, out=s), out=s)
            # The sum is less than 1 only where all keys are masked: then it is 0.
            total[h, r] = xp.maximum(xp.matmul(s, ones[:reach]), 1.0)
            if noise is not None:
                xp.multiply(s, at.noise[h, r, :reach], out=s)
            xp.divide(xp.matmul(s, at.v[h, :reach]), total[h, r], out=y[h, r])
        y = y.reshape(*at.batch, *y.shape[1:])
        return y.astype(q.dtype, copy=False), (largest, total)

    def attention_gradient(
        self, g: Any, q: Any, k: Any, v: Any, mask: Any, noise: Any, cache: Any, *, scale: float,
        causal: bool, masked: bool,
    ) -> tuple[Any, ...]:  # fmt: skip
        """Pull a gradient back to queries, keys, values and, where `masked`, the mask.

        With p the weights and h = (g v^T) * noise, the scores get p * (h - sum_j p_j h_j).
        """
        xp, at = self.xp, self.attention_stacks(q, k, v, mask, noise)
        if cache is None:
            _, cache = self.attention(q, k, v, mask, noise, scale=scale, causal=causal)
        (largest, total), kind, keys = cache, at.q.dtype, at.k.shape[1]
        g = stacked(xp, self.widened(g), at.batch)
        gq, gk, gv = (xp.zeros(x.shape, kind) for x in (at.q, at.k, at.v))
        gm = xp.zeros((*at.q.shape[:2], keys if masked else 0), kind)
        ones = xp.ones((keys, 1), kind)
        for h, r, reach, later in self.attention_blocks(at, causal):
            p = self.attention_scores(at, h, r, reach, later, scale)
            xp.exp(xp.subtract(p, largest[h, r], out=p), out=p)
            share = g[h, r] / total[h, r]  # instead of p, which is as large as the scores
            pulled = xp.matmul(share, turned(at.v[h, :reach]))
            dropped = p
            if noise is not None:
                dropped = p * at.noise[h, r, :reach]
                xp.multiply(pulled, at.noise[h, r, :reach], out=pulled)
            gv[h, :reach] += xp.matmul(turned(dropped), share)
            xp.multiply(pulled, p, out=pulled)
            xp.multiply(p, xp.matmul(pulled, ones[:reach]) / total[h, r], out=p)
            gs = xp.subtract(pulled, p, out=pulled)
            if masked:
                gm[h, r, :reach] = gs
            gq[h, r] = xp.matmul(gs, at.k[h, :reach]) * scale
            gk[h, :reach] += xp.matmul(turned(gs), at.q[h, r] * scale)
        found = (gq, gk, gv, gm) if masked else (gq, gk, gv)
        return tuple(
            x.reshape(*at.batch, *x.shape[1:]).astype(q.dtype, copy=False) for x in found
        )  # fmt: skip

    def attention_stacks(self, q: Any, k: Any, v: Any, mask: Any, noise: Any) -> Stacks:
        """Repeat what is shared by several of the batch, and make the batch one axis."""
        xp, shape = self.xp, (q.shape[-2], k.shape[-2])
        batch = np.broadcast_shapes(q.shape[:-2], k.shape[:-2], v.shape[:-2])
        q, k, v, mask, noise = (
            x if x is None else stacked(xp, self.widened(x), batch) for x in (q, k, v, mask, noise)
        )
        mask, noise = (
            x if x is None else xp.broadcast_to(x, (len(x), *shape)) for x in (mask, noise)
        )
        return Stacks(q, k, v, mask, noise, batch)

    def attention_blocks(
        self, at: Stacks, causal: bool
    ) -> Iterator[tuple[slice, slice, int, Any]]:
        """Yield some heads, some of their queries, how many keys these reach, and a causal mask."""
        xp, keys, (heads, queries, _) = self.xp, at.k.shape[1], at.q.shape
        if not keys:
            return
        step = max(1, self.attention_block // keys)
        for r in pieces(queries, step):
            reach = min(keys, r.stop) if causal else keys
            later = None
            if causal:
                later = xp.full((r.stop - r.start, reach), -math.inf, at.q.dtype)
                later = xp.triu(later, r.start + 1)
            for h in pieces(heads, max(1, step // queries)):
                yield h, r, reach, later

    def attention_scores(
        self, at: Stacks, h: slice, r: slice, reach: int, later: Any, scale: float
    ) -> Any:
        """Return scale * q k^T + mask for some heads and queries."""
        s = self.xp.matmul(at.q[h, r] * scale, turned(at.k[h, :reach]))
        if at.mask is not None:
            s += at.mask[h, r, :reach]
        if later is not None:
            s += later
        return s


def stacked(xp: Any, x: Any, batch: Sizes) -> Any:
    """Make all axes but the last two one; an array without a batch keeps one of size 1."""
    own = x.shape[-2:]
    if math.prod(x.shape[:-2]) == 1 and math.prod(batch):
        return xp.broadcast_to(x.reshape(1, *own), (math.prod(batch), *own))
    return xp.broadcast_to(x, (*batch, *own)).reshape(math.prod(batch), *own)


def turned(x: Any) -> Any:
    """Swap the last two axes."""
    return x.transpose(0, 2, 1)
