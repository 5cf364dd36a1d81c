"""Reading what users give as data: numbers, nested sequences, arrays and tensors."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from numbers import Number
from typing import Any

import numpy as np

from minitorch_lazy.backends.silence import unwarned
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import TENSORS

NUMBERS = frozenset((bool, int, float, complex))


def host_array(data: Any, dtype: Any) -> np.ndarray[Any, Any]:
    """Make a host array of its own of any data.

    Raises:
        TypeError, ValueError: the data is not made of numbers, or sequences differ in length.
        RuntimeError: a number does not fit the type.
    """
    kind = types.checked(dtype) if dtype is not None else None
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.array(data)
        array = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
        types.from_numpy(array.dtype)
        return array.astype(kind.numpy) if kind else array
    found = inferred(data)
    return stored(rectangular(plain_numbers(data)), kind or found or types.get_default_dtype())


def is_sequence(data: Any) -> bool:
    """Tell whether data holds other data."""
    return isinstance(data, Sequence) and not isinstance(data, (str, bytes))


def inferred(data: Any) -> types.dtype | None:
    """Return the type of data: arrays and tensors have their own; None for an empty sequence.

    Raises:
        TypeError, RuntimeError: it is no number.
    """
    if data.__class__ in NUMBERS:
        return types.scalar_type(data)
    if is_sequence(data):
        classes = set(map(type, data))
        kinds = [types.scalar_type(kind()) for kind in classes & NUMBERS]
        kinds += [
            kind for item in data if item.__class__ not in NUMBERS
            and (kind := inferred(item)) is not None
        ]  # fmt: skip
        return reduce(types.promote_types, kinds) if kinds else None
    if data.__class__ in TENSORS:
        return data.dtype  # type: ignore[no-any-return]
    if hasattr(data, "__array__"):
        return types.from_numpy(np.asarray(data).dtype)
    if isinstance(data, (str, bytes)):
        raise TypeError(f"new(): invalid data type {type(data).__name__!r}\n"
                        "  mend    convert it to numbers first")  # fmt: skip
    if not isinstance(data, Number):
        raise RuntimeError(f"Could not infer dtype of {type(data).__name__}\n"
                           "  mend    give numbers, arrays, or sequences of them")  # fmt: skip
    return types.scalar_type(data)


def plain_numbers(data: Any) -> Any:
    """Replace tensors and arrays inside sequences by nested lists."""
    if data.__class__ in TENSORS or isinstance(data, np.ndarray):
        return data.tolist()
    if is_sequence(data):
        return [item if item.__class__ in NUMBERS else plain_numbers(item) for item in data]
    return np.asarray(data).tolist() if hasattr(data, "__array__") else data


def rectangular(plain: Any) -> np.ndarray[Any, Any]:
    """Let NumPy read nested lists, and say what is wrong with them in torch's words."""
    try:
        return np.array(plain)
    except ValueError:
        raise ValueError(
            f"expected sequences of equal length at every depth, got {str(plain)[:60]}\n"
            "  mend    pad them to one length"
        ) from None


@unwarned
def stored(array: np.ndarray[Any, Any], kind: types.dtype) -> np.ndarray[Any, Any]:
    """Convert numbers to the type that they are stored in; floats lose their fraction in integers.

    Raises:
        TypeError: complex numbers in a real type.
        RuntimeError, ValueError: a number is out of the type's range.
    """
    if array.dtype.kind == "c" and kind.category in (1, 2):
        raise TypeError(f"must be real number, not complex, for dtype {kind}\n"
                        "  mend    take the real part, or a complex dtype")  # fmt: skip
    if kind.category == 1 and array.size:
        check_range(array.min(), array.max(), kind)
    if array.dtype.kind == "f" and kind.category == 1:
        array = array.astype(np.int64)
    return array.astype(kind.numpy)


def check_range(low: Any, high: Any, kind: types.dtype) -> None:
    """Refuse integers that would wrap around; in an unsigned type negative ones may, as in torch.

    Raises:
        ValueError: more than 64 bits.
        RuntimeError: more than the type's bits.
    """
    span = np.iinfo(kind.numpy)
    if not (low >= (span.min or -span.max) and high <= span.max):
        bad = high if low >= (span.min or -span.max) else low
        if isinstance(bad, (int, np.integer)) and not -(2**63) <= bad < 2**63:
            raise ValueError(f"Overflow when unpacking long long: {bad} needs more than 64 bits\n"
                             "  mend    give floats, or numbers below 2**63")  # fmt: skip
        raise RuntimeError(
            f"value cannot be converted to type {kind.name} without overflow: {bad}\n"
            f"  mend    a {kind.name} holds {span.min} to {span.max}; choose a wider dtype"
        )
