"""Transformers: layers, stacks of them, and the whole."""

from minitorch_lazy.nn.modules.transformer.layers import (
    TransformerDecoderLayer,
    TransformerEncoderLayer,
)
from minitorch_lazy.nn.modules.transformer.stacks import TransformerDecoder, TransformerEncoder
from minitorch_lazy.nn.modules.transformer.whole import Transformer

__all__ = [
    "Transformer",
    "TransformerDecoder",
    "TransformerDecoderLayer",
    "TransformerEncoder",
    "TransformerEncoderLayer",
]
