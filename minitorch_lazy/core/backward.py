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
from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.gradients import (
    accumulate,
    as_array,
    call_hooks,
    conjugate,
    deliver,
    waiting,
)
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Leaf, Node
from minitorch_lazy.core.saved import check_saved
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap

creation_order, hooks_of = attrgetter("order"), attrgetter("hooks")

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed). Saved intermediate values of the graph are freed when you call "
    ".backward() or autograd.grad().\n  at      {name}\n"
    "  mend    give retain_graph=True to the first call, or compute the result again"
)


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
        """Walk, and return the gradients that were asked for."""
        if self.targets is not None:
            self.useful = leading_to(reachable(self.pending), self.targets)
        for node in self.pending:
            if node.order and (self.useful is None or node in self.useful):
                heappush(self.queue, (node.order, node))
        token, speech = GRAD.set(self.graph), SPEECH.set(NOTHING)
        try:
            if self.graph or self.targets is not None:
                self.step_by_step()
            else:
                self.straight()
            if any(map(hooks_of, self.pending)):
                for leaf, g in self.pending.items():
                    if self.useful is None or leaf in self.useful:
                        self.pending[leaf] = self.notice(leaf, g)
        finally:
            SPEECH.reset(speech)
            GRAD.reset(token)
        return {**self.results, **self.pending} if self.results else self.pending

    def straight(self) -> None:
        """Walk to all leaves without recording: what training does, and so the shortest way."""
        pending, queue, release = self.pending, self.queue, not self.retain
        while queue:
            node = heappop(queue)[1]
            g = pending.pop(node)
            if node.hooks is not None:
                g = self.notice(node, g)
            push = node.push
            if push is not None:
                values = node.values
                if values is None:
                    raise RuntimeError(FREED.format(name=node.name()))
                push(BACKEND[g.__class__], g, node, values, pending, queue)
                if release and values:
                    node.values = None
            else:
                self.send(node, g)

    def step_by_step(self) -> None:
        """Walk where the pass is recorded, or where only some nodes are asked for.

        A node from which nothing more is asked for keeps its values, and may be stale.
        """
        while self.queue:
            node = heappop(self.queue)[1]
            g = self.notice(node, self.pending.pop(node))
            if self.useful is None or any(parent in self.useful for parent in node.parents):
                self.send(node, g)

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
            raise RuntimeError(FREED.format(name=node.name()))
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
            node.values = None

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


def seeds_of(tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], graph: bool,
             taken: set[int]) -> dict[Any, Any]:  # fmt: skip
    """Check the gradients that a walk starts from, and collect them by node.

    Args:
        taken: gets the ids of the arrays that were given: they are the caller's.
    """
    seeds: dict[Any, Any] = {}
    for tensor, gradient in zip(tensors, gradients):  # noqa: B905 - as many; `strict` costs time
        node = tensor.node
        if node is None:
            place = next(i for i, other in enumerate(tensors) if other is tensor)
            raise RuntimeError(
                f"element {place} of tensors does not require grad and does not have a grad_fn\n"
                "  mend    set requires_grad=True on what to differentiate, before the computation"
            )
        if gradient is None:
            array = tensor.array
            if array.size != 1 or array.dtype.kind == "c":
                raise no_start(tensor)
            g = BACKEND[array.__class__].seed(array)
            g = wrap(as_array(g)) if graph else g
        else:
            taken.add(id(gradient.array))
            gradient = fitting(gradient, tensor)
            g = conjugate(gradient if graph else gradient.array)
        seeds[node] = seeds[node] + g if node in seeds else g
    return seeds


def no_start(tensor: Tensor) -> RuntimeError:
    """Say why a walk from this tensor needs to be given a gradient."""
    if tensor.array.size != 1:
        return RuntimeError(
            f"grad can be implicitly created only for scalar outputs, got shape "
            f"{tuple(tensor.shape)}\n  mend    reduce it, for example with .sum(), or give "
            "gradient="
        )
    return RuntimeError(
        "grad can be implicitly created only for real scalar outputs but got "
        f"{tensor.dtype}\n  mend    differentiate .real or .abs() of it, or give gradient="
    )


def fitting(gradient: Tensor, tensor: Tensor) -> Tensor:
    """Return the gradient to start from, in the type of the tensor that it is for.

    Raises:
        RuntimeError: the shapes differ, or one is complex and the other is not.
    """
    if gradient.array.shape != tensor.array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output has a shape of {gradient.shape} and output has a "
            f"shape of {tensor.shape}.\n  mend    give a gradient of the output's shape"
        )
    have, want = gradient.array.dtype, tensor.array.dtype
    if have == want:
        return gradient
    if (have.kind == "c") != (want.kind == "c"):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output has a dtype of {from_numpy(have)} and output has a "
            f"dtype of {from_numpy(want)}.\n  mend    convert it with .to({from_numpy(want)})"
        )
    return TENSOR.astype(gradient, dtype=want)  # type: ignore[no-any-return]


def backward(
    tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], retain_graph: bool | None,
    create_graph: bool, inputs: Sequence[Tensor] | None = None,
) -> None:  # fmt: skip
    """Add the gradients of `tensors` to the leaves that they depend on: all of them or none."""
    retain = create_graph if retain_graph is None else retain_graph
    taken: set[int] = set()
    seeds = seeds_of(tensors, gradients, create_graph, taken)
    targets = {t.node for t in inputs} if inputs is not None else None
    results = Walk(seeds, create_graph, retain, targets).run()
    if create_graph or inputs is not None or not deliver(results, taken):
        accumulate(waiting(results, inputs), taken, create_graph)
