"""Scaled dot-product attention, in torch's signature."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.attention import attend
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.ops.sample import bernoulli_

NAME = "scaled_dot_product_attention"


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: float = 0.0, is_causal: bool = False, *, scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """Attend with queries to keys, and take the weighted sum of their values.

        y = dropout(softmax(scale * query key^T + mask)) value

    A query that may attend to no key at all gives zeros.

    Args:
        query: float (..., L, E).
        key: float (..., S, E).
        value: float (..., S, V); batches are broadcast.
        attn_mask: bool, True where a query may attend, or float, added to the scores; it is
            broadcast to (..., L, S).
        dropout_p: probability with which a weight is set to 0, in evaluation too.
        is_causal: query i attends to the keys 0 to i; there may be no other mask.
        scale: 1 / sqrt(E) where not given.
        enable_gqa: let several heads of queries, at dimension -3, share one of keys and values.
    Returns:
        float (..., L, V).
    Raises:
        RuntimeError: sizes, types or options do not fit.

    Source: torch.nn.functional.scaled_dot_product_attention.

    >>> import minitorch_lazy as torch
    >>> x = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    >>> torch.nn.functional.scaled_dot_product_attention(x, x, x, is_causal=True)
    tensor([[1.0000, 0.0000],
            [0.3302, 0.6698]])
    """
    check_kinds(query, key, value, attn_mask)
    if is_causal and attn_mask is not None:
        raise refused("Explicit attn_mask should not be set when is_causal=True",
                      "give one of the two", attn_mask=attn_mask)  # fmt: skip
    if not 0 <= dropout_p <= 1:
        raise refused(f"dropout probability has to be between 0 and 1, but got {dropout_p}",
                      "0 drops nothing", dropout_p=dropout_p)  # fmt: skip
    if enable_gqa:
        key, value = shared(query, key, key, value), shared(query, value, key, value)
    batch = check_sizes(query, key, value)
    shape = (*batch, query.array.shape[-2], key.array.shape[-2])
    kind, size = query.dtype, query.array.shape[-1]
    q, k, v = (x.float() if kind.itemsize == 2 else x for x in (query, key, value))  # type: ignore[attr-defined]
    mask = None if attn_mask is None else added(attn_mask, q.dtype, shape)
    noise = noise_of(shape, q, dropout_p) if dropout_p else None
    scale = 1 / math.sqrt(max(size, 1)) if scale is None else float(scale)
    return attend(q, k, v, mask, noise, scale=scale, causal=bool(is_causal)).to(kind)  # type: ignore[attr-defined,no-any-return]


def refused(headline: str, mend: str, kind: Any = RuntimeError, **arguments: Any) -> Exception:
    """Return the error for arguments that do not fit."""
    return refuse(kind, NAME, headline, mend, **arguments)


def check_kinds(query: Any, key: Any, value: Any, mask: Any) -> None:
    """Refuse what is no tensor, types that differ, and masks of other types.

    Raises:
        TypeError: not a tensor.
        NotImplementedError: complex numbers.
        RuntimeError: integers; types that differ; tensors without a dimension of queries or keys.
    """
    named = {"query": query, "key": key, "value": value}
    for word, x in named.items():
        check_tensor(NAME, word, x)
    kinds = [x.dtype for x in named.values()]
    if len(set(kinds)) > 1:
        words = " ".join(f"{w}.dtype: {kind.name}" for w, kind in zip(named, kinds, strict=True))
        raise refused("Expected query, key, and value to have the same dtype, but got "
                      f"{words} instead.", f"convert them with .to({query.dtype})",
                      **named)  # fmt: skip
    if min(x.ndim for x in named.values()) < 2:
        words = " ".join(f"{word}.dim: {x.ndim}" for word, x in named.items())
        raise refused("Expected query, key, and value to all be at least 2 dimensional, but got "
                      f"{words} instead.", "give (..., length, size)", **named)  # fmt: skip
    if query.array.dtype.kind in "biu":
        raise refused(f"expected scalar type Float but found {spoken(kinds[0].name)}",
                      "convert them with .float()", **named)  # fmt: skip
    if query.array.dtype.kind == "c":
        raise refused(f"softmax is not implemented for '{spoken(kinds[0].name)}'",
                      "attend with real numbers", NotImplementedError, **named)  # fmt: skip
    if mask is not None:
        check_tensor(NAME, "attn_mask", mask)
        if mask.dtype not in (types.bool, types.float32, query.dtype):
            raise refused("Expected attn_mask dtype to be bool or float or to match query dtype, "
                          f"but got attn_mask.dtype: {mask.dtype.name} and query.dtype: "
                          f"{query.dtype.name} instead.", "convert it with .bool() or "
                          f".to({query.dtype})", query=query, attn_mask=mask)  # fmt: skip


def check_sizes(query: Tensor, key: Tensor, value: Tensor) -> tuple[int, ...]:
    """Refuse sizes that do not fit; return the batch of the scores."""
    (q, k, v), named = (x.array.shape for x in (query, key, value)), {
        "query": query, "key": key, "value": value}  # fmt: skip
    for stack, size, other, mend in (
        (math.prod(q[:-2]), q[-1], k[-1], "the last dimensions of query and key must be equal"),
        (math.prod(k[:-2]), k[-2], v[-2], "there must be one value for each key"),
    ):
        if size != other:
            raise refused("Expected size for first two dimensions of batch2 tensor to be: "
                          f"[{stack}, {size}] but got: [{stack}, {other}].", mend,
                          **named)  # fmt: skip
    batch = common(q[:-2], k[:-2], named)
    common(batch, v[:-2], named)
    return batch


def common(a: tuple[int, ...], b: tuple[int, ...], named: dict[str, Tensor]) -> tuple[int, ...]:
    """Broadcast two batches.

    Raises:
        RuntimeError: they do not fit.
    """
    count = max(len(a), len(b))
    pairs = [(1,) * (count - len(shape)) + shape for shape in (a, b)]
    for axis, (m, n) in enumerate(zip(*pairs, strict=True)):
        if m != n and 1 not in (m, n):
            raise refused(f"The size of tensor a ({m}) must match the size of tensor b ({n}) at "
                          f"non-singleton dimension {axis}", "make the batches equal, or 1",
                          **named)  # fmt: skip
    return tuple(n if m == 1 else m for m, n in zip(*pairs, strict=True))


def shared(query: Tensor, x: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Repeat the heads of keys or values, so that there are as many as those of the queries."""
    if min(query.ndim, key.ndim, value.ndim) < 3:
        raise refused("Dimension out of range: enable_gqa needs a dimension of heads",
                      "give (..., heads, length, size)", IndexError, query=query, key=key,
                      value=value)  # fmt: skip
    heads, own = query.array.shape[-3], x.array.shape[-3]
    if not own or heads % own or heads < own:
        raise refused("Number of heads in key and value must divide the number of heads in query",
                      f"query has {heads} heads: give a divisor of it", query=query, key=key,
                      value=value)  # fmt: skip
    return x if own == heads else x.repeat_interleave(heads // own, -3)  # type: ignore[attr-defined,no-any-return]


def added(mask: Tensor, kind: types.dtype, shape: tuple[int, ...]) -> Tensor:
    """Return a mask as numbers to add to the scores, with at least two dimensions."""
    own = tuple(mask.array.shape)
    if len(own) > len(shape):
        raise refused(f"output with shape {list(shape)} doesn't match the broadcast shape "
                      f"{list(own)}", "leave out the first dimensions of the mask",
                      attn_mask=mask)  # fmt: skip
    padded = (1,) * (len(shape) - len(own)) + own
    for axis, (m, n) in enumerate(zip(padded, shape, strict=True)):
        if m not in (1, n):
            raise refused(f"The size of tensor a ({n}) must match the size of tensor b ({m}) at "
                          f"non-singleton dimension {axis}", f"the mask must broadcast to the "
                          f"scores, which are {shape}", attn_mask=mask)  # fmt: skip
    mask = mask.reshape((1,) * (2 - len(own)) + own)  # type: ignore[attr-defined]
    if mask.dtype is types.bool:
        return zeros_like(mask, dtype=kind).masked_fill(~mask, -math.inf)  # type: ignore[attr-defined,operator,no-any-return]
    return mask.to(kind)  # type: ignore[attr-defined,no-any-return]


def noise_of(shape: tuple[int, ...], like: Tensor, p: float) -> Tensor:
    """Draw what weights are multiplied by: 0 with probability p, and 1 / (1 - p) otherwise."""
    if p == 1:
        return like.new_zeros(shape)  # type: ignore[attr-defined,no-any-return]
    return bernoulli_(like.new_empty(shape), 1 - p).div_(1 - p)  # type: ignore[attr-defined,no-any-return]
