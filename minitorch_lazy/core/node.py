"""The graph's two kinds of node: one for every recorded operation, one for every leaf.

A node keeps raw arrays, never Tensor objects, and a leaf's node knows its tensor only weakly: so no
graph holds a cycle, and all of it is freed the moment its last tensor goes, without recursion.
"""

from __future__ import annotations

import weakref
from collections import OrderedDict
from collections.abc import Callable
from itertools import count
from threading import RLock
from typing import Any

ADDING = RLock()
"""Held while gradients are added to `grad`: threads that share leaves lose none of them."""

new = object.__new__
creation = count(-1, -1).__next__
"""Numbers the nodes downwards, so that a queue of them hands out the newest first."""


class Memory:
    """The version counter that all tensors over the same memory share.

    Who makes one sets its version: an `__init__` would take as long again.

    Attributes:
        version: how often the memory was written in place.
        followed: weak references to differentiable views, pruned when their number has doubled.
            Most memory has none, and no such attribute.
    """

    __slots__ = ("version", "followed", "limit")
    version: int
    followed: list[weakref.ref[Any]]

    @property
    def views(self) -> list[weakref.ref[Any]]:
        """The views that are followed."""
        return getattr(self, "followed", [])

    def add(self, view: Any) -> None:
        """Follow a view, so that it sees what in-place writes do to the graph."""
        if not self.views:
            self.followed, self.limit = [], 8
        elif len(self.followed) >= self.limit:
            self.followed = [reference for reference in self.followed if reference() is not None]
            self.limit = max(8, 2 * len(self.followed))
        self.followed.append(weakref.ref(view))


class Hooks:
    """What a user asked to be told about the gradient of one tensor."""

    __slots__ = ("functions", "after", "retain")

    def __init__(self) -> None:
        self.functions: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.after: OrderedDict[int, Callable[[Any], Any]] = OrderedDict()
        self.retain: weakref.ref[Any] | None = None


class Leaf:
    """The node of a tensor that the user made and wants a gradient for."""

    __slots__ = ("order", "tensor", "hooks", "__weakref__")
    parents = ()
    pick = push = None

    def __init__(self, tensor: Any) -> None:
        self.order = 0
        self.tensor = weakref.ref(tensor)
        self.hooks: Hooks | None = None

    def name(self) -> str:
        """Name this node as torch names it."""
        return "AccumulateGrad"

    @property
    def next_functions(self) -> tuple[()]:
        """A leaf has no parents."""
        return ()

    @property
    def variable(self) -> Any:
        """The tensor that this node accumulates into, or None when it is gone."""
        return self.tensor()


class Node:
    """One recorded operation.

    Attributes:
        order: number of its creation, counting down: a child's is always below its parents'.
        op: the operation, which knows its rules.
        parents: for each argument its node, or None where no gradient is needed.
        values: what the rules need (arrays, shapes), then memory and version of every saved array
            one after the other; None once it was freed.
        shapes: for each argument its shape; None where none can have been broadcast.
        static: keyword arguments of the call.
        push: applies the rules that are needed, and adds what they give to the parents' gradients;
            None where only `op.pull` can, where hooks wait, and where the values were freed.
        pick: None, or this node's place among the outputs of its only parent.
    """

    __slots__ = ("order", "op", "parents", "values", "shapes", "static", "push",
                 "hooks", "pick", "__weakref__")  # fmt: skip
    order: int
    op: Any
    parents: tuple[Any, ...]
    values: tuple[Any, ...] | None
    shapes: tuple[Any, ...] | None
    static: dict[str, Any]
    push: Callable[..., Any] | None
    hooks: Hooks | None
    pick: int | None

    @property
    def tensor(self) -> Any:
        """A weak reference to the tensor that retains its gradient here."""
        return self.hooks.retain if self.hooks is not None else None

    def name(self) -> str:
        """Name this node as torch names it: `MulBackward0`."""
        return str(self.op.node_name)

    @property
    def next_functions(self) -> tuple[tuple[Any, int], ...]:
        """The nodes of the arguments, as pairs `(node, output number)`."""
        return tuple((parent, getattr(parent, "pick", None) or 0) for parent in self.parents)

    def __repr__(self) -> str:
        return f"<{self.name()} object at {id(self):#x}>"


def record(
    op: Any,
    parents: tuple[Any, ...],
    values: tuple[Any, ...],
    shapes: tuple[Any, ...] | None,
    static: dict[str, Any],
    pick: int | None = None,
) -> Node:
    """Make a node that has no written function: an output of several, a user's Function."""
    node = Node()
    node.order = creation()
    node.op = op
    node.parents = parents
    node.values = values
    node.shapes = shapes
    node.static = static
    node.push = None
    node.hooks = None
    node.pick = pick
    return node
