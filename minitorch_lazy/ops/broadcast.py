"""Looking at tensors as larger ones: dimensions of size 1 seem to be repeated."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import Size, integer, whole
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import listed, reshape

broadcast = primitive(
    "broadcast_to", static="shape", view=True, node_name="Expand",
    x=lambda xp, g, x_shape: xp.sum_to(g, shape=x_shape),
)  # fmt: skip
primitive("sum_to", static="shape", x=lambda xp, g, x_shape: xp.broadcast_to(g, shape=x_shape))


@public
def expand(input: Tensor, *size: Any) -> Tensor:
    """Look at dimensions of size 1 as if they were repeated; -1 keeps a size.

    Source: torch.Tensor.expand.
    """
    target = list(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else list(size)
    target = [n if n.__class__ is int else integer("size", n, "expand") for n in target]
    shape = input.array.shape
    extra = len(target) - len(shape)
    if extra < 0:
        raise refuse(RuntimeError, "expand", f"the number of sizes provided ({len(target)}) must "
                     f"be greater or equal to the number of dimensions in the tensor "
                     f"({len(shape)})", "give every size", input=input)  # fmt: skip
    for place, n in enumerate(target):
        have = shape[place - extra] if place >= extra else None
        if n == -1 and have is not None:
            target[place] = have
        elif n < 0 or (have not in (None, 1, n)):
            raise refuse(RuntimeError, "expand", f"The expanded size of the tensor ({n}) must "
                         f"match the existing size ({have}) at non-singleton dimension {place}.",
                         "only dimensions of size 1 can be expanded", input=input,
                         size=tuple(target))  # fmt: skip
    return broadcast(input, shape=tuple(target))


@public
def expand_as(input: Tensor, other: Tensor) -> Tensor:
    """Expand to the shape of another tensor."""
    return expand(input, tuple(other.shape))


@public
def broadcast_to(input: Tensor, size: Any) -> Tensor:
    """Look at a tensor as one of another shape, by broadcasting.

    Source: torch.broadcast_to.
    """
    return expand(input, tuple(size))


@public(exported=False)
def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Sum to a smaller shape, from which broadcasting would lead back to the tensor's own.

    Args:
        size: the shape, as numbers or as one sequence.

    Raises:
        RuntimeError: the shape does not broadcast to the tensor's.

    Source: torch.Tensor.sum_to_size.

    >>> import minitorch_lazy as torch
    >>> torch.ones(2, 3).sum_to_size(1, 3)
    tensor([[2., 2., 2.]])
    """
    if not size:
        raise TypeError("sum_to_size() missing 1 required positional arguments: \"size\"\n"
                        "  mend    give the shape; () sums all elements")  # fmt: skip
    target = whole("sum_to_size", "size", listed(size))
    shape = tuple(input.array.shape)
    extra = len(shape) - len(target)
    pairs = list(zip(target, shape[max(extra, 0) :], strict=False))
    if extra < 0 or any(n not in (1, have) for n, have in pairs):
        raise refuse(RuntimeError, "sum_to_size", f"size {{{list(target)}}} is not expandable to "
                     f"size {{{list(shape)}}}.", "give each size as it is, or as 1",
                     input=input)  # fmt: skip
    axes = (*range(extra), *(extra + i for i, (n, have) in enumerate(pairs) if n != have))
    return reshape(total(input, axes, True), target) if axes or not shape else input


@public(method=False)
def broadcast_shapes(*shapes: Any) -> Size:
    """Return the shape to which all shapes can be broadcast; a number is a shape of one size.

    Raises:
        RuntimeError: they cannot.

    >>> import minitorch_lazy as torch
    >>> torch.broadcast_shapes(3, (2, 1))
    torch.Size([2, 3])
    """
    shapes = tuple((s,) if isinstance(s, int) else tuple(s) for s in shapes)
    count = max((len(s) for s in shapes), default=0)
    out = [1] * count
    for shape in shapes:
        for back in range(1, len(shape) + 1):
            n = shape[-back]
            if n != 1 and out[-back] not in (1, n):
                raise RuntimeError("Shape mismatch: objects cannot be broadcast to a single shape: "
                                   f"{[tuple(s) for s in shapes]}")  # fmt: skip
            out[-back] = n if out[-back] == 1 else out[-back]
    return Size(out)


@public(method=False)
def broadcast_tensors(*tensors: Any) -> tuple[Tensor, ...]:
    """Expand all tensors to their common shape.

    Source: torch.broadcast_tensors.
    """
    every = tensors[0] if len(tensors) == 1 and tensors[0].__class__ not in TENSORS else tensors
    shape = broadcast_shapes(*(x.shape for x in every))
    return tuple(expand(x, tuple(shape)) for x in every)
