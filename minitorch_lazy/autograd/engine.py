"""Asking for gradients: `backward`, `grad`, and hooks on tensors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minitorch_lazy.core.backward import Walk
from minitorch_lazy.core.backward import backward as run_backward
from minitorch_lazy.core.gradients import accumulate, own, waiting
from minitorch_lazy.core.handles import RemovableHandle
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.public import attribute, public
from minitorch_lazy.core.seeds import seeds_of
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse

Tensors = Tensor | Sequence[Tensor]


def listed(value: Any) -> list[Any]:
    """Make a list of one tensor or of several."""
    if value is None:
        return []
    return [value] if value.__class__ in TENSORS else list(value)


def paired(tensors: list[Tensor], gradients: Any) -> list[Tensor | None]:
    """Return one gradient, or None, for each tensor."""
    given = [None] * len(tensors) if gradients is None else listed(gradients)
    if len(given) != len(tensors):
        raise RuntimeError(f"got {len(tensors)} tensors and {len(given)} gradients")
    for gradient in given:
        if gradient is not None and gradient.__class__ not in TENSORS:
            raise TypeError("gradients can be either Tensors or None, but got "
                            f"{type(gradient).__name__}")  # fmt: skip
    return given


def backward(
    tensors: Tensors, grad_tensors: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, inputs: Tensors | None = None,
) -> None:  # fmt: skip
    """Add the gradients of tensors to `grad` of the leaves that they depend on: all or none.

    Args:
        tensors: what to differentiate; a single element each, unless `grad_tensors` is given.
        grad_tensors: the gradient to start from, for each tensor.
        retain_graph: keep what the graph saved, for another call.
        create_graph: record the backward pass, for higher derivatives.
        inputs: add only to these.

    Raises:
        RuntimeError: no graph, a second pass over a freed one, or stale saved values.

    Source: torch.autograd.backward.
    """
    every = listed(tensors)
    only = listed(inputs) if inputs is not None else None
    if only is not None:
        check_inputs(only, "backward")
    run_backward(every, paired(every, grad_tensors), retain_graph, create_graph, only)


def grad(
    outputs: Tensors, inputs: Tensors, grad_outputs: Any = None, retain_graph: bool | None = None,
    create_graph: bool = False, allow_unused: bool | None = None,
    is_grads_batched: bool = False, materialize_grads: bool = False,
) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Return the gradients of outputs with respect to inputs, adding to nothing.

    Args:
        allow_unused: return None for an input that the outputs do not depend on.
        materialize_grads: return zeros for such an input.
        is_grads_batched: `grad_outputs` have a leading dimension, one gradient after another.

    Raises:
        RuntimeError: an input was not used, and neither of the above is given.

    Source: torch.autograd.grad.
    """
    outs, ins = listed(outputs), listed(inputs)
    if materialize_grads and allow_unused is False:
        raise ValueError("Expected allow_unused to be True or not passed when "
                         "materialize_grads=True, but got: allow_unused=False.")  # fmt: skip
    if is_grads_batched:
        return batched(outs, ins, paired(outs, grad_outputs), create_graph, allow_unused,
                       materialize_grads)  # fmt: skip
    check_inputs(ins, "grad")
    retain = create_graph if retain_graph is None else retain_graph
    taken: set[int] = set()
    seeds = seeds_of(outs, paired(outs, grad_outputs), create_graph, taken)
    results = Walk(seeds, create_graph, retain, {t.node for t in ins}).run()
    found = tuple([
        own(results[tensor.node], taken) if tensor.node in results
        else missing(tensor, bool(allow_unused), materialize_grads)
        for tensor in ins
    ])  # fmt: skip
    accumulate(waiting(results, ()), taken, create_graph)
    return found


def check_inputs(inputs: list[Tensor], operation: str) -> None:
    """Refuse to differentiate with respect to nothing, or to what needs no gradient."""
    if not inputs:
        raise RuntimeError(f"`inputs` argument to `{operation}()` cannot be empty.\n"
                           "  mend    give at least one tensor")  # fmt: skip
    for tensor in inputs:
        if tensor.node is None:
            raise refuse(RuntimeError, operation, "One of the differentiated Tensors does not "
                         "require grad", "set requires_grad=True before the computation",
                         input=tensor)  # fmt: skip


