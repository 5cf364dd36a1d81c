"""The walk: from outputs back to leaves, the newest node first, without recursion.

Inside the walk a complex cotangent is the one in which `multiply` pulls back as `g * b`; it is
conjugated where users see it, at seeds, hooks and leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.backends.silence import NOTHING, SPEECH
from minitorch_lazy.core.gradients import (
    accumulate,
    as_array,
    call_hooks,
    deliver,
    waiting,
)
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Leaf, Node
from minitorch_lazy.core.saved import check_saved, freed
from minitorch_lazy.core.seeds import seeds_of
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap

creation_order = attrgetter("order")


def reachable(roots: Iterable[Any]) -> list[Any]:
    """Return all nodes that the roots depend on, newest first; leaves are left out."""
    stack = [root for root in roots if root.__class__ is not Leaf]
    seen = set(stack)
    nodes = []
    while stack:
        node = stack.pop()
        nodes.append(node)
        for parent in node.parents:
            if parent is not None and parent.__class__ is not Leaf and parent not in seen:
                seen.add(parent)
                stack.append(parent)
    nodes.sort(key=creation_order)
    return nodes


def leading_to(nodes: list[Any], targets: set[Any]) -> set[Any]:
    """Return those nodes from which a target can be reached; `nodes` is newest first."""
    found = set(targets)
    for node in reversed(nodes):
        if node not in found and any(parent in found for parent in node.parents):
            found.add(node)
    return found


class Walk:
    """One pass over the graph.

    Attributes:
        pending: node -> the gradient collected for it so far; at first the seeds.
        queue: the pending nodes that send on, as a heap of pairs (order, node).
        results: targets and retaining nodes -> their whole gradient; that of leaves is left in
            `pending`.
        useful: the nodes that lead to a target; None where all do.
        owned: nodes whose pending gradient is a buffer that this walk made and may add into.
    """

    __slots__ = ("pending", "queue", "graph", "retain", "targets", "results", "useful", "owned")

    def __init__(self, seeds: dict[Any, Any], graph: bool, retain: bool,
                 targets: set[Any] | None = None) -> None:  # fmt: skip
        self.pending = seeds
        self.queue: list[tuple[int, Any]] = []
        self.graph, self.retain, self.targets = graph, retain, targets
        self.results: dict[Any, Any] = {}
        self.useful: set[Any] | None = None
        self.owned: set[Any] = set()

    def run(self) -> dict[Any, Any]:
        """Walk, and return the gradients that were asked for.

        Where all leaves are asked for, and nothing is recorded, their hooks have not been called.
        """
        usual = self.targets is None and not self.graph
        if self.targets is not None:
            self.useful = leading_to(reachable(self.pending), self.targets)
        for node in self.pending:
            if node.order and (self.useful is None or node in self.useful):
                heappush(self.queue, (node.order, node))
        speech = SPEECH.set(NOTHING)
        try:
            self.visit_all(usual)
        finally:
            SPEECH.reset(speech)
        if not usual:
            self.notice_leaves()
        return self.found()

    def found(self) -> dict[Any, Any]:
        """Return the gradients of leaves, of targets and of what retains its own."""
        return {**self.results, **self.pending} if self.results else self.pending

    def visit_all(self, usual: bool) -> None:
        """Visit the nodes, the newest first; in training most take the shortest way."""
        pending, queue, release = self.pending, self.queue, not self.retain
        while queue:
            node = heappop(queue)[1]
            g = pending.pop(node)
            push = node.push
            if push is None or not usual:
                self.visit(node, g)
                continue
            try:
                push(g, node, pending, queue, release)
            except TypeError:
                if node.values is None:  # another thread has freed them just now
                    raise freed(node) from None
                raise

    def visit(self, node: Any, g: Any) -> None:
        """Show a gradient to hooks, and send it on, recorded where that was asked for.

        A node from which nothing more is asked for keeps its values, and may be stale.
        """
        token = GRAD.set(self.graph)
        try:
            g = self.notice(node, g)
            if self.useful is None or any(parent in self.useful for parent in node.parents):
                self.send(node, g)
        finally:
            GRAD.reset(token)

    def notice_leaves(self) -> None:
        """Show the gradients of leaves to their hooks."""
        token, speech = GRAD.set(self.graph), SPEECH.set(NOTHING)
        try:
            for leaf, g in self.pending.items():
                if leaf.hooks is not None and (self.useful is None or leaf in self.useful):
                    self.pending[leaf] = self.notice(leaf, g)
        finally:
            SPEECH.reset(speech)
            GRAD.reset(token)

    def add(self, node: Any, g: Any) -> None:
        """Add to the gradient of a node; the first that it gets lets it wait for its turn."""
        before = self.pending.get(node)
        if before is not None:
            self.pending[node] = before + g
            return
        self.pending[node] = g
        if node.order:
            heappush(self.queue, (node.order, node))

    def notice(self, node: Any, g: Any) -> Any:
        """Show a finished gradient to hooks, and keep it where it was asked for."""
        if node.hooks is not None:
            g = call_hooks(node.hooks, as_array(g))
        wanted = node.__class__ is Leaf if self.targets is None else node in self.targets
        if wanted or (node.hooks is not None and node.hooks.retain):
            self.results[node] = g
        return g

    def send(self, node: Node, g: Any) -> None:
        """Apply the rules of a node and add what they give to its parents."""
        if node.pick is not None:
            self.collect_output(node, g)
            return
        if node.values is None:
            raise freed(node)
        check_saved(node)
        xp, pulled = self.pull_some(node, g)
        shapes = node.shapes
        for place, (parent, gx) in enumerate(zip(node.parents, pulled, strict=False)):
            if gx is None or parent is None:
                continue
            if shapes is not None and gx.shape != shapes[place]:
                gx = xp.sum_to(gx, shape=shapes[place])  # noqa: PLW2901 - the same gradient
            self.add(parent, gx)
        if not self.retain and node.values:
            node.values = node.push = None

    def pull_some(self, node: Node, g: Any) -> tuple[Any, Any]:
        """Apply only the rules that lead to a target, under the graph where that was asked for.

        bfloat16 takes the way of Tensors too: its arrays lose their type beside Python numbers.
        """
        useful, op, values = self.useful, node.op, node.values
        needed = [p is not None and (useful is None or p in useful) for p in node.parents]
        if self.graph:
            return TENSOR, op.pull(TENSOR, node, g, op.rebuild(node), needed)
        if op.into is not None and needed[0]:
            self.add_into(node, node.parents[0], g)
            needed[0] = False
        xp = backend_of_parts(g) if g.__class__ is list else BACKEND[g.__class__]
        if g.__class__ is not list and g.dtype.kind == "V":
            pulled = op.pull(TENSOR, node, wrap(as_array(g)), op.rebuild(node), needed)
            return xp, [p.array if p.__class__ in TENSORS else p for p in pulled]
        return xp, op.pull(xp, node, g, values, needed)

    def add_into(self, node: Node, parent: Any, g: Any) -> None:
        """Add the gradient of a slice into one buffer that the walk owns."""
        xp, pending = BACKEND[g.__class__], self.pending
        if parent not in self.owned or pending[parent].__class__ not in ARRAYS:
            self.add(parent, xp.zeros((node.shapes or ())[0], dtype=g.dtype))
            pending[parent] = as_array(pending[parent])
            self.owned.add(parent)
        node.op.into(xp, pending[parent], g, **node.static)

    def collect_output(self, node: Node, g: Any) -> None:
        """Put the gradient of one output into its place at the joint node."""
        joint = node.parents[0]
        if joint not in self.pending:
            self.add(joint, [None] * joint.op.outputs)
        places, place = self.pending[joint], node.pick
        places[place] = as_array(g if places[place] is None else places[place] + g)


def backend_of_parts(parts: list[Any]) -> Any:
    """Return the backend of the first gradient that is there."""
    return BACKEND[next(part for part in parts if part is not None).__class__]


def backward(
    tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], retain_graph: bool | None,
    create_graph: bool, inputs: Sequence[Tensor] | None = None,
) -> None:  # fmt: skip
    """Add the gradients of `tensors` to the leaves that they depend on: all of them or none."""
    retain = create_graph if retain_graph is None else retain_graph
    taken: set[int] = set()
    seeds = seeds_of(tensors, gradients, create_graph, taken)
    targets = {t.node for t in inputs} if inputs is not None else None
    walk = Walk(seeds, create_graph, retain, targets)
    results = walk.run()
    if create_graph or inputs is not None:
        accumulate(waiting(results, inputs), taken, create_graph)
    elif not deliver(results, taken):
        walk.notice_leaves()
        accumulate(waiting(walk.found(), None), taken, False)
