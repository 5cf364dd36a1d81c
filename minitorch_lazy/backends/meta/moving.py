"""Shape rules of functions that look at elements in another way, or move them."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.creation import meta, sizes_of
from minitorch_lazy.backends.meta.keys import axes_of
from minitorch_lazy.backends.meta.layout import Sizes, aligned, memory_order, ordered
from minitorch_lazy.backends.meta.rules import rule
from minitorch_lazy.backends.meta.ufuncs import laid_out


@rule("reshape")
def reshape(a: Any, shape: Any) -> MetaArray:
    """Give the elements another shape."""
    return a.reshape(sizes_of(shape))  # type: ignore[no-any-return]


@rule("ravel")
def ravel(a: Any) -> MetaArray:
    """Look at all elements as one axis; copy them unless they are next to each other."""
    return a.reshape((a.size,)) if a.flags.c_contiguous else a.flatten()  # type: ignore[no-any-return]


@rule("transpose")
def transpose(a: Any, axes: Any = None) -> MetaArray:
    """Reorder the axes."""
    return a.transpose() if axes is None else a.transpose(tuple(axes))  # type: ignore[no-any-return]


@rule("swapaxes")
def swapaxes(a: Any, axis1: int, axis2: int) -> MetaArray:
    """Exchange two axes."""
    order = list(range(a.ndim))
    first, second = axes_of(axis1, a.ndim)[0], axes_of(axis2, a.ndim)[0]
    order[first], order[second] = second, first
    return a.transpose(tuple(order))  # type: ignore[no-any-return]


@rule("moveaxis")
def moveaxis(a: Any, source: Any, destination: Any) -> MetaArray:
    """Move axes to other places."""
    before, after = axes_of(source, a.ndim), axes_of(destination, a.ndim)
    order = [i for i in range(a.ndim) if i not in before]
    for place, axis in sorted(zip(after, before, strict=True)):
        order.insert(place, axis)
    return a.transpose(tuple(order))  # type: ignore[no-any-return]


@rule("expand_dims")
def expand_dims(a: Any, axis: Any) -> MetaArray:
    """Insert axes of size 1."""
    count = a.ndim + (len(axis) if isinstance(axis, tuple) else 1)
    new = axes_of(axis, count)
    return a[tuple(None if i in new else slice(None) for i in range(count))]  # type: ignore[no-any-return]


@rule("squeeze")
def squeeze(a: Any, axis: Any = None) -> MetaArray:
    """Drop axes of size 1."""
    drop = [i for i, n in enumerate(a.shape) if n == 1] if axis is None else axes_of(axis, a.ndim)
    if any(a.shape[i] != 1 for i in drop):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return a[tuple(0 if i in drop else slice(None) for i in range(a.ndim))]  # type: ignore[no-any-return]


@rule("broadcast_to")
def broadcast_to(array: Any, shape: Any) -> MetaArray:
    """Look at an array as a larger one."""
    x, target = meta(array), sizes_of(shape)
    if len(target) < x.ndim or np.broadcast_shapes(x.shape, target) != target:
        raise ValueError("operands could not be broadcast together with remapped shapes "
                         f"[original->remapped]: {x.shape} and {target}")  # fmt: skip
    return x.seen(target, aligned(target, x.shape, x.strides))


@rule("flip")
def flip(m: Any, axis: Any = None) -> MetaArray:
    """Look at the elements in the reverse order."""
    axes = axes_of(axis, m.ndim)
    return m[tuple(slice(None, None, -1 if i in axes else 1) for i in range(m.ndim))]  # type: ignore[no-any-return]


@rule("diagonal")
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> MetaArray:
    """Look at a diagonal as the last axis."""
    first, second = axes_of((axis1, axis2), a.ndim)
    rows, columns = a.shape[first] + min(offset, 0), a.shape[second] - max(offset, 0)
    kept = [i for i in range(a.ndim) if i not in (first, second)]
    shape = (*(a.shape[i] for i in kept), max(min(rows, columns), 0))
    strides = (*(a.strides[i] for i in kept), a.strides[first] + a.strides[second])
    return a.seen(shape, strides)  # type: ignore[no-any-return]


@rule("lib.stride_tricks.as_strided")
def as_strided(x: Any, shape: Sizes, strides: Sizes, **keywords: Any) -> MetaArray:
    """Look at memory with any shape and strides."""
    return x.seen(sizes_of(shape), tuple(strides))  # type: ignore[no-any-return]


@rule("lib.stride_tricks.sliding_window_view")
def sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> MetaArray:
    """Look at windows along axes, as new last axes."""
    window, axes = sizes_of(window_shape), axes_of(axis, x.ndim)
    shape = list(x.shape)
    for place, size in zip(axes, window, strict=True):
        shape[place] -= size - 1
    return x.seen((*shape, *window), (*x.strides, *(x.strides[a] for a in axes)))  # type: ignore[no-any-return]


@rule("real")
def real(val: Any) -> MetaArray:
    """Look at the real parts."""
    return val.real  # type: ignore[no-any-return]


@rule("imag")
def imag(val: Any) -> MetaArray:
    """Look at the imaginary parts."""
    return val.imag  # type: ignore[no-any-return]


@rule("copy")
def copy(a: Any, order: str = "K") -> MetaArray:
    """Copy into memory of its own."""
    return a.copy(order)  # type: ignore[no-any-return]


@rule("roll")
def roll(a: Any, shift: Any, axis: Any = None) -> MetaArray:
    """Shift the elements in a circle."""
    axes_of(axis, a.ndim)
    return a.like()  # type: ignore[no-any-return]


@rule("tril", "triu")
def triangle(m: Any, k: int = 0) -> MetaArray:
    """Keep one triangle of the last two axes."""
    return laid_out(m.shape, m.dtype, [MetaArray(m.shape[-2:], bool), m])


@rule("concatenate")
def concatenate(arrays: Any, axis: int | None = 0, out: Any = None, dtype: Any = None) -> Any:
    """Join arrays along an axis."""
    xs = [meta(x) if axis is not None else ravel(meta(x)) for x in arrays]
    place = axes_of(axis or 0, xs[0].ndim)[0] if xs[0].ndim else -1
    rests = {(*x.shape[:place], *x.shape[place + 1 :]) for x in xs}
    if place < 0 or len({x.ndim for x in xs}) > 1 or len(rests) > 1:
        raise ValueError("all the input array dimensions except for the concatenation axis must "
                         f"match exactly, got shapes {[x.shape for x in xs]}")  # fmt: skip
    total = sum(x.shape[place] for x in xs)
    shape = (*xs[0].shape[:place], total, *xs[0].shape[place + 1 :])
    kind = np.dtype(dtype or np.result_type(*(x.dtype for x in xs)))
    if out is not None:
        out[...] = MetaArray(shape, kind)
        return out
    steps = [
        tuple(0 if n == 1 else abs(s) + 1 for n, s in zip(x.shape, x.strides, strict=True))
        for x in xs
    ]  # fmt: skip
    order = memory_order((2,) * len(shape), steps, outer_first=True)
    return MetaArray(shape, kind, ordered(shape, order, kind.itemsize))


@rule("stack")
def stack(arrays: Any, axis: int = 0, out: Any = None) -> Any:
    """Join arrays along a new axis."""
    return concatenate([expand_dims(meta(x), axis) for x in arrays], axis, out)


@rule("split")
def split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """Look at runs along an axis."""
    size = ary.shape[axis]
    if isinstance(indices_or_sections, int):
        each, rest = divmod(size, indices_or_sections)
        if rest:
            raise ValueError("array split does not result in an equal division")
        cuts = [each * i for i in range(1, indices_or_sections)]
    else:
        cuts = list(indices_or_sections)
    lead = (slice(None),) * axes_of(axis, ary.ndim)[0]
    ends = zip([0, *cuts], [*cuts, size], strict=True)
    return [ary[(*lead, slice(start, stop))] for start, stop in ends]


@rule("tile")
def tile(a: Any, reps: Any) -> MetaArray:
    """Repeat the whole array."""
    counts = sizes_of(reps)
    count = max(len(counts), a.ndim)
    shape, times = (1,) * (count - a.ndim) + a.shape, (1,) * (count - len(counts)) + counts
    return MetaArray(tuple(n * t for n, t in zip(shape, times, strict=True)), a.dtype)


@rule("repeat")
def repeat(a: Any, repeats: int, axis: int | None = None) -> MetaArray:
    """Repeat each element along an axis."""
    x = ravel(a) if axis is None else a
    place = axes_of(axis or 0, x.ndim)[0]
    shape = (*x.shape[:place], x.shape[place] * repeats, *x.shape[place + 1 :])
    return MetaArray(shape, x.dtype)


@rule("pad")
def pad(array: Any, pad_width: Any, mode: str = "constant", **keywords: Any) -> MetaArray:
    """Surround an array."""
    widths = np.broadcast_to(pad_width, (array.ndim, 2)).tolist()
    shape = tuple(n + a + b for n, (a, b) in zip(array.shape, widths, strict=True))
    flags, axes = array.flags, range(array.ndim)
    order = axes[::-1] if flags.f_contiguous and not flags.c_contiguous else axes
    return MetaArray(shape, array.dtype, ordered(shape, order, array.itemsize))


@rule("copyto")
def copyto(dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """Check that elements fit."""
    dst[...] = src


@rule("shape")
def shape(a: Any) -> Sizes:
    """Return the sizes."""
    return tuple(a.shape)


@rule("ndim")
def ndim(a: Any) -> int:
    """Return the number of axes."""
    return len(a.shape)


@rule("size")
def size(a: Any) -> int:
    """Return the number of elements."""
    return int(a.size)
