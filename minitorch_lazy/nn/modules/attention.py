"""Attention with several heads, and its lazy form."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.functional.masks import canonical_mask
from minitorch_lazy.nn.functional.multihead import multi_head_attention_forward
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.linear import NonDynamicallyQuantizableLinear
from minitorch_lazy.nn.settling import settle_part

__all__ = ["LazyMultiheadAttention", "MultiheadAttention"]


class MultiheadAttention(Module):
    """Attend with several heads, each to its own projection of queries, keys and values.

        y = concat(head_1, ..., head_H) W_out^T
        head_h = softmax(q_h k_h^T / sqrt(E / H) + masks) v_h

    Args:
        embed_dim: E, the size of queries and outputs; None lets the first query decide.
        num_heads: H, a divisor of E.
        dropout: probability with which a weight is set to 0, in training.
        bias: whether the projections have biases.
        add_bias_kv: whether a learned key and value is added to the others.
        add_zero_attn: whether a key and a value of zeros is added to the others.
        kdim, vdim: sizes of keys and values; where not given they are E, also if E follows from
            the first query.
        batch_first: whether the batch is the first dimension; otherwise it is the second.
        device, dtype: of the parameters.

    Attributes:
        in_proj_weight: (3 E, E), for queries, keys and values, where kdim and vdim are E.
        q_proj_weight, k_proj_weight, v_proj_weight: (E, E), (E, kdim), (E, vdim), where not.
        in_proj_bias: (3 E,), zeros at first; None without.
        bias_k, bias_v: (1, 1, E); None without.
        out_proj: the last linear layer.

    Source: torch.nn.MultiheadAttention.

    >>> import minitorch_lazy as torch
    >>> attention = torch.nn.MultiheadAttention(8, 2, batch_first=True)
    >>> x = torch.ones(3, 5, 8)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))
    """

    in_proj_weight: Tensor | None
    in_proj_bias: Tensor | None
    q_proj_weight: Tensor | None
    k_proj_weight: Tensor | None
    v_proj_weight: Tensor | None
    bias_k: Tensor | None
    bias_v: Tensor | None

    def __init__(
        self, embed_dim: int | None, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if num_heads <= 0 or (embed_dim is not None and embed_dim <= 0):
            raise refuse(ValueError, type(self).__name__, "embed_dim and num_heads must be greater "
                         f"than 0, got embed_dim={embed_dim} and num_heads={num_heads} instead",
                         "give positive sizes")  # fmt: skip
        super().__init__()
        self.num_heads, self.dropout, self.batch_first = num_heads, dropout, batch_first
        self.add_zero_attn = add_zero_attn
        self.embed_dim = embed_dim
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == embed_dim and self.vdim == embed_dim
        self.head_dim = None if embed_dim is None else self.divided(embed_dim)
        same = self._qkv_same_embed_dim
        names = {"q_proj_weight": not same, "k_proj_weight": not same, "v_proj_weight": not same,
                 "in_proj_weight": same, "in_proj_bias": bias, "bias_k": add_bias_kv,
                 "bias_v": add_bias_kv}  # fmt: skip
        declare(self, names, device=device, dtype=dtype)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, device, dtype)
        begin(self)
        if bias:
            init.zeros_(self.out_proj.bias)

    def divided(self, embed_dim: int) -> int:
        """Return the size of one head.

        Raises:
            AssertionError: the heads do not divide the size.
        """
        if embed_dim % self.num_heads:
            raise refuse(AssertionError, type(self).__name__, "embed_dim must be divisible by "
                         "num_heads", f"choose a divisor of {embed_dim}", embed_dim=embed_dim,
                         num_heads=self.num_heads)  # fmt: skip
        return embed_dim // self.num_heads

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        size = self.embed_dim
        triple = None if size is None else 3 * size
        return {
            "in_proj_weight": (triple, size), "q_proj_weight": (size, size),
            "k_proj_weight": (size, self.kdim), "v_proj_weight": (size, self.vdim),
            "in_proj_bias": (triple,), "bias_k": (1, 1, size), "bias_v": (1, 1, size),
        }  # fmt: skip

    def has_uninitialized_params(self) -> bool:
        """Tell whether the first query still has to decide the size."""
        return super().has_uninitialized_params() or self.out_proj.has_uninitialized_params()

    def initialize_parameters(self, query: Tensor, *args: Any, **kwargs: Any) -> None:
        """Let embed_dim follow from the last dimension of the query.

        Raises:
            AssertionError: it is no multiple of num_heads, or is what kdim and vdim are: then they
                should be left out, for the weights to be one parameter as in the eager layer.
        """
        sizes = self.sizes_of(query.shape[-1])
        if not self._qkv_same_embed_dim and self.kdim == self.vdim == sizes["embed_dim"]:
            raise refuse(AssertionError, type(self).__name__, "embed_dim inferred from query: "
                         f"{sizes['embed_dim']} is equal to kdim and vdim", "leave kdim and vdim "
                         "out", query=query)  # fmt: skip
        settle_part(self.out_proj, query)
        if self.out_proj.in_features != sizes["embed_dim"]:
            raise refuse(AssertionError, type(self).__name__, "The embed_dim inferred from input: "
                         f"{sizes['embed_dim']} is not equal to embed_dim from self.out_proj: "
                         f"{self.out_proj.in_features}", "give a query of that size",
                         query=query)  # fmt: skip
        infer(self, **sizes)

    def sizes_of(self, size: int) -> dict[str, Any]:
        """Return all sizes that follow from the size of queries."""
        return {
            "embed_dim": size, "head_dim": self.divided(size),
            "kdim": size if self.kdim is None else self.kdim,
            "vdim": size if self.vdim is None else self.vdim,
        }  # fmt: skip

    def sizes_from_parameters(self) -> dict[str, Any]:
        """Let the sizes follow from a last layer that was loaded."""
        return self.sizes_of(self.out_proj.weight.shape[0])

    @when_settled
    def reset_parameters(self) -> None:
        """Draw the weights of the projections anew, and set their biases to zeros."""
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight,
                       self.v_proj_weight):  # fmt: skip
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
        for row in (self.bias_k, self.bias_v):
            if row is not None:
                init.xavier_normal_(row)

    def _reset_parameters(self) -> None:
        self.reset_parameters()
        if self.in_proj_bias is not None:
            init.zeros_(self.out_proj.bias)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """Attend with queries to keys, and return outputs and weights.

        Args:
            query: (L, N, E), (N, L, E) with batch_first, or (L, E).
            key, value: (S, N, kdim) and (S, N, vdim), in the same order.
            key_padding_mask: (N, S) or (S,), bool with True for keys that are left out, or float.
            need_weights: whether the weights are returned too; it is faster without.
            attn_mask: (L, S) or (N H, L, S), bool with True where attention is not allowed, or
                float.
            average_attn_weights: whether the weights are averaged over the heads.
            is_causal: says of attn_mask that it is the causal one; it must be given all the same.
        Returns:
            outputs like query, and weights (N, L, S), (N, H, L, S) where not averaged, or None.

        Source: torch.nn.MultiheadAttention.forward.
        """
        kind = query.dtype
        padding = canonical_mask(key_padding_mask, "key_padding_mask", kind, attn_mask, "attn_mask")
        turned = self.batch_first and query.ndim == 3
        if turned:
            query, key, value = (x.transpose(1, 0) for x in (query, key, value))  # type: ignore[attr-defined]
        size = self.embed_dim or query.shape[-1]  # while it is lazy, the weights refuse
        output, weights = multi_head_attention_forward(
            query, key, value, size, self.num_heads, self.in_proj_weight,
            self.in_proj_bias, self.bias_k, self.bias_v, self.add_zero_attn, self.dropout,
            self.out_proj.weight, self.out_proj.bias, self.training, padding, need_weights,
            canonical_mask(attn_mask, "attn_mask", kind), not self._qkv_same_embed_dim,
            self.q_proj_weight, self.k_proj_weight, self.v_proj_weight,
            average_attn_weights=average_attn_weights, is_causal=is_causal,
        )  # fmt: skip
        return output.transpose(1, 0) if turned else output, weights  # type: ignore[attr-defined]


class LazyMultiheadAttention(LazyModuleMixin, MultiheadAttention):
    """A MultiheadAttention whose first query decides `embed_dim`.

    kdim and vdim are as they are given, and embed_dim where they are not. A layer that is given
    both has three weights, so an embed_dim that equals both is refused: leave them out.

    Args:
        num_heads: a divisor of embed_dim.
        dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim, batch_first, device, dtype: of
            MultiheadAttention.

    >>> import minitorch_lazy as torch
    >>> attention = torch.nn.LazyMultiheadAttention(2)
    >>> query, memory = torch.ones(5, 3, 8), torch.ones(7, 3, 8)
    >>> attention(query, memory, memory)[0].shape
    torch.Size([5, 3, 8])
    >>> attention
    MultiheadAttention(
      (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, bias=True)
    )
    """

    cls_to_become = MultiheadAttention

    def __init__(
        self, num_heads: int, dropout: float = 0.0, bias: bool = True, add_bias_kv: bool = False,
        add_zero_attn: bool = False, kdim: int | None = None, vdim: int | None = None,
        batch_first: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(None, num_heads, dropout, bias, add_bias_kv, add_zero_attn, kdim, vdim,
                         batch_first, device, dtype)  # fmt: skip
        self.embed_dim = self.out_proj.in_features = self.out_proj.out_features = 0
