"""What bags of rows must be, before anything is looked up."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse

MODES = ("sum", "mean", "max")


def mistaken(headline: str, mend: str, kind: type[Exception] = ValueError,
             **arguments: Any) -> Exception:  # fmt: skip
    """Build the error of a call that is refused."""
    return refuse(kind, "embedding_bag", headline, mend, **arguments)


def check_types(input: Tensor, weight: Tensor, offsets: Tensor | None,
                factors: Tensor | None) -> None:  # fmt: skip
    """Refuse indices that are no integers, and tables of anything but real numbers."""
    for word, indices in (("indices", input), ("offsets", offsets)):
        if indices is not None and indices.array.dtype.name not in ("int64", "int32"):
            raise mistaken(f"Expected tensor for argument #1 '{word}' to have one of the following "
                           f"scalar types: Long, Int; but got {spoken(indices.dtype.name)} instead",
                           "convert it with .long()", RuntimeError,
                           **{word: indices})  # fmt: skip
    if weight.array.dtype.kind not in "fV":
        raise mistaken("Expected tensor for argument #1 'weight' to have one of the following "
                       "scalar types: Half, BFloat16, Float, Double; but got "
                       f"{spoken(weight.dtype.name)} instead", "convert it with .float()",
                       RuntimeError, weight=weight)  # fmt: skip
    if factors is not None and factors.array.dtype != weight.array.dtype:
        raise mistaken("Expected tensor for argument #1 'weight' to have the same type as tensor "
                       "for argument #1 'per_sample_weights'",
                       f"convert it with .to({weight.dtype})", RuntimeError,
                       weight=weight, per_sample_weights=factors)  # fmt: skip


def check_shapes(input: Tensor, weight: Tensor, offsets: Tensor | None,
                 factors: Tensor | None) -> None:  # fmt: skip
    """Refuse shapes that do not fit together."""
    if factors is not None and factors.shape != input.shape:
        raise mistaken(f"If per_sample_weights ({factors.shape}) is not None, then it must have "
                       f"the same shape as the input ({input.shape})", "give a number for each "
                       "index", input=input, per_sample_weights=factors)  # fmt: skip
    if weight.ndim != 2:
        raise mistaken(f"weight has to be a 2D Tensor, but got Tensor of dimension {weight.ndim}",
                       "give (num_embeddings, embedding_dim)", weight=weight)  # fmt: skip
    if input.ndim not in (1, 2):
        raise mistaken("input has to be 1D or 2D Tensor, but got Tensor of dimension "
                       f"{input.ndim}", "give (bags, indices), or (indices,) with offsets",
                       input=input)  # fmt: skip
    if input.ndim == 2 and offsets is not None:
        raise mistaken("if input is 2D, then offsets has to be None, as input is treated is a "
                       "mini-batch of fixed length sequences. However, found offsets of type "
                       f"{type(offsets)}", "leave offsets out, or flatten the input",
                       input=input)  # fmt: skip
    if input.ndim == 1 and (offsets is None or offsets.ndim != 1):
        found = "but got None" if offsets is None else f"but got {offsets.ndim} dimensions"
        raise mistaken(f"offsets has to be a 1D Tensor {found}",
                       "say where each bag starts: torch.tensor([0, ...])",
                       input=input)  # fmt: skip


def check_options(mode: str, by_frequency: bool, sparse: bool, factors: Tensor | None) -> None:
    """Refuse options that a mode does not have."""
    if mode not in MODES:
        raise mistaken("mode has to be one of sum, mean or max", "choose one of them", mode=mode)
    if mode == "max" and by_frequency:
        raise mistaken("max mode does not support scaling the gradient by the frequency",
                       "leave scale_grad_by_freq out")  # fmt: skip
    if mode == "max" and sparse:
        raise mistaken("max mode does not support sparse weights", "leave sparse out")
    if factors is not None and mode != "sum":
        raise mistaken("per_sample_weights was not None. per_sample_weights is only supported for "
                       f"mode='sum' (got mode='{mode}').", "use mode='sum'",
                       NotImplementedError)  # fmt: skip


def check_offsets(offsets: Tensor, count: int, last: bool) -> None:
    """Refuse offsets that do not start at 0, or go down or too far; devices are not read."""
    if last and not offsets.numel():
        raise mistaken("include_last_offset: number of offset should be at least 1",
                       "give at least the length of the input", RuntimeError)  # fmt: skip
    array = offsets.array
    if not isinstance(array, np.ndarray) or not array.size:
        return
    if array[0] != 0:
        raise mistaken("offsets[0] has to be 0, i.e., the first sequence in the mini-batch has to "
                       f"start from position 0. However, got {array[0]}", "start with 0",
                       RuntimeError, offsets=offsets)  # fmt: skip
    if array[-1] > count:
        raise mistaken(f"offsets[-1] can not be greater than input's length {count} but got "
                       f"offsets[-1] of {array[-1]}", "end within the input", RuntimeError,
                       offsets=offsets)  # fmt: skip
    if (array[1:] < array[:-1]).any():
        raise mistaken("offsets must not decrease", "sort them", RuntimeError, offsets=offsets)


def check_indices(input: Tensor, rows: int) -> None:
    """Refuse indices out of range; arrays on devices are not read."""
    array = input.array
    if not isinstance(array, np.ndarray) or not array.size:
        return
    wrong = np.flatnonzero((array < 0) | (array >= rows))
    if wrong.size:
        raise mistaken(f"Index {wrong[0]} of input takes value {array.reshape(-1)[wrong[0]]} which "
                       f"is not in the valid range [0, {rows})", "look rows up that there are",
                       RuntimeError, input=input)  # fmt: skip


def padding_row(padding_idx: int | None, rows: int) -> int | None:
    """Count the padding row from the front."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise mistaken(f"padding_idx must be within the number of embeddings, -{rows} through "
                       f"{rows - 1}, but got {padding_idx}", "name a row that there is",
                       RuntimeError)  # fmt: skip
    return padding_idx % rows
