"""Masks of attention: what they may be, and how two of them become one."""

from __future__ import annotations

import math
import warnings
from typing import NamedTuple

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.pad import pad
from minitorch_lazy.ops.create import zeros_like

NAME = "multi_head_attention_forward"


def canonical_mask(
    mask: Tensor | None, name: str, kind: types.dtype, other: Tensor | None = None,
    other_name: str = "",
) -> Tensor | None:  # fmt: skip
    """Return a mask as numbers to add to scores: minus infinity where a bool mask is True.

    Raises:
        AssertionError: it is neither bool nor float.

    Warns:
        UserWarning: it has another type than the mask that stands beside it.
    """
    if mask is None:
        return None
    if mask.dtype is not types.bool and not mask.dtype.is_floating_point:
        raise refuse(AssertionError, NAME, f"only bool and floating types of {name} are supported",
                     "convert it with .bool()", **{name: mask})  # fmt: skip
    if other is not None and other.dtype is not mask.dtype:
        warnings.warn(f"Support for mismatched {name} and {other_name} is deprecated. Use same "
                      "type for both instead.", stacklevel=3)  # fmt: skip
    if mask.dtype is not types.bool:
        return mask
    return zeros_like(mask, dtype=kind).masked_fill(mask, -math.inf)  # type: ignore[attr-defined,no-any-return]


class Masks(NamedTuple):
    """What is added to the scores.

    Attributes:
        attention: (1, L, S) or (N H, L, S), or None.
        padding: (N, S), or None.
    """

    attention: Tensor | None
    padding: Tensor | None

    def longer(self) -> Masks:
        """Let every query attend to one more key."""
        return Masks(*(x if x is None else pad(x, (0, 1)) for x in self))

    def merged(self, batch: int, heads: int, keys: int) -> Tensor | None:
        """Return one mask that broadcasts to (N, H, L, S).

        Raises:
            AssertionError: there is not one element of padding for each key.
        """
        mask, padding = self
        if mask is not None:
            lead = (1, 1) if mask.array.shape[0] == 1 else (batch, heads)
            mask = mask.reshape(*lead, *mask.array.shape[1:])  # type: ignore[attr-defined]
        if padding is None:
            return mask
        for axis, size in enumerate((batch, keys)):
            if padding.array.shape[axis] != size:
                raise refuse(AssertionError, NAME, f"Expected key_padded_mask.shape[{axis}] to be "
                             f"{size}, but got {padding.array.shape[axis]}",
                             f"give ({batch}, {keys})", key_padding_mask=padding)  # fmt: skip
        padding = padding.reshape(batch, 1, 1, keys)  # type: ignore[attr-defined]
        return padding if mask is None else mask + padding  # type: ignore[operator,no-any-return]


def stacked(mask: Tensor | None, query: Tensor, key: Tensor, heads: int) -> Tensor | None:
    """Give a mask for all heads, or for each, three dimensions.

    Raises:
        RuntimeError: its shape is another one.
    """
    if mask is None:
        return None
    lengths = (query.array.shape[0], key.array.shape[0])
    wanted = lengths if mask.ndim == 2 else (query.array.shape[1] * heads, *lengths)
    if tuple(mask.array.shape) != wanted:
        raise refuse(RuntimeError, NAME, f"The shape of the {mask.ndim}D attn_mask is "
                     f"{mask.shape}, but should be {wanted}.", "give (queries, keys), or one such "
                     "mask for each head of each of the batch", attn_mask=mask)  # fmt: skip
    return mask.unsqueeze(0) if mask.ndim == 2 else mask  # type: ignore[attr-defined,no-any-return]
