"""Writes, for one operation, how a call is recorded.

A loop over arguments would cost as much as a small operation itself, so it is written out, as
`dataclasses` writes `__init__`. The text stands in the function that is called (`core.callers`),
and once more in one that records what was called in another way. For `multiply` it begins

    node = Node()
    node.order = creation()
    node.op = op
    node.parents = (n0, n1)
    m0 = FIXED
    if n1 is not None:
        if (m0 := t0.memory) is None:
            m0 = t0.memory = Memory()
            m0.version = 0
    ...

where t are the tensors, x their arrays, n their nodes and m the memories of those that are saved.
"""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent
from typing import Any

from minitorch_lazy.core.node import Memory, Node, creation, new
from minitorch_lazy.core.saved import FIXED, NOBODY, guard, held, watched
from minitorch_lazy.core.writing import PARTS, items, share, written

MAKE = """
def make(args, arrays, parents, y, cache, out, static):
    op, push = {parts}
{unpacked}{recorded}    if (y if y.__class__ in ARRAYS else x0).dtype.kind == "V":
        node.push = None  # bfloat16 is pulled back on Tensors: its arrays lose their type
    return node
"""
RECORD = """\
    node = Node()
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
    if (m{place} := t{place}.memory) is None:
        m{place} = t{place}.memory = Memory()
        m{place}.version = 0
"""
FRESH = """\
    my = out.memory = Memory()
    my.version = 0
"""
EMPTY: dict[str, Any] = {}
"""The keywords of a call without any, shared by all such nodes."""

share(Memory, Node, held, guard, new=new, creation=creation, FIXED=FIXED, NOBODY=NOBODY,
      EMPTY=EMPTY)  # fmt: skip


def maker(op: Any) -> Callable[..., Node]:
    """Make the function that records a call of which nothing is known beforehand."""
    unpacked = "".join(
        f"    x{i}, n{i}, t{i} = arrays[{i}], parents[{i}], held(args[{i}])\n"
        for i in range(len(op.arguments))
    )  # fmt: skip
    text = MAKE.format(parts=PARTS, unpacked=unpacked, recorded=write_record(op, "static or EMPTY"))
    return written(text, op, op.push)


def write_record(op: Any, static: str) -> str:
    """Write the statements that make a node."""
    count, names = len(op.arguments), watched(op)
    nodes = [f"n{i}" if on else "None" for i, on in enumerate(op.differentiable)]
    parents = "parents" if op.rest else f"({items(nodes)})"
    values = [write_value(op, name) for name in op.saved]
    for name in names:
        m = f"m{op.arguments.index(name) if name != 'y' else 'y'}"
        values += [m, f"{m}.version"]
    if op.rest in op.saved:
        values.append(f"*[part for x in args[{count}:] for part in guard(x)]")
    return RECORD.format(
        parents=parents, memories="".join(write_memory(op, name) for name in names),
        values=items(values), shapes=write_shapes(op), static=static,
    )  # fmt: skip


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
    place = op.arguments.index(argument)
    array = f"x{place}"
    if op.casts == "same" and place < 2:
        return f"{array}.{what}"
    if op.casts == "same":
        return f"None if {array} is None else {array}.{what}"
    return f"getattr({array}, '{what}', None)"


def write_memory(op: Any, name: str) -> str:
    """Write how the memory of a saved array is found, or made."""
    place = "y" if name == "y" else op.arguments.index(name)
    condition = wanted(op, name)
    text = FRESH if name == "y" else MEMORY.format(place=place)
    if not condition:
        return text
    return f"    m{place} = FIXED\n    if {condition}:\n{indent(text, '    ')}"


def write_shapes(op: Any) -> str:
    """Write which shapes are kept: none where nothing is broadcast, or rules mind it.

    A joint rule beside rules of the arguments minds it: all of them return the arguments' shapes.
    """
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
    return f"({items(shapes)})"
