"""One rule for all elementwise functions, and one each for the ways in which they are applied.

The type of a result is asked of NumPy, by calling the function on operands of one element. The
shape follows from broadcasting, or from the signature of functions such as matmul.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.keys import axes_of, parts_of
from minitorch_lazy.backends.meta.layout import Sizes, aligned, memory_order, ordered
from minitorch_lazy.backends.meta.rules import RULES, no_numbers, rule, small


def shape_of(x: Any) -> Sizes:
    """Return the shape of an operand; a number has none."""
    return tuple(getattr(x, "shape", ()))


def sample(x: Any) -> Any:
    """Return what decides the type that an operand takes part as: its dtype, or the number."""
    return x.dtype if hasattr(x, "dtype") else x


@lru_cache(maxsize=4096, typed=True)
def result_types(ufunc: np.ufunc, dtype: Any, cores: Sizes, *samples: Any) -> tuple[Any, ...]:
    """Return the types of the results, by calling the function on ones of a single element."""
    ones = [
        np.ones((1,) * core, s) if isinstance(s, np.dtype) else s
        for core, s in zip(cores, samples, strict=True)
    ]  # fmt: skip
    with np.errstate(all="ignore"):
        found = ufunc(*ones) if dtype is None else ufunc(*ones, dtype=dtype)
    return tuple(part.dtype for part in (found if ufunc.nout > 1 else (found,)))


def laid_out(shape: Sizes, dtype: Any, operands: Any) -> MetaArray:
    """Make a result whose axes lie in memory as the operands' do."""
    strides = [aligned(shape, x.shape, x.strides) for x in operands if hasattr(x, "strides")]
    return MetaArray(shape, dtype, ordered(shape, memory_order(shape, strides), dtype.itemsize))


@rule("ufunc.__call__")
def call(
    ufunc: np.ufunc, *inputs: Any, out: Any = None, dtype: Any = None, where: Any = True,
    casting: str = "same_kind", **keywords: Any,
) -> Any:  # fmt: skip
    """Apply to each element, or to each matrix of a stack."""
    if ufunc.signature is not None or keywords:
        return RULES["ufunc.matrices"](ufunc, inputs, out, **keywords)
    kinds = result_types(ufunc, dtype, (0,) * len(inputs), *map(sample, inputs))
    targets = [t for t in out or () if t is not None]
    shape = np.broadcast_shapes(*map(shape_of, (*inputs, *targets)))
    if not targets:
        results = tuple(laid_out(shape, kind, inputs) for kind in kinds)
        return results if len(results) > 1 else results[0]
    for target, kind in zip(targets, kinds, strict=False):
        check_target(ufunc, target, shape, kind, casting)
    return tuple(targets) if len(targets) > 1 else targets[0]


def check_target(ufunc: np.ufunc, target: Any, shape: Sizes, kind: Any, casting: Any) -> None:
    """Refuse memory that a result does not fit."""
    if not isinstance(target, MetaArray):
        raise no_numbers(f"numpy.{ufunc.__name__}", "an operand on the meta device has no numbers "
                         "to write into one on another device")  # fmt: skip
    if target.shape != shape:
        raise ValueError(f"non-broadcastable output operand with shape {target.shape} doesn't "
                         f"match the broadcast shape {shape}")  # fmt: skip
    if not np.can_cast(kind, target.dtype, casting):
        raise TypeError(f"Cannot cast ufunc '{ufunc.__name__}' output from {kind} to "
                        f"{target.dtype} with casting rule '{casting}'")  # fmt: skip


def reduced(x: Any, axes: Sizes, keepdims: bool) -> tuple[Sizes, Sizes]:
    """Return the shape that is left of a reduction, and the strides of what is left."""
    shape = tuple(1 if i in axes else n for i, n in enumerate(x.shape))
    strides = tuple(0 if i in axes else s for i, s in enumerate(x.strides))
    if keepdims:
        return shape, strides
    kept = [i for i in range(x.ndim) if i not in axes]
    return tuple(shape[i] for i in kept), tuple(strides[i] for i in kept)


@rule("ufunc.reduce")
def reduce(
    ufunc: np.ufunc, x: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
    keepdims: bool = False, **keywords: Any,
) -> Any:  # fmt: skip
    """Combine all elements along axes."""
    if not x.ndim and axis in (0, -1):
        axis = None
    axes = axes_of(axis, x.ndim)
    kind = ufunc.reduce(small(x), axis, dtype, None, **keywords).dtype
    shape, strides = reduced(x, axes, keepdims)
    if out is not None and out != (None,):
        check_target(ufunc, out[0], shape, kind, "same_kind")
        return out[0]
    order = memory_order(shape, [strides])
    return MetaArray(shape, kind, ordered(shape, order, kind.itemsize))


@rule("ufunc.accumulate")
def accumulate(
    ufunc: np.ufunc, x: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Combine the elements up to each place along an axis."""
    kind = ufunc.accumulate(small(x), axis, dtype).dtype
    if out is not None and out != (None,):
        check_target(ufunc, out[0], x.shape, kind, "same_kind")
        return out[0]
    return laid_out(x.shape, kind, [x])


@rule("ufunc.outer")
def outer(ufunc: np.ufunc, a: Any, b: Any, **keywords: Any) -> Any:
    """Apply to each pair of elements."""
    return call(ufunc, a.reshape(*a.shape, *(1,) * b.ndim), b, **keywords)


@rule("ufunc.at")
def at(ufunc: np.ufunc, x: Any, key: Any, *value: Any) -> None:
    """Write at indices: check that the value fits them."""
    parts_of(key, x.ndim)
    x[key] = value[0] if value else 0
