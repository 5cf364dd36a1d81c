"""Dimensions in another order, and elements in another order along them."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import attribute, public
from minitorch_lazy.core.size import whole
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.shape import listed, names_of, reshape

transposed = primitive(
    "transpose", static="axes", view=True, node_name="Permute",
    x=lambda xp, g, axes: xp.transpose(g, axes=inverse(axes)),
)  # fmt: skip
flipped = primitive(
    "flip", static="axis", x=lambda xp, g, axis: xp.flip(g, axis=axis),
)  # fmt: skip
rolled = primitive(
    "roll", static="shift axis",
    x=lambda xp, g, shift, axis: xp.roll(g, shift=tuple(-s for s in shift), axis=axis),
)  # fmt: skip


def inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    """Return the permutation that undoes another."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


@public
def permute(input: Tensor, *order: Any, dims: Any = None) -> Tensor:
    """Reorder the dimensions.

    Args:
        order: every dimension once, one by one or as one sequence.
        dims: the same, by name.

    Source: torch.permute.
    """
    order = listed(order if dims is None else (dims,))
    if len(order) != input.ndim:
        raise refuse(RuntimeError, "permute", "permute(sparse_coo): number of dimensions in the "
                     f"tensor input does not match the length of the desired ordering of "
                     f"dimensions i.e. input.dim() = {input.ndim} is not equal to len(dims) = "
                     f"{len(order)}", "name every dimension once", input=input)  # fmt: skip
    axes = tuple(input.axis(d) for d in order)
    if len(set(axes)) < len(axes):
        raise refuse(RuntimeError, "permute", "permute(): duplicate dims are not allowed.",
                     "name every dimension once", input=input, dims=order)  # fmt: skip
    return transposed(input, axes=axes)


@public(aliases="swapaxes swapdims")
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Swap two dimensions.

    Source: torch.transpose.
    """
    first, second = input.axis(dim0), input.axis(dim1)
    axes = list(range(input.ndim))
    if axes:
        axes[first], axes[second] = axes[second], axes[first]
    return transposed(input, axes=tuple(axes))


@public
def t(input: Tensor) -> Tensor:
    """Transpose a matrix; vectors and numbers stay as they are.

    Raises:
        RuntimeError: there are more than two dimensions.
    """
    if input.ndim > 2:
        raise refuse(RuntimeError, "t", "t() expects a tensor with <= 2 dimensions, but self is "
                     f"{input.ndim}D", "use transpose(dim0, dim1)", input=input)  # fmt: skip
    return transposed(input, axes=tuple(reversed(range(input.ndim))))


@public(aliases="moveaxis")
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """Move dimensions to other places; the others keep their order.

    Source: torch.movedim.
    """
    before, after = names_of(input, source), names_of(input, destination)
    if len(before) != len(after):
        raise refuse(RuntimeError, "movedim", "movedim: Invalid source or destination dims: source "
                     f"({list(before)} dims) should contain the same number of dims as destination "
                     f"({list(after)} dims)", "give as many of one as of the other",
                     input=input)  # fmt: skip
    for what, places in (("source", before), ("destination", after)):
        if len(set(places)) < len(places):
            raise refuse(RuntimeError, "movedim", f"movedim: repeated dim in `{what}` "
                         f"({list(places)})", "name each once", input=input)  # fmt: skip
    order: list[int] = [d for d in range(input.ndim) if d not in before]
    for target, origin in sorted(zip(after, before, strict=True)) if input.ndim else ():
        order.insert(target, origin)
    return transposed(input, axes=tuple(order))


@public(inplace=False)
def flip(input: Tensor, *places: Any, dims: Any = None) -> Tensor:
    """Reverse the order along dimensions; this copies.

    Args:
        places: the dimensions, one by one or as one sequence.
        dims: the same, by name.

    Source: torch.flip.
    """
    places = listed(places if dims is None else (dims,))
    axes = names_of(input, places)
    if len(set(axes)) < len(axes):
        raise refuse(RuntimeError, "flip", "dim appears multiple times in the list of dims",
                     "name each once", input=input, dims=places)  # fmt: skip
    return flipped(input, axis=axes)


@public
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """Shift the elements along dimensions; what falls off one end comes in at the other.

    Source: torch.roll.
    """
    steps = whole("roll", "shifts", shifts if isinstance(shifts, (tuple, list)) else (shifts,))
    if dims is None or dims == ():
        if len(steps) != 1:
            raise refuse(RuntimeError, "roll", "shifts and dimensions must align. shifts: "
                         f"{len(steps)}, dims:0", "give as many dims", input=input)  # fmt: skip
        return reshape(rolled(reshape(input, -1), shift=steps, axis=(0,)), tuple(input.shape))
    axes = names_of(input, dims)
    if len(axes) != len(steps):
        raise refuse(RuntimeError, "roll", f"shifts and dimensions must align. shifts: "
                     f"{len(steps)}, dims:{len(axes)}", "give as many dims", input=input)
    return rolled(input, shift=steps, axis=axes)


def transposed_property(input: Tensor) -> Tensor:
    """The tensor with its dimensions in reverse order."""
    return transposed(input, axes=tuple(reversed(range(input.ndim))))


def matrix_transpose(input: Tensor) -> Tensor:
    """The tensor with its last two dimensions swapped."""
    if input.array.ndim < 2:
        raise refuse(RuntimeError, "mT", "tensor.mT is only supported on matrices or batches of "
                     f"matrices. Got {input.ndim}-D tensor.", "use .T", input=input)  # fmt: skip
    return transpose(input, -2, -1)


@public
def adjoint(input: Tensor) -> Tensor:
    """Swap the last two dimensions and take the complex conjugate.

    Source: torch.adjoint.
    """
    return matrix_transpose(input).conj()


attribute("T", transposed_property)
attribute("mT", matrix_transpose)
attribute("H", lambda x: matrix_transpose(x).conj())
attribute("mH", adjoint)
