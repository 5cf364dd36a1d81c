"""A whole transformer: an encoder, and a decoder that attends to what it gives."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import init
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.norm import LayerNorm
from minitorch_lazy.nn.modules.transformer.layers import (
    Activation,
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from minitorch_lazy.nn.modules.transformer.stacks import (
    TransformerDecoder,
    TransformerEncoder,
    causal_mask,
)

__all__ = ["Transformer"]


class Transformer(Module):
    """Encode one sequence, and decode another with it.

    Args:
        d_model: E, the size of all elements.
        nhead: heads of each attention, a divisor of E.
        num_encoder_layers, num_decoder_layers: how many layers each stack has.
        dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, device,
            dtype: of the layers; see TransformerEncoderLayer.
        custom_encoder, custom_decoder: modules to use instead of the stacks.

    Source: torch.nn.Transformer.

    >>> import minitorch_lazy as torch
    >>> net = torch.nn.Transformer(8, 2, 1, 1, 16, batch_first=True)
    >>> net(torch.ones(3, 7, 8), torch.ones(3, 5, 8)).shape
    torch.Size([3, 5, 8])
    """

    def __init__(
        self, d_model: int = 512, nhead: int = 8, num_encoder_layers: int = 6,
        num_decoder_layers: int = 6, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, custom_encoder: Any = None, custom_decoder: Any = None,
        layer_norm_eps: float = 1e-5, batch_first: bool = False, norm_first: bool = False,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        layer = (d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first,
                 norm_first, bias, device, dtype)  # fmt: skip
        norm = {"eps": layer_norm_eps, "bias": bias, "device": device, "dtype": dtype}
        self.encoder = custom_encoder if custom_encoder is not None else TransformerEncoder(
            TransformerEncoderLayer(*layer), num_encoder_layers, LayerNorm(d_model, **norm)
        )  # fmt: skip
        self.decoder = custom_decoder if custom_decoder is not None else TransformerDecoder(
            TransformerDecoderLayer(*layer), num_decoder_layers, LayerNorm(d_model, **norm)
        )  # fmt: skip
        self._reset_parameters()
        self.d_model, self.nhead, self.batch_first = d_model, nhead, batch_first

    def forward(
        self, src: Tensor, tgt: Tensor, src_mask: Tensor | None = None,
        tgt_mask: Tensor | None = None, memory_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, src_is_causal: bool | None = None,
        tgt_is_causal: bool | None = None, memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Encode `src`, and decode `tgt` with it.

        Args:
            src: (S, N, E), (N, S, E) with batch_first, or (S, E).
            tgt: (T, N, E), in the same order.
            src_mask, tgt_mask, memory_mask: (S, S), (T, T) and (T, S), or one for each head of each
                of the batch; bool with True where attention is not allowed, or float.
            src_key_padding_mask, tgt_key_padding_mask, memory_key_padding_mask: (N, S), (N, T) and
                (N, S); bool with True for elements that are left out, or float.
            src_is_causal, tgt_is_causal: say of a mask that it is the causal one; None looks at it.
            memory_is_causal: says it of memory_mask.
        Returns:
            a tensor of the shape of `tgt`.
        Raises:
            RuntimeError: batches or sizes differ.

        Source: torch.nn.Transformer.forward.
        """
        axis = 0 if self.batch_first else 1
        if src.ndim == 3 and src.shape[axis] != tgt.shape[axis]:
            raise refuse(RuntimeError, "Transformer", "the batch number of src and tgt must be "
                         "equal", f"the batch is dimension {axis}", src=src, tgt=tgt)  # fmt: skip
        if src.shape[-1] != self.d_model or tgt.shape[-1] != self.d_model:
            raise refuse(RuntimeError, "Transformer", "the feature number of src and tgt must be "
                         "equal to d_model", f"d_model is {self.d_model}", src=src,
                         tgt=tgt)  # fmt: skip
        memory = self.encoder(
            src, mask=src_mask, src_key_padding_mask=src_key_padding_mask, is_causal=src_is_causal
        )
        return self.decoder(  # type: ignore[no-any-return]
            tgt, memory, tgt_mask=tgt_mask, memory_mask=memory_mask,
            tgt_key_padding_mask=tgt_key_padding_mask,
            memory_key_padding_mask=memory_key_padding_mask, tgt_is_causal=tgt_is_causal,
            memory_is_causal=memory_is_causal,
        )  # fmt: skip

    @staticmethod
    def generate_square_subsequent_mask(sz: int, device: Any = None, dtype: Any = None) -> Tensor:
        """Return the causal mask (sz, sz): minus infinity above the diagonal, and zeros.

        Source: torch.nn.Transformer.generate_square_subsequent_mask.
        """
        return causal_mask(sz, device, dtype)

    def _reset_parameters(self) -> None:
        for parameter in self.parameters():
            if parameter.ndim > 1:
                init.xavier_uniform_(parameter)
