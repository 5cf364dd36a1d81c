"""Indices on the stand-in: what CuPy takes, what it leaves undefined, and what it waits for."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.standin.memory import Memory, stats


def prepare(index: Any) -> Any:
    """Return an index for NumPy, or refuse it.

    Raises:
        TypeError: a NumPy array or a list; CuPy would upload it again on every call.
        ValueError: more than one boolean array.
    """
    parts = index if isinstance(index, tuple) else (index,)
    masks = sum(isinstance(p, Memory) and p.host.dtype.kind == "b" for p in parts)
    if masks > 1:
        raise ValueError("an index that consists of more than one boolean array is not supported")
    stats["sync"] += masks
    stats["h2d"] += sum(isinstance(p, (bool, np.bool_)) for p in parts)
    ready = tuple(map(part, parts))
    return ready if isinstance(index, tuple) else ready[0]


def part(value: Any) -> Any:
    """Return one part of an index for NumPy."""
    if isinstance(value, (np.ndarray, list, tuple)):
        raise TypeError(
            f"Unsupported type {type(value)} in an index: it would be uploaded on every call; "
            "put it on the device once, with xp.asarray"
        )
    return value.host if isinstance(value, Memory) else value


def is_basic(index: Any) -> bool:
    """Tell whether an index of NumPy's selects a view: integers, slices, None and `...` alone."""
    parts = index if isinstance(index, tuple) else (index,)
    return not any(isinstance(p, (np.ndarray, bool, np.bool_)) for p in parts)


def select(host: np.ndarray, index: Any) -> np.ndarray:
    """Read from an array: a view for a basic index, even a 0-d one, and a copy otherwise."""
    if not is_basic(index):
        return np.array(host[index])
    parts = index if isinstance(index, tuple) else (index,)
    if not any(p is Ellipsis for p in parts):
        parts = (*parts, Ellipsis)
    return host[parts]


def assign(host: np.ndarray, index: Any, value: Any) -> None:
    """Write to an array.

    Raises:
        ValueError: the value is a NumPy array or a list, the same place is written twice, or
            source and target overlap: the outcome would depend on the order of the threads.
    """
    if isinstance(value, (list, tuple)) or (isinstance(value, np.ndarray) and value.ndim):
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    given = value.host if isinstance(value, Memory) else value
    place = prepare(index)
    if is_basic(place):
        refuse_overlap(host[place], given)
    else:
        stats["h2d"] += not isinstance(value, Memory)
        if np.size(given) > 1:
            refuse_duplicates(positions(host)[place])
    host[place] = given


def positions(host: np.ndarray) -> np.ndarray:
    """Number the elements of an array."""
    return np.arange(host.size).reshape(host.shape)


def refuse_duplicates(places: np.ndarray) -> None:
    """Refuse to write one place twice: which write wins is undefined on a GPU."""
    if np.unique(places).size < places.size:
        raise ValueError(
            "duplicate indices in an assignment: the result is undefined on CuPy; "
            "use scatter_add, or make the indices unique"
        )


def refuse_overlap(target: Any, source: Any) -> None:
    """Refuse to copy within one block of memory, which CuPy does with one plain copy."""
    if not isinstance(target, np.ndarray) or not isinstance(source, np.ndarray):
        return
    plain = (
        target.flags.c_contiguous
        and target.dtype == source.dtype
        and target.shape == source.shape
        and target.strides == source.strides
    )
    moved = target.ctypes.data != source.ctypes.data
    if plain and moved and np.may_share_memory(target, source):
        raise ValueError("source and target overlap: the result is undefined on CuPy; copy first")
