"""Full backward hooks: gates in the graph before and after a module."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minitorch_lazy.core.gradients import conjugate
from minitorch_lazy.core.modes import is_grad_enabled
from minitorch_lazy.core.node import record
from minitorch_lazy.core.primitive import picked
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import follow, forbid
from minitorch_lazy.ops.shape import reshaped

RESHAPE: Any = reshaped.op  # type: ignore[attr-defined]

Gradients = tuple[Tensor | None, ...]


class Gate:
    """The operation of a node that hands gradients on, after somebody has seen them.

    Attributes:
        see: is given the gradient of every tensor, and returns what to hand on.
    """

    node_name = "BackwardHookFunctionBackward"
    into = None
    size = 0

    def __init__(self, outputs: int, see: Callable[[Gradients], Gradients]) -> None:
        self.outputs, self.see = outputs, see

    def rebuild(self, node: Any) -> tuple[()]:
        """Nothing is saved."""
        return ()

    def pull(self, xp: Any, node: Any, g: Sequence[Any], values: Any, needed: Any) -> list[Any]:
        """Show the gradients as Tensors, and hand on what comes back in the walk's own form."""
        raw = not any(part.__class__ in TENSORS for part in g)
        seen = tuple(None if part is None else as_tensor(part) for part in g)
        return [
            None if part is None else conjugate(part.array if raw else part)
            for part in self.see(seen)
        ]


def as_tensor(part: Any) -> Tensor:
    """Show one gradient to the user: a Tensor, in torch's convention for complex numbers."""
    part = conjugate(part)
    return part if isinstance(part, Tensor) else wrap(part)


def pass_gate(
    values: tuple[Any, ...], see: Callable[[Gradients], Gradients]
) -> tuple[tuple[Any, ...], list[int] | None]:
    """Lead the tensors among `values` through one gate.

    Returns:
        the values with their tensors replaced, and the places of the tensors; None instead of
        the places where no gradient will flow.
    """
    places = [place for place, value in enumerate(values) if value.__class__ in TENSORS]
    tensors = [values[place] for place in places]
    if not (is_grad_enabled() and any(tensor.node is not None for tensor in tensors)):
        return values, None
    parents = tuple(tensor.node for tensor in tensors)
    shapes = tuple(tensor.array.shape for tensor in tensors)
    node = record(Gate(len(tensors), see), parents, (), shapes, {})
    out = list(values)
    for number, (place, tensor) in enumerate(zip(places, tensors, strict=True)):
        if tensor.node is not None:
            out[place] = wrap(tensor.array, picked(node, number))
            follow(out[place], tensor, RESHAPE, {"shape": shapes[number]})
    forbid(tuple(out[place] for place in places), Gate.node_name)
    return rebuilt(values, out), places


def rebuilt(like: tuple[Any, ...], values: list[Any]) -> tuple[Any, ...]:
    """Make a tuple of the type of another one, which may be a named one."""
    return tuple(values) if type(like) is tuple else type(like)(*values)


def spread(places: list[int], values: Sequence[Any], size: int) -> tuple[Any, ...]:
    """Put values at their places in a tuple of None."""
    out = [None] * size
    for place, value in zip(places, values, strict=True):
        out[place] = value
    return tuple(out)


def is_all_none(result: Any) -> bool:
    """Tell whether a hook's result is a tuple that leaves everything as it is."""
    return isinstance(result, tuple) and all(part is None for part in result)


class BackwardHook:
    """The two gates of one call of a module, and the hooks that stand at them.

    Attributes:
        grad_output: what went through the gate at the output, until the input's is known.

    Source: torch.utils.hooks.BackwardHook.
    """

    def __init__(self, module: Any, hooks: list[Any], pre_hooks: list[Any]) -> None:
        self.module, self.hooks, self.pre_hooks = module, hooks, pre_hooks
        self.grad_output: Gradients | None = None
        self.input_places: list[int] | None = None
        self.output_places: list[int] | None = None
        self.inputs = self.outputs = 0

    def __bool__(self) -> bool:
        return bool(self.hooks or self.pre_hooks)

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Lead the positional arguments through the gate at the input."""
        self.inputs = len(args)
        args, self.input_places = pass_gate(args, self.see_input)
        return args

    def leave(self, result: Any) -> Any:
        """Lead the result through the gate at the output."""
        if not (result.__class__ in TENSORS or isinstance(result, tuple)):
            warnings.warn(
                "For backward hooks to be called, module output should be a Tensor or a tuple of "
                f"Tensors but received {type(result)}",
                stacklevel=2,
            )
        values = result if isinstance(result, tuple) else (result,)
        self.outputs = len(values)
        values, self.output_places = pass_gate(values, self.see_output)
        return values if isinstance(result, tuple) else values[0]

    def see_output(self, gradients: Gradients) -> Gradients:
        """Let the pre-hooks see, and replace, the gradient of the output."""
        places = self.output_places or []
        grad_output = spread(places, gradients, self.outputs)
        for hook in self.pre_hooks:
            result = hook(self.module, grad_output)
            if result is None:
                continue
            result = result if isinstance(result, tuple) else (result,)
            if len(result) != len(grad_output):
                raise RuntimeError(
                    "Backward pre hook returned an invalid number of grad_output, got "
                    f"{len(result)}, but expected {len(grad_output)}"
                )
            grad_output = result
        self.grad_output = grad_output
        if self.input_places is None:
            self.see_no_input(grad_output)
        return tuple(grad_output[place] for place in places)

    def see_no_input(self, grad_output: Gradients) -> None:
        """Call the hooks of a module none of whose inputs needs a gradient."""
        self.grad_output = None
        if self.hooks:
            warnings.warn(
                "Full backward hook is firing when gradients are computed with respect to module "
                "outputs since no inputs require gradients.",
                stacklevel=2,
            )
        for hook in self.hooks:
            result = hook(self.module, (None,) * self.inputs, grad_output)
            if result is not None and not is_all_none(result):
                raise RuntimeError(
                    "Backward hook for Modules where no input requires gradient should always "
                    "return None or None for all gradients."
                )

    def see_input(self, gradients: Gradients) -> Gradients:
        """Let the hooks see, and replace, the gradient of the input."""
        if self.grad_output is None:
            return gradients
        places = self.input_places or []
        grad_input = spread(places, gradients, self.inputs)
        for hook in self.hooks:
            result = hook(self.module, grad_input, self.grad_output)
            if result is None:
                continue
            result = result if isinstance(result, tuple) else (result,)
            if len(result) != len(grad_input):
                raise RuntimeError(
                    "Backward hook returned an invalid number of grad_input, got "
                    f"{len(result)}, but expected {len(grad_input)}"
                )
            grad_input = result
        self.grad_output = None
        return tuple(grad_input[place] for place in places)
