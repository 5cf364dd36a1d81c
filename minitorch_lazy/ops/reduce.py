"""Many elements to one: sums, means, extremes, logic, and running totals."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import Primitive, primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.checks import check_real
from minitorch_lazy.ops.shape import flatten, reshape

Axes = tuple[int, ...]


def spread(xp: Any, g: Any, shape: Axes, axis: Axes, keepdims: bool) -> Any:
    """Give a reduced gradient its reduced dimensions back, as size 1."""
    if keepdims:
        return g
    return xp.reshape(g, shape=tuple(1 if i in axis else n for i, n in enumerate(shape)))


def axes_of(input: Tensor, dim: Any) -> Axes:
    """Read `dim`: None and () mean all; each is counted from the front and named once."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(input.ndim))
    many = dim if isinstance(dim, (tuple, list)) else (dim,)
    axes = tuple(input.axis(d) for d in many)
    if len(set(axes)) < len(axes):
        raise refuse(RuntimeError, "reduction", f"dim {axes[0]} appears multiple times in the list "
                     "of dims", "name each once", input=input, dim=tuple(many))  # fmt: skip
    return axes if input.ndim else ()


summed = primitive(
    "sum", static="axis keepdims",
    x=lambda xp, g, x_shape, axis, keepdims: xp.broadcast_to(
        spread(xp, g, x_shape, axis, keepdims), shape=x_shape),
)  # fmt: skip
averaged = primitive(
    "mean", static="axis keepdims",
    x=lambda xp, g, x_shape, axis, keepdims: xp.broadcast_to(
        spread(xp, g, x_shape, axis, keepdims)
        / max(math.prod(x_shape[a] for a in axis), 1), shape=x_shape),
)  # fmt: skip
multiplied = primitive(
    "prod", static="axis keepdims",
    x=lambda xp, g, x, x_shape, axis, keepdims: spread(xp, g, x_shape, axis, keepdims)
    * xp.others_product(x, axis=axis[0]),
)  # fmt: skip


@kernel
def others_product(xp: Any, x: Any, *, axis: int) -> Any:
    """Multiply, for each element, all the others along an axis: exact where there are zeros."""
    before = xp.exclusive_product(x, axis=axis)
    after = xp.flip(xp.exclusive_product(xp.flip(x, axis=(axis,)), axis=axis), axis=(axis,))
    return before * after


@kernel
def exclusive_product(xp: Any, x: Any, *, axis: int) -> Any:
    """Multiply the elements before each along an axis, by doubling steps."""
    size = x.shape[axis]
    if not size:
        return x
    ones = xp.ones_like(x)
    out = shifted(xp, x, ones, 1, axis)
    step = 1
    while step < size:
        out = out * shifted(xp, out, ones, step, axis)
        step *= 2
    return out


def shifted(xp: Any, x: Any, fill: Any, step: int, axis: int) -> Any:
    """Move the elements along an axis and fill what is left free."""
    size = x.shape[axis]
    head = xp.getitem(fill, key=at(axis, (0, min(step, size), None)))
    tail = xp.getitem(x, key=at(axis, (0, max(size - step, 0), None)))
    return xp.concatenate(head, tail, axis=axis)


def at(axis: int, part: Any) -> tuple[Any, ...]:
    """Spell a key that picks a part of one axis."""
    return (*((None, None, None),) * axis, part)


def accumulated(input: Tensor, dtype: types.dtype | None) -> Tensor:
    """Convert to the type that a sum or product is taken in: integers and bools to int64."""
    if dtype is None and input.array.dtype.kind in "biu":
        dtype = types.int64
    return input if dtype is None else input.to(dtype)


