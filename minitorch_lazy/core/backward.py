"""The walk: from outputs back to leaves, in order of creation, without recursion.

Inside the walk a complex cotangent is the one in which `multiply` pulls back as `g * b`; it is
conjugated where users see it, at seeds, hooks and leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.backends.silence import NOTHING, SPEECH
from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.gradients import (
    accumulate,
    arrays_of,
    as_array,
    call_hooks,
    conjugate,
    waiting,
)
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Leaf, Node
from minitorch_lazy.core.recorder import check_saved
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap

creation_order = attrgetter("order")

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
    nodes.sort(key=creation_order, reverse=True)
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
        pending: node -> the gradient collected for it so far.
        results: leaves, targets and retaining nodes -> their whole gradient.
        useful: the nodes that lead to a target; None where all do.
        owned: nodes whose pending gradient is a buffer that this walk made and may add into.
    """

    def __init__(self, seeds: dict[Any, Any], graph: bool, retain: bool,
                 targets: set[Any] | None = None) -> None:  # fmt: skip
        self.pending = dict(seeds)
        self.graph, self.retain, self.targets = graph, retain, targets
        self.results: dict[Any, Any] = {}
        self.useful: set[Any] | None = None
        self.owned: set[Any] = set()

    def run(self) -> dict[Any, Any]:
        """Walk, and return the gradients that were asked for."""
        nodes = reachable(self.pending)
        if self.targets is not None:
            self.useful = leading_to(nodes, self.targets)
            nodes = [node for node in nodes if node in self.useful]
        token, speech = GRAD.set(self.graph), SPEECH.set(NOTHING)
        try:
            if self.graph or self.targets is not None:
                self.step_by_step(nodes)
            else:
                self.straight(nodes)
            self.end_at_leaves()
        finally:
            SPEECH.reset(speech)
            GRAD.reset(token)
        return self.results

    def straight(self, nodes: list[Any]) -> None:
        """Walk to all leaves without recording: what training does, and so the shortest way."""
        pending, release = self.pending, not self.retain
        take = pending.pop
        for node in nodes:
            g = take(node, None)
            if g is None:
                continue
            if node.hooks is not None:
                g = self.notice(node, g)
            push = node.push
            if push is not None and g.dtype.kind != "V":
                values = node.values
                if values is None:
                    raise RuntimeError(FREED.format(name=node.name()))
                push(BACKEND[g.__class__], g, node, values, pending)
                if release and values:
                    node.values = None
            else:
                self.send(node, g)

    def end_at_leaves(self) -> None:
        """Take what is still pending: leaves send nothing on."""
        results = self.results
        for leaf, g in self.pending.items():
            if leaf.hooks is None:
                results[leaf] = g
            else:
                self.notice(leaf, g)

    def step_by_step(self, nodes: list[Any]) -> None:
        """Walk where the pass is recorded, or where only some nodes are asked for."""
        for node in nodes:
            g = self.pending.pop(node, None)
            if g is None:
                continue
            self.send(node, self.notice(node, g))

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
        pending, shapes = self.pending, node.shapes
        for place, (parent, gx) in enumerate(zip(node.parents, pulled, strict=False)):
            if gx is None or parent is None:
                continue
            if shapes is not None and gx.shape != shapes[place]:
                gx = xp.sum_to(gx, shape=shapes[place])  # noqa: PLW2901 - the same gradient
            before = pending.get(parent)
            pending[parent] = gx if before is None else before + gx
        if not self.retain and node.values:
            node.values = None

    def pull_some(self, node: Node, g: Any) -> tuple[Any, Any]:
        """Apply only the rules that lead to a target, under the graph where that was asked for.

        bfloat16 takes the way of Tensors too: its arrays lose their type next to Python numbers.
        """
        useful, op, values = self.useful, node.op, node.values
        needed = [p is not None and (useful is None or p in useful) for p in node.parents]
        if self.graph:
            return TENSOR, op.pull(TENSOR, node, g, op.rebuild(node), needed)
        if op.into is not None and needed[0]:
            self.add_into(node, node.parents[0], g)
            needed[0] = False
        xp = owner(g) if g.__class__ is list else BACKEND[g.__class__]
        if g.__class__ is not list and g.dtype.kind == "V":
            pulled = op.pull(TENSOR, node, wrap(as_array(g)), op.rebuild(node), needed)
            return xp, [p.array if p.__class__ in TENSORS else p for p in pulled]
        return xp, op.pull(xp, node, g, values, needed)

    def add_into(self, node: Node, parent: Any, g: Any) -> None:
        """Add the gradient of a slice into one buffer that the walk owns."""
        xp = BACKEND[g.__class__]
        buffer = self.pending.get(parent)
        if parent not in self.owned or buffer.__class__ not in ARRAYS:
            fresh = xp.zeros((node.shapes or ())[0], dtype=g.dtype)
            total = fresh if buffer is None else as_array(fresh + buffer)
            buffer = self.pending[parent] = total
            self.owned.add(parent)
        node.op.into(xp, buffer, g, **node.static)

    def collect_output(self, node: Node, g: Any) -> None:
        """Put the gradient of one output into its place at the joint node."""
        joint = node.parents[0]
        places = self.pending.setdefault(joint, [None] * joint.op.outputs)
        place = node.pick
        places[place] = as_array(g if places[place] is None else places[place] + g)


def owner(parts: list[Any]) -> Any:
    """Return the backend of the first gradient that is there."""
    return BACKEND[next(part for part in parts if part is not None).__class__]


def seeds_of(tensors: Sequence[Tensor], gradients: Sequence[Tensor | None],
             graph: bool) -> dict[Any, Any]:  # fmt: skip
    """Check the gradients that a walk starts from, and collect them by node."""
    seeds: dict[Any, Any] = {}
    for tensor, gradient in zip(tensors, gradients, strict=True):
        seed = check_seed(tensor, gradient)
        g = conjugate(seed if graph else seed.array)
        before = seeds.get(tensor.node)
        seeds[tensor.node] = g if before is None else before + g
    return seeds


def check_seed(tensor: Tensor, gradient: Tensor | None) -> Tensor:
    """Return the gradient to start from; ones for a single element."""
    if tensor.node is None:
        raise RuntimeError(
            "element 0 of tensors does not require grad and does not have a grad_fn\n"
            "  mend    set requires_grad=True on what to differentiate, before the computation"
        )
    array = tensor.array
    if gradient is None:
        if array.size != 1:
            raise RuntimeError(
                f"grad can be implicitly created only for scalar outputs, got shape "
                f"{tuple(tensor.shape)}\n  mend    reduce it, for example with .sum(), or give "
                "gradient="
            )
        if array.dtype.kind == "c":
            raise RuntimeError(
                "grad can be implicitly created only for real scalar outputs but got "
                f"{tensor.dtype}\n  mend    differentiate .real or .abs() of it, or give gradient="
            )
        return wrap(BACKEND[array.__class__].seed(array))
    return fitting(gradient, tensor)


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
    seeds = seeds_of(tensors, gradients, create_graph)
    targets = {t.node for t in inputs} if inputs is not None else None
    results = Walk(seeds, create_graph, retain, targets).run()
    accumulate(waiting(results, inputs), arrays_of(seeds.values()), create_graph)
