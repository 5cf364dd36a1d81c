"""Writes, for one operation and one pattern of needed gradients, the function that makes its node.

A loop over arguments would cost as much as a small operation itself. So the function is written out
once for each pattern, as `dataclasses` writes `__init__`. For `multiply` whose left argument alone
needs a gradient it reads:

    def make(args, arrays, parents, y, cache, out, static):
        node = new(Node)
        node.order = creation()
        node.op = op
        node.parents = parents
        node.values = (None, arrays[1], *guard(args[1]),)
        node.shapes = shapes_of(arrays[0], arrays[1])
        node.static = static or EMPTY
        node.pull = pull
        node.hooks = None
        node.pick = None
        return node

    def pull(xp, g, values, static):
        return (rule0(xp, g, values[1]), None,) if values[2].version == values[3] else None
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.node import Memory, Node, creation, new
from minitorch_lazy.core.tensor import TENSORS

TEMPLATE = """
def make(args, arrays, parents, y, cache, out, static):
    node = new(Node)
    node.order = creation()
    node.op = op
    node.parents = parents
    node.values = ({values}{guards})
    node.shapes = {shapes}
    node.static = static or EMPTY
    node.pull = pull
    node.hooks = None
    node.pick = None
    return node

def pull(xp, g, values, static):
    return {pulled} if {intact} else None
"""
EMPTY: dict[str, Any] = {}
"""The keywords of a call without any, shared by all such nodes."""

FIXED = (Memory(), 0)
"""The guard of a number, which nobody can write into."""


def guard(argument: Any) -> tuple[Memory, int]:
    """Return the memory of a saved argument and its present version."""
    if argument.__class__ not in TENSORS:
        return FIXED
    memory = argument.memory or argument.shared()
    return memory, memory.version


def recorder(op: Any, mask: tuple[bool, ...]) -> Callable[..., Node]:
    """Write the function that makes the nodes of `op` for one pattern of needed gradients."""
    wanted = needed(op, mask)
    values = [expression(op, name) if name in wanted else "None" for name in op.saved]
    source = TEMPLATE.format(
        values=listed(values),
        guards=listed(guards(op, mask, wanted)),
        shapes=shapes(op, mask),
        pulled=pulled(op, mask),
        intact=intact(op, guards(op, mask, wanted)),
    )
    scope = {"EMPTY": EMPTY, "shapes_of": shapes_of, "guard": guard, "new": new, "Node": Node,
             "creation": creation, "op": op,
             "mask": mask, "joint": op.joint and op.joint.rule,
             "keywords": op.joint and op.joint.keywords}  # fmt: skip
    for place in range(len(mask)):
        rule = op.rule(place)
        scope |= {f"rule{place}": rule and rule.rule, f"keywords{place}": rule and rule.keywords}
    exec(source, scope)
    if op.into is not None or "ys" in op.saved:
        scope["pull"] = None
    made: Callable[..., Node] = scope["make"]
    return made


def needed(op: Any, mask: tuple[bool, ...]) -> set[str]:
    """Return the names of what the rules ask for that one pattern of gradients needs."""
    active = [rule for place, on in enumerate(mask) if on and (rule := op.rule(place))]
    return {name for rule in [*active, op.joint] if rule for name in rule.saved}


def watched(node: Node) -> list[str]:
    """Name the saved arrays of a node in the order in which it keeps their versions."""
    mask = tuple(parent is not None for parent in node.parents)
    wanted = needed(node.op, mask)
    return [name for name in (*node.op.names(len(mask)), "y") if name in wanted]


def shapes_of(a: Any, b: Any) -> tuple[Any, ...] | None:
    """Return the shapes of two arguments; None where they are equal, and nothing is broadcast."""
    first, second = getattr(a, "shape", ()), getattr(b, "shape", ())
    return None if first == second else (first, second)


def shapes(op: Any, mask: tuple[bool, ...]) -> str:
    """Write which shapes are kept: none for one argument, whose rule returns its shape."""
    if len(mask) == 1 and not op.rest and op.into is None:
        return "None"
    if len(mask) == 2 and op.casts in ("promote", "float"):
        return "shapes_of(arrays[0], arrays[1])"
    return f"({listed([f'arrays[{i}].shape' if on else 'None' for i, on in enumerate(mask)])})"


def listed(parts: list[str]) -> str:
    """Write the inside of a tuple."""
    return "".join(part + ", " for part in parts)


def guards(op: Any, mask: tuple[bool, ...], wanted: set[str]) -> list[str]:
    """Write the guards of all saved arrays."""
    names = op.names(len(mask))
    found = [
        guard_of(f"args[{i}]") if mask[i] else f"*guard(args[{i}])"
        for i, name in enumerate(names) if name in wanted
    ]  # fmt: skip
    return [*found, guard_of("out")] if "y" in wanted else found


def intact(op: Any, found: list[str]) -> str:
    """Write the test that no saved array was written since."""
    places = range(op.size, op.size + 2 * len(found), 2)
    return " and ".join(f"values[{i}].version == values[{i + 1}]" for i in places) or "True"


def guard_of(tensor: str) -> str:
    """Write the guard of what is known to be a tensor."""
    return f"(m := {tensor}.memory or {tensor}.shared()), m.version"


def pulled(op: Any, mask: tuple[bool, ...]) -> str:
    """Write the call of every rule that is needed."""
    if op.joint is not None:
        saved = [f"values[{op.saved.index(name)}]" for name in op.joint.saved]
        keywords = "" if op.joint.static == [] else "**keywords(static)"
        return f"joint(xp, g, mask, {listed(saved)}{keywords})"
    needed = [on and op.rule(place) is not None for place, on in enumerate(mask)]
    calls = [pull_of(op, place) if on else "None" for place, on in enumerate(needed)]
    return f"({listed(calls)})"


def pull_of(op: Any, place: int) -> str:
    """Write the call of one rule."""
    rule = op.rule(place)
    rest = place - len(op.arguments)
    position = f"{rest}, " if rest >= 0 else ""
    saved = [f"values[{op.saved.index(name)}]" for name in rule.saved]
    keywords = "" if rule.static == [] else f"**keywords{place}(static)"
    return f"rule{place}(xp, g, {position}{listed(saved)}{keywords})"


def expression(op: Any, name: str) -> str:
    """Write where a saved value comes from."""
    count = len(op.arguments)
    if name in ("y", "ys", "cache"):
        return "y" if name != "cache" else name
    if name == op.rest:
        return f"tuple(arrays[{count}:])"
    if name in op.arguments:
        return f"arrays[{op.arguments.index(name)}]"
    argument, _, what = name.rpartition("_")
    if argument == op.rest:
        return f"tuple([x.{what} for x in arrays[{count}:]])"
    return f"getattr(arrays[{op.arguments.index(argument)}], '{what}', None)"
