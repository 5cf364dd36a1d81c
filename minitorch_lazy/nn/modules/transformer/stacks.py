"""Stacks of transformer layers."""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

from minitorch_lazy.core.modes import is_grad_enabled
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.functional.masks import canonical_mask
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container import ModuleList
from minitorch_lazy.nn.modules.transformer.layers import TransformerEncoderLayer
from minitorch_lazy.ops.create import full
from minitorch_lazy.ops.diagonals import triu

__all__ = ["TransformerDecoder", "TransformerEncoder"]


def causal_mask(size: int, device: Any = None, dtype: Any = None) -> Tensor:
    """Return (size, size) with minus infinity above the diagonal, and zeros."""
    return triu(full((size, size), -math.inf, dtype=dtype, device=device), 1)


def length_of(x: Tensor, batch_first: bool) -> int:
    """Return the length of sequences (L, E), (N, L, E) or (L, N, E)."""
    return x.array.shape[1 if batch_first and x.ndim == 3 else 0]  # type: ignore[no-any-return]


def is_causal_mask(mask: Tensor | None, said: bool | None, size: int) -> bool:
    """Tell whether a mask is the causal one, by what is said of it, or else by looking at it."""
    if said is not None or mask is None:
        return said is True
    if mask.is_meta or tuple(mask.array.shape) != (size, size):
        return False
    return bool((mask == causal_mask(size, mask.device, mask.dtype)).all())  # type: ignore[attr-defined]


class TransformerEncoder(Module):
    """Apply several encoder layers one after the other, which are copies of one.

    Args:
        encoder_layer: what is copied.
        num_layers: how often.
        norm: a module to apply at the end.
        enable_nested_tensor: whether padded elements become zeros in evaluation, before the norm,
            as they do in PyTorch, where this also saves time. For this the layer has to be a
            TransformerEncoderLayer with batch_first; no gradient may be needed, and no `mask` be
            given.
        mask_check: whether to look first if all padding is at the end; only such becomes zeros.

    Source: torch.nn.TransformerEncoder.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
    >>> torch.nn.TransformerEncoder(layer, 2)(torch.ones(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    norm: Module | None

    def __init__(
        self, encoder_layer: Module, num_layers: int, norm: Module | None = None,
        enable_nested_tensor: bool = True, mask_check: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(encoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm
        self.enable_nested_tensor, self.mask_check = enable_nested_tensor, mask_check
        reason = keeps_padding(encoder_layer)
        self.use_nested_tensor = enable_nested_tensor and not reason
        if enable_nested_tensor and reason:
            warnings.warn("enable_nested_tensor is True, but self.use_nested_tensor is False "
                          f"because encoder_layer{reason}", stacklevel=2)  # fmt: skip

    def forward(
        self, src: Tensor, mask: Tensor | None = None, src_key_padding_mask: Tensor | None = None,
        is_causal: bool | None = None,
    ) -> Tensor:  # fmt: skip
        """Map a sequence to one of the same shape.

        Args:
            src: (S, N, E), (N, S, E) with batch_first, or (S, E).
            mask: (S, S) or (N H, S, S), bool with True where attention is not allowed, or float.
            src_key_padding_mask: (N, S) or (S,), bool with True for elements that are left out,
                or float.
            is_causal: says of the mask that it is the causal one; None looks at it.

        Source: torch.nn.TransformerEncoder.forward.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, mask,
                                 "mask")  # fmt: skip
        mask = canonical_mask(mask, "mask", src.dtype)
        first: Any = self.layers[0]
        causal = is_causal_mask(mask, is_causal, length_of(src, first.self_attn.batch_first))
        x = src
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=causal, src_key_padding_mask=padding)
        if padding is not None and mask is None and self.clears(src, padding):
            x = x.masked_fill((padding != 0).unsqueeze(-1), 0.0)  # type: ignore[attr-defined]
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]

    def clears(self, src: Tensor, padding: Tensor) -> bool:
        """Tell whether padded elements become zeros."""
        first: Any = self.layers[0]
        if not self.use_nested_tensor or first.training or src.ndim != 3 or src.is_meta:
            return False
        if is_grad_enabled() and any(x.requires_grad for x in (src, *first.parameters())):
            return False
        kept: Any = padding == 0
        return not self.mask_check or bool((kept[:, 1:] <= kept[:, :-1]).all())


def keeps_padding(layer: Any) -> str:
    """Say what about a layer makes an encoder leave padded elements as they are; else nothing."""
    if not isinstance(layer, TransformerEncoderLayer):
        return " was not TransformerEncoderLayer"
    attention: Any = layer.self_attn
    norms: Any = layer.norm1, layer.norm2
    for holds, reason in (
        (layer.norm_first, ".norm_first was True"),
        (not attention.batch_first, ".self_attn.batch_first was not True"
         "(use batch_first for better inference performance)"),
        (not attention._qkv_same_embed_dim, ".self_attn._qkv_same_embed_dim was not True"),
        (attention.in_proj_bias is None, ".self_attn was passed bias=False"),
        (not layer.activation_relu_or_gelu, ".activation_relu_or_gelu was not True"),
        (norms[0].eps != norms[1].eps, ".norm1.eps was not equal to encoder_layer.norm2.eps"),
        (attention.num_heads % 2 == 1, ".self_attn.num_heads is odd"),
    ):  # fmt: skip
        if holds:
            return reason
    return ""


class TransformerDecoder(Module):
    """Apply several decoder layers one after the other, which are copies of one.

    Args:
        decoder_layer: what is copied.
        num_layers: how often.
        norm: a module to apply at the end.

    Source: torch.nn.TransformerDecoder.

    >>> import minitorch_lazy as torch
    >>> decoder = torch.nn.TransformerDecoder(torch.nn.TransformerDecoderLayer(8, 2, 16), 2)
    >>> decoder(torch.ones(5, 3, 8), torch.ones(7, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    norm: Module | None

    def __init__(self, decoder_layer: Module, num_layers: int, norm: Module | None = None) -> None:
        super().__init__()
        self.layers = ModuleList([copy.deepcopy(decoder_layer) for _ in range(num_layers)])
        self.num_layers, self.norm = num_layers, norm

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool | None = None,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Map a sequence to one of the same shape; arguments as in TransformerDecoderLayer.

        Args:
            tgt, memory: sequences.
            tgt_mask, memory_mask, tgt_key_padding_mask, memory_key_padding_mask: masks.
            tgt_is_causal: says of tgt_mask that it is the causal one; None looks at it.
            memory_is_causal: says it of memory_mask.

        Source: torch.nn.TransformerDecoder.forward.
        """
        first: Any = self.layers[0]
        causal = is_causal_mask(tgt_mask, tgt_is_causal,
                                length_of(tgt, first.self_attn.batch_first))  # fmt: skip
        x = tgt
        for layer in self.layers:
            x = layer(
                x, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
                tgt_key_padding_mask=tgt_key_padding_mask,
                memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=causal,
                memory_is_causal=memory_is_causal,
            )  # fmt: skip
        return x if self.norm is None else self.norm(x)  # type: ignore[no-any-return]
