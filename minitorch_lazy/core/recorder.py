"""Writes, for one operation, how a call is recorded and how its gradient is pulled back.

A loop over arguments would cost as much as a small operation itself. So both are written out, as
`dataclasses` writes `__init__`. What records stands in the function that is called (`core.callers`)
and once more in `make`, for all others; for `multiply` it reads

    node = new(Node)
    node.order = creation()
    node.op = op
    node.parents = (n0, n1)
    {m0 is the memory of the first argument if the second needs a gradient, else FIXED; and so m1}
    node.values = (x0 if n1 is not None else None, x1 if n0 is not None else None,
                   m0, m0.version, m1, m1.version)
    node.shapes = None if x0.shape == x1.shape else (x0.shape, x1.shape)
    ...

where x are arrays, n their nodes and t the tensors, and what pulls back

    def push(xp, g, node, values, pending, queue):
        s0, s1, m0, v0, m1, v1 = values
        if m0.version != v0 or m1.version != v1:
            check_saved(node)
        p0, p1 = node.parents
        shapes = node.shapes
        if p0 is not None:
            gx = rule0(xp, g, s1)
            if shapes is not None and gx.shape != shapes[0]:
                gx = xp.sum_to(gx, shape=shapes[0])
            if p0 in pending:
                pending[p0] = pending[p0] + gx
            else:
                pending[p0] = gx
                if p0.order:
                    heappush(queue, (p0.order, p0))
        ...
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from textwrap import indent
from typing import Any

from minitorch_lazy.core.node import Memory, Node, creation, new
from minitorch_lazy.core.saved import FIXED, NOBODY, check_saved, guard, held, watched

MAKE = """
def make(args, arrays, parents, y, cache, out, static):
{taken}
{recorded}
    return node
"""
RECORD = """\
    node = new(Node)
    node.order = creation()
    node.op = op
    node.parents = {parents}
{memories}    node.values = ({values})
    node.shapes = {shapes}
    node.static = {static}
    node.push = push
    node.hooks = node.pick = None
"""
MEMORY = """\
{condition}    if (m{place} := {tensor}.memory) is None:
        m{place} = {tensor}.memory = new(Memory)
        m{place}.version, m{place}.followed = 0, None
"""
PUSH = """
def push(xp, g, node, values, pending, queue):
{unpacked}    {parents} = node.parents
{fetched}{pulled}
"""
UNPACKED = """\
    {saved} = values
    if {written}:
        check_saved(node)
"""
PULL = """\
if {p} is not None:
    gx = {called}
{fit}{add}"""
FIT = """\
    if {known}gx.shape != shapes[{place}]:
        gx = xp.sum_to(gx, shape=shapes[{place}])
"""
ADD = """\
    if {p} in pending:
        pending[{p}] = pending[{p}] + gx
    else:
        pending[{p}] = gx
        if {p}.order:
            heappush(queue, ({p}.order, {p}))
