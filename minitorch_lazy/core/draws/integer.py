"""Integer draws: words of the stream, reduced to a range by the remainder."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch_lazy.core.draws.checks import FORMATS
from minitorch_lazy.core.draws.stream import Array, Shape, Stream, shaped
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

WIDE = 1 << 28
"""Ranges from here on take 64-bit words, because a remainder of 32 bits would be skewed."""

LOWEST = -(1 << 63)


class IntegerDraws(Stream):
    """Draws of whole numbers, stored in any real type."""

    def integers(self, low: int, high: int, shape: Shape, dtype: DTypeLike = np.int64) -> Array:
        """Draw whole numbers from low to high - 1.

            k = low + word % (high - low)

        Args:
            low, high: integers, low < high.
            shape: sizes of the result.
            dtype: NumPy dtype of the result, real.
        Raises:
            RuntimeError: the range is empty or does not fit the type.

        Source: torch.randint.
        """
        return self.random(shape, dtype, low, high)

    def random(
        self,
        shape: Shape,
        dtype: DTypeLike = np.int64,
        low: int | None = None,
        high: int | None = None,
    ) -> Array:
        """Draw whole numbers from low to high - 1, or from all that the type holds.

        Without bounds an integer type gives 0 to its largest number, a floating-point one 0 to
        2**digits. With `low` alone the range ends at the largest number or 2**digits; from
        -2**63 on it is all 64 bits. A data loader draws its base seed as `random((), int64)`.

        Args:
            shape: sizes of the result.
            dtype: NumPy dtype of the result, real.
            low, high: integers or None.
        Raises:
            RuntimeError: the range is empty or does not fit the type.
            NotImplementedError: the type is complex.

        Source: torch.Tensor.random_.
        """
        dtype = np.dtype(dtype)
        if dtype.kind == "c":
            headline = f'"random_kernel_cpu" not implemented for {dtype.name}'
            mend = "draw the real and the imaginary part, then join them"
            raise refuse(NotImplementedError, "random_", headline, mend)
        if low is None and high is None:
            return self.any_number(shape, dtype)
        low = 0 if low is None else low
        if high is None and low == LOWEST:
            return self.any_word(shape, dtype)
        low, high = inner_range(dtype, low, high)
        with self.lock:
            values = self.remainders(math.prod(shape), high - low, wide=high - low >= WIDE)
        return whole(values + np.uint64(low % (1 << 64)), shape, dtype)

    def any_number(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """Draw from 0 to the largest number of an integer type, or 2**digits of a real one."""
        with self.lock:
            size, wide = top_of(dtype) + 1, dtype.itemsize == 8
            values = self.remainders(math.prod(shape), size, wide=wide)
        return whole(values, shape, dtype)

    def any_word(self, shape: Shape, dtype: np.dtype[Any]) -> Array:
        """Draw from all 64-bit integers."""
        if dtype.name not in ("int64", "float64", "float32", "bfloat16"):
            headline = "random_full_64_bits_range_kernel_cpu handles only int64, double, float"
            mend = f"give bounds that {dtype.name} can hold"
            raise refuse(RuntimeError, "random_", headline + " and bfloat16", mend)
        with self.lock:
            values = self.long_words(math.prod(shape))
        return whole(values, shape, dtype)

    def remainders(self, count: int, size: int, *, wide: bool) -> Array:
        """Take words modulo `size`, as uint64."""
        if wide:
            return self.long_words(count) % np.uint64(size)
        return (self.words(count) % np.uint32(size)).astype(np.uint64)


def whole(values: Array, shape: Shape, dtype: np.dtype[Any]) -> Array:
    """Store 64-bit words, read as signed, in the wanted type."""
    return shaped(values.view(np.int64), shape, dtype)


def top_of(dtype: np.dtype[Any]) -> int:
    """Return the largest integer of a type; of a floating-point one, the last without gaps."""
    if dtype in FORMATS:
        return 1 << FORMATS[dtype].digits
    return 1 if dtype == np.bool_ else int(np.iinfo(dtype).max)


def inner_range(dtype: np.dtype[Any], low: int, high: int | None) -> tuple[int, int]:
    """Return the range [low, high), its ends moved inwards to what the type can store.

    Raises:
        RuntimeError: the range is empty or does not fit the type.
    """
    last = top_of(dtype) if high is None else high - 1
    if low > last:
        headline = f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        mend = "the upper bound itself is never drawn: choose a larger one"
        raise refuse(RuntimeError, "random_", headline, mend)
    require_range(dtype, low, last)
    if dtype in FORMATS:
        if stored(dtype, low + 1) < low:
            low = stored(dtype, low + 1) + spacing(dtype, low + 1)
        if high is not None and stored(dtype, last) >= high:
            last = stored(dtype, last) - spacing(dtype, last) - 1
    return low, last + 1


def stored(dtype: np.dtype[Any], value: int) -> int:
    """Return what a floating-point type makes of an integer."""
    return int(shaped(np.array(value, np.int64), (), dtype))


def spacing(dtype: np.dtype[Any], value: int) -> int:
    """Return the distance of neighbouring numbers of a floating-point type about an integer."""
    return 1 << max(abs(value).bit_length() - FORMATS[dtype].digits, 0)


def require_range(dtype: np.dtype[Any], low: int, last: int) -> None:
    """Refuse a range that the type cannot store; warn where it has to leave out numbers.

    Raises:
        RuntimeError: an end is out of bounds.
    """
    floating = dtype in FORMATS
    digits = FORMATS[dtype].digits if floating else 64
    top = FORMATS[dtype].largest if floating else top_of(dtype)
    bottom = -top if floating else 0 if dtype == np.bool_ else int(np.iinfo(dtype).min)
    for name, end in (("from", low), ("to - 1", last)):
        if not bottom <= end <= top:
            headline = f"{name} is out of bounds for {dtype.name}"
            raise refuse(RuntimeError, "random_", headline, "draw int64, then convert")
        if abs(end) > 1 << digits:
            warnings.warn(
                f"random_: {name} is out of bounds [-(2^{digits}), "
                f"2^{digits}]; {dtype.name} cannot store every integer there, so draw "
                "int64 or keep within these bounds",
                stacklevel=5,
            )
