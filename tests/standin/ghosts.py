"""CuPy's own verdict on a call, without a GPU.

A ghost is a genuine `cupy.ndarray` over memory that does not exist. CuPy checks names, keywords,
dtypes and shapes before it touches the driver, so an argument error means "CuPy refuses this" and
any other failure means "CuPy got as far as the device". Checks that come after the first device
call are missed; `rules` and `indexing` make those.
"""

from __future__ import annotations

import os
import warnings
from functools import cache, partial
from typing import Any

import numpy as np

from tests.standin import snapshot
from tests.standin.memory import Memory, stats

REFUSALS = (TypeError, ValueError, NotImplementedError, AttributeError, IndexError)
ADDRESS = 0x1000
SIZE = 1 << 40

VERDICTS: dict[Any, Exception | None] = {}
"""Call -> CuPy's refusal, or None. A ghost matmul costs 2 ms (CuPy looks for cuBLAS each time)."""


@cache
def library() -> Any:
    """Return the cupy module, or None where it is absent, switched off, or has a real GPU.

    On a machine with a GPU a ghost would launch kernels on memory that is not there: such a
    machine runs the tests on the GPU instead. `STANDIN_GHOSTS=0` switches ghosts off.
    """
    if os.environ.get("STANDIN_GHOSTS") == "0" or not snapshot.importable():
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import cupy

        return None if cupy.cuda.is_available() else cupy


def ghost(cupy: Any, shape: tuple[int, ...], dtype: Any, strides: Any = None) -> Any:
    """Make a cupy.ndarray whose memory is never read."""
    memory = cupy.cuda.UnownedMemory(ADDRESS, SIZE, None, device_id=0)
    pointer = cupy.cuda.MemoryPointer(memory, SIZE // 2)
    return cupy.ndarray(shape, dtype, memptr=pointer, strides=strides)


def haunted(cupy: Any, value: Any) -> Any:
    """Replace every stand-in array in an argument by its ghost."""
    if isinstance(value, Memory):
        return ghost(cupy, value.host.shape, value.host.dtype, value.host.strides)
    if type(value) in (tuple, list):
        return type(value)(haunted(cupy, v) for v in value)
    return value


def fingerprint(value: Any) -> Any:
    """Reduce an argument to what CuPy's checks can depend on."""
    if isinstance(value, (Memory, np.ndarray)):
        held = value.host if isinstance(value, Memory) else value
        return type(value), held.shape, held.strides, held.dtype
    if isinstance(value, (tuple, list)):
        return type(value), *map(fingerprint, value)
    if isinstance(value, slice):
        return slice, value.start, value.stop, value.step
    if value is None or isinstance(value, (bool, int, str, np.dtype, type)):
        return type(value), value
    return type(value)


def replay(name: str, args: tuple[Any, ...], keywords: dict[str, Any], receiver: Any) -> None:
    """Run one call on ghosts and raise what CuPy would raise.

    Args:
        name: dotted name below `cupy`; `ndarray.<method>` for a method of `receiver`.
        args: positional arguments as the caller gave them.
        keywords: keyword arguments.
        receiver: the array whose method is called, None for a function.
    """
    if library() is None:
        return
    stats["ghost"] += 1
    pairs = tuple((key, fingerprint(value)) for key, value in sorted(keywords.items()))
    key = name, fingerprint(args), pairs, fingerprint(receiver)
    if key not in VERDICTS:
        VERDICTS[key] = judge(name, args, keywords, receiver)
    refusal = VERDICTS[key]
    if refusal is not None:
        raise refusal.with_traceback(None)


def judge(
    name: str, args: tuple[Any, ...], keywords: dict[str, Any], receiver: Any
) -> Exception | None:
    """Return CuPy's refusal of a call, None if it would have gone to the device."""
    cupy = library()
    owner, path = (cupy, name) if receiver is None else (haunted(cupy, receiver), name[8:])
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            function = snapshot.resolve(owner, path)
            function(*haunted(cupy, args), **{k: haunted(cupy, v) for k, v in keywords.items()})
    except REFUSALS as refusal:
        return refusal
    except Exception:  # noqa: BLE001 - no driver, no CUDA library: the arguments were accepted
        return None
    return None


def has_method(cupy: Any, ufunc: Any, method: str) -> bool:
    """Tell whether a ufunc of CuPy has a method such as `reduce`, by a call.

    The call is on ghosts, and on real arrays where a GPU would follow a ghost's address.
    """
    if ufunc.nin != 2 and method != "at":
        return False
    make = cupy.zeros if cupy.cuda.is_available() else partial(ghost, cupy)
    x, index = make((4,), "f4"), make((2,), "i8")
    args = {"at": (x, index, x[:2])[: ufunc.nin + 1], "outer": (x, x), "reduceat": (x, index)}
    try:
        getattr(ufunc, method)(*args.get(method, (x,)))
    except NotImplementedError:
        return False
    except Exception:  # noqa: BLE001 - a wrong dtype or a missing driver: the method is there
        return True
    return True
