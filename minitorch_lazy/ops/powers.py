"""Powers, of tensors and of numbers."""

from __future__ import annotations

import cmath
import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import NUMBERS, convert
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.elementwise import trunc


@kernel
def power_gradient(xp: Any, g: Any, a: Any, b: Any) -> Any:
    """Pull back to the base: g b a^(b - 1), and 0 where the exponent is 0."""
    zero = xp.equal(b, 0)
    slope = b * xp.power(a, xp.where(zero, xp.ones_like(b), b - 1))
    return g * xp.where(zero, xp.zeros_like(slope), slope)


@kernel
def exponent_gradient(xp: Any, g: Any, a: Any, b: Any, y: Any) -> Any:
    """Pull back to the exponent: g y log(a), and 0 where the base is 0 and y is not infinite."""
    zero = xp.logical_and(xp.equal(a, 0), xp.logical_not(xp.isinf(y)))
    log = xp.log(xp.where(zero, xp.ones_like(a), a))
    return g * xp.where(zero, xp.zeros_like(y), y * log)


power = primitive(
    "power", casts="promote", node_name="Pow",
    a=power_gradient, b=exponent_gradient,
)  # fmt: skip
power_number = primitive(
    "power_number", static="exponent", node_name="Pow",
    x=lambda xp, g, x, exponent: xp.zeros_like(g) if exponent == 0
    else g * (exponent * xp.power_number(x, exponent=exponent - 1)),
)  # fmt: skip


def logarithm(base: complex) -> complex:
    """Return ln of a number: -inf of 0, nan of a negative one."""
    if isinstance(base, complex):
        return cmath.log(base) if base else -math.inf
    return math.log(base) if base > 0 else math.nan if base else -math.inf


def number_power_rule(xp: Any, g: Any, x: Any, y: Any, base: complex) -> Any:
    """Pull back to the exponent of a number: g y ln(base), and 0 where 0 is raised to x >= 0."""
    slope = y * logarithm(base)
    if base == 0:
        slope = xp.where(xp.greater_equal(x, 0.0), xp.zeros_like(y), slope)
    return g * slope


number_power = primitive("number_power", static="base", node_name="Pow", x=number_power_rule)


@public(inplace=True, operators="__pow__ __rpow__ __ipow__")
def pow(input: Any, exponent: Any) -> Tensor:
    """Raise to a power: y = input ** exponent.

    Args:
        input, exponent: tensors, or one of them a number.

    Raises:
        RuntimeError: integers are raised to a negative integer power.

    Source: torch.pow.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([1., 2., 3.]) ** 2
    tensor([1., 4., 9.])
    """
    if input.__class__ in TENSORS and exponent.__class__ in NUMBERS:
        kind = types.common([input.array], [exponent])
        if kind.category > 1:
            return power_number(convert(input, kind.numpy), exponent=exponent)
        if exponent.real < 0:
            raise refuse(
                RuntimeError, "pow", "Integers to negative integer powers are not allowed.",
                "convert the base, for example with .float()", input=input, exponent=exponent,
            )  # fmt: skip
    elif exponent.__class__ in TENSORS and input.__class__ in NUMBERS:
        kind = types.common([exponent.array], [input])
        if kind.category > 1:
            return number_power(convert(exponent, kind.numpy), base=input)
    return power(input, exponent)


@public(inplace=True)
def float_power(input: Any, exponent: Any) -> Tensor:
    """Raise to a power in double precision.

    Source: torch.float_power.
    """
    values = [input, exponent]
    complex_ = any(
        v.is_complex() if v.__class__ in TENSORS else isinstance(v, complex) for v in values
    )
    wide = (types.complex128 if complex_ else types.float64).numpy
    return pow(*(convert(v, wide) if v.__class__ in TENSORS else v for v in values))


@public(inplace=True)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Multiply by a power of two: y = input * 2 ** other, in the common type of both.

    The power may be beyond the type's range where the product is not.

    Source: torch.ldexp.

    >>> import minitorch_lazy as torch
    >>> torch.ldexp(torch.tensor([1., 3.]), torch.tensor([2, -1]))
    tensor([4.0000, 1.5000])
    """
    check_tensor("ldexp", "input", input)
    check_tensor("ldexp", "other", other)
    kind = types.common([input.array, other.array])
    if other.is_complex():
        return input * pow(2.0, other)
    kind = (kind if kind.category > 1 else types.get_default_dtype()).to_real()
    exponent = convert(other, kind.numpy)
    half = trunc(exponent * 0.5)
    return input * pow(2.0, half) * pow(2.0, exponent - half)
