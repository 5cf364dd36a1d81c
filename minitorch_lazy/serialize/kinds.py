"""Kinds of elements that files hold, and how each becomes a dtype of ours."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minitorch_lazy.core import dtype as types
from minitorch_lazy.serialize.failure import CheckpointError


class Kind(NamedTuple):
    """One kind of elements.

    Attributes:
        name: as in `torch.float32`.
        itemsize: bytes per element.
        word: bytes that a machine of the other byte order keeps the other way round.
        dtype: the type of tensors that hold them.
        widen: for elements that no tensor of ours holds, what turns their bytes into numbers that
            are equal.
    """

    name: str
    itemsize: int
    word: int
    dtype: types.dtype
    widen: Callable[[Any], Any] | None = None

    def elements(self, raw: Any) -> Any:
        """Turn a host array of bytes in this machine's order into elements."""
        if self.widen is None and self.dtype.stored is not None:
            return raw.view(self.dtype.stored)
        if self.widen is None:
            warn_widened(self.name, types.float32)
            return (raw.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        warn_widened(self.name, self.dtype)
        return self.widen(raw)


def warn_widened(name: str, wider: types.dtype) -> None:
    """Say that a tensor comes in a wider type."""
    mend = "; pip install 'minitorch_lazy[bf16]' keeps it" if name == "bfloat16" else ""
    warnings.warn(f"load: tensors of {name} are loaded as {wider}, which holds the same "
                  f"numbers{mend}", stacklevel=2)  # fmt: skip


def unsigned(stored: Any, wider: Any) -> Callable[[Any], Any]:
    """Make the function that widens unsigned integers."""

    def widen(raw: Any) -> Any:
        numbers = raw.view(stored)
        if numbers.size and int(numbers.max()) > np.iinfo(wider).max:
            raise CheckpointError(f"{np.dtype(stored).name} numbers above 2**63 fit into no dtype")
        return numbers.astype(wider)

    return widen


def small_float(exponents: int, bias: int, special: str) -> Callable[[Any], Any]:
    """Make the function that widens floats of 8 bits.

    Source: Micikevicius et al., FP8 Formats for Deep Learning, arXiv 2209.05433; the forms without
    a negative zero are from Noune et al., 8-bit Numerical Formats, arXiv 2206.02915.

    Args:
        exponents: bits of the exponent; the first bit is the sign, the last ones the fraction.
        bias: what is taken off the exponent.
        special: `"ieee"` (infinities and NaNs at the highest exponent), `"fn"` (NaN at all ones),
            `"fnuz"` (NaN where the negative zero would be).
    """
    code = np.arange(256)
    fractions = 7 - exponents
    exponent = (code >> fractions) & ((1 << exponents) - 1)
    fraction = (code & ((1 << fractions) - 1)) / (1 << fractions)
    size = np.where(exponent == 0, np.ldexp(fraction, 1 - bias),
                    np.ldexp(1 + fraction, exponent - bias))  # fmt: skip
    if special == "ieee":
        top = exponent == (1 << exponents) - 1
        size = np.where(top, np.where(fraction == 0, np.inf, np.nan), size)
    elif special == "fn":
        size = np.where(code & 127 == 127, np.nan, size)
    else:
        size = np.where(code == 128, np.nan, size)
    table = np.where(code > 127, -size, size).astype(np.float32)
    return lambda raw: table[raw]


def powers(raw: Any) -> Any:
    """Widen exponents of 8 bits: 2 ** (code - 127), 255 is NaN."""
    code = np.arange(256)
    return np.where(code == 255, np.nan, np.ldexp(1.0, code - 127)).astype(np.float32)[raw]


OWN = tuple(
    Kind(d.name, d.itemsize, d.itemsize // 2 if d.is_complex else d.itemsize, d)
    for d in types.ALL
)  # fmt: skip
WIDENED = (
    Kind("uint16", 2, 2, types.int32, unsigned(np.uint16, np.int32)),
    Kind("uint32", 4, 4, types.int64, unsigned(np.uint32, np.int64)),
    Kind("uint64", 8, 8, types.int64, unsigned(np.uint64, np.int64)),
    Kind("float8_e4m3fn", 1, 1, types.float32, small_float(4, 7, "fn")),
    Kind("float8_e5m2", 1, 1, types.float32, small_float(5, 15, "ieee")),
    Kind("float8_e4m3fnuz", 1, 1, types.float32, small_float(4, 8, "fnuz")),
    Kind("float8_e5m2fnuz", 1, 1, types.float32, small_float(5, 16, "fnuz")),
    Kind("float8_e8m0fnu", 1, 1, types.float32, powers),
)
KINDS = {kind.name: kind for kind in (*OWN, *WIDENED)}
STORAGES = {f"torch.{name}Storage": KINDS[d.name] for d, name in types.SCALARS.items()}
"""What PyTorch calls the storage of a kind -> the kind."""

STORAGE_NAMES = {kind.name: name.removeprefix("torch.") for name, kind in STORAGES.items()}
