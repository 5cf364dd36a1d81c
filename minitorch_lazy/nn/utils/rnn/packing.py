"""Packing: sequences of different lengths without padding, time after time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.utils.rnn.packed import PackedSequence
from minitorch_lazy.nn.utils.rnn.padding import pad_sequence, padded, selected, unpad_sequence
from minitorch_lazy.ops.create import from_numpy, tensor


def pack_padded_sequence(
    input: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:  # fmt: skip
    """Pack a padded batch of sequences.

    Args:
        input: (T, B, ...), or (B, T, ...) with `batch_first`.
        lengths: (B,), from 1 to T, on the CPU.
        batch_first: whether the batch, rather than the time, comes first in the input.
        enforce_sorted: whether lengths must not grow; with False the sequences are sorted here,
            and recurrent layers put their results back.
    Raises:
        RuntimeError: lengths that do not fit the input, or are not sorted.

    Source: torch.nn.utils.rnn.pack_padded_sequence.

    >>> import minitorch_lazy as torch
    >>> from minitorch_lazy.nn.utils.rnn import pack_padded_sequence
    >>> pack_padded_sequence(torch.tensor([[1, 4], [2, 0], [3, 0]]), [3, 1])  # doctest: +ELLIPSIS
    PackedSequence(data=tensor([1, 4, 2, 3]), batch_sizes=tensor([2, 1, 1]), sorted_indices=None...
    """
    found: Any = lengths if lengths.__class__ in TENSORS else tensor(lengths, dtype=types.int64)
    x: Any = input
    order = None
    if found.ndim != 1 or found.device.type != "cpu":
        raise refuse(RuntimeError, "pack_padded_sequence", "'lengths' argument should be a 1D CPU "
                     f"int64 tensor, but got {found.ndim}D {found.device} tensor",
                     "give a list of integers, or lengths.cpu()", lengths=found)  # fmt: skip
    found = found.to(types.int64)
    if x.ndim < 2:
        raise refuse(IndexError, "pack_padded_sequence", "Dimension out of range (expected to be "
                     "in range of [-1, 0], but got 1)", "give a batch: input.unsqueeze(1)",
                     input=x)  # fmt: skip
    if not enforce_sorted:
        found, order = found.sort(descending=True)
        order = order.to(x.device)
        x = x.index_select(0 if batch_first else 1, order)
    x = x.transpose(0, 1) if batch_first else x
    counts = found.numpy()
    check_lengths(x, counts)
    time = np.arange(counts[0]).reshape(-1, 1)
    inside = time < counts
    places = (time * len(counts) + np.arange(len(counts)))[inside]
    data = selected(x.reshape(-1, *x.shape[2:]), places)
    return PackedSequence(data, from_numpy(inside.sum(1)), order)


def check_lengths(x: Any, counts: Any) -> None:
    """Refuse lengths that do not fit a padded batch (T, B, ...)."""
    headline, mend = "", "give the true length of each sequence"
    if not x.numel():
        headline, mend = "Cannot pack empty tensors.", "give one sequence or more"
    elif len(counts) != x.shape[1]:
        headline = ("Expected `len(lengths)` to be equal to batch_size, but got "
                    f"{len(counts)} (batch_size={x.shape[1]})")  # fmt: skip
        mend = "give one length for each sequence; batch_first says which dimension counts them"
    elif counts.min() <= 0:
        headline = ("Length of all samples has to be greater than 0, but found an element in "
                    "'lengths' that is <= 0")  # fmt: skip
    elif (counts[1:] > counts[:-1]).any():
        headline = "`lengths` array must be sorted in decreasing order when `enforce_sorted` is " \
                   "True."  # fmt: skip
        mend = "pass `enforce_sorted=False` to pack_padded_sequence or pack_sequence"
    elif counts[0] > x.shape[0]:
        headline = f"a length of {counts[0]} is more than the {x.shape[0]} times of the input"
    if headline:
        raise refuse(RuntimeError, "pack_padded_sequence", headline, mend, input=x,
                     lengths=counts.tolist())  # fmt: skip


def pad_packed_sequence(
    sequence: PackedSequence, batch_first: bool = False, padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Undo the packing: return the padded batch and the lengths, in the order before packing.

    Args:
        sequence: packed, of B sequences, the longest of length T.
        batch_first: whether the batch, rather than the time, comes first in the result.
        padding_value: what the shorter ones are padded with.
        total_length: the size of the time, T or more; T where it is not given.
    Returns:
        (T, B, ...), or (B, T, ...); and int64 (B,).
    Raises:
        ValueError: total_length is less than T.

    Source: torch.nn.utils.rnn.pad_packed_sequence.
    """
    sizes = sequence.batch_sizes.numpy()  # type: ignore[attr-defined]
    longest = len(sizes)
    if total_length is not None and total_length < longest:
        raise refuse(ValueError, "pad_packed_sequence", "Expected total_length to be at least the "
                     "length of the longest sequence in input, but got total_length="
                     f"{total_length} and max sequence length being {longest}",
                     f"use {longest} or more")  # fmt: skip
    inside = np.arange(sizes[0]) < sizes.reshape(-1, 1)
    places = np.full((total_length or longest, sizes[0]), -1)
    places[:longest][inside] = np.arange(sizes.sum())
    lengths = inside.sum(0)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.cpu().numpy()  # type: ignore[attr-defined]
        places, lengths = places[:, order], lengths[order]
    output = padded(sequence.data, places.T if batch_first else places, padding_value)
    return output, from_numpy(lengths)


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences of different lengths.

    Args:
        sequences: tensors (L, ...) that differ in L alone.
        enforce_sorted: whether they must come with the longest first; with False they are sorted
            here.

    Source: torch.nn.utils.rnn.pack_sequence.

    >>> import minitorch_lazy as torch
    >>> a, b = torch.tensor([1, 2, 3]), torch.tensor([4])
    >>> torch.nn.utils.rnn.pack_sequence([a, b]).data
    tensor([1, 4, 2, 3])
    """
    every: list[Any] = list(sequences)
    batch, lengths = pad_sequence(every), [len(sequence) for sequence in every]
    return pack_padded_sequence(batch, lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Undo `pack_sequence`: return the sequences.

    Source: torch.nn.utils.rnn.unpack_sequence.
    """
    batch, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(batch, lengths, batch_first=True)
