"""Function: an operation of the user's own, with the derivative that they write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.gradients import conjugate
from minitorch_lazy.core.modes import enable_grad, is_grad_enabled, no_grad
from minitorch_lazy.core.node import Memory, Node, record
from minitorch_lazy.core.primitive import picked
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import check_writable, rebase
from minitorch_lazy.errors import refuse

Guard = tuple[Memory, int]


class FunctionCtx:
    """What forward leaves for backward.

    Attributes:
        needs_input_grad: for each argument of forward, whether its gradient is needed.
    """

    def __init__(self, needs: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs
        self.to_save: tuple[Tensor | None, ...] = ()
        self.kept: list[tuple[Any, Any, Guard] | None] | None = []
        self.constant: tuple[Tensor, ...] = ()
        self.dirty: tuple[Tensor, ...] = ()
        self.fills = True
        self.name = ""

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep inputs or outputs for backward; it finds them in `saved_tensors`."""
        self.to_save = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say that some outputs have no gradient."""
        self.constant = tensors

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Say that forward wrote some inputs in place, and returns them."""
        self.dirty = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Say whether backward gets zeros, rather than None, for outputs that were not used."""
        self.fills = value

    @property
    def saved_tensors(self) -> tuple[Tensor | None, ...]:
        """The tensors that forward saved, at their places in the graph.

        Raises:
            RuntimeError: they were freed by an earlier backward, or written in place since.
        """
        if self.kept is None:
            raise RuntimeError(
                "Trying to backward through the graph a second time (or directly access saved "
                f"tensors after they have already been freed).\n  at      {self.name}\n"
                "  mend    give retain_graph=True to the first call"
            )
        return tuple(None if entry is None else restored(entry, self.name) for entry in self.kept)


def restored(entry: tuple[Any, Any, Guard], name: str) -> Tensor:
    """Make a saved array a tensor again, if nobody wrote it."""
    array, node, (memory, version) = entry
    if memory.version != version:
        raise RuntimeError(
            "one of the variables needed for gradient computation has been modified by an inplace "
            f"operation\n  at      {name}\n  mend    save a clone(), or write out of place"
        )
    return wrap(array, node)


class UserOperation:
    """The operation of a node whose rule is a user's `backward`."""

    joint = into = None
    size = 1

    def __init__(self, cls: type[Function], ctx: FunctionCtx, count: int) -> None:
        self.cls, self.ctx, self.outputs = cls, ctx, count
        self.node_name = cls.__name__ + "Backward"

    def pull(self, xp: Any, node: Node, g: Any, values: Any, needed: Any) -> list[Any]:
        """Call backward with gradients as Tensors, and take its answers apart again."""
        parts = g if isinstance(g, list) else [g]
        shapes = node.static["shapes"]
        graph = any(part.__class__ in TENSORS for part in parts)
        seen = [self.as_seen(part, like) for part, like in zip(parts, shapes, strict=True)]
        with enable_grad() if graph else no_grad():
            answers = self.cls.backward(self.ctx, *seen)
        answers = answers if isinstance(answers, tuple) else (answers,)
        return self.checked(node, answers, needed, graph)

    def as_seen(self, part: Any, like: Any) -> Any:
        """Return the gradient of one output as the user sees it."""
        if part is None:
            if not self.ctx.fills:
                return None
            return wrap(BACKEND[like.__class__].zeros_like(like))
        return conjugate(part if part.__class__ in TENSORS else wrap(part))

    def checked(self, node: Node, answers: tuple[Any, ...], needed: Any, graph: bool) -> list[Any]:
        """Refuse a wrong number or kind of gradients."""
        places = node.static["places"]
        extra = answers[node.static["count"] :]
        if len(answers) < node.static["count"] or any(a is not None for a in extra):
            raise RuntimeError(
                f"function {self.node_name} returned an incorrect number of gradients (expected "
                f"{node.static['count']}, got {len(answers)})\n"
                "  mend    return one gradient, or None, for each argument of forward"
            )
        found: list[Any] = []
        for place, wanted in zip(places, needed, strict=True):
            answer = answers[place]
            if not wanted or answer is None:
                found.append(None)
                continue
            if answer.__class__ not in TENSORS:
                raise TypeError(f"expected Variable or None (got {type(answer).__name__})")
            answer = conjugate(answer)
            found.append(answer if graph else answer.array)
        return found

    def rebuild(self, node: Node) -> Any:
        """Saved tensors know their places in the graph themselves."""
        return node.values


