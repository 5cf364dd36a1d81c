"""Keeping numbers inside bounds: clamp, the larger and the smaller of two, and no infinities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert, number
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor


def inside(xp: Any, x: Any, low: Any, high: Any) -> Any:
    """Tell where low <= x <= high; a bound that is None does not bind."""
    if low is None:
        return xp.less_equal(x, high)
    if high is None:
        return xp.greater_equal(x, low)
    return xp.logical_and(xp.greater_equal(x, low), xp.less_equal(x, high))


def below(xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
    """Pull back to the lower bound: it counts where x is below it, and it is below the upper."""
    mask = xp.less(x, low)
    return xp.kept_where(g, mask if high is None else xp.logical_and(mask, xp.less(low, high)))


def above(xp: Any, g: Any, x: Any, low: Any, high: Any) -> Any:
    """Pull back to the upper bound: it counts where x is above it, or it is below the lower."""
    mask = xp.greater(x, high)
    return xp.kept_where(g, mask if low is None else xp.logical_or(mask, xp.less(high, low)))


clipped = primitive(
    "clip", static="low high", node_name="Clamp",
    x=lambda xp, g, x, low, high: xp.kept_where(g, inside(xp, x, low, high)),
)  # fmt: skip
clipped_between = primitive(
    "clip_between", casts="promote", node_name="Clamp",
    x=lambda xp, g, x, low, high: xp.kept_where(g, inside(xp, x, low, high)),
    low=below,
    high=above,
)  # fmt: skip


@public(inplace=True, aliases="clip")
def clamp(input: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """Limit to bounds: y = min(max(input, min), max).

    The gradient is 1 from bound to bound, both included.

    Args:
        min: number or tensor; None for no lower bound.
        max: number or tensor; None for no upper bound. Where it is below `min`, it wins.

    Source: torch.clamp.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([-1., 0.5, 2.]).clamp(0, 1)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if min is None and max is None:
        raise refuse(RuntimeError, "clamp", "torch.clamp: At least one of 'min' or 'max' must not "
                     "be None", "give one of them", input=input)  # fmt: skip
    kind = types.common(
        [v.array for v in (input, min, max) if v.__class__ in TENSORS],
        [v for v in (min, max) if v is not None and v.__class__ not in TENSORS],
    )
    check_tensor("clamp", "input", input)
    tensors = min.__class__ in TENSORS or max.__class__ in TENSORS
    if kind.category == 3 or (kind.category == 0 and not tensors):
        complex_ = kind.category == 3
        raise refuse(NotImplementedError if complex_ else RuntimeError, "clamp",
                     "clamp is not supported for complex types" if complex_
                     else f"\"clamp\" not implemented for '{kind.name}'",
                     "clamp real numbers", input=input, min=min, max=max)  # fmt: skip
    if tensors:
        return clipped_between(input, min, max)
    low, high = (None if v is None else number(v, kind) for v in (min, max))
    return clipped(convert(input, kind.numpy), low=low, high=high)


@public(inplace=True)
def clamp_min(input: Tensor, min: Any) -> Tensor:
    """Limit from below: y = max(input, min).

    Source: torch.clamp_min.
    """
    return clamp(input, min=min)


@public(inplace=True)
def clamp_max(input: Tensor, max: Any) -> Tensor:
    """Limit from above: y = min(input, max).

    Source: torch.clamp_max.
    """
    return clamp(input, max=max)


def extremum(kernel_name: str, loses: str) -> Callable[..., Tensor]:
    """Declare the larger or the smaller of two; where they are equal, each gets half the gradient.

    Args:
        kernel_name: the kernel's name.
        loses: the comparison that says that the first is not the result.
    """

    def share(xp: Any, g: Any, mine: Any, other: Any) -> Any:
        """Give all to the winner, half to each in a tie; two operands with a nan both get all."""
        lost = getattr(xp, loses)(mine, other)
        return xp.where(xp.equal(mine, other), g * 0.5, xp.masked_zero(g, lost))

    op = primitive(
        kernel_name, casts="promote",
        a=lambda xp, g, a, b: share(xp, g, a, b),
        b=lambda xp, g, a, b: share(xp, g, b, a),
    )  # fmt: skip

    def function(input: Tensor, other: Any) -> Tensor:
        check_pair(kernel_name, input, other)
        return op(input, other)

    word = kernel_name.removesuffix("imum")
    doc = f"""Choose the {word}imum of two numbers, element by element; nan where one is nan.

    Where both are equal, each gets half of the gradient.

    Source: torch.{kernel_name}.
    """
    return public(function, name=kernel_name, doc=doc)


def check_pair(name: str, input: Any, other: Any) -> None:
    """Refuse what is no tensor, and complex numbers, which have no order."""
    for word, value in (("input", input), ("other", other)):
        check_tensor(name, word, value)
        if value.array.dtype.kind == "c":
            raise refuse(RuntimeError, name, f"{name} not implemented for complex tensors.",
                         "compare magnitudes, with .abs()", input=input, other=other)  # fmt: skip


maximum, minimum = extremum("maximum", "less"), extremum("minimum", "greater")


def number_or(kernel_name: str, wins: str) -> Callable[..., Tensor]:
    """Declare the larger or the smaller of two, in which a number wins against nan."""

    def first(xp: Any, a: Any, b: Any) -> Any:
        """Tell where the first is the result; it is in a tie."""
        return xp.logical_or(getattr(xp, wins)(a, b), xp.isnan(b))

    op = primitive(
        kernel_name, casts="promote",
        a=lambda xp, g, a, b: xp.kept_where(g, first(xp, a, b)),
        b=lambda xp, g, a, b: xp.masked_zero(g, first(xp, a, b)),
    )  # fmt: skip

    def function(input: Tensor, other: Any) -> Tensor:
        check_pair(kernel_name, input, other)
        return op(input, other)

    word = {"fmax": "larger", "fmin": "smaller"}[kernel_name]
    doc = f"""Choose the {word} of two numbers, element by element; nan only where both are nan.

    Where both are equal, `input` gets the gradient.

    Source: torch.{kernel_name}.
    """
    return public(function, name=kernel_name, doc=doc)


fmax, fmin = number_or("fmax", "greater_equal"), number_or("fmin", "less_equal")

replaced = primitive(
    "replace_nonfinite", static="nan above below", node_name="NanToNum",
    x=lambda xp, g, x: xp.kept_where(g, xp.isfinite(x)),
)  # fmt: skip


@public(inplace=True)
def nan_to_num(input: Tensor, nan: float | None = None, posinf: float | None = None,
               neginf: float | None = None) -> Tensor:  # fmt: skip
    """Replace nan, and infinities, by numbers.

    Args:
        nan: what becomes of nan; 0 where not given.
        posinf, neginf: what becomes of the infinities; the type's largest and smallest number
            where not given.

    Source: torch.nan_to_num.
    """
    if input.array.dtype.kind in "biu":
        return input.clone()
    return replaced(input, nan=0.0 if nan is None else nan, above=posinf, below=neginf)
