"""Functions of two or three numbers, applied to each element."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import prepare
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_real, check_tensor


@kernel
def kept_where(xp: Any, x: Any, mask: Any) -> Any:
    """Put zeros where the mask is false."""
    return xp.where(mask, x, xp.zeros_like(x))


@kernel
def masked_zero(xp: Any, x: Any, mask: Any) -> Any:
    """Put zeros where the mask is true."""
    return xp.where(mask, xp.zeros_like(x), x)


def of_tensors(op: Any, name: str, doc: str, aliases: str = "", inplace: bool = True) -> Any:
    """Declare a function of two tensors, which takes no numbers."""

    def function(input: Tensor, other: Tensor) -> Tensor:
        check_tensor(name, "input", input)
        check_tensor(name, "other", other)
        return op(input, other)  # type: ignore[no-any-return]

    doc = f"{doc}\n\n    Source: torch.{name}.\n    "
    return public(function, name=name, inplace=inplace, aliases=aliases, doc=doc)


atan2 = of_tensors(
    primitive(
        "arctan2", casts="float", node_name="Atan2",
        a=lambda xp, g, a, b: g * (b / (a * a + b * b)),
        b=lambda xp, g, a, b: g * (-a / (a * a + b * b)),
    ),
    "atan2", "Return the angle in (-pi, pi] of the point (x, y) = (other, input).", "arctan2",
)  # fmt: skip

hypot = of_tensors(
    primitive(
        "hypot", casts="promote",
        a=lambda xp, g, a, y: g * (a / y),
        b=lambda xp, g, b, y: g * (b / y),
    ),
    "hypot", "Return the length of the hypotenuse: y = (input^2 + other^2)^(1/2).",
)  # fmt: skip

logaddexp = of_tensors(
    primitive(
        "logaddexp", casts="promote",
        a=lambda xp, g, a, b: g * xp.sigmoid(a - b),
        b=lambda xp, g, a, b: g * xp.sigmoid(b - a),
    ),
    "logaddexp", "Compute y = ln(e^input + e^other) without overflow.", inplace=False,
)  # fmt: skip

logaddexp2 = of_tensors(
    primitive(
        "logaddexp2", casts="promote",
        a=lambda xp, g, a, b: g * xp.sigmoid((a - b) * math.log(2)),
        b=lambda xp, g, a, b: g * xp.sigmoid((b - a) * math.log(2)),
    ),
    "logaddexp2", "Compute y = log2(2^input + 2^other) without overflow.", inplace=False,
)  # fmt: skip

product_with_log = primitive(
    "xlogy", casts="float",
    a=lambda xp, g, a, b: xp.masked_zero(
        g * xp.log(b), xp.logical_and(xp.equal(a, 0.0), xp.less_equal(b, 0.0))),
    b=lambda xp, g, a, b: g * (a / b),
)  # fmt: skip


@public(inplace=True)
def xlogy(input: Any, other: Any) -> Tensor:
    """Compute y = input ln(other), which is 0 where the input is 0, unless `other` is nan.

    Source: torch.xlogy.
    """
    return product_with_log(*whole(product_with_log, input, other))


@kernel
def xlog1py(xp: Any, a: Any, b: Any) -> Any:
    """Return a ln(1 + b), and 0 where a is 0, unless b is nan."""
    nothing = xp.logical_and(xp.equal(a, 0), xp.logical_not(xp.isnan(b)))
    return xp.where(nothing, xp.zeros_like(a), a * xp.log1p(b))


product_with_log1p = primitive(
    "xlog1py", casts="float", node_name="SpecialXlog1Py",
    a=lambda xp, g, a, b: xp.masked_zero(
        g * xp.log1p(b), xp.logical_and(xp.equal(a, 0.0), xp.less_equal(b, -1.0))),
    b=lambda xp, g, a, b: g * (a / (b + 1)),
)  # fmt: skip


def xlog1py_of(input: Any, other: Any) -> Tensor:
    """Compute y = input ln(1 + other), which is 0 where the input is 0, unless `other` is nan.

    Source: torch.special.xlog1py.
    """
    for value in (input, other):
        if value.__class__ in TENSORS:
            check_real("xlog1py", value)
    return product_with_log1p(*whole(product_with_log1p, input, other))


def whole(op: Any, *values: Any) -> list[Any]:
    """Prepare arguments, and make numbers 0-d tensors: the rules ask for their sign or zeros."""
    ready = prepare(op.op, values)
    like = next(v for v in ready if v.__class__ in TENSORS)
    return [v if v.__class__ in TENSORS else like.new_full((), v) for v in ready]


with_sign = primitive(
    "copysign", casts="float",
    a=lambda xp, g, a, y: xp.masked_zero(g * xp.sign(a) * xp.sign(y), xp.equal(a, 0.0)),
    b=lambda xp, g: xp.zeros_like(g),
)  # fmt: skip


@public(inplace=True)
def copysign(input: Tensor, other: Any) -> Tensor:
    """Return the magnitude of `input` with the sign of `other`, that of minus zero included.

    Source: torch.copysign.
    """
    check_tensor("copysign", "input", input)
    return with_sign(input, other)


step = primitive("heaviside", arguments="a b")


@public(inplace=True)
def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """Return 0 below 0, 1 above it, and `values` where the input is 0.

    Raises:
        RuntimeError: the two differ in type, or are complex.

    Source: torch.heaviside.
    """
    check_tensor("heaviside", "input", input)
    check_tensor("heaviside", "values", values)
    if input.array.dtype != values.array.dtype or input.array.dtype.kind == "c":
        raise refuse(RuntimeError, "heaviside", "heaviside is not yet implemented for complex "
                     "tensors or tensors with different dtypes.", "convert one of them",
                     input=input, values=values)  # fmt: skip
    return step(input, values)


blended = primitive(
    "lerp", casts="same",
    start=lambda xp, g, weight: g * (1 - weight),
    end=lambda xp, g, weight: g * weight,
    weight=lambda xp, g, start, end: g * (end - start),
)  # fmt: skip


@public(inplace=True)
def lerp(input: Tensor, end: Tensor, weight: Any) -> Tensor:
    """Go from one tensor toward another: y = input + weight * (end - input).

    Args:
        weight: a number, or a tensor.

    Source: torch.lerp.
    """
    if input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, "lerp", f"\"lerp_kernel\" not implemented for "
                     f"'{input.dtype.name}'", "convert it with .float()", input=input)  # fmt: skip
    return blended(input, end, weight)


@public(inplace=True)
def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """Compute y = input + value * tensor1 * tensor2.

    Source: torch.addcmul.
    """
    check_value("addcmul", value, input, tensor1, tensor2)
    product = tensor1 * tensor2
    return input + (product if value == 1 else product * value)


@public(inplace=True)
def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: Any = 1) -> Tensor:
    """Compute y = input + value * tensor1 / tensor2.

    Raises:
        RuntimeError: both divided tensors hold integers.

    Source: torch.addcdiv.
    """
    if all(t.array.dtype.kind in "biu" for t in (tensor1, tensor2)):
        raise refuse(RuntimeError, "addcdiv", "Integer division with addcdiv is no longer "
                     "supported, and in a future release addcdiv will perform a true division of "
                     "tensor1 and tensor2.", "convert one with .float()", tensor1=tensor1,
                     tensor2=tensor2)  # fmt: skip
    quotient = tensor1 / tensor2
    return input + (quotient if value == 1 else quotient * value)


def check_value(name: str, value: Any, *tensors: Tensor) -> None:
    """Refuse a fractional factor among integers."""
    if isinstance(value, float) and all(t.array.dtype.kind in "biu" for t in tensors):
        raise refuse(RuntimeError, name, "value cannot be converted to type int64 without "
                     "overflow", "give a whole number", input=tensors[0], value=value)  # fmt: skip


@public(inplace=True)
def deg2rad(input: Tensor) -> Tensor:
    """Turn degrees into radians: y = input * pi / 180.

    Source: torch.deg2rad.
    """
    return real_times(input, math.pi / 180, "deg2rad")


@public(inplace=True)
def rad2deg(input: Tensor) -> Tensor:
    """Turn radians into degrees: y = input * 180 / pi.

    Source: torch.rad2deg.
    """
    return real_times(input, 180 / math.pi, "rad2deg")


def real_times(input: Tensor, factor: float, name: str) -> Tensor:
    """Scale an angle, which is not complex."""
    if input.is_complex():
        raise refuse(RuntimeError, name, f"{name} is not supported for complex tensors.",
                     "take the angle() first", input=input)  # fmt: skip
    return input * factor
