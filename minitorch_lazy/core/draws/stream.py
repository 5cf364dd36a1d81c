"""The stream of random words that every draw on the host is made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from threading import RLock
from typing import Any

import numpy as np

from minitorch_lazy.backends.silence import unwarned

Array = np.ndarray[Any, np.dtype[Any]]
Shape = tuple[int, ...]

BLOCK = 1 << 15
"""How many numbers are made at a time; a block and its scratch arrays stay in the cache."""


class Stream:
    """Words of the Mersenne Twister, and the uniform numbers that PyTorch makes of them.

    The methods here do not lock: a draw holds `lock` once, around all that it takes.

    Attributes:
        engine: NumPy's MT19937, whose words are PyTorch's.
        start: the seed that the stream was started with.
        cached: the second normal of a pair of which only the first was used, or None.
        fresh: nothing was drawn since seeding.
    """

    def __init__(self, start: int, engine: np.random.MT19937 | None = None) -> None:
        self.lock = RLock()
        self.start = start
        self.cached: float | None = None
        self.fresh = True
        if engine is not None:
            self.__dict__["engine"] = engine

    @cached_property
    def engine(self) -> np.random.MT19937:
        """The source of words, made when the first one is asked for: it takes time to import."""
        engine = np.random.MT19937(0)
        np.random.RandomState(engine).seed(self.start & 0xFFFFFFFF)
        return engine

    def words(self, count: int) -> Array:
        """Take the next 32-bit words, as uint32."""
        self.fresh = self.fresh and count == 0
        return self.engine.random_raw(count).astype(np.uint32)

    def long_words(self, count: int) -> Array:
        """Take the next 64-bit words, as uint64; each is two words, the high one first."""
        self.fresh = self.fresh and count == 0
        pairs = self.engine.random_raw(2 * count).reshape(count, 2)
        return (pairs[:, 0] << np.uint64(32)) | pairs[:, 1]

    def singles(self, count: int) -> Array:
        """Take float32 numbers in [0, 1): the low 24 bits of one word each."""
        return in_blocks(self.some_singles, count, np.float32)

    def doubles(self, count: int) -> Array:
        """Take float64 numbers in [0, 1): the low 53 bits of two words each."""
        return in_blocks(self.some_doubles, count, np.float64)

    def some_singles(self, count: int) -> Array:
        """Take one block of float32 numbers in [0, 1)."""
        bits = self.words(count) & np.uint32((1 << 24) - 1)
        return bits.view(np.int32).astype(np.float32) * np.float32(2.0**-24)

    def some_doubles(self, count: int) -> Array:
        """Take one block of float64 numbers in [0, 1)."""
        bits = self.long_words(count) & np.uint64((1 << 53) - 1)
        return bits.view(np.int64) * 2.0**-53


def in_blocks(draw: Callable[[int], Array], count: int, dtype: Any) -> Array:
    """Join draws of one block each, so that a long draw passes through the cache once."""
    if count <= BLOCK:
        return draw(count)
    out = np.empty(count, dtype)
    for start in range(0, count, BLOCK):
        out[start : start + BLOCK] = draw(min(BLOCK, count - start))
    return out


@unwarned
def shaped(values: Array, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Store a line of draws in the wanted shape and type.

    PyTorch reaches the 16-bit types through float32, so a double is rounded twice there.
    """
    if dtype.itemsize == 2 and dtype.kind not in "iu":
        values = values.astype(np.float32, copy=False)
    return values.astype(dtype, copy=False).reshape(shape)


def fill(array: Array, draw: Callable[[Shape], Array]) -> None:
    """Write draws into an array in the order in which PyTorch's loops walk its memory.

    A transposed tensor gets its numbers along its memory, not along its rows.

    Args:
        array: any strides.
        draw: makes an array of the shape that it is given.

    >>> array = np.zeros((2, 2)).T
    >>> fill(array, lambda shape: np.arange(4.0).reshape(shape))
    >>> array
    array([[0., 2.],
           [1., 3.]])
    """
    axes = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    walked = array.transpose(axes)
    walked[...] = draw(walked.shape)
