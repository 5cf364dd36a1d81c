"""Shape rules of functions that reduce, sort and choose elements."""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any, NoReturn

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.creation import meta
from minitorch_lazy.backends.meta.keys import axes_of
from minitorch_lazy.backends.meta.layout import memory_order, ordered
from minitorch_lazy.backends.meta.moving import ravel
from minitorch_lazy.backends.meta.rules import named, no_numbers, rule, small
from minitorch_lazy.backends.meta.ufuncs import laid_out, reduced

REDUCTIONS = """
    all amax amin any count_nonzero max mean median min nanmedian prod std sum var
""".split()
SAME_SHAPE = """
    cumprod cumsum nan_to_num round sort
""".split()
NEEDING_NUMBERS = """
    allclose argwhere array_equal bincount flatnonzero histogram isin nonzero unique
""".split()


def declare(name: str, result: Any) -> None:
    """Give a function of NumPy the rule `result(array, type, arguments)`.

    The type is asked of NumPy, which is called on an array of one element, or of none where the
    array is empty, so that it refuses what it would have refused.
    """
    function = named(name)
    signature = inspect.signature(function)

    @rule(name)
    def shaped(*args: Any, **keywords: Any) -> Any:
        arguments = signature.bind(*args, **keywords).arguments
        first = next(iter(arguments))
        x, out = arguments[first], arguments.pop("out", None)
        with np.errstate(all="ignore"):
            kind = np.asarray(function(**{**arguments, first: small(x)})).dtype
        if "axis" in signature.parameters:
            arguments.setdefault("axis", signature.parameters["axis"].default)
        made = result(x, kind, arguments)
        if out is None:
            return made
        out[...] = made
        return out


def one_of_many(x: Any, kind: Any, arguments: dict[str, Any]) -> MetaArray:
    """Return the shape that a reduction leaves."""
    axes = axes_of(arguments["axis"], x.ndim)
    shape, strides = reduced(x, axes, bool(arguments.get("keepdims", False)))
    return MetaArray(shape, kind, ordered(shape, memory_order(shape, [strides]), kind.itemsize))


def one_for_each(x: Any, kind: Any, arguments: dict[str, Any]) -> MetaArray:
    """Return the shape of the argument; all elements are one axis where the axis is None."""
    flat = arguments.get("axis", 0) is None
    return MetaArray((x.size,), kind) if flat else laid_out(x.shape, kind, [x])


def row_major(result: Any, x: Any, kind: Any, arguments: dict[str, Any]) -> MetaArray:
    """Return the same shape in row-major order, in which places are always laid out."""
    return MetaArray(result(x, kind, arguments).shape, kind)


for reduction in REDUCTIONS:
    declare(reduction, one_of_many)
for function in SAME_SHAPE:
    declare(function, one_for_each)
for result, names in ((one_of_many, "argmax argmin"), (one_for_each, "argpartition argsort")):
    for function in names.split():
        declare(function, partial(row_major, result))


@rule("partition")
def partition(a: Any, kth: int, axis: int = -1) -> MetaArray:
    """Put one element where sorting would."""
    size = a.shape[axes_of(axis, a.ndim)[0]]
    if not -size <= kth < size:
        raise ValueError(f"kth(={kth}) out of bounds ({size})")
    return a.like()  # type: ignore[no-any-return]


@rule("argpartition")
def argpartition(a: Any, kth: int, axis: int = -1) -> MetaArray:
    """Find which element would be where after `partition`."""
    return MetaArray(partition(a, kth, axis).shape, np.intp)


@rule("diff")
def diff(a: Any, n: int = 1, axis: int = -1) -> MetaArray:
    """Subtract each element from its neighbour."""
    shape = list(a.shape)
    place = axes_of(axis, a.ndim)[0]
    shape[place] = max(shape[place] - n, 0)
    return laid_out(tuple(shape), a.dtype, [MetaArray(tuple(shape), a.dtype, a.strides)])


@rule("where")
def where(condition: Any, x: Any = None, y: Any = None) -> MetaArray:
    """Choose between elements."""
    if x is None:
        raise no_numbers("where with a condition alone", "give both values to choose from")
    kind = np.result_type(*(v.dtype if hasattr(v, "dtype") else v for v in (x, y)))
    operands = [meta(v) for v in (condition, x, y)]
    return laid_out(np.broadcast_shapes(*(v.shape for v in operands)), kind, operands)


@rule("clip")
def clip(a: Any, a_min: Any = None, a_max: Any = None, out: Any = None) -> Any:
    """Bound elements from below and above."""
    bounds = [b for b in (a_min, a_max) if b is not None]
    made = a
    for bound in bounds:
        made = np.maximum(made, bound)
    if out is None:
        return made if bounds else a.copy()
    out[...] = made
    return out


@rule("take")
def take(a: Any, indices: Any, axis: int | None = None, out: Any = None, mode: Any = None) -> Any:
    """Pick elements along an axis."""
    x = ravel(a) if axis is None else a
    place, index = axes_of(axis or 0, x.ndim)[0], meta(indices)
    shape = (*x.shape[:place], *index.shape, *x.shape[place + 1 :])
    if out is None:
        return MetaArray(shape, x.dtype)
    out[...] = MetaArray(shape, x.dtype)
    return out


@rule("take_along_axis")
def take_along_axis(arr: Any, indices: Any, axis: int = -1) -> MetaArray:
    """Pick one element for each place of the index."""
    place = axes_of(axis, arr.ndim)[0]
    if arr.ndim != indices.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    fixed = tuple(1 if i == place else n for i, n in enumerate(arr.shape))
    return laid_out(np.broadcast_shapes(fixed, indices.shape), arr.dtype, [indices])


@rule("put_along_axis")
def put_along_axis(arr: Any, indices: Any, values: Any, axis: int = -1) -> None:
    """Check that one value for each place of the index fits."""
    region = take_along_axis(arr, indices, axis)
    region[...] = values


@rule("searchsorted")
def searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> MetaArray:
    """Find the places where elements would be inserted."""
    return MetaArray(meta(v).shape, np.intp)


@rule("isclose")
def isclose(a: Any, b: Any, *tolerances: Any, **options: Any) -> MetaArray:
    """Compare elements."""
    return np.equal(a, b)  # type: ignore[no-any-return]


def refused(name: str, *args: Any, **keywords: Any) -> NoReturn:
    """Refuse a function whose result has a size that follows from numbers."""
    raise no_numbers(name.removeprefix("numpy."))


for function in NEEDING_NUMBERS:
    rule(function)(partial(refused, function))
