"""Function: an operation of the user's own, with the derivative that they write."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from minitorch_lazy.autograd.context import FunctionCtx, Saved
from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.gradients import conjugate, duplicate
from minitorch_lazy.core.modes import enable_grad, is_grad_enabled, no_grad
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Node, record
from minitorch_lazy.core.primitive import picked
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import check_writable, rebase


class UserOperation:
    """The operation of a node whose rule is a user's `backward`."""

    joint = into = None
    size = 1

    def __init__(self, cls: type[Function], count: int) -> None:
        self.cls, self.outputs = cls, count
        self.node_name = cls.__name__ + "Backward"

    def pull(self, xp: Any, node: Node, g: Any, values: Any, needed: Any) -> list[Any]:
        """Call backward with gradients as Tensors, and take its answers apart again."""
        ctx = values[0]
        parts = g if isinstance(g, list) else [g]
        graph = any(part.__class__ in TENSORS for part in parts)
        seen = [
            as_seen(ctx, part, like)
            for part, like in zip(parts, node.static["outputs"], strict=True)
        ]
        with enable_grad() if graph else no_grad():
            answers = self.cls.backward(ctx, *seen)
        answers = answers if isinstance(answers, tuple) else (answers,)
        self.check_count(node, answers)
        return [
            self.checked(node, number, answers[place], graph) if wanted else None
            for number, (place, wanted) in enumerate(
                zip(node.static["places"], needed, strict=True)
            )
        ]

    def check_count(self, node: Node, answers: tuple[Any, ...]) -> None:
        """Refuse a wrong number of gradients, and gradients of what is no tensor."""
        count, places = node.static["count"], node.static["places"]
        if len(answers) < count or any(answer is not None for answer in answers[count:]):
            raise RuntimeError(
                f"function {self.node_name} returned an incorrect number of gradients (expected "
                f"{count}, got {len(answers)})\n"
                "  mend    return one gradient, or None, for each argument of forward"
            )
        for place, answer in enumerate(answers[:count]):
            if answer is not None and place not in places:
                raise RuntimeError(
                    f"function {self.node_name} returned a gradient different than None at "
                    f"position {place + 1}, but the corresponding forward input was not a "
                    "Variable\n  mend    return None there"
                )

    def checked(self, node: Node, number: int, answer: Any, graph: bool) -> Any:
        """Return the answer for one tensor as the walk wants it, in memory of its own."""
        if answer is None:
            return None
        if answer.__class__ not in TENSORS:
            raise RuntimeError(f"expected Variable or None (got {type(answer).__name__})\n"
                               f"  at      {self.node_name}")  # fmt: skip
        shape, kind = (node.shapes or ())[number], node.static["types"][number]
        if not expandable(shape, answer.array.shape):
            raise RuntimeError(
                f"Function {self.node_name} returned an invalid gradient at index "
                f"{node.static['places'][number]} - got {list(answer.array.shape)} but expected "
                f"shape compatible with {list(shape)}\n"
                "  mend    return a gradient of the argument's shape"
            )
        if answer.array.dtype != kind:
            answer = TENSOR.astype(answer, dtype=kind)
        answer = conjugate(answer)
        return answer if graph else BACKEND[answer.array.__class__].copy(answer.array)

    def rebuild(self, node: Node) -> Any:
        """Saved tensors know their places in the graph themselves."""
        return node.values


def as_seen(ctx: FunctionCtx, part: Any, like: Any) -> Any:
    """Return the gradient of one output as the user sees it: a copy, or zeros if it has none."""
    if part is not None:
        return duplicate(conjugate(part if part.__class__ in TENSORS else wrap(part)))
    if like is None or not ctx.fills:
        return None
    return wrap(BACKEND[like.__class__].zeros_like(like))


def expandable(shape: tuple[int, ...], wide: tuple[int, ...]) -> bool:
    """Tell whether a shape broadcasts to another one."""
    pairs = zip(reversed(shape), reversed(wide), strict=False)
    return len(shape) <= len(wide) and all(a in (1, b) for a, b in pairs)


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

    setup_context: Callable[..., Any] | None = None

    @staticmethod
    def forward(*args: Any) -> Any:
        """Compute; the first argument is `ctx` unless there is a `setup_context`."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor | None) -> Any:
        """Return one gradient, or None, for each argument of forward."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            "autograd.Function to use it with backward mode AD."
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError(
            f"{type(self).__name__} should not be instantiated. Methods on autograd functions are "
            f"static: call {type(self).__name__}.apply(...)"
        )

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Run forward, and record backward where a gradient is needed."""
        needs = tuple(a.__class__ in TENSORS and a.node is not None for a in args)
        ctx = FunctionCtx(needs, cls.__name__ + "Backward")
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
    several = len(outs) > 1
    static = {
        "places": places, "count": len(args), "types": [args[i].array.dtype for i in places],
        "outputs": [out.array if several and out.__class__ in TENSORS else None for out in outs],
    }  # fmt: skip
    shapes = tuple(args[i].array.shape for i in places)
    joint = record(UserOperation(cls, len(outs)), parents, (ctx,), shapes, static)
    ctx.place = weakref.ref(joint)
    numbers: dict[int, int] = {}
    for number, out in enumerate(outs):
        if out.__class__ not in TENSORS or out.array.dtype.kind in "biu":
            continue
        if any(out is c or out.array is c.array for c in ctx.constant):
            continue
        numbers[id(out)] = number
        if not any(outputs[number] is a for a in args):
            numbers[id(outputs[number])] = number
        node = picked(joint, number) if several else joint
        if any(out is d for d in ctx.dirty):
            check_writable(out, True, cls.__name__)
            out.bump()
            rebase(out, node)
        else:
            out.node = node
    ctx.kept = [None if tensor is None else saved(tensor, numbers) for tensor in ctx.to_save]
    ctx.to_save = ctx.dirty = ctx.constant = ()


def saved(tensor: Tensor, outputs: dict[int, int]) -> Saved:
    """Keep the array, place and version of a tensor; of an output its number among them."""
    memory = tensor.shared()
    place = outputs.get(id(tensor), tensor.node)
    return Saved(tensor.array, place, (memory, memory.version))


class Once(Function):
    """Hands gradients on, and refuses to be differentiated."""

    @staticmethod
    def forward(ctx: FunctionCtx, count: int, *values: Any) -> tuple[Any, ...]:
        """Return the first `count` values; the others are what they were computed from."""
        return values[:count]

    @staticmethod
    def backward(ctx: FunctionCtx, *grad_outputs: Tensor | None) -> Any:
        """Refuse."""
        raise RuntimeError(
            "trying to differentiate twice a function that was marked with @once_differentiable\n"
            "  mend    write its backward with operations on Tensors, and leave the mark out"
        )


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Mark the backward of a Function that is not made of differentiable operations.

    It runs outside of the graph; a second derivative is refused rather than wrong.

    Source: torch.autograd.function.once_differentiable.
    """

    @functools.wraps(backward)
    def wrapped(ctx: FunctionCtx, *grad_outputs: Any) -> Any:
        with no_grad():
            answers = backward(ctx, *grad_outputs)
        if not is_grad_enabled():
            return answers
        several = answers if isinstance(answers, tuple) else (answers,)
        return Once.apply(len(several), *several, *grad_outputs, *ctx.saved_tensors)

    return wrapped
