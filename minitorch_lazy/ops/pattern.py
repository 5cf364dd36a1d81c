"""Repeating, gridding, windowing and turning: the same elements in a larger or other pattern."""

from __future__ import annotations

from itertools import combinations as index_combinations
from itertools import combinations_with_replacement
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import whole
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import flip, transpose
from minitorch_lazy.ops.broadcast import broadcast, expand
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import tensor
from minitorch_lazy.ops.join import stack
from minitorch_lazy.ops.select import index_select
from minitorch_lazy.ops.shape import listed, names_of, reshape

windows = primitive(
    "unfold", static="axis size step", view=True, node_name="Unfold",
    x=lambda xp, g, x_shape, axis, size, step: xp.fold_windows(
        g, shape=x_shape, axis=axis, size=size, step=step),
)  # fmt: skip
folded = primitive(
    "fold_windows", static="shape axis size step", node_name="UnfoldBackward",
    x=lambda xp, g, axis, size, step: xp.unfold(g, axis=axis, size=size, step=step),
)  # fmt: skip


@public(exported=False)
def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """Put copies of the whole tensor side by side, along each dimension.

    Args:
        repeats: how many along each dimension; more of them than dimensions add leading ones.

    Source: torch.Tensor.repeat.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = whole("repeat", "repeats", listed(repeats))
    extra = len(counts) - input.ndim
    if extra < 0:
        raise refuse(RuntimeError, "repeat", "Number of dimensions of repeat dims can not be "
                     "smaller than number of dimensions of tensor", "give one number for each "
                     "dimension", input=input, repeats=counts)  # fmt: skip
    if any(n < 0 for n in counts):
        raise refuse(RuntimeError, "repeat", "Trying to create tensor with negative dimension",
                     "repeat 0 times or more", input=input, repeats=counts)  # fmt: skip
    shape = (1,) * extra + tuple(input.array.shape)
    apart = reshape(input, tuple(part for n in shape for part in (1, n)))
    wide = expand(apart, tuple(part for pair in zip(counts, shape, strict=True) for part in pair))
    out = reshape(wide, tuple(n * m for n, m in zip(counts, shape, strict=True)))
    return out.clone() if out.memory is input.memory else out


@public
def tile(input: Tensor, *repeats: Any, dims: Any = None) -> Tensor:
    """Put copies of the whole tensor side by side, as `repeat`; missing leading numbers are 1.

    Args:
        repeats: how many along each dimension, one by one or as one sequence.
        dims: the same, by name.

    Source: torch.tile.
    """
    counts = listed(repeats if dims is None else (dims,))
    return repeat(input, (1,) * (input.ndim - len(counts)) + counts)


@public
def repeat_interleave(input: Tensor, repeats: Any = None, dim: int | None = None, *,
                      output_size: int | None = None) -> Tensor:  # fmt: skip
    """Repeat each element, or each slice along a dimension, next to itself.

    `repeat_interleave(repeats)` returns the places that repeat 0, 1, 2 ... so often.

    Args:
        repeats: how often: a number, or one for each element.
        dim: the dimension; None flattens the tensor.
        output_size: accepted; it makes no difference to the result.

    Source: torch.repeat_interleave.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([1, 2]).repeat_interleave(2)
    tensor([1, 1, 2, 2])
    """
    if repeats is None:
        return repeated_places(input, input.numel())
    x = reshape(input, -1) if dim is None else input
    axis = 0 if dim is None else input.axis(dim)
    x = x if x.ndim else reshape(x, 1)
    size = x.array.shape[axis]
    counts = repeats if repeats.__class__ in TENSORS else tensor(repeats, device=input.device)
    if counts.array.dtype.kind not in "iu" or counts.ndim > 1 or counts.numel() not in (1, size):
        raise refuse(RuntimeError, "repeat_interleave", "repeats must have the same size as input "
                     "along dim, be 0-dim or 1-dim, and hold integers", f"give 1 or {size} of them",
                     input=input, repeats=counts)  # fmt: skip
    places = repeated_places(expand(reshape(counts, -1), size), size)
    return index_select(x, axis, places)


def repeated_places(repeats: Tensor, size: int) -> Tensor:
    """Return each place from 0 to `size` as often as `repeats` says."""
    if repeats.ndim != 1:
        raise refuse(RuntimeError, "repeat_interleave", "repeat_interleave only accept 1D vector "
                     "as repeat", "flatten it", repeats=repeats)  # fmt: skip
    counts = repeats.tolist()
    if any(n < 0 for n in counts):
        raise refuse(RuntimeError, "repeat_interleave", "repeats can not be negative",
                     "repeat 0 times or more", repeats=repeats)  # fmt: skip
    backend = BACKEND[repeats.array.__class__]
    return wrap(backend.xp.repeat(backend.arange(0, size), counts, 0))


@public(exported=False)
def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Look at all windows along a dimension; what is inside a window is the last dimension.

    Args:
        size: how long a window is.
        step: how far apart windows begin.

    Source: torch.Tensor.unfold.

    >>> import minitorch_lazy as torch
    >>> torch.arange(5).unfold(0, 3, 2)
    tensor([[0, 1, 2],
            [2, 3, 4]])
    """
    axis = input.axis(dimension)
    x = input if input.ndim else reshape(input, 1)
    length = x.array.shape[axis]
    if not 0 <= size <= length:
        raise refuse(RuntimeError, "unfold", f"maximum size for tensor at dimension {axis} is "
                     f"{length} but size is {size}", "choose a smaller window",
                     input=input)  # fmt: skip
    if step <= 0:
        raise refuse(RuntimeError, "unfold", f"step is {step} but must be > 0", "use at least 1",
                     input=input)  # fmt: skip
    found = windows(x, axis=axis, size=int(size), step=int(step))
    return found if input.ndim else reshape(found, size)


