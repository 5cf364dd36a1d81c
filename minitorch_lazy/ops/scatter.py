"""Many elements into one place: sums, products, averages and extremes by an index."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.broadcast import expand
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import masked_fill
from minitorch_lazy.ops.gather import at_least_vector, check_index, scattered, source_of
from minitorch_lazy.ops.limits import clamp
from minitorch_lazy.ops.pointwise import floor_divide
from minitorch_lazy.ops.reduce import shifted
from minitorch_lazy.ops.select import check_source, check_vector
from minitorch_lazy.ops.shape import reshape

REDUCTIONS = ("sum", "prod", "mean", "amax", "amin")


@kernel
def scatter_share(xp: Any, x: Any, index: Any, value: Any, y: Any, *, axis: int) -> Any:
    """Return one over how many elements reach the extreme of each place."""
    hits = xp.scatter(xp.reached(x, y), index,
                      xp.reached(value, xp.take_along_axis(y, index, axis=axis)), axis=axis,
                      accumulate=True)  # fmt: skip
    return 1 / hits


@kernel
def reached(xp: Any, x: Any, y: Any) -> Any:
    """Return 1 where an element is the extreme, nan being that of what holds a nan; else 0."""
    same = xp.logical_or(xp.equal(x, y), xp.logical_and(xp.isnan(x), xp.isnan(y)))
    return xp.where(same, xp.ones_like(x), xp.zeros_like(x))


@kernel
def extreme_at_gradient(xp: Any, g: Any, x: Any, index: Any, value: Any, y: Any, *, axis: int
                        ) -> Any:  # fmt: skip
    """Pull back to what was there: ties share the gradient evenly."""
    return g * xp.reached(x, y) * xp.scatter_share(x, index, value, y, axis=axis)


@kernel
def extreme_at_value_gradient(xp: Any, g: Any, x: Any, index: Any, value: Any, y: Any, *, axis: int
                              ) -> Any:  # fmt: skip
    """Pull back to what came in: ties share the gradient evenly."""
    part = g * xp.scatter_share(x, index, value, y, axis=axis)
    hit = xp.reached(value, xp.take_along_axis(y, index, axis=axis))
    return hit * xp.take_along_axis(part, index, axis=axis)


extreme_at = primitive(
    "scatter_extreme", arguments="x index value", static="axis largest", exempt="index",
    node_name="ScatterReduce", x=extreme_at_gradient, value=extreme_at_value_gradient,
)  # fmt: skip


@kernel
def others_at(xp: Any, value: Any, index: Any, *, axis: int) -> Any:
    """Multiply, for each element, all the others of its place: exact where there are zeros."""
    order = xp.argsort(index, axis=axis, descending=False)
    places = xp.take_along_axis(index, order, axis=axis)
    ordered = xp.take_along_axis(value, order, axis=axis)
    before = xp.earlier_product(ordered, places, axis=axis)
    after = xp.flip(xp.earlier_product(xp.flip(ordered, axis=(axis,)),
                                       xp.flip(places, axis=(axis,)), axis=axis),
                    axis=(axis,))  # fmt: skip
    back = xp.argsort(order, axis=axis, descending=False)
    return xp.take_along_axis(before * after, back, axis=axis)


@kernel
def earlier_product(xp: Any, x: Any, places: Any, *, axis: int) -> Any:
    """Multiply the elements before each that have the same place, by doubling steps.

    Equal places stand side by side.
    """
    ones, nowhere = xp.ones_like(x), xp.zeros_like(places) - 1

    def behind(y: Any, step: int) -> Any:
        """Return the elements some steps before, and 1 where those have another place."""
        same = xp.equal(places, shifted(xp, places, nowhere, step, axis))
        return xp.where(same, shifted(xp, y, ones, step, axis), ones)

    out, step = behind(x, 1), 1
    while step < x.shape[axis]:
        out, step = out * behind(out, step), 2 * step
    return out


@kernel
def scatter_prod(xp: Any, x: Any, index: Any, value: Any, *, axis: int) -> Any:
    """Return a copy with elements along one axis multiplied by others, repeats included."""
    return xp.scatter_multiply(x, index, value, axis=axis)


multiplied_at = primitive(
    "scatter_prod", static="axis", exempt="index", arguments="x index value",
    node_name="ScatterReduce",
    x=lambda xp, g, x, index, value, axis: g * xp.scatter_prod(
        xp.ones_like(x), index, value, axis=axis),
    value=lambda xp, g, x, index, value, axis: xp.take_along_axis(g * x, index, axis=axis)
    * xp.others_at(value, index, axis=axis),
)  # fmt: skip


def neutral(x: Tensor, reduce: str) -> Any:
    """Return the number that changes nothing: 0 of sums, 1 of products, an end of the extremes."""
    if reduce in ("sum", "prod", "mean"):
        return int(reduce == "prod")
    if x.array.dtype.kind == "b":
        return reduce == "amin"
    if x.array.dtype.kind in "iu":
        bounds = types.iinfo(x.dtype)
        return bounds.min if reduce == "amax" else bounds.max
    return -math.inf if reduce == "amax" else math.inf


def check_numbers(name: str, input: Tensor, reduce: str) -> None:
    """Refuse numbers that a reduction does not take."""
    kind = input.array.dtype.kind
    if (kind == "c" and reduce in ("amax", "amin")) or (kind == "b" and reduce == "mean"):
        raise refuse(NotImplementedError, name, f"\"{name}_{reduce}\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert it, or take .abs() of complex "
                     "numbers first", input=input)  # fmt: skip


def reduced_into(x: Tensor, axis: int, index: Tensor, value: Tensor, reduce: str, own: bool
                 ) -> Tensor:  # fmt: skip
    """Reduce elements into their places.

    Args:
        own: whether what is there already counts, too.
    """
    nothing = x.new_zeros(x.shape, dtype=types.int64)
    count = scattered(nothing, index, 1, axis=axis, accumulate=True)
    if not own:
        x = masked_fill(x, count > 0, neutral(x, reduce))
    if reduce == "prod":
        return multiplied_at(x, index, value, axis=axis)
    if reduce in ("amax", "amin"):
        return extreme_at(x, index, value, axis=axis, largest=reduce == "amax")
    summed = scattered(x, index, value, axis=axis, accumulate=True)
    if reduce == "sum":
        return summed
    count = count + 1 if own else clamp(count, min=1)
    integral = x.array.dtype.kind in "iu"
    return floor_divide(summed, count).to(x.dtype) if integral else summed / count


@public(inplace=True)
def scatter_reduce(input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *,
                   include_self: bool = True) -> Tensor:  # fmt: skip
    """Reduce elements into places along a dimension: for dim = 1, y[i, index[i, j]] of src[i, j].

    Args:
        index: integers, with as many dimensions as the input.
        src: at least as large as the index.
        reduce: "sum", "prod", "mean", "amax" or "amin". Ties of an extreme share its gradient.
        include_self: whether the input's own elements count; those that no index names stay.

    Raises:
        RuntimeError: a place is negative or too large; types or sizes do not fit.

    Source: torch.Tensor.scatter_reduce.

    >>> import minitorch_lazy as torch
    >>> src, index = torch.tensor([1., 2., 3.]), torch.tensor([0, 0, 1])
    >>> torch.zeros(3).scatter_reduce(0, index, src, "amax")
    tensor([2., 3., 0.])
    """
    check_tensor("scatter_reduce", "input", input)
    check_tensor("scatter_reduce", "index", index)
    check_tensor("scatter_reduce", "src", src)
    if reduce not in REDUCTIONS:
        raise refuse(RuntimeError, "scatter_reduce", "reduce argument must be either sum, prod, "
                     f"mean, amax or amin, got {reduce}", "choose one of them")  # fmt: skip
    check_numbers("scatter_reduce", input, reduce)
    if not index.numel():
        return input.clone()
    axis = check_index(input, dim, index, "scatter_reduce")
    value = source_of(input, index, src, "scatter_reduce")
    x, places = at_least_vector(input), at_least_vector(index)
    out = reduced_into(x, axis, places, value, reduce, bool(include_self))
    return out if input.ndim else reshape(out, ())


@public(inplace=True)
def index_reduce(input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
                 include_self: bool = True) -> Tensor:  # fmt: skip
    """Reduce slices into places along a dimension: for dim = 0, y[index[i]] of source[i].

    Args:
        index: a vector of places.
        source: of the input's shape, but as long as the index along `dim`.
        reduce: "prod", "mean", "amax" or "amin"; sums are `index_add`'s.
        include_self: whether the input's own slices count; those that no index names stay.

    Raises:
        IndexError: a place is negative or too large.
        RuntimeError: types or sizes do not fit.

    Source: torch.Tensor.index_reduce.

    >>> import minitorch_lazy as torch
    >>> torch.ones(2).index_reduce(0, torch.tensor([1, 1]), torch.tensor([2., 3.]), "prod")
    tensor([1., 6.])
    """
    check_tensor("index_reduce", "input", input)
    check_tensor("index_reduce", "source", source)
    if reduce not in REDUCTIONS[1:]:
        raise refuse(RuntimeError, "index_reduce", "index_reduce(): Expected reduce to be one of "
                     f"prod, mean, amax or amin but got {reduce}.", "use index_add for sums",
                     reduce=reduce)  # fmt: skip
    if input.array.dtype.kind in "bc":
        raise refuse(NotImplementedError, "index_reduce", "\"index_reduce\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert it, or reduce a complex tensor's "
                     ".real and .imag", input=input)  # fmt: skip
    check_source(input, dim, index, source, "index_reduce")
    axis = check_vector(input, dim, index, "index_reduce")
    x, value = at_least_vector(input), at_least_vector(source)
    if not value.numel():
        return input.clone()
    places = reshape(index, (-1, *(1,) * (x.ndim - axis - 1)))
    out = reduced_into(x, axis, expand(places, tuple(value.shape)), value, reduce,
                       bool(include_self))  # fmt: skip
    return out if input.ndim else reshape(out, ())
