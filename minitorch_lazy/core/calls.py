"""How a primitive is called: one shape of code for one, two and three arguments, and one for any.

The first three cost about half of what the general one does, and nearly every call is one of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.backends.silence import WARNED
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.primitive import Operation, picked
from minitorch_lazy.core.promotion import prepare
from minitorch_lazy.core.recorder import guard
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import follow
from minitorch_lazy.errors import explain

recording = GRAD.get
UNRECORDED = (None, None, None)
ONE, BOTH, LEFT, RIGHT = (True,), (True, True), (True, False), (False, True)


def specialised(op: Operation, view: bool) -> Callable[..., Any]:
    """Return the fastest caller that fits the operation."""
    simple = op.outputs == 1 and not op.cached and not op.rest
    if simple and view and len(op.arguments) == 1:
        return viewing(op)
    if simple and len(op.arguments) == 1:
        return unary(op)
    if simple and len(op.arguments) == 2:
        return binary(op)
    if simple and len(op.arguments) == 3 and all(op.differentiable) and op.casts != "float":
        return ternary(op)
    return general(op)


def again(op: Operation, args: Any, arrays: Any, static: dict[str, Any], error: Exception) -> Any:
    """Compute in silence what NumPy warned of where warnings are errors; explain other failures.

    Raises:
        Exception: of PyTorch's type, with the operation, its arguments and a mend.
    """
    with np.errstate(all="ignore"):
        if isinstance(error, WARNED):
            owner = next(array.__class__ for array in arrays if array.__class__ in ARRAYS)
            try:
                return op.kernels[owner](*arrays, **static)
            except Exception as other:
                error = other
        raise failed(op, args, static, error) from None


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


def unary(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation on one array."""
    kernels, differentiable, floats = op.kernels, op.differentiable[0], op.casts == "float"
    makers = op.makers

    def call(input: Any, **static: Any) -> Tensor:
        if input.__class__ not in TENSORS or (floats and input.array.dtype.kind in "biu"):
            (input,) = prepare(op, (input,))
        x = input.array
        try:
            y = kernels[x.__class__](x, **static)
        except Exception as error:
            y = again(op, (input,), (x,), static, error)
        if y.__class__ not in ARRAYS:
            y = BACKEND[x.__class__].asarray(y)
        if x.dtype.kind == "V":
            y = narrowed(op, y, x)
        out = wrap(y)
        if input.node is not None and differentiable and recording():
            make = makers.get(ONE) or op.maker(True)
            out.node = make((input,), (x,), (input.node,), y, None, out, static)
        return out

    return call


