"""Views and in-place writes under the graph: right, or refused.

Every view of a differentiable type knows its base and its recipe, the operations that lead from the
base to it. An in-place write to a view is a write to a region of the base: the base takes a node
whose rules are "the gradient with the region zeroed" and "the recipe of the gradient", and all live
views of the base are given new nodes by replaying their recipes.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import SCALARS, can_cast, from_numpy
from minitorch_lazy.core.modes import GRAD, enable_grad
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse

MULTIPLE = (
    "Output {place} of {name} is a view and is being modified inplace. This view is the output of "
    "a function that returns multiple views. Such functions do not allow the output views to be "
    "modified inplace."
)
NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
    "Its gradient would be ambiguous."
)


class View:
    """How a view is seen from its base.

    Attributes:
        base: the tensor that owns the memory.
        recipe: pairs (operation, items of its static keywords) that lead from the base to the
            view.
        forbidden: why an in-place write under the graph is refused, or empty.
    """

    __slots__ = ("base", "recipe", "forbidden")

    def __init__(self, base: Tensor, recipe: tuple[Any, ...], forbidden: str) -> None:
        self.base, self.recipe, self.forbidden = base, recipe, forbidden


def follow(out: Tensor, source: Tensor, op: Any, static: dict[str, Any]) -> None:
    """Note that `out` looks at the memory of `source`, unless the kernel had to copy."""
    if not BACKEND[out.array.__class__].shares(out.array, source.array):
        return
    memory = out.memory = source.shared()
    if out.array.dtype.kind in "biu":
        return
    step, view = (op, tuple(static.items())), source.origin
    forbidden = "" if GRAD.get() else NO_GRAD
    if view is None:
        out.origin = View(source, (step,), forbidden)
    else:
        out.origin = View(view.base, (*view.recipe, step), view.forbidden or forbidden)
    memory.add(out)


def forbid(views: tuple[Tensor, ...], name: str) -> tuple[Tensor, ...]:
    """Mark the outputs of a function that returns several views of one tensor."""
    for place, out in enumerate(views):
        if out.origin is not None:
            out.origin.forbidden = MULTIPLE.format(place=place, name=name)
    return views


def replay(base: Tensor, recipe: tuple[Any, ...]) -> Tensor:
    """Apply a recipe to a Tensor, under the graph."""
    for op, static in recipe:
        base = getattr(TENSOR, op.name)(base, **dict(static))
    return base


def recording(target: Tensor, *others: Any) -> bool:
    """Tell whether a write of `others` into `target` belongs into the graph."""
    if not GRAD.get():
        return False
    view = target.origin
    return target.node is not None or (view is not None and view.base.node is not None) or any(
        other.__class__ in TENSORS and other.node is not None for other in others
    )


def check_writable(target: Tensor, live: bool, operation: str) -> None:
    """Refuse a write that the graph could not follow, or that would hit one element twice."""
    if live:
        if target.node.__class__ is Leaf:
            raise refuse(
                RuntimeError, operation,
                "a leaf Variable that requires grad is being used in an in-place operation.",
                "write under `with torch.no_grad():`, or use the out-of-place form", input=target,
            )  # fmt: skip
        if target.origin is not None:
            check_view(target, operation)
    array = target.array
    if not BACKEND[array.__class__].writable(array):
        raise refuse(
            RuntimeError, operation,
            "unsupported operation: some elements of the input tensor and the written-to tensor "
            "refer to a single memory location, or the memory is read-only.",
            "clone() the tensor before the operation", input=target,
        )  # fmt: skip


def check_view(target: Tensor, operation: str) -> None:
    """Refuse an in-place write to a view that the graph could not follow."""
    view = target.origin
    if view.base.node.__class__ is Leaf:
        raise refuse(
            RuntimeError, operation,
            "a view of a leaf Variable that requires grad is being used in an in-place operation.",
            "write under `with torch.no_grad():`, or clone() the leaf first",
            input=target, base=view.base,
        )  # fmt: skip
    if view.forbidden:
        raise refuse(RuntimeError, operation, view.forbidden,
                     "use the out-of-place form of the operation", input=target)  # fmt: skip


def write(target: Tensor, result: Tensor, operation: str) -> Tensor:
    """Store an out-of-place result in `target`, which takes its place in the graph.

    Raises:
        RuntimeError: shape or type do not fit, or the write is refused (see above).
    """
    if result.array.shape != target.array.shape:
        raise refuse(
            RuntimeError, operation,
            f"output with shape {list(target.array.shape)} doesn't match the broadcast shape "
            f"{list(result.array.shape)}", "use the out-of-place form", input=target,
        )  # fmt: skip
    if result.array.dtype != target.array.dtype:
        result = cast_result(target, result, operation)
    live = recording(target, result)
    check_writable(target, live, operation)
    BACKEND[target.array.__class__].copy_into(target.array, result.array)
    target.bump()
    if live:
        rebase(target, result.node)
    return target


def cast_result(target: Tensor, result: Tensor, operation: str) -> Tensor:
    """Give a result the type of the tensor that it is stored in, if its category allows that."""
    have, want = from_numpy(result.array.dtype), from_numpy(target.array.dtype)
    if not can_cast(have, want):
        raise refuse(
            RuntimeError, operation,
            f"result type {SCALARS[have]} can't be cast to the desired output type {SCALARS[want]}",
            "use the out-of-place form", input=target,
        )  # fmt: skip
    return TENSOR.astype(result, dtype=want.numpy)  # type: ignore[no-any-return]


def shadow(target: Tensor, *others: Any) -> Tensor:
    """Return what an in-place operation reads: a copy where the graph might keep it."""
    if not recording(target, *others):
        return target
    return wrap(BACKEND[target.array.__class__].copy(target.array), target.node)


def rebase(target: Tensor, node: Any) -> None:
    """Give a tensor that was written in place its new node, and with it base and views."""
    view = target.origin
    if view is None:
        keep_retained(target, node)
        target.node = node
        refresh(target)
        return
    base = view.base
    op = TENSOR.region.op
    arrays = (base.array, target.array)
    static = {"recipe": view.recipe}
    region = op.make((base, target), arrays, (base.node, node), None, None, None, static)
    keep_retained(base, region)
    base.node = region
    refresh(base)


def keep_retained(target: Tensor, node: Any) -> None:
    """Let `retain_grad` follow the tensor to its new node."""
    hooks = getattr(target.node, "hooks", None)
    if hooks is not None and hooks.retain is not None and node is not None:
        hooks.retain = None
        old, target.node = target.node, node
        target.hooks().retain = wrap_reference(target)
        target.node = old


def wrap_reference(target: Tensor) -> Any:
    """Return a weak reference to a tensor."""
    import weakref

    return weakref.ref(target)


def refresh(base: Tensor) -> None:
    """Replay the recipes of all live views, so that they hang below the base's new node."""
    if base.memory is None:
        return
    with enable_grad():
        for reference in list(base.memory.views):
            view = reference()
            if view is not None and view.origin is not None and view.origin.base is base:
                seen = replay(wrap(base.array, base.node), view.origin.recipe)
                keep_retained(view, seen.node)
                view.node = seen.node
