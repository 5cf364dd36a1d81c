"""Comparisons, logic, bits, and choosing between elements."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from minitorch_lazy.core.primitive import Primitive, primitive
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public, special
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_real, check_tensor
from minitorch_lazy.ops.create import full
from minitorch_lazy.ops.fill import fitting


def comparison(
    name: str, kernel_name: str, formula: str, operator: str, aliases: str
) -> Callable[..., Tensor]:  # fmt: skip
    """Declare a comparison of two tensors, or a tensor and a number."""
    op = primitive(kernel_name, arguments="a b", casts="promote")
    ordered = name not in ("eq", "ne")
    if ordered:
        op.op.check = partial(check_all_real, name)

    def function(input: Tensor, other: Any) -> Tensor:
        check_tensor(name, "input", input)
        if ordered and input.array.dtype.kind == "c":
            check_real(name, input)
        return op(input, other)

    doc = f"Tell for each element whether {formula}.\n\n    Source: torch.{name}.\n    "
    setattr(Tensor, operator, comparing(op, operator, name if ordered else ""))
    return public(function, name=name, inplace=True, aliases=aliases, doc=doc)


def check_all_real(name: str, values: Any) -> None:
    """Refuse to order complex numbers; called where the operands differ in type."""
    for value in values:
        if value.__class__ in TENSORS:
            check_real(name, value)
        elif isinstance(value, complex):
            raise refuse(NotImplementedError, name, f"\"{name}\" not implemented for "
                         "'ComplexFloat'", "compare with value.real or abs(value)",
                         other=value)  # fmt: skip


def comparing(function: Callable[..., Any], name: str, ordered: str) -> Callable[..., Any]:
    """Make the operator, which leaves other kinds of operands to Python.

    Args:
        ordered: what the comparison is called where it needs an order, which complex numbers lack.
    """

    def operator(self: Tensor, other: Any) -> Any:
        if other is None or isinstance(other, (str, list, tuple, dict)):
            return NotImplemented
        if ordered and self.array.dtype.kind == "c":
            check_real(ordered, self)
        return function(self, other)

    operator.__name__ = name
    return operator


eq = comparison("eq", "equal", "input = other", "__eq__", "")
ne = comparison("ne", "not_equal", "input differs from other", "__ne__", "not_equal")
lt = comparison("lt", "less", "input < other", "__lt__", "less")
le = comparison("le", "less_equal", "input <= other", "__le__", "less_equal")
gt = comparison("gt", "greater", "input > other", "__gt__", "greater")
ge = comparison("ge", "greater_equal", "input >= other", "__ge__", "greater_equal")


def test(name: str, formula: str) -> Primitive:
    """Declare a property of single elements."""
    op = primitive(name, arguments="x")
    return public(op, doc=f"Tell for each element whether it is {formula}.\n    ")


isnan = test("isnan", "not a number")
isinf = test("isinf", "infinite")
isfinite = test("isfinite", "neither infinite nor nan")
signbit = test("signbit", "negative, minus zero included")


def logic(name: str, formula: str) -> Callable[..., Tensor]:
    """Declare a logical operation; numbers count as true where they are not 0."""
    op = primitive(name, arguments="a b", casts=None)

    def function(input: Tensor, other: Tensor) -> Tensor:
        check_tensor(name, "input", input)
        check_tensor(name, "other", other)
        return op(input, other)

    doc = f"Tell for each element whether {formula}.\n\n    Source: torch.{name}.\n    "
    return public(function, name=name, inplace=True, doc=doc)


logical_and = logic("logical_and", "both are true")
logical_or = logic("logical_or", "at least one is true")
logical_xor = logic("logical_xor", "exactly one is true")


@public
def isposinf(input: Tensor) -> Tensor:
    """Tell for each element whether it is plus infinity."""
    return logical_and(isinf(input), gt(input, 0))


@public
def isneginf(input: Tensor) -> Tensor:
    """Tell for each element whether it is minus infinity."""
    return logical_and(isinf(input), lt(input, 0))


logical_not = public(
    primitive("logical_not", arguments="x"), inplace=True, doc="Tell whether an element is false."
)


def bitwise(name: str, formula: str, operators: str, kernel_name: str = "") -> Any:
    """Declare an operation on the bits of integers; on bools it is the logical one."""
    op = primitive(kernel_name or name, arguments="a b", casts="promote")

    def function(input: Any, other: Any) -> Tensor:
        for value in (input, other):
            real = value.__class__ is float
            if real or (value.__class__ in TENSORS and value.array.dtype.kind in "fVc"):
                kind = "Float" if real else spoken(value.dtype.name)
                raise refuse(
                    NotImplementedError, name, f"\"{name}_cpu\" not implemented for '{kind}'",
                    "convert it to an integer type, for example with .long()",
                    input=input, other=other,
                )  # fmt: skip
        return op(input, other)

    doc = f"Compute {formula}, bit by bit.\n\n    Source: torch.{name}.\n    "
    return public(function, name=name, inplace=True, operators=operators, doc=doc)


bitwise_and = bitwise("bitwise_and", "input and other", "__and__ __rand__ __iand__")
bitwise_or = bitwise("bitwise_or", "input or other", "__or__ __ror__ __ior__")
bitwise_xor = bitwise("bitwise_xor", "either input or other", "__xor__ __rxor__ __ixor__")
bitwise_left_shift = bitwise("bitwise_left_shift", "input times 2^other",
                             "__lshift__ __rlshift__ __ilshift__", "left_shift")  # fmt: skip
bitwise_right_shift = bitwise("bitwise_right_shift", "input divided by 2^other",
                              "__rshift__ __rrshift__ __irshift__", "right_shift")  # fmt: skip
inverted = primitive("invert", arguments="x")


@public(inplace=True)
def bitwise_not(input: Tensor) -> Tensor:
    """Invert every bit of integers; negate bools.

    Source: torch.bitwise_not.
    """
    if input.array.dtype.kind not in "biu":
        raise refuse(NotImplementedError, "bitwise_not", "\"bitwise_not_cpu\" not implemented "
                     f"for '{spoken(input.dtype.name)}'", "convert it to an integer type",
                     input=input)  # fmt: skip
    return inverted(input)


def inverting(self: Tensor) -> Tensor:
    """Make the operator, which Python expects to refuse by a TypeError."""
    if self.array.dtype.kind not in "biu":
        raise refuse(TypeError, "~", "~ (operator.invert) is only implemented on integer and "
                     "Boolean-type tensors", "use -x for a number, or compare first",
                     input=self)  # fmt: skip
    return inverted(self)


special("__invert__", inverting)


chosen = primitive(
    "where", casts="promote", arguments="condition a b", exempt="condition",
    a=lambda xp, g, condition: xp.kept_where(g, condition),
    b=lambda xp, g, condition: xp.masked_zero(g, condition),
)  # fmt: skip


def where(condition: Tensor, input: Any = None, other: Any = None) -> Any:
    """Choose: y = input where the condition is true, and other elsewhere.

    Args:
        condition: bool, broadcast with the others. Alone, its true places are returned.

    Source: torch.where.
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise refuse(TypeError, "where", "where() takes condition alone, or condition, input and "
                     "other", "give both, numbers or tensors", condition=condition, input=input,
                     other=other)  # fmt: skip
    if condition.array.dtype.kind != "b" and condition.array.dtype != "uint8":
        raise refuse(RuntimeError, "where", "where expected condition to be a boolean tensor, but "
                     f"got a tensor with dtype {condition.dtype}", "compare it, for example with "
                     "condition != 0", condition=condition)  # fmt: skip
    if condition.array.dtype.kind != "b":
        condition = condition.bool()
    if input.__class__ not in TENSORS and other.__class__ not in TENSORS:
        input, other = (full((), v, device=condition.device) for v in (input, other))
    return chosen(condition, input, other)


