"""What a node keeps for its rules, and how it notices that a saved array was written since."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.node import Memory, Node
from minitorch_lazy.core.tensor import TENSORS

STALE = (
    "one of the variables needed for gradient computation has been modified by an inplace "
    "operation: {what} of {name} is at version {now}; expected version {then} instead.\n"
    "  mend    use the out-of-place form of the operation that wrote it, or clone() it first"
)
FIXED = (Memory(), 0)
"""The guard of a number, which nobody can write into."""


def guard(argument: Any) -> tuple[Memory, int]:
    """Return the memory of a saved argument and its present version."""
    if argument.__class__ not in TENSORS:
        return FIXED
    memory = argument.memory or argument.shared()
    return memory, memory.version


def needed(op: Any, mask: tuple[bool, ...]) -> set[str]:
    """Return the names of what the rules ask for that one pattern of gradients needs."""
    active = [rule for place, on in enumerate(mask) if on and (rule := op.rule(place))]
    found = {name for rule in active for name in rule.saved}
    every = op.joint.saved if op.joint else []
    return found.union(every if not op.ruled else [n for n in every if n.endswith("_shape")])


def watched(node: Node) -> list[str]:
    """Name the saved arrays of a node in the order in which it keeps their versions."""
    mask = tuple(parent is not None for parent in node.parents)
    wanted = needed(node.op, mask)
    return [name for name in (*node.op.names(len(mask)), "y") if name in wanted]


def check_saved(node: Any) -> None:
    """Refuse saved arrays that were written since."""
    values = node.values or ()
    for place in range(node.op.size, len(values), 2):
        if values[place].version != values[place + 1]:
            raise stale(node, place)


def stale(node: Any, place: int) -> RuntimeError:
    """Say which saved array was written since; its version stands at a place of the values."""
    memory, then = node.values[place : place + 2]
    number = (place - node.op.size) // 2
    names = watched(node)
    what = names[number] if number < len(names) else "y"
    found = [value for name, value in zip(node.op.saved, node.values, strict=False) if name == what]
    what = "the output" if what == "y" else f"argument {what!r}"
    for value in found:
        if hasattr(value, "strides"):
            what += f", {from_numpy(value.dtype).name} {tuple(value.shape)},"
    return RuntimeError(STALE.format(what=what, name=node.name(), now=memory.version, then=then))
