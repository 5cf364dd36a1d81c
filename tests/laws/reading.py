"""What rules and kernels say: the names that their code asks a namespace for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dis import get_instructions
from inspect import getclosurevars
from types import CodeType, FunctionType
from typing import Any

from minitorch_lazy.backends.registry import KERNELS
from minitorch_lazy.core.primitive import PRIMITIVES, Operation

PLAIN = {"shape", "ndim", "__getitem__"}
"""What a rule may ask arrays and tuples of sizes for."""

BARE = {"LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME"}
"""Instructions that read a name without a point before it."""


def rules_of(op: Operation) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the rules of an operation with the argument of each; a joint rule has none."""
    for argument, derivative in zip(op.arguments, op.rules, strict=True):
        if derivative is not None:
            yield argument, derivative.rule
    for argument, derivative in ((op.rest, op.rest_rule), ("", op.joint)):
        if derivative is not None:
            yield argument, derivative.rule


def attributes(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield each attribute that code reads, with the name before the point, if it is plain."""
    before = ""
    for step in get_instructions(code):
        if step.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            yield before, str(step.argval)
        before = str(step.argval) if step.opname.startswith("LOAD_") else ""
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from attributes(part)


def helpers(function: Callable[..., Any]) -> Iterator[FunctionType]:
    """Yield the functions of the package that a function calls by their bare names."""
    known = {**function.__globals__, **getclosurevars(function).nonlocals}
    stack = [function.__code__]
    while stack:
        code = stack.pop()
        stack += [part for part in code.co_consts if isinstance(part, CodeType)]
        for step in get_instructions(code):
            found = known.get(step.argval) if step.opname in BARE else None
            if isinstance(found, FunctionType) and found.__module__.startswith("minitorch_lazy."):
                yield found


def asked(function: Callable[..., Any]) -> set[tuple[str, str]]:
    """Return the attributes that a function reads, and those that its helpers read."""
    found: set[tuple[str, str]] = set()
    stack, seen = [function], set()
    while stack:
        each = stack.pop()
        if each in seen:
            continue
        seen.add(each)
        found |= set(attributes(each.__code__))
        stack += helpers(each)
    return found


def kernels_behind(op: Operation) -> set[str]:
    """Return the kernels that an operation may run, forward or backward, one below another."""
    rules = [*op.rules, op.rest_rule, op.joint]
    found = {op.name, *(rule.kernel for rule in rules if rule)} & set(KERNELS)
    stack = [rule for _, rule in rules_of(op)] + [KERNELS[name] for name in found]
    while stack:
        names = {name for _, name in asked(stack.pop())} & set(KERNELS)
        stack += [KERNELS[name] for name in names - found]
        found |= names
    return found


CALLERS = {
    kernel: sorted(name for name, op in PRIMITIVES.items() if kernel in kernels_behind(op))
    for kernel in sorted(KERNELS)
}
"""Kernel -> the primitives that may run it."""
