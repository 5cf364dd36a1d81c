"""How a primitive is called in general, and what is said where it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.backends.silence import WARNED
from minitorch_lazy.core.callers import NAMES, caller
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.primitive import Operation, picked
from minitorch_lazy.core.promotion import prepare
from minitorch_lazy.core.saved import guard
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import follow
from minitorch_lazy.core.writing import share
from minitorch_lazy.errors import explain

recording = GRAD.get


def specialised(op: Operation, view: bool) -> Callable[..., Any]:
    """Return the fastest caller that fits the operation."""
    otherwise = general(op)
    usual = 0 < len(op.arguments) <= len(NAMES)
    if op.outputs > 1 or op.cached or op.rest or not usual:
        return otherwise
    return caller(op, view, otherwise)


def again(op: Operation, args: Any, arrays: Any, static: dict[str, Any], error: Exception) -> Any:
    """Compute in silence what NumPy warned of where warnings are errors; explain other failures.

    Raises:
        Exception: of PyTorch's type, with the operation, its arguments and a mend.
    """
    with np.errstate(all="ignore"):
        if isinstance(error, WARNED):
            try:
                return op.kernels[leading(arrays).__class__](*arrays, **static)
            except Exception as other:
                error = other
        raise failed(op, args, static, error) from None


share(again, follow)


def failed(op: Operation, args: Any, static: dict[str, Any], error: Exception) -> Exception:
    """Explain a failed kernel; a kernel that is missing is no mistake of the caller."""
    if isinstance(error, AttributeError):
        return error
    names = op.names(len(args))
    named = {n: a for n, a in zip(names, args, strict=True) if a is not None}
    return explain(op.name, named, static, error, op.casts in ("promote", "float"))


def narrowed(op: Operation, y: Any, x: Any) -> Any:
    """Return a result in its argument's bfloat16, which arrays lose next to a Python number."""
    if x.dtype.kind == "V" and y.dtype.kind == "f" and op.name != "astype":
        return y.astype(x.dtype)
    return y


def general(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation on any number of arrays, some of which may be None."""
    count, words = len(op.arguments), len(op.static)

    def call(*args: Any, **static: Any) -> Any:
        if len(args) < count:
            args = (*args, *[static.pop(name, None) for name in op.arguments[len(args):]])
        if len(static) != words:
            static = complete(op, static)
        if not alike(op, args):
            args = tuple(prepare(op, args))
        arrays = tuple([a.array if a.__class__ in TENSORS else a for a in args])
        y, cache = compute(op, args, arrays, static)
        parents = parents_of(op, args) if recording() else None
        if op.outputs > 1:
            return several(op, args, arrays, parents, y, cache, static)
        out = wrap(y)
        if parents is not None:
            out.node = op.make(args, arrays, parents, y, cache, out, static)
        return out

    return call


def complete(op: Operation, given: dict[str, Any]) -> dict[str, Any]:
    """Return the static keywords of a call, those that were left out as they are by default.

    Raises:
        TypeError: one is missing that has no default, or is unknown.
    """
    static = {**op.defaults, **given}
    if {*static} != {*op.static}:
        raise TypeError(f"{op.name}() takes the keywords {', '.join(op.static) or '(none)'}, but "
                        f"got {', '.join(given) or '(none)'}")  # fmt: skip
    return static


def alike(op: Operation, args: tuple[Any, ...]) -> bool:
    """Tell whether arguments can stay as they are: Tensors of one usual type, on one device."""
    first = kind = None
    for place, argument in enumerate(args):
        if argument is None:
            continue
        if argument.__class__ not in TENSORS:
            return False
        array = argument.array
        if first is None:
            first = array.__class__
        elif array.__class__ is not first:
            return False
        if op.is_exempt(place):
            continue
        if kind is None:
            kind = array.dtype
        elif array.dtype is not kind and op.casts is not None:
            return False
    unusual = kind is not None and kind.kind in op.unusual
    return first is not None and op.casts != "float" and not unusual


def parents_of(op: Operation, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """Return the nodes of the arguments that need a gradient; None where none does."""
    nodes = [
        a.node if a.__class__ in TENSORS and op.takes_gradient(place) else None
        for place, a in enumerate(args)
    ]
    return tuple(nodes) if nodes.count(None) < len(nodes) else None


def leading(arrays: tuple[Any, ...]) -> Any:
    """Return the first array: its backend computes."""
    first = arrays[0]
    return first if first.__class__ in ARRAYS else leading(arrays[1:])


def compute(
    op: Operation, args: tuple[Any, ...], arrays: tuple[Any, ...], static: dict[str, Any]
) -> tuple[Any, Any]:
    """Return what the kernel makes of the arrays, one array or several, and what it keeps."""
    first = leading(arrays)
    try:
        y = op.kernels[first.__class__](*arrays, **static)
    except Exception as error:
        y = again(op, args, arrays, static, error)
    cache = None
    if op.cached:
        *y, cache = y
        y = y[0] if op.outputs == 1 else tuple(y)
    if op.outputs > 1:
        return y, cache
    y = y if y.__class__ in ARRAYS else BACKEND[first.__class__].asarray(y)
    return narrowed(op, y, first), cache


def several(
    op: Operation, args: Any, arrays: Any, parents: Any, y: Any, cache: Any, static: Any
) -> tuple[Tensor, ...]:
    """Wrap several results; each takes its place in one joint node where that is needed."""
    first = leading(arrays)
    asarray = BACKEND[first.__class__].asarray
    parts = (p if p.__class__ in ARRAYS else asarray(p) for p in y)
    outs = tuple(wrap(narrowed(op, p, first)) for p in parts)
    if parents is not None:
        ys = tuple(out.array for out in outs)
        joint = op.make(args, arrays, parents, ys, cache, None, static)
        for place, out in enumerate(outs):
            if out.array.dtype.kind not in "biu" and place not in op.constant:
                out.node = picked(joint, place)
        if "ys" in op.saved:
            guards = tuple(part for out in outs for part in guard(out))
            joint.values = (*(joint.values or ()), *guards)
    return outs
