"""Gradients where users meet them: at hooks, and in `grad` of leaves.

The walk may hand one array to several nodes, and may have it from the caller. So a hook is shown a
copy that it may write into, and what `grad` holds is memory of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import methodcaller
from typing import Any

from minitorch_lazy.backends.registry import ARRAYS, BACKEND
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import ADDING, Leaf
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse

Holder = tuple[Tensor | None, Any]
"""A tensor and the gradient that arrived for it."""


def conjugate(g: Any) -> Any:
    """Change between the walk's convention and torch's; only complex numbers differ."""
    if g.__class__ in TENSORS:
        return TENSOR.conj(g) if g.array.dtype.kind == "c" else g
    if g.dtype.kind != "c":
        return g
    backend = BACKEND[g.__class__]
    return backend.asarray(backend.conj(g))


def as_array(g: Any) -> Any:
    """Make an array of a NumPy scalar, which operators make of 0-d arrays."""
    if g.__class__ in TENSORS or g.__class__ in ARRAYS:
        return g
    return BACKEND[g.__class__].asarray(g)


def duplicate(tensor: Tensor) -> Tensor:
    """Copy the numbers of a tensor, keeping its place in the graph."""
    return wrap(BACKEND[tensor.array.__class__].copy(tensor.array), tensor.node)


def call_hooks(hooks: Any, g: Any) -> Any:
    """Let the hooks of a tensor see, and replace, its gradient."""
    if not hooks.functions:
        return g
    raw = g.__class__ not in TENSORS
    seen = duplicate(wrap(conjugate(g)) if raw else conjugate(g))
    for function in list(hooks.functions.values()):
        result = function(seen)
        if result is not None:
            check_replacement(function, seen, result)
            seen = result
    result = conjugate(seen)
    return BACKEND[result.array.__class__].copy(result.array) if raw else result


def check_replacement(function: Any, seen: Tensor, result: Any) -> None:
    """Refuse what a hook returned unless it can stand for the gradient."""
    if result.__class__ not in TENSORS:
        raise TypeError(
            f"expected Variable, but hook returned {type(result).__name__!r}\n"
            f"  hook    {function!r}\n  mend    return a Tensor, or None to leave the gradient"
        )
    for what in ("type", "size"):
        name = "dtype" if what == "type" else "shape"
        was, got = getattr(seen, name), getattr(result, name)
        if was != got:
            raise RuntimeError(
                f"hook {getattr(function, '__name__', repr(function))!r} has changed the {what} of "
                f"value (was {was} got {got})\n"
                f"  mend    return a Tensor of {name} {was}, or None to leave the gradient"
            )


def own(g: Any, taken: set[int]) -> Tensor:
    """Return a gradient, as users see it, whose memory belongs to nobody else.

    Args:
        taken: ids of the arrays that belong to somebody; the result's is added.
    """
    if g.__class__ in ARRAYS and g.dtype.kind != "c":
        found = wrap(g)
    else:
        g = conjugate(g)
        found = g if g.__class__ in TENSORS else wrap(as_array(g))
        g = found.array
    if id(g) in taken or g.base is not None or not g.flags.c_contiguous:
        found = duplicate(found)
        g = found.array
    taken.add(id(g))
    return found


def deliver(results: dict[Any, Any], taken: set[int]) -> bool:
    """Give all leaves their first gradients: what training does, and so the shortest way.

    Returns:
        False, and no leaf has its gradient, where one of them needs more thought.
    """
    gs = results.values()
    if len({*map(id, gs), *taken}) < len(gs) + len(taken):
        return False
    with ADDING:
        for node, g in results.items():
            tensor = node.tensor()
            if (
                tensor is None or tensor.node is not node or node.hooks is not None
                or tensor.gradient is not None or g.__class__ not in ARRAYS or g.base is not None
                or tensor.array.shape != g.shape or g.dtype.kind == "c"
            ):  # fmt: skip
                break
            tensor.gradient = g
        else:
            return True
        for before in results:
            if before is node:
                break
            before.tensor().gradient = None
    return False


tensor_of = methodcaller("tensor")
"""Returns the tensor of a leaf, or the one that retains its gradient at another node."""


def waiting(results: dict[Any, Any], inputs: Iterable[Tensor] | None) -> Iterable[Holder]:
    """Pair gradients with the tensors that wait for them; one that is gone is None.

    These are `inputs`, or all leaves; and what retains its gradient.
    """
    if inputs is None:
        return zip(map(tensor_of, results), results.values(), strict=True)
    found = [(tensor, results[tensor.node]) for tensor in inputs if tensor.node in results]
    kept = [node for node in results if node.hooks is not None and node.hooks.retain is not None]
    found += [(node.hooks.retain(), results[node]) for node in kept]
    return {id(tensor): (tensor, g) for tensor, g in found}.values()


def accumulate(holders: Iterable[Holder], taken: set[int], graph: bool) -> None:
    """Add gradients to `grad`, to all or to none, and tell those who asked to be told.

    Args:
        taken: ids of the arrays that belong to somebody else.

    Raises:
        RuntimeError: a gradient does not fit its tensor or what `grad` holds already.
    """
    with ADDING:
        ready = [
            (tensor, own(g, taken)) for tensor, g in holders
            if tensor is not None and tensor.node is not None  # else nobody asks for it any more
        ]  # fmt: skip
        for tensor, g in ready:
            if tensor.gradient is not None or tensor.array.shape != g.array.shape:
                check_sum(tensor, g, graph)
        for tensor, g in ready:
            if tensor.gradient is None:
                tensor.gradient = g
            else:
                add_to(tensor, g, graph)
    hooked = [tensor for tensor, _ in ready if tensor.node.hooks is not None]
    if hooked:
        token = GRAD.set(graph)
        try:
            for tensor in hooked:
                call_after_hooks(tensor)
        finally:
            GRAD.reset(token)


def check_sum(tensor: Tensor, gradient: Tensor, graph: bool) -> None:
    """Refuse a gradient that cannot be added to what is there."""
    before, shape = tensor.grad, gradient.array.shape
    if tensor.node.__class__ is Leaf and tensor.array.shape != shape:
        raise refuse(
            RuntimeError, "backward", f"returned an invalid gradient - got {list(shape)} but "
            f"expected shape compatible with {list(tensor.array.shape)}",
            "set .data before the computation, not between it and backward()", leaf=tensor,
        )  # fmt: skip
    if before is None or graph or before.node is not None:
        return
    if before.array.shape != shape or not BACKEND[before.array.__class__].writable(before.array):
        raise refuse(
            RuntimeError, "backward", "unsupported operation: the gradient cannot be added to what "
            "grad holds, which has another shape or elements that share memory",
            "set grad to None first", grad=before, gradient=gradient,
        )  # fmt: skip


def add_to(tensor: Tensor, gradient: Tensor, graph: bool) -> None:
    """Add a gradient to what `grad` of a tensor holds."""
    before: Any = tensor.grad
    if graph or before.node is not None:
        tensor.gradient = before + gradient
    else:
        BACKEND[before.array.__class__].add_into(before.array, gradient.array)
        before.bump()


def call_after_hooks(tensor: Tensor) -> None:
    """Tell those who asked that a leaf's gradient is complete."""
    node = tensor.node
    if node.__class__ is Leaf and node.hooks is not None:
        for function in list(node.hooks.after.values()):
            function(tensor)
