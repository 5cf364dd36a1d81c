"""Shape rules of functions that make arrays."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray, is_number
from minitorch_lazy.backends.meta.layout import Sizes
from minitorch_lazy.backends.meta.rules import rule


def sizes_of(shape: Any) -> Sizes:
    """Read a shape that may be one number."""
    return (int(shape),) if is_number(shape) else tuple(int(n) for n in shape)


@rule("zeros", "ones", "empty")
def filled(shape: Any, dtype: Any = float) -> MetaArray:
    """Make an array of a shape."""
    return MetaArray(sizes_of(shape), np.dtype(dtype or float))


@rule("full")
def full(shape: Any, fill_value: Any, dtype: Any = None) -> MetaArray:
    """Make an array of one number, whose type it takes."""
    return MetaArray(sizes_of(shape), dtype or np.asarray(fill_value).dtype)


@rule("zeros_like", "ones_like", "empty_like")
def like(a: Any, dtype: Any = None, shape: Any = None) -> MetaArray:
    """Make an array of the shape, type and layout of another."""
    if shape is not None:
        return MetaArray(sizes_of(shape), dtype or a.dtype)
    return meta(a).like(dtype)


@rule("full_like")
def full_like(a: Any, fill_value: Any, dtype: Any = None) -> MetaArray:
    """Make an array of one number, of the shape, type and layout of another."""
    return meta(a).like(dtype)


@rule("asarray")
def asarray(a: Any, dtype: Any = None) -> MetaArray:
    """Take anything as a shape-only array."""
    x = meta(a)
    return x if dtype is None or x.dtype == dtype else x.astype(dtype)


@rule("array")
def array(a: Any, dtype: Any = None) -> MetaArray:
    """Copy anything into a shape-only array."""
    return meta(a).like(dtype)


@rule("ascontiguousarray")
def ascontiguousarray(a: Any, dtype: Any = None) -> MetaArray:
    """Return an array in row-major order, a copy where it is in another."""
    x = asarray(a, dtype)
    return x if x.ndim and x.flags.c_contiguous else MetaArray(x.shape or (1,), x.dtype)


def meta(x: Any) -> MetaArray:
    """Return the shape-only array of an array or a number."""
    if isinstance(x, MetaArray):
        return x
    host = x if hasattr(x, "strides") and hasattr(x, "dtype") else np.asarray(x)
    return MetaArray(host.shape, host.dtype, host.strides).like()


@rule("arange")
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> MetaArray:
    """Count from `start` to before `stop`."""
    start, stop = (0, start) if stop is None else (start, stop)
    kind = dtype or np.result_type(np.asarray(start), np.asarray(stop), np.asarray(step))
    return MetaArray((max(ceil((stop - start) / step), 0),), kind)


@rule("linspace")
def linspace(start: Any, stop: Any, num: int = 50, dtype: Any = None) -> MetaArray:
    """Space numbers evenly."""
    return MetaArray((num,), dtype or np.result_type(start, stop, 0.0))


@rule("eye", "tri")
def eye(rows: int, columns: int | None = None, k: int = 0, dtype: Any = float) -> MetaArray:
    """Make a matrix."""
    return MetaArray((rows, rows if columns is None else columns), dtype)