@public(method=False)
def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """Expand vectors to a grid: part i of the result counts along dimension i.

    Args:
        tensors: vectors or numbers, one by one or in a list.
        indexing: "ij", or "xy" to swap the first two dimensions.

    Source: torch.meshgrid.
    """
    every = listed(tensors)
    if not every:
        raise RuntimeError("meshgrid expects a non-empty TensorList")
    if any(x.ndim > 1 for x in every) or len({x.dtype for x in every}) > 1:
        raise refuse(RuntimeError, "meshgrid", "torch.meshgrid: Expected 0D or 1D tensors of the "
                     "same dtype in the tensor list", "flatten or convert them",
                     **{f"tensor {i}": x for i, x in enumerate(every)})  # fmt: skip
    if indexing not in ("ij", "xy"):
        raise refuse(RuntimeError, "meshgrid", "torch.meshgrid: indexing must be one of \"xy\" or "
                     f"\"ij\", but received: {indexing}", "choose one of them")  # fmt: skip
    swap = indexing == "xy" and len(every) > 1
    every = (every[1], every[0], *every[2:]) if swap else every
    shape = tuple(x.numel() for x in every)
    grids = [
        broadcast(reshape(x, tuple(n if i == place else 1 for i in range(len(shape)))), shape=shape)
        for place, (x, n) in enumerate(zip(every, shape, strict=True))
    ]
    if swap:
        grids = [grids[1], grids[0], *grids[2:]]
    return tuple(grids)


@public(method=False)
def cartesian_prod(*tensors: Any) -> Tensor:
    """Return all ways to take one element of each vector, one row for each.

    Source: torch.cartesian_prod.
    """
    every = listed(tensors)
    if len(every) == 1:
        check_tensor("cartesian_prod", "tensors", every[0])
        return every[0]  # type: ignore[no-any-return]
    return stack([reshape(grid, -1) for grid in meshgrid(*every)], 1)


@public(method=False)
def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """Return all ways to take r elements of a vector in order, one row for each.

    Source: torch.combinations.
    """
    if input.ndim != 1 or r < 0:
        raise refuse(RuntimeError, "combinations", "Expect a 1D vector and a non-negative number "
                     f"of elements, but got shape {list(input.shape)} and r={r}", "flatten it",
                     input=input)  # fmt: skip
    choose = combinations_with_replacement if with_replacement else index_combinations
    rows = list(choose(range(input.numel()), r))
    if not r:
        return input.new_empty((0,))
    places = tensor([i for row in rows for i in row], dtype=types.int64, device=input.device)
    return reshape(index_select(input, 0, places), (len(rows), r))


@public
def rot90(input: Tensor, k: int = 1, dims: Any = (0, 1)) -> Tensor:
    """Turn by k right angles, from the first of two dimensions toward the second.

    Source: torch.rot90.
    """
    enough = len(dims) == 2 and input.ndim > 1
    first, second = names_of(input, tuple(dims)) if enough else (0, 0)
    if first == second:
        raise refuse(RuntimeError, "rot90", "expected total rotation dims == 2, and they must be "
                     f"different, but got {tuple(dims)}; expected total dims >= 2, but got total "
                     f"dims = {input.ndim}", "name two dimensions", input=input)  # fmt: skip
    if k % 4 == 0:
        return input.clone()
    if k % 4 == 2:
        return flip(input, (first, second))
    return transpose(flip(input, second if k % 4 == 1 else first), first, second)
