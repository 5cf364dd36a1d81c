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
        parents = node.parents
        shapes = node.shapes
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

from minitorch_lazy.core.node import Node, creation, new
from minitorch_lazy.core.saved import check_saved, guard, needed

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
{fetched}{pulled}
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
EMPTY: dict[str, Any] = {}
"""The keywords of a call without any, shared by all such nodes."""


def recorder(op: Any, mask: tuple[bool, ...]) -> Callable[..., Node]:
    """Write the function that makes the nodes of `op` for one pattern of needed gradients."""
    wanted = needed(op, mask)
    values = [write_value(op, name) if name in wanted else "None" for name in op.saved]
    watch = write_guards(op, mask, wanted)
    pulled = write_pulls(op, mask)
    used = [name for name in ("parents", "shapes", "static") if name in pulled]
    source = TEMPLATE.format(
        values=write_items(values), guards=write_items(watch), shapes=write_shapes(op, mask),
        intact=write_test(op, watch), pulled=pulled,
        fetched="".join(f"    {name} = node.{name}\n" for name in used),
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


def shapes_of(a: Any, b: Any) -> tuple[Any, ...] | None:
    """Return the shapes of two arguments; None where they are equal, and nothing is broadcast."""
    first, second = getattr(a, "shape", ()), getattr(b, "shape", ())
    return None if first == second else (first, second)


def write_shapes(op: Any, mask: tuple[bool, ...]) -> str:
    """Write which shapes are kept: none for one argument, whose rule returns its shape."""
    if len(mask) == 1 and not op.rest and op.into is None:
        return "None"
    if len(mask) == 2 and op.casts in ("promote", "float"):
        return "shapes_of(arrays[0], arrays[1])"
    return f"({write_items([f'arrays[{i}].shape' if on else 'None' for i, on in enumerate(mask)])})"


def write_items(parts: list[str]) -> str:
    """Write the inside of a tuple."""
    return "".join(part + ", " for part in parts)


def write_guards(op: Any, mask: tuple[bool, ...], wanted: set[str]) -> list[str]:
    """Write the guards of all saved arrays."""
    names = op.names(len(mask))
    found = [
        write_guard(f"args[{i}]") if mask[i] else f"*guard(args[{i}])"
        for i, name in enumerate(names) if name in wanted
    ]  # fmt: skip
    return [*found, write_guard("out")] if "y" in wanted else found


def write_test(op: Any, found: list[str]) -> str:
    """Write the test that no saved array was written since."""
    places = range(op.size, op.size + 2 * len(found), 2)
    return " and ".join(f"values[{i}].version == values[{i + 1}]" for i in places) or "True"


def write_guard(tensor: str) -> str:
    """Write the guard of what is known to be a tensor."""
    return f"(m := {tensor}.memory or {tensor}.shared()), m.version"


def write_pulls(op: Any, mask: tuple[bool, ...]) -> str:
    """Write the calls of the rules that are needed, and where their gradients go."""
    places = [place for place, on in enumerate(mask) if on]
    if op.joint is None:
        lines = ""
        for i in places:
            if op.rule(i) is not None:
                lines += f"    gx = {write_call(op, i)}\n"
                lines += write_fit(op, mask, i) + ADD.format(place=i)
        return lines
    saved = [f"values[{op.saved.index(name)}]" for name in op.joint.saved]
    keywords = write_keywords(op.joint, "keywords")
    called = f"xp.{op.joint.kernel}(" if op.joint.kernel else "joint(xp, "
    lines = f"    every = {called}g, mask, {write_items(saved)}{keywords})\n"
    for i in places:
        step = write_fit(op, mask, i) + ADD.format(place=i)
        lines += f"    gx = every[{i}]\n    if gx is not None:\n{indent(step, '    ')}"
    return lines


def write_fit(op: Any, mask: tuple[bool, ...], place: int) -> str:
    """Write the sum over what was broadcast, where anything may have been."""
    kept = write_shapes(op, mask)
    if kept == "None" or (op.joint and op.ruled):
        return ""
    known = "shapes is not None and " if kept.startswith("shapes_of") else ""
    return (
        f"    if {known}gx.shape != shapes[{place}]:\n"
        f"        gx = xp.sum_to(gx, shape=shapes[{place}])\n"
    )


def write_call(op: Any, place: int) -> str:
    """Write the call of one rule."""
    rule = op.rule(place)
    rest = place - len(op.arguments)
    position = f"{rest}, " if rest >= 0 else ""
    saved = [f"values[{op.saved.index(name)}]" for name in rule.saved]
    keywords = write_keywords(rule, f"keywords{place}")
    called = f"xp.{rule.kernel}(" if rule.kernel else f"rule{place}(xp, "
    return f"{called}g, {position}{write_items(saved)}{keywords})"


def write_keywords(rule: Any, choose: str) -> str:
    """Write the keywords of a rule: none, all, or those that it chooses."""
    return "" if rule.static == [] else "**static" if rule.static is None else f"**{choose}(static)"


def write_value(op: Any, name: str) -> str:
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
