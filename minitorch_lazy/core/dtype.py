"""Data types, and PyTorch's own rules for what type a mixed expression has."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND

CATEGORIES = {"b": 0, "u": 1, "i": 1, "f": 2, "c": 3}
"""Kind -> category: bool < integer < floating point < complex."""


class dtype:  # noqa: N801 - torch's name
    """The type of a tensor's elements; there is one object per type, such as `torch.float32`.

    Attributes:
        name: the NumPy name, `"float32"`.
        numpy: the NumPy dtype that stores it; None where the optional `ml_dtypes` is absent.
        is_floating_point, is_complex, is_signed: bool.
        itemsize: bytes per element.

    Source: torch.dtype.
    """

    def __init__(self, name: str, kind: str, itemsize: builtins.int) -> None:
        self.name, self.kind, self.itemsize = name, kind, itemsize
        self.category = CATEGORIES[kind]
        self.is_floating_point = kind == "f"
        self.is_complex = kind == "c"
        self.is_signed = kind not in "ub"

    @cached_property
    def stored(self) -> np.dtype[Any] | None:
        """The NumPy dtype, or None where an optional package would be needed for it."""
        return np.dtype(self.name) if self.name != "bfloat16" else bfloat16_storage()

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype of arrays of this type."""
        if self.stored is None:
            raise TypeError(
                "bfloat16 needs the package ml_dtypes, which is not installed\n"
                "  mend  pip install 'minitorch_lazy[bf16]'"
            )
        return self.stored

    def to_real(self) -> dtype:
        """Return the real type of a complex one's parts."""
        return {complex64: float32, complex128: float64}.get(self, self)

    def to_complex(self) -> dtype:
        """Return the complex type that holds this type's numbers."""
        return {float64: complex128, complex128: complex128}.get(self, complex64)

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    def __reduce__(self) -> str:
        return self.name


def bfloat16_storage() -> np.dtype[Any] | None:
    """Return bfloat16's NumPy dtype if the optional package ml_dtypes has it for us."""
    try:
        import ml_dtypes
    except ImportError:
        return None
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    BACKEND[found.type] = BACKEND[np.ndarray]
    return found


bool = dtype("bool", "b", 1)
uint8 = dtype("uint8", "u", 1)
int8 = dtype("int8", "i", 1)
int16 = short = dtype("int16", "i", 2)
int32 = int = dtype("int32", "i", 4)
int64 = long = dtype("int64", "i", 8)
float16 = half = dtype("float16", "f", 2)
bfloat16 = dtype("bfloat16", "f", 2)
float32 = float = dtype("float32", "f", 4)
float64 = double = dtype("float64", "f", 8)
complex64 = cfloat = dtype("complex64", "c", 8)
complex128 = cdouble = dtype("complex128", "c", 16)

ALL = (bool, uint8, int8, int16, int32, int64, float16, bfloat16, float32, float64, complex64,
       complex128)  # fmt: skip
SCALARS = dict(zip(ALL, (
    "Bool", "Byte", "Char", "Short", "Int", "Long", "Half", "BFloat16", "Float", "Double",
    "ComplexFloat", "ComplexDouble",
), strict=True))  # fmt: skip
"""What PyTorch's messages call each type."""

OF_PYTHON = {builtins.bool: bool, builtins.int: int64, builtins.float: float64, complex: complex128}
NUMPY_TO_DTYPE = {d.stored: d for d in ALL if d is not bfloat16}


class Default:
    """Holds the default floating-point type."""

    dtype: dtype = float32


def from_numpy(stored: np.dtype[Any]) -> dtype:
    """Return our dtype of a NumPy dtype.

    Raises:
        TypeError: no tensor can hold such elements.
    """
    found = NUMPY_TO_DTYPE.get(stored)
    if found is None and stored.name == "bfloat16":
        found = NUMPY_TO_DTYPE[stored] = bfloat16
    if found is None:
        found = NUMPY_TO_DTYPE.get(stored.newbyteorder("="))
    if found is None:
        names = ", ".join(d.name for d in ALL)
        raise TypeError(
            f"can't convert np.ndarray of type {stored}. The only supported types are: {names}."
        )
    return found


def get_default_dtype() -> dtype:
    """Return the type that Python floats become; float32 unless it was changed."""
    return Default.dtype


def set_default_dtype(d: dtype) -> None:
    """Set the type that Python floats become.

    Raises:
        TypeError: `d` is not a floating-point dtype.
    """
    if not isinstance(d, dtype) or not d.is_floating_point:
        raise TypeError(f"only floating-point types are supported as the default type, not {d}")
    Default.dtype = d


