"""Arithmetic, one element at a time."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public, special
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import diagnosis, refuse
from minitorch_lazy.ops.checks import check_tensor

plus = primitive(
    "add", casts="promote", a=lambda xp, g: g, b=lambda xp, g: g,
)  # fmt: skip
minus = primitive(
    "subtract", casts="promote", node_name="Sub", a=lambda xp, g: g, b=lambda xp, g: -g,
)  # fmt: skip


def refuse_bools(values: Any) -> None:
    """Refuse to subtract bools, as NumPy does where both operands are.

    Raises:
        RuntimeError: an operand is bool.
    """
    if any(
        v.__class__ is bool or (v.__class__ in TENSORS and v.array.dtype.kind == "b")
        for v in values
    ):  # fmt: skip
        raise refuse(
            RuntimeError, "sub", "Subtraction, the `-` operator, with a bool tensor is not "
            "supported.", "use the `^` or `logical_xor()` operator instead",
            input=values[0], other=values[1],
        )  # fmt: skip


minus.op.check = refuse_bools


@diagnosis("subtract")
def subtraction_failed(arguments: Any, static: Any) -> None:
    """Say what is wrong with bools."""
    refuse_bools(list(arguments.values()))
times = primitive(
    "multiply", casts="promote", node_name="Mul",
    a=lambda xp, g, b: g * b,
    b=lambda xp, g, a: g * a,
)  # fmt: skip
over = primitive(
    "divide", casts="float", node_name="Div",
    a=lambda xp, g, b: g / b,
    b=lambda xp, g, a, b: -g * ((a / b) / b),
)  # fmt: skip


@public(inplace=True, operators="__radd__ __iadd__")
def add(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Add: y = input + alpha * other.

    Source: torch.add.
    """
    return plus(input, scaled(input, other, alpha, "add") if alpha != 1 else other)


special("__add__", plus)


@public(inplace=True, operators="__rsub__ __isub__", aliases="subtract")
def sub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Subtract: y = input - alpha * other.

    Raises:
        RuntimeError: an operand is bool; use `logical_xor` or `^`.

    Source: torch.sub.
    """
    return minus(input, scaled(input, other, alpha, "sub") if alpha != 1 else other)


special("__sub__", minus)


@public
def rsub(input: Any, other: Any, *, alpha: Any = 1) -> Tensor:
    """Subtract the other way round: y = other - alpha * input.

    Source: torch.rsub.
    """
    check_tensor("rsub", "input", input)
    return sub(other, input, alpha=alpha)


def scaled(input: Any, other: Any, alpha: Any, operation: str) -> Any:
    """Return alpha * other; integers take no fractional alpha."""
    integral = all(
        v.__class__ in (int, bool) or (v.__class__ in TENSORS and v.array.dtype.kind in "biu")
        for v in (input, other)
    )
    if integral and not isinstance(alpha, int):
        raise refuse(
            RuntimeError, operation, "For integral input tensors, argument alpha must not be a "
            "floating point number.", "convert the input, for example with .float()",
            input=input, other=other, alpha=alpha,
        )  # fmt: skip
    boolean = all(
        v.__class__ is bool or (v.__class__ in TENSORS and v.array.dtype.kind == "b")
        for v in (input, other)
    )
    if isinstance(alpha, bool) and not boolean:
        raise refuse(
            RuntimeError, operation, "Boolean alpha only supported for Boolean results.",
            "give alpha as a number", input=input, other=other, alpha=alpha,
        )  # fmt: skip
    return times(other, alpha) if other.__class__ in TENSORS else other * alpha


mul = public(
    times, name="mul", inplace=True, operators="__mul__ __rmul__ __imul__", aliases="multiply",
    doc="""Multiply: y = input * other.

    Source: torch.mul.
    """,
)  # fmt: skip


@public(inplace=True, operators="__truediv__ __rtruediv__ __itruediv__",
        aliases="divide")  # fmt: skip
def div(input: Any, other: Any, *, rounding_mode: str | None = None) -> Tensor:
    """Divide: y = input / other; integers give floating-point numbers.

    Args:
        rounding_mode: None, "trunc" (toward zero) or "floor".

    Source: torch.div.
    """
    if rounding_mode is None:
        return over(input, other)
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return truncate_divide(input, other)
    raise refuse(
        RuntimeError, "div", "div expected rounding_mode to be one of None, 'trunc', or 'floor' "
        f"but found '{rounding_mode}'", "choose one of them", input=input, other=other,
    )  # fmt: skip


public(lambda input, other: over(input, other), name="true_divide", inplace=True,
       doc="Divide: y = input / other; integers give floating-point numbers.")  # fmt: skip

floor_divide = public(
    primitive(
        "floor_divide", casts="promote", node_name="Div",
        a=lambda xp, g: xp.zeros_like(g), b=lambda xp, g: xp.zeros_like(g),
    ),
    inplace=True, operators="__floordiv__ __rfloordiv__ __ifloordiv__",
    doc="""Divide and round down: y = floor(input / other).

    Source: torch.floor_divide.
    """,
)  # fmt: skip

truncate_divide = primitive(
    "truncate_divide", casts="promote", node_name="Div",
    a=lambda xp, g: xp.zeros_like(g), b=lambda xp, g: xp.zeros_like(g),
)  # fmt: skip

remainder = public(
    primitive(
        "remainder", casts="promote",
        a=lambda xp, g: g,
        b=lambda xp, g, a, b: -g * xp.floor_divide(a, b),
    ),
    inplace=True, operators="__mod__ __rmod__ __imod__",
    doc="""Return what is left of a division rounded down; it has the sign of `other`.

        y = input - floor(input / other) * other

    Source: torch.remainder.
    """,
)  # fmt: skip

rest = primitive(
    "fmod", casts="promote",
    a=lambda xp, g: g,
    b=lambda xp, g, a, b: -g * xp.truncate_divide(a, b),
)  # fmt: skip


@public(inplace=True)
def fmod(input: Tensor, other: Any) -> Tensor:
    """Return what is left of a division rounded toward zero; it has the sign of `input`.

    Source: torch.fmod.
    """
    check_tensor("fmod", "input", input)
    return rest(input, other)
