"""Choosing between numbers.

A processor guesses how a choice will fall, and waits where it guessed wrong: at every second
element of a mask that has no pattern. So here the bits of numbers, looked at as integers, are
multiplied by the mask. That guesses nothing, and infinity and nan are kept or dropped as other
numbers are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

BITS = {2: np.dtype("int16"), 4: np.dtype("int32"), 8: np.dtype("int64")}
"""Size of a number in bytes -> the type of integers that show its bits."""

BLOCK = 16384
"""Elements that are chosen at once, and stay in the cache between the passes."""


class ChoiceKernels:
    """Masks and choices.

    Attributes:
        choice_block: elements from which to choose by bits is faster.
    """

    xp: Any
    zero: Any
    choice_block = 8192

    def relu_gradient(self, g: Any, y: Any) -> Any:
        """Keep the gradient where the output, which has its shape, is not 0."""
        bits = BITS[g.itemsize]
        out = self.xp.not_equal(y, self.zero[y.dtype]).astype(bits)
        out *= g.view(bits)
        return out.view(g.dtype)

    def kept_where(self, x: Any, mask: Any) -> Any:
        """Return x where the mask is true, and 0 elsewhere."""
        bits = BITS.get(x.itemsize)
        if bits is None:
            return self.xp.where(mask, x, self.zero[x.dtype])
        return self.xp.multiply(mask.astype(bits), x.view(bits)).view(x.dtype)

    def masked_zero(self, x: Any, mask: Any) -> Any:
        """Return 0 where the mask is true, and x elsewhere."""
        return self.kept_where(x, self.xp.logical_not(mask))

    def where(self, mask: Any, a: Any, b: Any) -> Any:
        """Return a where the mask is true, and b elsewhere."""
        if mask.size < self.choice_block or not alike(mask, a, b):
            return self.xp.where(mask, a, b)
        out = self.xp.empty(a.shape, a.dtype)
        bits = BITS[a.itemsize]
        chosen, other, mixed = (x.reshape(-1).view(bits) for x in (a, b, out))
        mask = mask.reshape(-1)
        for start in range(0, a.size, BLOCK):
            part = slice(start, start + BLOCK)
            block = self.xp.bitwise_xor(chosen[part], other[part], mixed[part])
            block *= mask[part]
            block ^= other[part]
        return out


def alike(mask: Any, a: Any, b: Any) -> bool:
    """Tell whether a mask and two dense arrays of numbers of one type have one shape."""
    return (
        a.__class__ is b.__class__ is mask.__class__ and a.shape == b.shape == mask.shape
        and a.dtype == b.dtype and a.itemsize in BITS and mask.dtype.kind == "b"
        and a.flags.c_contiguous and b.flags.c_contiguous and mask.flags.c_contiguous
    )  # fmt: skip