def checked(value: Any) -> dtype:
    """Return the dtype that a user gave; Python's own types stand for the widest of their kind.

    Raises:
        TypeError: it is no dtype.
    """
    found = OF_PYTHON.get(value) if isinstance(value, type) else value
    if not isinstance(found, dtype):
        raise TypeError(
            f"argument 'dtype' must be torch.dtype, not {value!r} of type {type(value).__name__}\n"
            "  mend    give a dtype such as torch.float32"
        )
    return found


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """Return the smallest type that both types can be converted to, by PyTorch's table.

    Raises:
        TypeError: one of them is no dtype.

    >>> promote_types(int64, float16)
    torch.float16
    >>> promote_types(uint8, int8)
    torch.int16
    """
    if type1 is type2:
        return type1
    type1, type2 = checked(type1), checked(type2)
    low, high = sorted((type1, type2), key=lambda d: (d.category, d.itemsize))
    if high.is_complex:
        return complex128 if complex128 in (low, high) or low is float64 else complex64
    if low.category != high.category:
        return high
    if {low, high} == {float16, bfloat16}:
        return float32
    if uint8 in (low, high) and high.itemsize == 1:
        return int16
    return high


def combine(higher: dtype | None, lower: dtype | None) -> dtype | None:
    """Let operands of higher priority decide, unless the lower ones are of a higher category."""
    if higher is None or lower is None:
        return higher or lower
    if lower.category <= higher.category:
        return higher
    if higher.is_floating_point:
        return higher.to_complex()
    return promote_types(higher, lower)


def scalar_type(value: Any) -> dtype:
    """Return the type that a Python number takes part as."""
    if value is True or value is False or isinstance(value, np.bool_):
        return bool
    if isinstance(value, (builtins.int, np.integer)):
        return int64
    if isinstance(value, complex):
        return Default.dtype.to_complex()
    return Default.dtype


def common(arrays: Iterable[Any], scalars: Iterable[Any] = ()) -> dtype:
    """Return the result type: dimensioned arrays first, then 0-d ones, then Python numbers."""
    sized: dtype | None = None
    single: dtype | None = None
    wrapped: dtype | None = None
    for array in arrays:
        found = from_numpy(array.dtype)
        if array.ndim:
            sized = promote_types(sized, found) if sized else found
        else:
            single = promote_types(single, found) if single else found
    for scalar in scalars:
        found = scalar_type(scalar)
        wrapped = promote_types(wrapped, found) if wrapped else found
    result = combine(sized, combine(single, wrapped))
    return result or Default.dtype


def can_cast(from_: dtype, to: dtype) -> builtins.bool:
    """Tell whether an in-place result of one type may be stored in the other.

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    from_, to = checked(from_), checked(to)
    return from_.category <= to.category and not (from_ is not bool and to is bool)


class finfo:  # noqa: N801 - torch's name
    """Say what numbers a floating-point type can hold.

    Attributes:
        bits, eps, max, min, tiny, smallest_normal, resolution: as NumPy's.

    Source: torch.finfo.
    """

    bits: builtins.int
    eps: builtins.float
    max: builtins.float
    min: builtins.float
    tiny: builtins.float
    smallest_normal: builtins.float
    resolution: builtins.float

    def __init__(self, type: dtype | None = None) -> None:
        kind = checked(type or Default.dtype)
        if kind.category < 2:
            raise TypeError(f"torch.finfo() requires a floating point input type. Use torch.iinfo "
                            f"to handle '{kind}'")  # fmt: skip
        if kind is bfloat16:
            import ml_dtypes

            found: Any = ml_dtypes.finfo(kind.numpy)  # type: ignore[no-untyped-call]
        else:
            found = np.finfo(kind.numpy)
        self.bits, self.dtype = found.bits, kind.to_real().name
        for name in ("eps", "max", "min", "tiny", "smallest_normal", "resolution"):
            setattr(self, name, builtins.float(getattr(found, name)))

    def __repr__(self) -> str:
        names = ("resolution", "min", "max", "eps", "smallest_normal", "tiny", "dtype")
        return f"finfo({', '.join(f'{name}={getattr(self, name)}' for name in names)})"


class iinfo:  # noqa: N801 - torch's name
    """Say what numbers an integer type can hold.

    Attributes:
        bits, max, min: int.

    Source: torch.iinfo.
    """

    def __init__(self, type: dtype) -> None:
        type = checked(type)
        if type.category != 1:
            raise TypeError(f"torch.iinfo() requires an integer input type. Use torch.finfo to "
                            f"handle '{type}'")  # fmt: skip
        found = np.iinfo(type.numpy)
        self.bits, self.min, self.max, self.dtype = found.bits, found.min, found.max, type.name

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"