def viewing(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation whose result may share its argument's memory."""
    kernels, differentiable = op.kernels, op.differentiable[0]
    makers = op.makers

    def call(input: Any, **static: Any) -> Tensor:
        if input.__class__ not in TENSORS:
            (input,) = prepare(op, (input,))
        x = input.array
        try:
            y = kernels[x.__class__](x, **static)
        except Exception as error:
            y = again(op, (input,), (x,), static, error)
        if y.__class__ not in ARRAYS:
            y = BACKEND[x.__class__].asarray(y)
        out = wrap(y)
        if input.node is not None and differentiable and recording():
            make = makers.get(ONE) or op.maker(True)
            out.node = make((input,), (x,), (input.node,), y, None, None, static)
        follow(out, input, op, static)
        return out

    return call


def binary(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation on two arrays, or an array and a number."""
    kernels, (first, second) = op.kernels, op.differentiable
    casts, floats, takes_numbers = op.casts is not None, op.casts == "float", op.casts in (
        "promote", "float")  # fmt: skip
    makers = op.makers

    def call(input: Any, other: Any, **static: Any) -> Tensor:
        if input.__class__ in TENSORS and other.__class__ in TENSORS:
            x, w = input.array, other.array
            kind = x.dtype
            if (x.__class__ is not w.__class__ or (casts and kind is not w.dtype)
                    or (floats and kind.kind in "biu")):  # fmt: skip
                input, other = prepare(op, (input, other))
                x, w = input.array, other.array
                kind = x.dtype
            left, right = input.node, other.node
        elif (takes_numbers and other.__class__ is float and input.__class__ in TENSORS
              and input.array.dtype.kind == "f"):  # fmt: skip
            x, w, left, right = input.array, other, input.node, None
            kind = x.dtype
        else:
            input, other = prepare(op, (input, other))
            (x, left), (w, right) = both_parts(input), both_parts(other)
            kind = (x if x.__class__ in ARRAYS else w).dtype
        owner = x.__class__ if x.__class__ in ARRAYS else w.__class__
        try:
            y = kernels[owner](x, w, **static)
        except Exception as error:
            y = again(op, (input, other), (x, w), static, error)
        if y.__class__ not in ARRAYS:
            y = BACKEND[owner].asarray(y)
        if y.dtype is not kind and kind.kind == "V":
            y = narrowed(op, y, x if x.__class__ in ARRAYS else w)
        out = wrap(y)
        if left is not None and first:
            if recording():
                if right is not None and second:
                    make = makers.get(BOTH) or op.maker(True, True)
                    out.node = make((input, other), (x, w), (left, right), y, None, out, static)
                else:
                    make = makers.get(LEFT) or op.maker(True, False)
                    out.node = make((input, other), (x, w), (left, None), y, None, out, static)
        elif right is not None and second and recording():
            make = makers.get(RIGHT) or op.maker(False, True)
            out.node = make((input, other), (x, w), (None, right), y, None, out, static)
        return out

    return call


def ternary(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation on three arrays, the last of which may be missing.

    What is not three tensors of one type goes the general way.
    """
    kernels, makers, otherwise = op.kernels, op.makers, general(op)

    def call(*args: Any, **static: Any) -> Any:
        arrays = alike(args)
        if arrays is None:
            return otherwise(*args, **static)
        owner = arrays[0].__class__
        try:
            y = kernels[owner](*arrays, **static)
        except Exception as error:
            y = again(op, args, arrays, static, error)
        out = wrap(y if y.__class__ in ARRAYS else BACKEND[owner].asarray(y))
        first, second, third = args
        parents = (first.node, second.node, None if third is None else third.node)
        if parents != UNRECORDED and recording():
            mask = (parents[0] is not None, parents[1] is not None, parents[2] is not None)
            make = makers.get(mask) or op.maker(*mask)
            out.node = make(args, arrays, parents, out.array, None, out, static)
        return out

    return call


def alike(args: tuple[Any, ...]) -> Any:
    """Return the arrays of three tensors of one type; None where they are anything else."""
    if len(args) != 3:
        return None
    first, second, third = args
    if first.__class__ not in TENSORS or second.__class__ not in TENSORS:
        return None
    x, w = first.array, second.array
    kind, owner = x.dtype, x.__class__
    if w.dtype is not kind or w.__class__ is not owner or kind.kind == "V":
        return None
    if third is None:
        return x, w, None
    if third.__class__ not in TENSORS:
        return None
    b = third.array
    return (x, w, b) if b.dtype is kind and b.__class__ is owner else None


def both_parts(argument: Any) -> tuple[Any, Any]:
    """Return array and node of a tensor; a number is itself, and has no node."""
    if argument.__class__ in TENSORS:
        return argument.array, argument.node
    return argument, None


def general(op: Operation) -> Callable[..., Any]:
    """Make the caller of an operation on any number of arrays, some of which may be None."""
    count, kernels, makers = len(op.arguments), op.kernels, op.makers

    def call(*args: Any, **static: Any) -> Any:
        if len(args) < count:
            args = (*args, *[static.pop(name, None) for name in op.arguments[len(args):]])
        arrays, parents, alike = taken_apart(op, args)
        if not alike:
            args = tuple(prepare(op, args))
            arrays, parents, _ = taken_apart(op, args)
        owner = arrays[0].__class__
        if owner not in ARRAYS:
            owner = next(a.__class__ for a in arrays if a.__class__ in ARRAYS)
        try:
            y = kernels[owner](*arrays, **static)
        except Exception as error:
            y = again(op, args, arrays, static, error)
        cache = None
        if op.cached:
            *y, cache = y
            y = y[0] if op.outputs == 1 else tuple(y)
        if op.outputs > 1:
            return several(op, args, arrays, parents, y, cache, static)
        y = y if y.__class__ in ARRAYS else BACKEND[owner].asarray(y)
        out = wrap(narrowed(op, y, arrays[0]) if arrays[0].__class__ in ARRAYS else y)
        if parents is not None and recording():
            mask = tuple([parent is not None for parent in parents])
            make = makers.get(mask) or op.maker(*mask)
            out.node = make(args, arrays, parents, y, cache, out, static)
        return out

    return call


def taken_apart(op: Operation, args: tuple[Any, ...]) -> tuple[Any, Any, bool]:
    """Return the arrays, the nodes that need a gradient, and whether types and arrays are alike.

    The nodes are None where no gradient is needed.
    """
    arrays: list[Any] = []
    parents: list[Any] = []
    kind = backend = None
    live, alike = False, op.casts != "float"
    for place, argument in enumerate(args):
        node = None
        if argument.__class__ in TENSORS:
            array, node = argument.array, argument.node
            if node is not None:
                if op.takes_gradient(place):
                    live = True
                else:
                    node = None
            if backend is None:
                backend = array.__class__
            elif array.__class__ is not backend:
                alike = False
            if not op.is_exempt(place):
                if kind is None:
                    kind = array.dtype
                elif array.dtype is not kind and op.casts is not None:
                    alike = False
        else:
            array = argument
            alike = alike and argument is None
        arrays.append(array)
        parents.append(node)
    return arrays, tuple(parents) if live else None, alike and backend is not None


def several(
    op: Operation, args: Any, arrays: Any, parents: Any, y: Any, cache: Any, static: Any
) -> tuple[Tensor, ...]:
    """Wrap several results; each takes its place in one joint node where that is needed."""
    owner = next(a.__class__ for a in arrays if a.__class__ in ARRAYS)
    parts = (p if p.__class__ in ARRAYS else BACKEND[owner].asarray(p) for p in y)
    outs = tuple(wrap(narrowed(op, p, arrays[0])) for p in parts)
    if parents is not None and recording():
        ys = tuple(out.array for out in outs)
        make = op.maker(*[parent is not None for parent in parents])
        joint = make(args, arrays, parents, ys, cache, None, static)
        for place, out in enumerate(outs):
            if out.array.dtype.kind not in "biu" and place not in op.constant:
                out.node = picked(joint, place)
        if "ys" in op.saved:
            guards = tuple(part for out in outs for part in guard(out))
            joint.values = (*(joint.values or ()), *guards)
    return outs