def missing(tensor: Tensor, allowed: bool, zeros: bool) -> Tensor | None:
    """Answer for an input that the outputs do not depend on."""
    if zeros:
        return tensor.new_zeros(tuple(tensor.shape))  # type: ignore[attr-defined,no-any-return]
    if allowed:
        return None
    raise refuse(
        RuntimeError, "grad", "One of the differentiated Tensors appears to not have been used in "
        "the graph. Set allow_unused=True if this is the desired behavior.",
        "differentiate with respect to what the outputs were computed from", input=tensor,
    )  # fmt: skip


def batched(outs: list[Tensor], ins: list[Tensor], gradients: list[Any], graph: bool,
            unused: bool | None, zeros: bool) -> tuple[Tensor | None, ...]:  # fmt: skip
    """Differentiate once for each gradient along the leading dimension, and stack."""
    from minitorch_lazy.ops.join import stack

    if any(g is None or not g.ndim for g in gradients):
        raise RuntimeError("grad can be implicitly created only for scalar outputs\n"
                           "  mend    give grad_outputs with a leading dimension")  # fmt: skip
    count = len(gradients[0])
    if not count:
        return tuple(tensor.new_zeros((0, *tensor.shape)) for tensor in ins)  # type: ignore[attr-defined]
    rows = [
        grad(outs, ins, [g[i] for g in gradients], True, graph, unused, False, zeros)
        for i in range(count)
    ]
    return tuple(
        None if column[0] is None else stack(list(column)) for column in zip(*rows, strict=True)
    )


def backward_method(
    self: Tensor, gradient: Tensor | None = None, retain_graph: bool | None = None,
    create_graph: bool = False, inputs: Tensors | None = None,
) -> None:  # fmt: skip
    """Add the gradient of this tensor to the leaves that it depends on.

    Source: torch.Tensor.backward.
    """
    if inputs is None and (gradient is None or gradient.__class__ in TENSORS):
        run_backward((self,), (gradient,), retain_graph, create_graph)
    else:
        backward(self, [gradient], retain_graph, create_graph, inputs)


def register_hook(self: Tensor, hook: Callable[[Tensor], Tensor | None]) -> RemovableHandle:
    """Call a function with the gradient of this tensor; what it returns replaces the gradient.

    Raises:
        RuntimeError: the tensor needs no gradient.
        TypeError: the hook cannot be called.

    Source: torch.Tensor.register_hook.
    """
    if not callable(hook):
        raise TypeError(f"a hook must be callable, got {hook!r}")
    return kept(self.hooks().functions, hook)


def register_post_accumulate_grad_hook(
    self: Tensor, hook: Callable[[Tensor], None]
) -> RemovableHandle:
    """Call a function with this leaf after a gradient was added to it.

    Source: torch.Tensor.register_post_accumulate_grad_hook.
    """
    if self.node.__class__ is not Leaf:
        raise RuntimeError(
            "post accumulate grad hooks cannot be registered on non-leaf tensors"
        )
    if not callable(hook):
        raise TypeError(f"a hook must be callable, got {hook!r}")
    return kept(self.hooks().after, hook)


def kept(table: Any, hook: Callable[..., Any]) -> RemovableHandle:
    """Put a hook into a table, and return what takes it out again."""
    handle = RemovableHandle(table)
    table[handle.id] = hook
    return handle


public(backward_method, name="backward", exported=False)
public(register_hook, exported=False)
public(register_post_accumulate_grad_hook, exported=False)


def retains_grad(self: Tensor) -> bool:
    """Whether this intermediate result keeps its gradient."""
    hooks = None if self.grad_fn is None else self.node.hooks
    return hooks is not None and hooks.retain is not None


attribute("retains_grad", retains_grad)


