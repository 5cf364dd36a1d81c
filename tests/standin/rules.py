"""What CuPy refuses, what it waits for and what it answers with 0-d arrays.

These checks need no wheel. They stand where a ghost cannot judge: refusals that CuPy makes after
its first device call, and habits that CuPy allows at the price of a hidden upload on every call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.standin import snapshot
from tests.standin.memory import Memory, stats

SURFACE = snapshot.load()

CREATION = {
    "array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray", "frombuffer",
    "from_dlpack",
}  # fmt: skip
"""Functions that take memory of the host: each such call is an upload."""

DOWNLOADS = {"ndarray.dump", "ndarray.dumps", "ndarray.tobytes", "ndarray.tofile", "save", "savez"}

WAITS = {
    "argwhere", "asarray_chkfinite", "average", "bincount", "compress", "delete", "digitize",
    "extract", "flatnonzero", "histogram", "histogram2d", "histogramdd", "in1d", "intersect1d",
    "isin", "linalg.cond", "nanmax", "nanmin", "ndarray.choose", "ndarray.compress",
    "ndarray.nonzero", "nonzero", "place", "setdiff1d", "setxor1d", "tril_indices",
    "triu_indices", "trim_zeros", "union1d", "unique", "unique_all", "unique_counts",
    "unique_inverse", "unique_values", "unravel_index",
}  # fmt: skip
"""Functions whose result, or whose check, needs numbers on the host: the host waits for them."""

ZERO_DIMENSIONAL = {"allclose", "array_equal", "array_equiv", "count_nonzero"}
"""Functions that answer with a Python value in NumPy and with a 0-d array in CuPy."""

ARRAY_WORDS = set(
    "a A a1 a2 ar ar1 arr array ary b condition indices m q v values weights x y".split()
)
"""Names of parameters that stand for an array: a list there is an upload, or an error."""

SORTS = {"argsort": 2, "ndarray.argsort": 1, "ndarray.sort": 1, "sort": 2}
"""Sorting functions -> the position of `kind`."""

BIT_TYPES = {"int32", "int64", "uint32", "uint64"}
ATOMIC_TYPES = {
    "add.at": BIT_TYPES | {"float16", "float32", "float64"},
    "bitwise_and.at": BIT_TYPES,
    "bitwise_or.at": BIT_TYPES,
    "bitwise_xor.at": BIT_TYPES,
    "maximum.at": BIT_TYPES | {"float32", "float64"},
    "minimum.at": BIT_TYPES | {"float32", "float64"},
    "subtract.at": {"int32", "uint32"},
}
"""Unbuffered updates -> the dtypes for which CUDA's atomics exist in CuPy."""

DTYPES = {"bool", "bfloat16", "complex64", "complex128", "float16", "float32", "float64"} | {
    f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)
}


def permit(name: str, keywords: dict[str, Any]) -> None:
    """Refuse names and keywords that CuPy lacks.

    Raises:
        AttributeError: CuPy has no such function.
        NotImplementedError: CuPy's ufunc lacks the method.
        TypeError: the function does not take the keyword.
    """
    known = SURFACE.get(name)
    if known is None:
        function, _, method = name.rpartition(".")
        if method in snapshot.UFUNC_METHODS and function in SURFACE:
            raise NotImplementedError(f"`cupy_{function}.{method}` is not supported yet")
        raise AttributeError(f"module 'cupy' has no attribute {name!r}")
    unknown = set(keywords) - set(known.split())
    if unknown and known != "*":
        raise TypeError(f"{name}() got an unexpected keyword argument {min(unknown)!r}")


def check(
    name: str, function: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    """Refuse what CuPy cannot run although it has the name and the keywords."""
    refuse_sequences(name, function, args)
    if name in SORTS:
        refuse_unstable(name, args, keywords)
    if name in ATOMIC_TYPES:
        refuse_atomics(name, args)
    if name in ("put", "put_along_axis", "ndarray.put"):
        refuse_host_indices(name, args)
    if name == "matmul":
        refuse_bfloat16_batches(args)


def refuse_sequences(name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Refuse lists and tuples where an array belongs."""
    if isinstance(function, np.ufunc):
        words = ["x"] * len(args)
    elif name in CREATION or name.endswith(".at"):
        return
    else:
        words = SURFACE[name].split()
    for word, value in zip(words, args, strict=False):
        if word in ARRAY_WORDS and isinstance(value, (list, tuple)):
            raise TypeError(f"{name}: Unsupported type {type(value)} for {word!r}")


def refuse_unstable(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Refuse every kind of sort but the stable one."""
    place = SORTS[name]
    kind = args[place] if len(args) > place else keywords.get("kind")
    if kind not in (None, "stable"):
        raise ValueError(f"{name}: kind can only be None or 'stable', not {kind!r}")


def refuse_atomics(name: str, args: tuple[Any, ...]) -> None:
    """Refuse dtypes for which there is no atomic update, where an index array makes one needed."""
    index = args[1] if isinstance(args[1], tuple) else (args[1],)
    dtype = args[0].host.dtype.name
    scattered = any(isinstance(i, Memory) and i.host.dtype.kind in "iu" for i in index)
    if scattered and dtype not in ATOMIC_TYPES[name]:
        known = ", ".join(sorted(ATOMIC_TYPES[name]))
        raise TypeError(f"cupy.{name} only supports {known} as data type, not {dtype}")


def refuse_host_indices(name: str, args: tuple[Any, ...]) -> None:
    """Refuse an index array of the host in `put` and its kin."""
    index = args[0] if name == "ndarray.put" else args[1]
    if not isinstance(index, (Memory, int)):
        raise TypeError(f"{name}: Unsupported type {type(index)} for 'ind'")


def refuse_bfloat16_batches(args: tuple[Any, ...]) -> None:
    """Refuse a batched bfloat16 product: CuPy has a GEMM for matrices alone in that type."""
    hosts = [a.host for a in args if isinstance(a, Memory)]
    if any(h.ndim > 2 for h in hosts) and any(h.dtype.name == "bfloat16" for h in hosts):
        raise TypeError("matmul: no batched product of bfloat16 on CuPy; multiply matrices")


def refuse_dtype(dtype: np.dtype[Any]) -> None:
    """Refuse numbers that a GPU does not have: objects, text, dates, extended precision."""
    if dtype.name not in DTYPES:
        raise ValueError(f"Unsupported dtype {dtype}")


def holds_device(value: Any) -> bool:
    """Tell whether a value is a stand-in array, or a list that holds one."""
    if isinstance(value, (list, tuple)):
        return any(map(holds_device, value))
    return isinstance(value, Memory)


def count(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
    """Count a call, and the transfer or the wait that it means."""
    stats["calls"] += 1
    if name in CREATION and args and not holds_device(args[0]):
        stats["h2d"] += 1
    elif name in DOWNLOADS:
        stats["d2h"] += 1
    elif name in WAITS or waits_here(name, args, keywords):
        stats["sync"] += 1


def waits_here(name: str, args: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """Tell whether a function waits for the device because of how it is called."""
    if name == "where":
        return len(args) == 1
    if name in ("percentile", "quantile"):
        return len(args) > 1 and holds_device(args[1])
    return name == "array_equal" and bool(keywords.get("equal_nan"))
