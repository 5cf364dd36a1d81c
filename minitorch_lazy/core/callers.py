"""Writes, for one operation, the function that is called with its arguments.

Nearly every call gets Tensors of one type over one kind of array, or a Python number beside one. A
loop over arguments would cost as much as a small operation, so the way of such calls is written
out at the first of them; what is called with anything else goes the general way. For `multiply` the
function begins with

    def call(input, other):
        op, kernels, otherwise, push = ...
        if input.__class__ in TENSORS:
            t0, x0, n0 = input, input.array, input.node
            kind, owner = x0.dtype, x0.__class__
            if other.__class__ in TENSORS:
                t1, x1, n1 = other, other.array, other.node
                if x1.__class__ is not owner or x1.dtype is not kind:
                    return otherwise(input, other)
            elif kind.kind == "f" and other.__class__ in NUMBERS:
                t1, x1, n1 = NOBODY, float(other), None
            else:
                return otherwise(input, other)
        ...
        try:
            y = kernels[owner](x0, x1)
        ...

and ends with what `core.recorder` writes, where an argument needs a gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from textwrap import indent
from types import FunctionType
from typing import Any

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.recorder import write_record
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.core.writing import PARTS, SHARED, code_of, compiled, share

NAMES = ("input", "other", "third", "fourth")
"""What the parameters, which are given by position, are called; a third or fourth may be None."""

NUMBERS = {float, int}
"""Types of numbers that take the type of a floating-point tensor beside them."""

share(Tensor, TENSORS=TENSORS, NUMBERS=NUMBERS, ARRAYS=ARRAYS, BACKEND=BACKEND, recording=GRAD.get)

UNWRITTEN = """
def call({arrays}{more}):
    (write,) = {parts}
    return write()({given}{more})
"""
TEMPLATE = """
def call({parameters}):
    op, kernels, otherwise, push = {parts}
{apart}    try:
        y = kernels[owner]({arrays}{named})
    except Exception as error:
        y = again(op, ({given},), ({arrays},), {keywords}, error)
    if y.__class__ is not owner and y.__class__ not in ARRAYS:
        y = BACKEND[owner].asarray(y)
    out = new(Tensor)
    out.array = y
    out.node = out.gradient = out.memory = out.origin = None
{recorded}{after}    return out
"""
PAIR = """\
    if input.__class__ in TENSORS:
        t0, x0, n0 = input, input.array, input.node
        kind, owner = x0.dtype, x0.__class__
        if other.__class__ in TENSORS:
            t1, x1, n1 = other, other.array, other.node
            if x1.__class__ is not owner or x1.dtype is not kind:
                return {otherwise}
        elif kind.kind == "f" and other.__class__ in NUMBERS:
            t1, x1, n1 = NOBODY, float(other), None
        else:
            return {otherwise}
    elif other.__class__ in TENSORS and input.__class__ in NUMBERS:
        t0, x0, n0 = NOBODY, float(input), None
        t1, x1, n1 = other, other.array, other.node
        kind, owner = x1.dtype, x1.__class__
        if kind.kind != "f":
            return {otherwise}
    else:
        return {otherwise}
"""
FIRST = """\
    if input.__class__ not in TENSORS:
        return {otherwise}
    t0, x0, n0 = input, input.array, input.node
    kind, owner = x0.dtype, x0.__class__
"""
NEXT = """\
    if {name}.__class__ in TENSORS:
        t{place}, x{place}, n{place} = {name}, {name}.array, {name}.node
        if x{place}.__class__ is not owner{typed}:
            return {otherwise}
{missing}    else:
        return {otherwise}
"""
MISSING = """\
    elif {name} is None:
        t{place} = NOBODY
        x{place} = n{place} = None
"""
RARE = """\
    if kind.kind in {rare!r}:
        return {otherwise}
"""
RECORDED = """\
    if ({live}) and recording():
{record}        out.node = node
"""


def caller(op: Any, view: bool, otherwise: Any) -> Callable[..., Any]:
    """Make the function that calls an operation of one result."""
    names = NAMES[: len(op.arguments)]
    text = UNWRITTEN.format(parts=PARTS, given=", ".join(names), arrays=", ".join(optional(names)),
                            more=", **static" if op.static else "")  # fmt: skip
    function = FunctionType(compiled(text), SHARED)
    function.__code__ = code_of(text, partial(write, function, op, view, otherwise))
    function.__defaults__ = (None,) * (len(op.arguments) - 2)
    function.__kwdefaults__ = op.defaults
    function.__annotations__ = {"return": "Tensor"}
    return function


def write(function: FunctionType, op: Any, view: bool, otherwise: Any) -> FunctionType:
    """Give a function that is called for the first time what it does from then on."""
    function.__code__ = code_of(write_call(op, view), op, op.kernels, otherwise, op.push)
    return function


def optional(names: Sequence[str]) -> list[str]:
    """Write parameters, of which all after the second may be left out."""
    return [*names[:2], *(f"{name}=None" for name in names[2:])]


def signature(op: Any) -> dict[str, str]:
    """Write the parameters of an operation, and how they are handed on."""
    names = NAMES[: len(op.arguments)]
    parameters = optional(names)
    if op.static:
        parameters += ["*", *op.static]
    parameters = [f"{p}={op.defaults[p]!r}" if p in op.defaults else p for p in parameters]
    named = "".join(f", {name}={name}" for name in op.static)
    given = ", ".join(names)
    return {
        "parameters": ", ".join(parameters), "given": given, "named": named,
        "passed": given + named,
    }  # fmt: skip


def write_call(op: Any, view: bool) -> str:
    """Write the function that calls an operation."""
    head = signature(op)
    pairs = ", ".join(f"{name!r}: {name}" for name in op.static)
    keywords = f"{{{pairs}}}" if op.static else "EMPTY"
    arrays = ", ".join(f"x{i}" for i in range(len(op.arguments)))
    return TEMPLATE.format(
        **head, parts=PARTS, arrays=arrays, keywords=keywords,
        apart=write_unpacking(op, view, f"otherwise({head['passed']})"),
        recorded=write_recording(op, keywords),
        after=f"    follow(out, {head['given']}, op, {keywords})\n" if view else "",
    )  # fmt: skip


def write_unpacking(op: Any, view: bool, otherwise: str) -> str:
    """Write how the arguments are taken apart, and which go the general way."""
    text, others = FIRST, range(1, len(op.arguments))
    if len(op.arguments) == 2 and op.casts in ("promote", "float"):
        text, others = PAIR, range(0)
    text = text.format(otherwise=otherwise)
    for place in others:
        typed = op.casts is not None and not op.is_exempt(place)
        name = NAMES[place]
        missing = MISSING.format(name=name, place=place) if place > 1 else ""
        text += NEXT.format(
            name=name, place=place, otherwise=otherwise, missing=missing,
            typed=f" or x{place}.dtype is not kind" if typed else "",
        )  # fmt: skip
    rare = op.unusual + ("" if view else "biuV" if op.casts == "float" else "V")
    return text + RARE.format(rare=rare, otherwise=otherwise) if rare else text


def write_recording(op: Any, keywords: str) -> str:
    """Write how the call is recorded where an argument that has a rule needs a gradient."""
    live = [f"n{i} is not None" for i, on in enumerate(op.differentiable) if on]
    if not live:
        return ""
    return RECORDED.format(
        live=" or ".join(live), record=indent(write_record(op, keywords), "    ")
    )  # fmt: skip