"""
EMPTY: dict[str, Any] = {}
"""The keywords of a call without any, shared by all such nodes."""


def tools(op: Any) -> dict[str, Any]:
    """Return what the text that records an operation refers to."""
    return {
        "new": new, "Node": Node, "Memory": Memory, "FIXED": FIXED, "creation": creation,
        "op": op, "push": op.push, "EMPTY": EMPTY,
    }  # fmt: skip


def pusher(op: Any) -> Callable[..., None] | None:
    """Write the function that pulls back through an operation; None where only `op.pull` can."""
    if op.into is not None or op.outputs > 1:
        return None
    names, pulled = watched(op), indent(write_pulls(op), "    ")
    guards = [(f"m{i}", f"v{i}") for i in range(len(names))]
    saved = [f"s{i}" for i in range(op.size)] + [part for pair in guards for part in pair]
    written = " or ".join(f"{m}.version != {v}" for m, v in guards)
    parents = [f"p{i}" for i in range(len(op.arguments))]
    unpacked = UNPACKED.format(
        saved=write_items([*saved, "*_"] if op.rest else saved),
        written="True" if op.rest in op.saved else written or "False",
    )  # fmt: skip
    text = PUSH.format(
        unpacked=unpacked if saved else "", pulled=pulled,
        parents=write_items([*parents, "*rest"] if op.rest else parents),
        fetched="".join(f"    {x} = node.{x}\n" for x in ("shapes", "static") if x in pulled),
    )  # fmt: skip
    scope: dict[str, Any] = {"check_saved": check_saved, "heappush": heappush}
    places = [str(place) for place in range(len(op.rules))]
    for place, rule in zip([*places, "s", "_all"], [*op.rules, op.rest_rule, op.joint], strict=True):
        scope |= {f"rule{place}": rule and rule.rule, f"keywords{place}": rule and rule.keywords}
    exec(text, scope)
    made: Callable[..., None] = scope["push"]
    return made


def write_pulls(op: Any) -> str:
    """Write the calls of the rules that are needed, and where their gradients go."""
    if op.joint is not None:
        needed = write_items([f"p{i} is not None" for i in range(len(op.arguments))])
        text = f"every = {write_call(op.joint, '_all', op, f'({needed})')}\n"
        for place in range(len(op.arguments)):
            if op.differentiable[place]:
                text += write_pull(op, f"p{place}", str(place), f"every[{place}]")
        return text
    text = "".join(
        write_pull(op, f"p{place}", str(place), write_call(rule, str(place), op))
        for place, rule in enumerate(op.rules) if rule
    )  # fmt: skip
    if op.rest_rule:
        called = write_call(op.rest_rule, "s", op, "place")
        pull = write_pull(op, "p", f"{len(op.arguments)} + place", called)
        text += f"for place, p in enumerate(rest):\n{indent(pull, '    ')}"
    return text


def write_pull(op: Any, p: str, place: str, called: str) -> str:
    """Write how one argument gets its gradient; what was broadcast is summed."""
    kept = write_shapes(op)
    known = "shapes is not None and " if "NOBODY" in kept else ""
    fit = FIT.format(known=known, place=place) if kept != "None" else ""
    add = ADD.format(p=p)
    if op.joint:  # it may know of no gradient where there is one to give
        fit, add = f"    if gx is not None:\n{indent(fit + add, '    ')}", ""
    return PULL.format(p=p, called=called, fit=fit, add=add)


def write_call(rule: Any, number: str, op: Any, *first: str) -> str:
    """Write the call of one rule."""
    saved = [f"s{op.saved.index(name)}" for name in rule.saved]
    keywords = "static" if rule.static is None else f"keywords{number}(static)"
    called = f"xp.{rule.kernel}(" if rule.kernel else f"rule{number}(xp, "
    stars = "" if rule.static == [] else f"**{keywords}"
    return f"{called}{write_items(['g', *first, *saved])}{stars})"


def maker(op: Any) -> Callable[..., Node]:
    """Write the function that records a call of which nothing is known beforehand."""
    count = len(op.arguments)
    taken = "".join(
        f"    {letter}{i} = {names}[{i}]\n" for letter, names in (("x", "arrays"), ("n", "parents"))
        for i in range(count)
    )  # fmt: skip
    taken += "".join(f"    t{i} = held(args[{i}])\n" for i in range(count))
    scope = {**tools(op), "held": held, "guard": guard, "NOBODY": NOBODY}
    exec(MAKE.format(taken=taken, recorded=write_record(op, "static or EMPTY")), scope)
    made: Callable[..., Node] = scope["make"]
    return made


def write_record(op: Any, static: str) -> str:
    """Write the statements that make a node."""
    count, names = len(op.arguments), watched(op)
    nodes = [f"n{i}" if on else "None" for i, on in enumerate(op.differentiable)]
    parents = "parents" if op.rest else f"({write_items(nodes)})"
    values = [write_value(op, name) for name in op.saved]
    for name in names:
        m = f"m{op.arguments.index(name) if name != 'y' else 'y'}"
        values += [m, f"{m}.version"]
    if op.rest in op.saved:
        values.append(f"*[part for x in args[{count}:] for part in guard(x)]")
    return RECORD.format(
        parents=parents, memories="".join(write_memory(op, name) for name in names),
        values=write_items(values), shapes=write_shapes(op), static=static,
    )  # fmt: skip


def write_items(parts: list[str]) -> str:
    """Write the inside of a tuple."""
    return "".join(part + ", " for part in parts)


def wanted(op: Any, name: str) -> str:
    """Write the condition under which a value is asked for; empty where it always is."""
    if op.joint and (not op.ruled or name.endswith("_shape")):
        return ""
    asking = [i for i, rule in enumerate(op.rules) if rule and name in rule.saved]
    tests = [f"n{i} is not None" for i in asking]
    if op.rest_rule and name in op.rest_rule.saved:
        tests.append(f"any(n is not None for n in parents[{len(op.arguments)}:])")
    everyone = [i for i, rule in enumerate(op.rules) if rule]
    always = asking == everyone and not op.rest_rule
    return "" if always else " or ".join(tests) or "False"


def write_value(op: Any, name: str) -> str:
    """Write a saved value, or None where no rule that is needed asks for it."""
    condition = wanted(op, name)
    value = write_source(op, name)
    return f"{value} if {condition} else None" if condition else value


def write_source(op: Any, name: str) -> str:
    """Write where a saved value comes from."""
    count = len(op.arguments)
    if name in ("y", "ys", "cache"):
        return "y" if name != "cache" else name
    if name == op.rest:
        return f"tuple(arrays[{count}:])"
    if name in op.arguments:
        return f"x{op.arguments.index(name)}"
    argument, _, what = name.rpartition("_")
    if argument == op.rest:
        return f"tuple([x.{what} for x in arrays[{count}:]])"
    array = f"x{op.arguments.index(argument)}"
    if op.casts == "same":
        return f"None if {array} is None else {array}.{what}"
    return f"getattr({array}, '{what}', None)"


def write_memory(op: Any, name: str) -> str:
    """Write how the memory of a saved array is found, or made."""
    place = "y" if name == "y" else op.arguments.index(name)
    tensor = "out" if name == "y" else f"t{place}"
    condition = wanted(op, name)
    text = MEMORY.format(place=place, tensor=tensor, condition="")
    if not condition:
        return text
    return f"    m{place} = FIXED\n    if {condition}:\n{indent(text, '    ')}"


def write_shapes(op: Any) -> str:
    """Write which shapes are kept: none where nothing is broadcast, or rules mind it."""
    count = len(op.arguments)
    if (count == 1 and not op.rest and op.into is None) or (op.joint and op.ruled):
        return "None"
    if count == 2 and op.casts in ("promote", "float"):
        return (
            "None if t0 is NOBODY or t1 is NOBODY or x0.shape == x1.shape "
            "else (x0.shape, x1.shape)"
        )
    if op.rest:
        return "tuple([x.shape if n is not None else None for x, n in zip(arrays, parents)])"
    shapes = [f"x{i}.shape if n{i} is not None else None" for i in range(count)]
    return f"({write_items(shapes)})"
