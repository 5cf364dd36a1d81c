"""Writes, for one operation, how its gradient is pulled back and added to the parents'.

For `multiply` the function begins

    def push(g, node, pending, queue, release):
        rule0, rule1 = ...
        s0, s1, m0, v0, m1, v1 = node.values
        if m0.version != v0 or m1.version != v1:
            check_saved(node)
        p0, p1 = node.parents
        xp = BACKEND[g.__class__]
        shapes = node.shapes
        if p0 is not None:
            gx = rule0(xp, g, s0)
            if shapes is not None and gx.shape != shapes[0]:
                gx = xp.sum_to(gx, shape=shapes[0])
            if p0 in pending:
                pending[p0] = pending[p0] + gx
            else:
                pending[p0] = gx
                if p0.order:
                    heappush(queue, (p0.order, p0))
        ...
        if release:
            node.values = node.push = None

where s are the saved values, m the memories of saved arrays, v the versions that these had, and p
the parents.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappush
from textwrap import indent
from typing import Any

from minitorch_lazy.core.recorder import write_shapes
from minitorch_lazy.core.saved import check_saved, watched
from minitorch_lazy.core.writing import PARTS, items, share, written

PUSH = """
def push(g, node, pending, queue, release):
{unpacked}    {parents} = node.parents
    xp = BACKEND[g.__class__]
{fetched}{pulled}{released}
"""
UNPACKED = """\
    {saved} = node.values
    if {changed}:
        check_saved(node)
"""
PULL = """\
if {condition} is not None:
{called}{fit}{add}"""
FIT = """\
    if {known}{gx}.shape != shapes[{place}]:
        {gx} = xp.sum_to({gx}, shape=shapes[{place}])
"""
RELEASED = """\
    if release:
        node.values = node.push = None
"""
ADD = """\
    if {p} in pending:
        pending[{p}] = pending[{p}] + {gx}
    else:
        pending[{p}] = {gx}
        if {p}.order:
            heappush(queue, ({p}.order, {p}))
"""

share(heappush, check_saved)


def pusher(op: Any) -> Callable[..., None] | None:
    """Make the function that pulls back through an operation; None where only `op.pull` can."""
    if op.into is not None or op.outputs > 1:
        return None
    pulled = indent(write_pulls(op), "    ")
    parents = [f"p{i}" for i in range(len(op.arguments))]
    every = {f"rule{place}": rule for place, rule in enumerate(op.rules)}
    every |= {"rules": op.rest_rule, "rule_all": op.joint}
    rules = {name: rule.rule for name, rule in every.items() if f"{name}(" in pulled}
    text = PUSH.format(
        unpacked=(f"    {items(list(rules))} = {PARTS}\n" if rules else "") + write_values(op),
        parents=items([*parents, "*rest"] if op.rest else parents), pulled=pulled,
        released=RELEASED if op.saved else "",
        fetched="".join(f"    {x} = node.{x}\n" for x in ("shapes", "static") if x in pulled),
    )  # fmt: skip
    return written(text, *rules.values())


def write_values(op: Any) -> str:
    """Write how the saved values are taken apart, and their versions compared."""
    if not op.saved:
        return ""
    guards = [(f"m{i}", f"v{i}") for i in range(len(watched(op)))]
    saved = [f"s{i}" for i in range(op.size)] + [part for pair in guards for part in pair]
    changed = " or ".join(f"{m}.version != {v}" for m, v in guards)
    return UNPACKED.format(
        saved=items([*saved, "*_"] if op.rest else saved),
        changed="True" if op.rest in op.saved else changed or "False",
    )  # fmt: skip


def write_pulls(op: Any) -> str:
    """Write the calls of the rules that are needed, and where their gradients go."""
    if op.joint is not None:
        needed = items([f"p{i} is not None" for i in range(len(op.arguments))])
        every = items([f"g{i}" for i in range(len(op.arguments))])
        text = f"{every} = {write_call(op.joint, '_all', op, f'({needed})')}\n"
        for place in range(len(op.arguments)):
            if op.differentiable[place]:
                text += write_pull(op, f"p{place}", str(place), f"g{place}")
        return text
    text = "".join(
        write_pull(op, f"p{place}", str(place), "gx", write_call(rule, str(place), op))
        for place, rule in enumerate(op.rules) if rule
    )  # fmt: skip
    if op.rest_rule:
        called = write_call(op.rest_rule, "s", op, "place")
        pull = write_pull(op, "p", f"{len(op.arguments)} + place", "gx", called)
        text += f"for place, p in enumerate(rest):\n{indent(pull, '    ')}"
    return text


def write_pull(op: Any, p: str, place: str, gx: str, called: str = "") -> str:
    """Write how one argument gets its gradient; what was broadcast is summed.

    A joint rule gives all gradients at once; it may know of none where there is one to give.
    """
    kept = write_shapes(op)
    known = "shapes is not None and " if "NOBODY" in kept else ""
    fit = FIT.format(known=known, place=place, gx=gx) if kept != "None" else ""
    called = f"    {gx} = {called}\n" if called else ""
    condition = p if called else f"{p} is not None and {gx}"
    return PULL.format(condition=condition, called=called, fit=fit, add=ADD.format(p=p, gx=gx))


def write_call(rule: Any, number: str, op: Any, *first: str) -> str:
    """Write the call of one rule."""
    saved = [f"s{op.saved.index(name)}" for name in rule.saved]
    names = op.static if rule.static is None else rule.static
    keywords = [f"{name}=static['{name}']" for name in names]
    called = f"xp.{rule.kernel}(" if rule.kernel else f"rule{number}(xp, "
    return f"{called}{items(['g', *first, *saved, *keywords])})"
