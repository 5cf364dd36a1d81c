"""One layer of a transformer: attention and a small net, each beside the identity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.masks import canonical_mask
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.activation import GELU, ReLU
from minitorch_lazy.nn.modules.attention import MultiheadAttention
from minitorch_lazy.nn.modules.dropout import Dropout
from minitorch_lazy.nn.modules.linear import Linear
from minitorch_lazy.nn.modules.norm import LayerNorm

__all__ = ["TransformerDecoderLayer", "TransformerEncoderLayer"]

Activation = str | Callable[[Tensor], Tensor]
NAMED = {"relu": F.relu, "gelu": F.gelu}


class TransformerLayer(Module):
    """What encoder and decoder layers share.

    Args:
        d_model: E, the size of inputs and outputs.
        nhead: heads of each attention, a divisor of E.
        dim_feedforward: the inner size of the net.
        dropout: probability with which weights, inner numbers and results are set to 0.
        activation: of the net: "relu", "gelu", a function or a module.
        layer_norm_eps: added to the variances.
        batch_first: whether the batch is the first dimension; otherwise it is the second.
        norm_first: normalise what goes into each block, not the sum that comes out.
        bias: whether linear layers and norms have biases.
        device, dtype: of the parameters.
    """

    attentions: tuple[str, ...] = ()
    self_attn: MultiheadAttention
    linear1: Linear
    linear2: Linear
    dropout: Dropout
    dropout1: Dropout
    activation: Any

    def __init__(
        self, d_model: int, nhead: int, dim_feedforward: int = 2048, dropout: float = 0.1,
        activation: Activation = F.relu, layer_norm_eps: float = 1e-5, batch_first: bool = False,
        norm_first: bool = False, bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if d_model is None:
            raise refuse(TypeError, type(self).__name__, "d_model must be an int, not None",
                         "give the size of the inputs: this layer has no lazy form")  # fmt: skip
        super().__init__()
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        for name in self.attentions:
            attention = MultiheadAttention(
                d_model, nhead, dropout, bias, batch_first=batch_first, **made
            )
            setattr(self, name, attention)
        self.linear1 = Linear(d_model, dim_feedforward, bias, **made)
        self.dropout = Dropout(dropout)
        self.linear2 = Linear(dim_feedforward, d_model, bias, **made)
        self.norm_first = norm_first
        numbers = range(1, len(self.attentions) + 2)
        for i in numbers:
            setattr(self, f"norm{i}", LayerNorm(d_model, layer_norm_eps, bias=bias, **made))
        for i in numbers:
            setattr(self, f"dropout{i}", Dropout(dropout))
        self.activation = f = chosen(activation, type(self).__name__)
        rectifies, is_gelu = f is F.relu or isinstance(f, ReLU), f is F.gelu or isinstance(f, GELU)
        self.activation_relu_or_gelu = 1 if rectifies else 2 if is_gelu else 0

    def beside(self, x: Tensor, number: int, block: Callable[[Tensor], Tensor]) -> Tensor:
        """Add a block's result to its input, and normalise before or after."""
        norm = getattr(self, f"norm{number}")
        return x + block(norm(x)) if self.norm_first else norm(x + block(x))  # type: ignore[operator,no-any-return]

    def _sa_block(
        self, x: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        x, _ = self.self_attn(x, x, x, key_padding_mask, False, attn_mask, is_causal=is_causal)
        return self.dropout1(x)  # type: ignore[no-any-return]

    def _ff_block(self, x: Tensor) -> Tensor:
        x = self.linear2(self.dropout(self.activation(self.linear1(x))))
        return getattr(self, f"dropout{len(self.attentions) + 1}")(x)  # type: ignore[no-any-return]


def chosen(activation: Activation, name: str) -> Any:
    """Return an activation by its name, or as it is given.

    Raises:
        RuntimeError: there is none of that name.
    """
    if not isinstance(activation, str):
        return activation
    if activation not in NAMED:
        raise refuse(RuntimeError, name, f"activation should be relu/gelu, not {activation}",
                     "give a function, such as torch.tanh")  # fmt: skip
    return NAMED[activation]


class TransformerEncoderLayer(TransformerLayer):
    """Attend to the own sequence, then apply a small net to every element.

        x = norm1(src + dropout1(self_attn(src, src, src)))
        y = norm2(x + dropout2(linear2(dropout(activation(linear1(x))))))

    With norm_first each norm stands before its block instead.

    Args:
        d_model: E, the size of inputs and outputs.
        nhead: heads of the attention, a divisor of E.
        dim_feedforward: the inner size of the net.
        dropout: probability with which weights, inner numbers and results are set to 0.
        activation: of the net: "relu", "gelu", a function or a module.
        layer_norm_eps: added to the variances.
        batch_first: whether the batch is the first dimension; otherwise it is the second.
        norm_first: whether norms stand before the blocks.
        bias: whether linear layers and norms have biases.
        device, dtype: of the parameters.

    Source: torch.nn.TransformerEncoderLayer.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.TransformerEncoderLayer(8, 2, 16)
    >>> layer(torch.ones(5, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    attentions = ("self_attn",)

    def forward(
        self, src: Tensor, src_mask: Tensor | None = None,
        src_key_padding_mask: Tensor | None = None, is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Map a sequence to one of the same shape.

        Args:
            src: (S, N, E), (N, S, E) with batch_first, or (S, E).
            src_mask: (S, S) or (N H, S, S), bool with True where attention is not allowed, or
                float.
            src_key_padding_mask: (N, S) or (S,), bool with True for elements that are left out,
                or float.
            is_causal: says of src_mask that it is the causal one.

        Source: torch.nn.TransformerEncoderLayer.forward.
        """
        padding = canonical_mask(src_key_padding_mask, "src_key_padding_mask", src.dtype, src_mask,
                                 "src_mask")  # fmt: skip
        mask = canonical_mask(src_mask, "src_mask", src.dtype)
        x = self.beside(src, 1, lambda x: self._sa_block(x, mask, padding, is_causal))
        return self.beside(x, 2, self._ff_block)


class TransformerDecoderLayer(TransformerLayer):
    """Attend to the own sequence, then to a memory, then apply a small net to every element.

    The arguments are those of TransformerEncoderLayer.

    Source: torch.nn.TransformerDecoderLayer.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.TransformerDecoderLayer(8, 2, 16)
    >>> layer(torch.ones(5, 3, 8), torch.ones(7, 3, 8)).shape
    torch.Size([5, 3, 8])
    """

    attentions = ("self_attn", "multihead_attn")
    multihead_attn: MultiheadAttention
    dropout2: Dropout

    def forward(
        self, tgt: Tensor, memory: Tensor, tgt_mask: Tensor | None = None,
        memory_mask: Tensor | None = None, tgt_key_padding_mask: Tensor | None = None,
        memory_key_padding_mask: Tensor | None = None, tgt_is_causal: bool = False,
        memory_is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        """Map a sequence to one of the same shape.

        Args:
            tgt: (T, N, E), (N, T, E) with batch_first, or (T, E).
            memory: (S, N, E), in the same order.
            tgt_mask, memory_mask: (T, T) and (T, S), or one for each head of each of the batch;
                bool with True where attention is not allowed, or float.
            tgt_key_padding_mask, memory_key_padding_mask: (N, T) and (N, S), or (T,) and (S,);
                bool with True for elements that are left out, or float.
            tgt_is_causal, memory_is_causal: say of a mask that it is the causal one.

        Source: torch.nn.TransformerDecoderLayer.forward.
        """
        x = self.beside(
            tgt, 1, lambda x: self._sa_block(x, tgt_mask, tgt_key_padding_mask, tgt_is_causal)
        )
        x = self.beside(
            x, 2, lambda x: self._mha_block(
                x, memory, memory_mask, memory_key_padding_mask, memory_is_causal),
        )  # fmt: skip
        return self.beside(x, 3, self._ff_block)

    def _mha_block(
        self, x: Tensor, mem: Tensor, attn_mask: Tensor | None, key_padding_mask: Tensor | None,
        is_causal: bool = False,
    ) -> Tensor:  # fmt: skip
        x, _ = self.multihead_attn(
            x, mem, mem, key_padding_mask, False, attn_mask, is_causal=is_causal
        )
        return self.dropout2(x)  # type: ignore[no-any-return]
