"""Padding: sequences of different lengths as one tensor.

Padded and packed are two orders of the same rows: each is a table of the other's rows, one row of
padding added, so one selection makes it, with its gradient.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import from_numpy
from minitorch_lazy.ops.join import cat


def selected(rows: Any, places: np.ndarray[Any, Any]) -> Any:
    """Return rows by their numbers, in the shape of the numbers."""
    index = from_numpy(places.reshape(-1).astype(np.int64)).to(rows.device)
    return rows.index_select(0, index).reshape(*places.shape, *rows.shape[1:])


def padded(rows: Any, places: np.ndarray[Any, Any], padding_value: float) -> Any:
    """Return rows by their numbers; where the number is -1 there is padding."""
    padding = rows.new_full((1, *rows.shape[1:]), padding_value)
    return selected(cat([rows, padding]), np.where(places < 0, len(rows), places))


def pad_sequence(
    sequences: Tensor | Iterable[Tensor], batch_first: bool = False, padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:  # fmt: skip
    """Stack sequences of different lengths, the shorter ones padded.

    Args:
        sequences: B tensors (L, ...) that differ in L alone; the first one's type is taken.
        batch_first: whether the batch, rather than the time, comes first in the result.
        padding_value: what the shorter ones are padded with.
        padding_side: "right" or "left": where.
    Returns:
        (T, B, ...), or (B, T, ...), with T the longest L.
    Raises:
        RuntimeError: no sequences, no iterable, sizes that differ, or another side.

    Source: torch.nn.utils.rnn.pad_sequence.

    >>> import minitorch_lazy as torch
    >>> a, b = torch.tensor([1, 2, 3]), torch.tensor([4])
    >>> torch.nn.utils.rnn.pad_sequence([a, b], batch_first=True)
    tensor([[1, 2, 3],
            [4, 0, 0]])
    """
    every = checked(sequences, padding_side)
    lengths = np.array([len(sequence) for sequence in every])
    longest = int(lengths.max())
    ends = np.cumsum(lengths).reshape(-1, 1)
    time = np.arange(longest)
    if padding_side == "left":
        time = time - (longest - lengths.reshape(-1, 1))
    inside = (time >= 0) & (time < lengths.reshape(-1, 1))
    places = np.where(inside, ends - lengths.reshape(-1, 1) + time, -1)
    return padded(cat(every), places if batch_first else places.T, padding_value)  # type: ignore[no-any-return]


def checked(sequences: Any, padding_side: str) -> list[Any]:
    """Return sequences as a list of one type, or refuse what cannot be padded."""
    if not isinstance(sequences, Iterable):
        raise refuse(RuntimeError, "pad_sequence", "Expected iterable for input sequences, but got "
                     f"arg of type: {type(sequences)}", "give a list of tensors")  # fmt: skip
    every: list[Any] = list(sequences)
    if padding_side not in ("left", "right"):
        raise refuse(RuntimeError, "pad_sequence", "Expected padding_side to be one of left or "
                     f"right, but got {padding_side}.", "leave the default 'right'")  # fmt: skip
    if not every:
        raise refuse(RuntimeError, "pad_sequence", "received an empty list of sequences",
                     "give one sequence or more")  # fmt: skip
    for place, sequence in enumerate(every):
        if sequence.__class__ not in TENSORS:
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got "
                            f"{type(sequence).__name__}\n  mend    make it one with "
                            "torch.tensor(...)")  # fmt: skip
        if not sequence.ndim or sequence.shape[1:] != every[0].shape[1:]:
            raise refuse(RuntimeError, "pad_sequence", "sizes of sequences must match except in "
                         f"dimension 0, but got {list(every[0].shape)} and {list(sequence.shape)}",
                         "give tensors that differ in their first size alone", first=every[0],
                         other=sequence)  # fmt: skip
    return [sequence.to(every[0].dtype) for sequence in every]


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor | Sequence[int], batch_first: bool = False
) -> list[Tensor]:
    """Cut the padding off: return the sequences of a padded batch, each in memory of its own.

    Args:
        padded_sequences: (T, B, ...), or (B, T, ...) with `batch_first`; it is left as it is.
        lengths: (B,), of the sequences.
    Raises:
        ValueError: there are more or fewer lengths than sequences.

    Source: torch.nn.utils.rnn.unpad_sequence.
    """
    batch: Any = padded_sequences if batch_first else padded_sequences.transpose(0, 1)  # type: ignore[attr-defined]
    counts = [int(n) for n in lengths]  # type: ignore[union-attr]
    if len(counts) != batch.shape[0]:
        raise refuse(ValueError, "unpad_sequence", f"got {len(counts)} lengths for "
                     f"{batch.shape[0]} sequences", "give one length for each; batch_first says "
                     "which dimension counts them", padded_sequences=padded_sequences,
                     lengths=lengths)  # fmt: skip
    return [batch[place, : max(n, 0)].clone() for place, n in enumerate(counts)]