class Function:
    """An operation with a derivative of its own.

    Subclasses give static methods `forward(ctx, *args)` and `backward(ctx, *grad_outputs)`, or
    `forward(*args)` together with `setup_context(ctx, inputs, output)`. Call `apply`.

    Source: torch.autograd.Function.

    >>> import minitorch_lazy as torch
    >>> class Double(torch.autograd.Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         return x * 2
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         return g * 2
    >>> x = torch.ones(2, requires_grad=True)
    >>> Double.apply(x).sum().backward()
    >>> x.grad
    tensor([2., 2.])
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any]
    setup_context: Callable[..., Any] | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} should not be instantiated. Methods on autograd functions are "
            f"static: call {type(self).__name__}.apply(...)"
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward, and record backward where a gradient is needed."""
        needs = tuple(a.__class__ in TENSORS and a.node is not None for a in args)
        ctx = FunctionCtx(needs)
        ctx.name = cls.__name__
        live = any(needs) and is_grad_enabled()
        with no_grad():
            if cls.setup_context is None:
                result = cls.forward(ctx, *args)
            else:
                result = cls.forward(*args)
                cls.setup_context(ctx, args, result)
        outputs = list(result) if isinstance(result, tuple) else [result]
        outs = [fresh(cls, ctx, args, out) for out in outputs]
        if live:
            attach(cls, ctx, args, outputs, outs)
        else:
            keep(ctx, {})
        return tuple(outs) if isinstance(result, tuple) else outs[0]


def fresh(cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], out: Any) -> Any:
    """Return an output as a tensor of its own; inputs that were written stay themselves."""
    if out.__class__ not in TENSORS or any(out is d for d in ctx.dirty):
        return out
    if any(out is a for a in args) or out.node is not None or out.origin is not None:
        new = wrap(out.array)
        new.memory = out.shared()
        return new
    return out


def attach(
    cls: type[Function], ctx: FunctionCtx, args: tuple[Any, ...], outputs: list[Any],
    outs: list[Any],
) -> None:  # fmt: skip
    """Give the outputs their nodes."""
    places = [i for i, a in enumerate(args) if a.__class__ in TENSORS]
    parents = tuple(args[i].node for i in places)
    tensors = [out for out in outs if out.__class__ in TENSORS]
    op = UserOperation(cls, ctx, len(tensors))
    static = {"places": places, "count": len(args), "shapes": [out.array for out in tensors]}
    shapes = tuple(args[i].array.shape for i in places)
    joint = record(op, parents, (ctx,), shapes, static)
    for place, out in enumerate(tensors):
        constant = any(out is c or out.array is c.array for c in ctx.constant)
        if constant or out.array.dtype.kind in "biu":
            continue
        node = joint if len(tensors) == 1 else picked(joint, place)
        if any(out is d for d in ctx.dirty):
            check_writable(out, True, cls.__name__)
            out.bump()
            rebase(out, node)
        else:
            out.node = node
    keep(ctx, {id(raw): out for raw, out in zip(outputs, outs, strict=True)})


def keep(ctx: FunctionCtx, renewed: dict[int, Any]) -> None:
    """Keep arrays, nodes and versions of the saved tensors: never the tensors themselves."""
    kept: list[Any] = []
    for tensor in ctx.to_save:
        if tensor is not None and tensor.__class__ not in TENSORS:
            raise refuse(TypeError, "save_for_backward", "save_for_backward can only save "
                         f"variables, but a {type(tensor).__name__} was given",
                         "keep it as an attribute of ctx", value=tensor)  # fmt: skip
        tensor = renewed.get(id(tensor), tensor)
        if tensor is None:
            kept.append(None)
        else:
            memory = tensor.shared()
            kept.append((tensor.array, tensor.node, (memory, memory.version)))
    ctx.kept, ctx.to_save = kept, ()
