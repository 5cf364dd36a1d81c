"""Sequences of different lengths in one batch: padded, packed, and back."""

from minitorch_lazy.nn.utils.rnn.packed import PackedSequence, invert_permutation
from minitorch_lazy.nn.utils.rnn.packing import (
    pack_padded_sequence,
    pack_sequence,
    pad_packed_sequence,
    unpack_sequence,
)
from minitorch_lazy.nn.utils.rnn.padding import pad_sequence, unpad_sequence

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]
