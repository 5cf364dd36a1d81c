"""Attention with several heads: projections, masks, and the weights where they are wanted."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation import softmax
from minitorch_lazy.nn.functional.attention import scaled_dot_product_attention
from minitorch_lazy.nn.functional.dense import linear
from minitorch_lazy.nn.functional.dropout import dropout
from minitorch_lazy.nn.functional.masks import NAME, Masks, canonical_mask, stacked
from minitorch_lazy.ops.join import cat


def refused(kind: type[Exception], headline: str, mend: str, **arguments: Any) -> Exception:
    """Return the error for arguments that do not fit."""
    return refuse(kind, NAME, headline, mend, **arguments)


def check_dimensions(
    query: Tensor, key: Tensor, value: Tensor, padding: Tensor | None, mask: Tensor | None,
    heads: int,
) -> bool:  # fmt: skip
    """Refuse numbers of dimensions that do not belong together; tell whether there is a batch."""
    given = {"query": query, "key": key, "value": value}
    if query.ndim not in (2, 3):
        raise refused(AssertionError, "query should be unbatched 2D or batched 3D tensor but "
                      f"received {query.ndim}-D query tensor", "give (length, batch, embed_dim)",
                      **given)  # fmt: skip
    batched, rank = query.ndim == 3, query.ndim
    what = f"For {'batched' if batched else 'unbatched'} ({rank}-D) `query`, expected "
    if key.ndim != rank or value.ndim != rank:
        raise refused(AssertionError, f"{what}`key` and `value` to be {rank}-D but found "
                      f"{key.ndim}-D and {value.ndim}-D tensors respectively",
                      "give all three a batch, or none", **given)  # fmt: skip
    if padding is not None and padding.ndim != rank - 1:
        raise refused(AssertionError, f"{what}`key_padding_mask` to be `None` or {rank - 1}-D but "
                      f"found {padding.ndim}-D tensor instead", "give one element for each key",
                      key_padding_mask=padding, **given)  # fmt: skip
    if mask is None:
        return batched
    if mask.ndim not in (2, 3):
        raise refused(AssertionError, f"{what}`attn_mask` to be `None`, 2-D or 3-D but found "
                      f"{mask.ndim}-D tensor instead", "give (queries, keys)", attn_mask=mask,
                      **given)  # fmt: skip
    wanted = (heads, query.array.shape[0], key.array.shape[0])
    if not batched and mask.ndim == 3 and tuple(mask.array.shape) != wanted:
        raise refused(AssertionError, f"Expected `attn_mask` shape to be {wanted} but got "
                      f"{mask.shape}", "give one mask for each head, or one for all",
                      attn_mask=mask, **given)  # fmt: skip
    return batched


def check_lengths(
    query: Tensor, key: Tensor, value: Tensor, size: int, heads: int, separate: bool
) -> None:
    """Refuse sizes that do not fit the layer or one another."""
    given, (q, k, v) = {"query": query, "key": key, "value": value}, (
        tuple(x.array.shape) for x in (query, key, value))  # fmt: skip
    if q[2] != size:
        raise refused(AssertionError, f"was expecting embedding dimension of {size}, but got "
                      f"{q[2]}", f"build it as nn.MultiheadAttention({q[2]}, {heads}), or with "
                      "None and let the first query decide", **given)  # fmt: skip
    if size % heads:
        raise refused(AssertionError, f"embed_dim {size} not divisible by num_heads {heads}",
                      "choose a divisor of embed_dim", num_heads=heads)  # fmt: skip
    if q[1] != k[1]:
        raise refused(RuntimeError, f"shape '[{k[0]}, {q[1] * heads}, {size // heads}]' is invalid "
                      f"for input of size {k[0] * k[1] * size}", "give query and key the same "
                      "batch", **given)  # fmt: skip
    if separate and k[:2] != v[:2]:
        raise refused(AssertionError, f"key's sequence and batch dims {k[:2]} do not match value's "
                      f"{v[:2]}", "give one value for each key", **given)  # fmt: skip
    if not separate and k != v:
        raise refused(AssertionError, f"key shape {k} does not match value shape {v}",
                      "build it with kdim and vdim for keys and values of other sizes",
                      **given)  # fmt: skip


def projected(
    inputs: tuple[Tensor, ...], packed: Tensor | None, bias: Tensor | None, separate: bool,
    *weights: Tensor | None,
) -> list[Tensor]:  # fmt: skip
    """Multiply queries, keys and values by their weights: a third of a packed one, or their own.

    Raises:
        AssertionError: a weight that is asked for is missing.
    """
    if not separate:
        if packed is None:
            raise refused(AssertionError, "use_separate_proj_weight is False but in_proj_weight is "
                          "None", "give in_proj_weight, or the three others")  # fmt: skip
        weights = packed.chunk(3)  # type: ignore[attr-defined]
    for name, weight in zip("qkv", weights, strict=True):
        if weight is None:
            raise refused(AssertionError, f"use_separate_proj_weight is True but {name}_proj_weight"
                          " is None", "give all three of them")  # fmt: skip
    biases = (None,) * 3 if bias is None else bias.chunk(3)  # type: ignore[attr-defined]
    return [linear(*part) for part in zip(inputs, weights, biases, strict=True)]  # type: ignore[arg-type]


def one_more(
    k: Tensor, v: Tensor, bias_k: Tensor | None, bias_v: Tensor | None, static_k: Tensor | None,
    static_v: Tensor | None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Add a learned key and value at the end.

    Raises:
        AssertionError: there is only one of the two, or keys and values are static.
    """
    for name, other, mine, yours in (("k", "v", bias_k, bias_v), ("v", "k", bias_v, bias_k)):
        if mine is not None and yours is None:
            raise refused(AssertionError, f"bias_{name} is set but bias_{other} is None",
                          "give both")  # fmt: skip
    for word, static in (("key", static_k), ("value", static_v)):
        if static is not None:
            raise refused(AssertionError, f"bias cannot be added to static {word}.",
                          "leave bias_k and bias_v out")  # fmt: skip
    size = (1, *k.array.shape[1:])
    return cat([k, bias_k.expand(size)]), cat([v, bias_v.expand(size)])  # type: ignore[union-attr]