@public(name="sum")
def sum(input: Tensor, dim: Any = None, keepdim: bool = False, *,
        dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Sum all elements, or those along dimensions.

    Args:
        dim: a dimension or several; None and () mean all.
        keepdim: keep the summed dimensions, as size 1.
        dtype: the type to sum in; integers and bools are summed in int64 otherwise.

    Source: torch.sum.
    """
    x = accumulated(input, dtype)
    return summed(x, axis=axes_of(x, dim), keepdims=keepdim)


@public
def mean(input: Tensor, dim: Any = None, keepdim: bool = False, *,
         dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Average all elements, or those along dimensions.

    Raises:
        RuntimeError: the tensor holds integers.

    Source: torch.mean.
    """
    x = input if dtype is None else input.to(dtype)
    must_be_float(x, "mean")
    return averaged(x, axis=axes_of(x, dim), keepdims=keepdim)


def must_be_float(x: Tensor, name: str) -> None:
    """Refuse integers where PyTorch does."""
    if x.array.dtype.kind in "biu":
        raise refuse(RuntimeError, name, f"{name}(): could not infer output dtype. Input dtype "
                     f"must be either a floating point or complex dtype. Got: {x.dtype.name}",
                     "convert it, for example with .float()", input=x)  # fmt: skip


@public
def prod(input: Tensor, dim: int | None = None, keepdim: bool = False, *,
         dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Multiply all elements, or those along a dimension.

    Source: torch.prod.
    """
    x = accumulated(input, dtype)
    if dim is None:
        return multiplied(reshape(x, -1), axis=(0,), keepdims=False)
    if not x.ndim:
        x.axis(dim)
        return multiplied(reshape(x, 1), axis=(0,), keepdims=False)
    return multiplied(x, axis=(x.axis(dim),), keepdims=keepdim)


def extreme(name: str) -> Primitive:
    """Make the primitive of an extreme whose gradient ties share evenly."""
    return primitive(
        name, static="axis keepdims", node_name="A" + name,
        x=lambda xp, g, x, y, x_shape, axis, keepdims: shared(
            xp, spread(xp, g, x_shape, axis, keepdims), x,
            spread(xp, y, x_shape, axis, keepdims), axis),
    )  # fmt: skip


def shared(xp: Any, g: Any, x: Any, y: Any, axis: Axes) -> Any:
    """Share a gradient evenly among the elements that reach the extreme."""
    hit = xp.logical_or(xp.equal(x, y), xp.logical_and(xp.not_equal(x, x), xp.not_equal(y, y)))
    mask = xp.where(hit, xp.ones_like(x), xp.zeros_like(x))
    return g * (mask / xp.sum(mask, axis=axis, keepdims=True))


largest, smallest = extreme("max"), extreme("min")


def check_not_empty(input: Tensor, axes: Axes, name: str) -> None:
    """Refuse the extreme of no elements."""
    for axis in axes or ():
        if input.array.shape[axis] == 0:
            raise refuse(IndexError, name, f"{name}(): Expected reduction dim {axis} to have "
                         "non-zero size.", "check for numel() == 0 first", input=input)  # fmt: skip


@public
def amax(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """Return the largest element along dimensions; ties share the gradient evenly.

    Source: torch.amax.
    """
    axes = axes_of(input, dim)
    check_real("amax", input)
    check_not_empty(input, axes, "amax")
    return largest(input, axis=axes, keepdims=keepdim)


@public
def amin(input: Tensor, dim: Any = (), keepdim: bool = False) -> Tensor:
    """Return the smallest element along dimensions; ties share the gradient evenly.

    Source: torch.amin.
    """
    axes = axes_of(input, dim)
    check_real("amin", input)
    check_not_empty(input, axes, "amin")
    return smallest(input, axis=axes, keepdims=keepdim)



@public
def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> Any:
    """Return the smallest and the largest element, of all or along a dimension.

    Returns:
        named tuple (min, max).

    Source: torch.aminmax.
    """
    dims = () if dim is None else dim
    return return_types.aminmax(amin(input, dims, keepdim), amax(input, dims, keepdim))



place_of_largest = primitive("argmax", arguments="x", static="axis keepdims")
place_of_smallest = primitive("argmin", arguments="x", static="axis keepdims")


def place(op: Any, name: str, input: Tensor, dim: int | None, keepdim: bool) -> Tensor:
    """Find the place of an extreme, in the flattened tensor where no dimension is given."""
    if dim is None:
        if not input.numel():
            raise refuse(IndexError, name, f"{name}(): Expected reduction dim to be specified for "
                         "input.numel() == 0.", "check for numel() == 0 first",
                         input=input)  # fmt: skip
        found = op(flatten(input), axis=0, keepdims=False)
        return reshape(found, (1,) * input.ndim) if keepdim else found
    axis = input.axis(dim)
    if not input.ndim:
        return op(reshape(input, 1), axis=0, keepdims=False)  # type: ignore[no-any-return]
    check_not_empty(input, (axis,), name)
    return op(input, axis=axis, keepdims=keepdim)  # type: ignore[no-any-return]


@public
def argmax(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the place of the largest element, the first of them, as int64.

    Source: torch.argmax.
    """
    return place(place_of_largest, "argmax", input, dim, keepdim)


@public
def argmin(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Tensor:
    """Return the place of the smallest element, the first of them, as int64.

    Source: torch.argmin.
    """
    return place(place_of_smallest, "argmin", input, dim, keepdim)


every = primitive("all", arguments="x", static="axis keepdims")
some = primitive("any", arguments="x", static="axis keepdims")


def truth(op: Any, input: Tensor, dim: Any, keepdim: bool) -> Tensor:
    """Reduce by logic; the result is bool, and uint8 for uint8."""
    nothing = isinstance(dim, tuple) and not dim
    axes = () if nothing else axes_of(input, dim)
    out = op(input, axis=axes, keepdims=keepdim)
    return out.to(types.uint8) if input.dtype is types.uint8 else out  # type: ignore[no-any-return]


@public(name="all")
def all(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Tell whether all elements are true; numbers are where they are not 0.

    Source: torch.all.
    """
    return truth(every, input, dim, keepdim)


@public(name="any")
def any(input: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Tell whether any element is true; numbers are where they are not 0.

    Source: torch.any.
    """
    return truth(some, input, dim, keepdim)


@public
def count_nonzero(input: Tensor, dim: Any = None) -> Tensor:
    """Count the elements that are not 0.

    Source: torch.count_nonzero.
    """
    return sum(input != 0, dim)


running_sum = primitive(
    "cumsum", static="axis",
    x=lambda xp, g, axis: xp.flip(
        xp.cumsum(xp.flip(g, axis=(axis,)), axis=axis), axis=(axis,)),
)  # fmt: skip


@public(inplace=True)
def cumsum(input: Tensor, dim: int, *, dtype: types.dtype | None = None) -> Tensor:
    """Sum up to each element along a dimension.

    Source: torch.cumsum.
    """
    x = accumulated(input, dtype)
    axis = x.axis(dim)
    return running_sum(x, axis=axis) if x.ndim else x.clone()

