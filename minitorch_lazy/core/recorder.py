"""Writes, for one operation and one pattern of gradients, how it is recorded and pulled back.

A loop over arguments would cost as much as a small operation itself. So both functions are written
out once for each pattern, as `dataclasses` writes `__init__`. For `multiply` whose left argument
alone needs a gradient they read:

    def make(args, arrays, parents, y, cache, out, static):
        node = new(Node)
        node.order = creation()
        node.op = op
        node.parents = parents
        node.values = (arrays[1], None, *guard(args[1]), )
        node.shapes = shapes_of(arrays[0], arrays[1])
        node.static = static or EMPTY
        node.push = push
        node.hooks = None
        node.pick = None
        return node

    def push(xp, g, node, values, pending, queue):
        if not (values[2].version == values[3]):
            check_saved(node)
        parents, shapes, static = node.parents, node.shapes, node.static
        gx = rule0(xp, g, values[0], )
        if shapes is not None and gx.shape != shapes[0]:
            gx = xp.sum_to(gx, shape=shapes[0])
        parent = parents[0]
        before = pending.get(parent)
        if before is not None:
            pending[parent] = before + gx
        else:
            pending[parent] = gx
            if parent.order:
                heappush(queue, (parent.order, parent))
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from textwrap import indent
from typing import Any

from minitorch_lazy.core.dtype import from_numpy
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
    node.push = push
    node.hooks = None
    node.pick = None
    return node

def push(xp, g, node, values, pending, queue):
    if not ({intact}):
        check_saved(node)
    parents, shapes, static = node.parents, node.shapes, node.static
{pulled}
"""
ADD = """\
    parent = parents[{place}]
    before = pending.get(parent)
    if before is not None:
        pending[parent] = before + gx
    else:
        pending[parent] = gx
        if parent.order:
            heappush(queue, (parent.order, parent))
"""
STALE = (
    "one of the variables needed for gradient computation has been modified by an inplace "
    "operation: {what} of {name} is at version {now}; expected version {then} instead.\n"
    "  mend    use the out-of-place form of the operation that wrote it, or clone() it first"
)
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
    watch = guards(op, mask, wanted)
    source = TEMPLATE.format(
        values=listed(values), guards=listed(watch), shapes=shapes(op, mask),
        intact=intact(op, watch), pulled=pulled(op, mask),
    )  # fmt: skip
    scope = {"EMPTY": EMPTY, "shapes_of": shapes_of, "guard": guard, "new": new, "Node": Node,
             "creation": creation, "check_saved": check_saved, "op": op, "heappush": heappush,
             "mask": mask, "joint": op.joint and op.joint.rule,
             "keywords": op.joint and op.joint.keywords}  # fmt: skip
    for place in range(len(mask)):
        rule = op.rule(place)
        scope |= {f"rule{place}": rule and rule.rule, f"keywords{place}": rule and rule.keywords}
    exec(source, scope)
    if op.into is not None or op.outputs > 1:
        scope["push"] = None
    made: Callable[..., Node] = scope["make"]
    return made


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
    """Write the calls of the rules that are needed, and where their gradients go."""
    places = [place for place, on in enumerate(mask) if on]
    if op.joint is None:
        ruled = [place for place in places if op.rule(place) is not None]
        return "".join(f"    gx = {pull_of(op, i)}\n{fitted(op, mask, i)}{ADD.format(place=i)}"
                       for i in ruled)  # fmt: skip
    saved = [f"values[{op.saved.index(name)}]" for name in op.joint.saved]
    keywords = passed(op.joint, "keywords")
    called = f"xp.{op.joint.kernel}(" if op.joint.kernel else "joint(xp, "
    lines = f"    every = {called}g, mask, {listed(saved)}{keywords})\n"
    for i in places:
        step = fitted(op, mask, i) + ADD.format(place=i)
        lines += f"    gx = every[{i}]\n    if gx is not None:\n{indent(step, '    ')}"
    return lines


def fitted(op: Any, mask: tuple[bool, ...], place: int) -> str:
    """Write the sum over what was broadcast, where anything may have been."""
    kept = shapes(op, mask)
    if kept == "None" or (op.joint and op.ruled):
        return ""
    known = "shapes is not None and " if kept.startswith("shapes_of") else ""
    return (
        f"    if {known}gx.shape != shapes[{place}]:\n"
        f"        gx = xp.sum_to(gx, shape=shapes[{place}])\n"
    )


def pull_of(op: Any, place: int) -> str:
    """Write the call of one rule."""
    rule = op.rule(place)
    rest = place - len(op.arguments)
    position = f"{rest}, " if rest >= 0 else ""
    saved = [f"values[{op.saved.index(name)}]" for name in rule.saved]
    keywords = passed(rule, f"keywords{place}")
    called = f"xp.{rule.kernel}(" if rule.kernel else f"rule{place}(xp, "
    return f"{called}g, {position}{listed(saved)}{keywords})"


def passed(rule: Any, choose: str) -> str:
    """Write the keywords of a rule: none, all, or those that it chooses."""
    return "" if rule.static == [] else "**static" if rule.static is None else f"**{choose}(static)"


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