public(where, method=False)


def where_method(input: Tensor, condition: Tensor, other: Any) -> Any:
    """Choose: the tensor where the condition is true, and other elsewhere."""
    return where(condition, input, other)


special("where", where_method)


@public(inplace=True)
def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """Replace the elements where the mask is true by one number.

    Raises:
        RuntimeError: the mask is not bool, or the value is not a single number.

    Source: torch.Tensor.masked_fill.
    """
    if mask.array.dtype.kind != "b":
        raise refuse(RuntimeError, "masked_fill", "masked_fill only supports boolean masks, but "
                     f"got mask with dtype {mask.dtype}", "use mask.bool()", mask=mask)  # fmt: skip
    if value.__class__ in TENSORS and value.ndim:
        raise refuse(RuntimeError, "masked_fill", "masked_fill only supports a 0-dimensional value "
                     f"tensor, but got tensor with {value.ndim} dimension(s).",
                     "use torch.where(mask, value, input)", value=value)  # fmt: skip
    out = chosen(mask, fitting(input, value, "masked_fill"), input)
    return out if out.dtype is input.dtype else out.to(input.dtype)


def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape and elements.

    Source: torch.equal.
    """
    if input.shape != other.shape:
        return False
    return bool(eq(input, other).all())


@public
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08,
            equal_nan: bool = False) -> Tensor:  # fmt: skip
    """Tell for each element whether |input - other| <= atol + rtol * |other|.

    Source: torch.isclose.
    """
    check_tensor("isclose", "input", input)
    check_tensor("isclose", "other", other)
    if input.dtype is not other.dtype:
        raise refuse(RuntimeError, "isclose", f"{input.dtype} did not match {other.dtype}",
                     "convert one of them", input=input, other=other)  # fmt: skip
    if rtol < 0 or atol < 0:
        raise refuse(RuntimeError, "isclose", "rtol and atol must not be negative",
                     "give tolerances of 0 or more", rtol=rtol, atol=atol)  # fmt: skip
    same = eq(input, other)
    if equal_nan and input.array.dtype.kind not in "biu":
        same = logical_or(same, logical_and(isnan(input), isnan(other)))
    if rtol == 0 and atol == 0:
        return same
    a, b = (t.double() if t.array.dtype.kind in "biu" else t for t in (input, other))
    near = le((a - b).abs(), atol + (rtol * b).abs())
    return logical_or(same, logical_and(near, isfinite(b)))


@public
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08,
             equal_nan: bool = False) -> bool:  # fmt: skip
    """Tell whether all elements are close, as `isclose` says."""
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


public(equal)
