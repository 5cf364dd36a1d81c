"""What a node keeps for its rules, and how it notices that a saved array was written since."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.node import Memory
from minitorch_lazy.core.tensor import TENSORS

STALE = (
    "one of the variables needed for gradient computation has been modified by an inplace "
    "operation: {what} of {name} is at version {now}; expected version {then} instead.\n"
    "  mend    use the out-of-place form of the operation that wrote it, or clone() it first"
)
FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad().\n  at      {name}\n"
    "  mend    give retain_graph=True to the first call, or compute the result again"
)

FIXED = Memory()
FIXED.version = 0
"""The memory of what nobody can write into: a number, or what is not saved."""


class Nobody:
    """Stands where there is no tensor."""

    memory = FIXED


NOBODY = Nobody()


def held(argument: Any) -> Any:
    """Return what has a memory: the argument if it is a tensor."""
    return argument if argument.__class__ in TENSORS else NOBODY


def guard(argument: Any) -> tuple[Memory, int]:
    """Return the memory of a saved argument and its present version."""
    if argument.__class__ not in TENSORS:
        return FIXED, 0
    memory = argument.memory or argument.shared()
    return memory, memory.version


def watched(op: Any) -> list[str]:
    """Name the saved arrays of which every node keeps the version, in their order."""
    return [name for name in (*op.arguments, "y") if name in op.saved]


def check_saved(node: Any) -> None:
    """Refuse saved arrays that were written since."""
    values = node.values or ()
    for place in range(node.op.size, len(values), 2):
        if values[place].version != values[place + 1]:
            raise stale(node, place)


def stale(node: Any, place: int) -> RuntimeError:
    """Say which saved array was written since; its version stands at a place of the values."""
    memory, then = node.values[place : place + 2]
    names = watched(node.op) + [node.op.rest] * len(node.parents)
    what = names[(place - node.op.size) // 2] or "y"
    found = [value for name, value in zip(node.op.saved, node.values, strict=False) if name == what]
    what = "the output" if what == "y" else f"argument {what!r}"
    for value in found:
        if hasattr(value, "strides"):
            what += f", {from_numpy(value.dtype).name} {tuple(value.shape)},"
    return RuntimeError(STALE.format(what=what, name=node.name(), now=memory.version, then=then))


def freed(node: Any) -> RuntimeError:
    """Say that the values of a node are gone."""
    return RuntimeError(FREED.format(name=node.name()))