def split(x: Tensor, heads: int) -> Tensor:
    """Give every head its own columns: (L, N, E) becomes (N H, L, E / H)."""
    length, batch, size = x.array.shape
    return x.reshape(length, batch * heads, size // heads).transpose(0, 1)  # type: ignore[attr-defined,no-any-return]


def of_heads(x: Tensor, static: Tensor | None, heads: int, name: str) -> Tensor:
    """Split keys or values into heads, or take the static ones.

    Raises:
        AssertionError: the static ones have another shape.
    """
    if static is None:
        return split(x, heads)
    _, batch, size = x.array.shape
    for axis, wanted in ((0, batch * heads), (2, size // heads)):
        if static.array.shape[axis] != wanted:
            raise refused(AssertionError, f"expecting static_{name}.size({axis}) of {wanted}, but "
                          f"got {static.array.shape[axis]}", f"give ({batch * heads}, keys, "
                          f"{size // heads})", **{f"static_{name}": static})  # fmt: skip
    return static


def with_zeros(x: Tensor) -> Tensor:
    """Add a key or a value of zeros to (N H, S, E)."""
    return cat([x, x.new_zeros((x.array.shape[0], 1, x.array.shape[2]))], 1)  # type: ignore[attr-defined]


def heads_attend(
    parts: tuple[Tensor, ...], masks: Masks, heads: int, p: float, need_weights: bool, causal: bool
) -> tuple[Tensor, Any]:
    """Attend with all heads (N H, ., E / H); return (N, H, L, E / H) and the weights, or None."""
    batch = parts[0].array.shape[0] // heads
    q, k, v = (x.reshape(batch, heads, *x.array.shape[1:]) for x in parts)  # type: ignore[attr-defined]
    mask = masks.merged(batch, heads, k.array.shape[2])
    if need_weights:
        return weighed(q, k, v, mask, p)
    return scaled_dot_product_attention(q, k, v, mask, p, causal), None


def weighed(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, p: float) -> tuple[Tensor, Any]:
    """Attend and keep the weights; a query that may attend to nothing gives nan, as in torch."""
    scores = (q * math.sqrt(1 / q.array.shape[-1])) @ k.transpose(-2, -1)  # type: ignore[attr-defined,operator]
    attention = softmax(scores if mask is None else scores + mask, -1)
    attention = dropout(attention, p) if p > 0 else attention
    return attention @ v, attention  # type: ignore[operator]


def multi_head_attention_forward(
    query: Tensor, key: Tensor, value: Tensor, embed_dim_to_check: int, num_heads: int,
    in_proj_weight: Tensor | None, in_proj_bias: Tensor | None, bias_k: Tensor | None,
    bias_v: Tensor | None, add_zero_attn: bool, dropout_p: float, out_proj_weight: Tensor,
    out_proj_bias: Tensor | None, training: bool = True, key_padding_mask: Tensor | None = None,
    need_weights: bool = True, attn_mask: Tensor | None = None,
    use_separate_proj_weight: bool = False, q_proj_weight: Tensor | None = None,
    k_proj_weight: Tensor | None = None, v_proj_weight: Tensor | None = None,
    static_k: Tensor | None = None, static_v: Tensor | None = None,
    average_attn_weights: bool = True, is_causal: bool = False,
) -> tuple[Tensor, Tensor | None]:  # fmt: skip
    """Project queries, keys and values, attend with every head, and project what comes out.

    Args:
        query: (L, N, E) or (L, E).
        key, value: (S, N, E) or (S, E).
        embed_dim_to_check: E.
        num_heads: H; each takes its own E / H columns.
        in_proj_weight, in_proj_bias: (3 E, E), (3 E,); for queries, keys and values.
        bias_k, bias_v: (1, 1, E), one more key and value at the end.
        add_zero_attn: whether zeros are one more key and value at the end.
        dropout_p: probability with which a weight is set to 0, in training.
        out_proj_weight, out_proj_bias: (E, E), (E,).
        key_padding_mask: (N, S) or (S,), bool with True for keys that are left out, or float.
        need_weights: whether the weights are returned.
        attn_mask: (L, S) or (N H, L, S), bool with True where attention is not allowed, or float.
        use_separate_proj_weight: whether the next three stand for in_proj_weight.
        q_proj_weight, k_proj_weight, v_proj_weight: (E, E), (E, K), (E, V).
        static_k, static_v: (N H, S, E / H), keys and values to use instead of projected ones.
        average_attn_weights: whether the weights are averaged over the heads.
        is_causal: says of attn_mask that it is the causal one; it must be given all the same.
    Returns:
        output (L, N, E) or (L, E), and weights (N, L, S) or (L, S), (N, H, L, S) or (H, L, S) of
        single heads, or None.
    Raises:
        AssertionError, RuntimeError: something does not fit, in torch's words.

    Source: torch.nn.functional.multi_head_attention_forward.
    """
    batched = check_dimensions(query, key, value, key_padding_mask, attn_mask, num_heads)
    if not batched:
        query, key, value = (x.unsqueeze(1) for x in (query, key, value))  # type: ignore[attr-defined]
        if key_padding_mask is not None:
            key_padding_mask = key_padding_mask.unsqueeze(0)  # type: ignore[attr-defined]
    padding = canonical_mask(key_padding_mask, "key_padding_mask", query.dtype, attn_mask,
                             "attn_mask")  # fmt: skip
    if is_causal and attn_mask is None:
        raise refused(RuntimeError, "Need attn_mask if specifying the is_causal hint. You may use "
                      "the Transformer module method `generate_square_subsequent_mask` to create "
                      "this mask.", "give attn_mask too, or leave is_causal out")  # fmt: skip
    hinted = is_causal and padding is None and not need_weights
    mask = None if hinted else canonical_mask(attn_mask, "attn_mask", query.dtype)
    check_lengths(query, key, value, embed_dim_to_check, num_heads, use_separate_proj_weight)
    q, k, v = projected((query, key, value), in_proj_weight, in_proj_bias, use_separate_proj_weight,
                        q_proj_weight, k_proj_weight, v_proj_weight)  # fmt: skip
    masks = Masks(stacked(mask, query, key, num_heads), padding)
    if bias_k is not None or bias_v is not None:
        k, v = one_more(k, v, bias_k, bias_v, static_k, static_v)
        masks = masks.longer()
    parts = (split(q, num_heads), of_heads(k, static_k, num_heads, "k"),
             of_heads(v, static_v, num_heads, "v"))  # fmt: skip
    if add_zero_attn:
        parts, masks = (parts[0], with_zeros(parts[1]), with_zeros(parts[2])), masks.longer()
    out, weights = heads_attend(
        parts, masks, num_heads, dropout_p if training else 0.0, need_weights, hinted
    )
    joined = out.permute(2, 0, 1, 3).reshape(query.array.shape)  # type: ignore[attr-defined]
    output = linear(joined, out_proj_weight, out_proj_bias)
    if weights is not None and average_attn_weights:
        weights = weights.mean(1)
    if not batched:
        output = output.squeeze(1)  # type: ignore[attr-defined]
        weights = None if weights is None else weights.squeeze(0)
    return output, weights
