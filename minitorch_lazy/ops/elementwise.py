"""Functions of one number, applied to each element."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import attribute, public, special
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import diagnosis, refuse
from minitorch_lazy.ops.checks import check_tensor

LN2, LN10 = math.log(2), math.log(10)


def function(
    name: str, formula: str, rule: Callable[..., Any] | None, kernel_name: str = "",
    casts: str | None = "float", aliases: str = "", operators: str = "", node_name: str = "",
) -> Callable[..., Any]:  # fmt: skip
    """Declare a function of one number: its public name, formula and derivative rule."""
    rules: dict[str, Any] = {"x": rule} if rule else {}
    op = primitive(
        kernel_name or name, casts=casts, arguments="x", node_name=node_name or name.capitalize(),
        **rules,
    )  # fmt: skip
    doc = f"Compute y = {formula} of each element.\n\n    Source: torch.{name}.\n    "
    return public(op, name=name, inplace=True, aliases=aliases, operators=operators, doc=doc)


exp = function("exp", "e^x", lambda xp, g, y: g * y)
exp2 = function("exp2", "2^x", lambda xp, g, y: g * (y * LN2))
expm1 = function("expm1", "e^x - 1", lambda xp, g, y: g * (y + 1))
log = function("log", "ln x", lambda xp, g, x: g / x)
log2 = function("log2", "ln x / ln 2", lambda xp, g, x: g / (x * LN2))
log10 = function("log10", "ln x / ln 10", lambda xp, g, x: g / (x * LN10))
log1p = function("log1p", "ln(1 + x)", lambda xp, g, x: g / (x + 1))
sqrt = function("sqrt", "x^(1/2)", lambda xp, g, y: g / (2 * y))
sin = function("sin", "sin x", lambda xp, g, x: g * xp.cos(x))
cos = function("cos", "cos x", lambda xp, g, x: -g * xp.sin(x))
tan = function("tan", "tan x", lambda xp, g, y: g * (1 + y * y))
asin = function("asin", "arcsin x", lambda xp, g, x: g * xp.rsqrt(1 - x * x), "arcsin",
                aliases="arcsin")  # fmt: skip
acos = function("acos", "arccos x", lambda xp, g, x: -g * xp.rsqrt(1 - x * x), "arccos",
                aliases="arccos")  # fmt: skip
atan = function("atan", "arctan x", lambda xp, g, x: g / (x * x + 1), "arctan", aliases="arctan")
sinh = function("sinh", "(e^x - e^-x) / 2", lambda xp, g, x: g * xp.cosh(x))
cosh = function("cosh", "(e^x + e^-x) / 2", lambda xp, g, x: g * xp.sinh(x))
tanh = function("tanh", "(e^x - e^-x) / (e^x + e^-x)", lambda xp, g, y: g * (1 - y * y))
asinh = function("asinh", "ln(x + (x^2 + 1)^(1/2))", lambda xp, g, x: g * xp.rsqrt(x * x + 1),
                 "arcsinh", aliases="arcsinh")  # fmt: skip
acosh = function("acosh", "ln(x + (x^2 - 1)^(1/2))",
                 lambda xp, g, x: g * (xp.rsqrt(x - 1) * xp.rsqrt(x + 1)), "arccosh",
                 aliases="arccosh")  # fmt: skip
atanh = function("atanh", "ln((1 + x) / (1 - x)) / 2", lambda xp, g, x: g / (1 - x * x), "arctanh",
                 aliases="arctanh")  # fmt: skip
reciprocal = function("reciprocal", "1 / x", lambda xp, g, y: -g * (y * y))
rsqrt = function("rsqrt", "x^(-1/2)", lambda xp, g, y: g * (-0.5 * (y * y * y)))
sigmoid = function("sigmoid", "1 / (1 + e^-x)", lambda xp, g, y: g * (y * (1 - y)))
erf = function("erf", "2 pi^(-1/2) times the integral of e^(-t^2) from 0 to x",
               lambda xp, g, x: g * (2 / math.sqrt(math.pi) * xp.exp(-(x * x))))  # fmt: skip
erfc = function("erfc", "1 - erf x",
                lambda xp, g, x: g * (-2 / math.sqrt(math.pi) * xp.exp(-(x * x))))  # fmt: skip
square = function("square", "x^2", lambda xp, g, x: g * (2 * x), casts=None, node_name="Pow")
neg = function("neg", "-x", lambda xp, g: -g, "negative", casts=None, aliases="negative",
               operators="__neg__")  # fmt: skip


@diagnosis("negative")
def negation_failed(arguments: Any, static: Any) -> Any:
    """Say what is wrong with bools."""
    return (RuntimeError, "Negation, the `-` operator, on a bool tensor is not supported. If you "
            "are trying to invert a mask, use the `~` or `logical_not()` operator instead.",
            "use ~x") if arguments["x"].array.dtype.kind == "b" else None  # fmt: skip


def zero(xp: Any, g: Any) -> Any:
    """Pull back through a step function."""
    return xp.zeros_like(g)


floor = function("floor", "the largest integer that is not above x", zero, casts=None)
ceil = function("ceil", "the smallest integer that is not below x", zero, casts=None)
trunc = function("trunc", "the integer next to x toward zero", zero, casts=None, aliases="fix")
frac = public(lambda input: input - trunc(input), name="frac", inplace=True,
              doc="Compute y = x - trunc(x) of each element.")  # fmt: skip

abs = public(
    primitive("absolute", node_name="Abs", x=lambda xp, g, x: g * xp.conj(xp.unit(x))),
    name="abs", inplace=True, operators="__abs__", aliases="absolute",
    doc="""Compute y = |x| of each element; the magnitude of complex numbers.

    The gradient at 0 is 0.

    Source: torch.abs.
    """,
)  # fmt: skip

signum = primitive("sign", x=zero)


@public(inplace=True)
def sign(input: Tensor) -> Tensor:
    """Compute y = 1, 0 or -1 of each element, as it is above, equal to or below 0; 0 for nan.

    Source: torch.sign.
    """
    if input.array.dtype.kind == "c":
        raise refuse(NotImplementedError, "sign", "Unlike NumPy, torch.sign is not intended to "
                     "support complex numbers.",
                     "use sgn() for a complex number of magnitude 1", input=input)  # fmt: skip
    return signum(input)


@public(inplace=True)
def sgn(input: Tensor) -> Tensor:
    """Compute y = x / |x| of each element; 0 for 0."""
    return signum(input) if input.array.dtype.kind != "c" else unit(input)


@kernel
def unit_gradient(xp: Any, g: Any, x: Any, y: Any) -> Any:
    """Pull back through x / |x|: the part of the change that is across x, over |x|."""
    size = xp.absolute(x)
    nothing = xp.equal(size, 0)
    one = xp.where(nothing, xp.ones_like(size), size)
    across = (g - xp.conj(g) * xp.conj(y) * xp.conj(y)) / (2 * one)
    return xp.where(nothing, xp.zeros_like(across), across)


unit = primitive("unit", x=unit_gradient, node_name="Sgn")


rounded = primitive("round", static="decimals", x=zero)


@public(inplace=True, operators="__round__")
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """Round to the nearest integer, halves to the even one.

    Args:
        decimals: round to so many digits after the point; before it where negative.

    Source: torch.round.
    """
    if decimals and input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, "round", "\"round_cpu\" not implemented for integers with "
                     "decimals", "convert it first, for example with .float()",
                     input=input)  # fmt: skip
    return rounded(input, decimals=decimals)


@public
def positive(input: Tensor) -> Tensor:
    """Return the tensor itself.

    Raises:
        RuntimeError: the tensor is bool.
    """
    if input.array.dtype.kind == "b":
        raise refuse(RuntimeError, "positive", "The `+` operator, on a bool tensor is not "
                     "supported.", "convert it, for example with .int()", input=input)  # fmt: skip
    return input


special("__pos__", positive)

conjugate = primitive("conj", x=lambda xp, g: xp.conj(g))
real_part = primitive(
    "real_part", x=lambda xp, g: xp.as_complex(g), view=True, node_name="Real"
)  # fmt: skip
imaginary_part = primitive(
    "imaginary_part", x=lambda xp, g: -1j * xp.as_complex(g), view=True, node_name="Imag",
)  # fmt: skip
as_complex = primitive("as_complex", x=lambda xp, g: xp.real_part(g), node_name="Complex")


@public
def conj(input: Tensor) -> Tensor:
    """Return the complex conjugate of each element; a real tensor itself."""
    return conjugate(input) if input.array.dtype.kind == "c" else input


def real(input: Tensor) -> Tensor:
    """Look at the real parts; writes reach the tensor."""
    return real_part(input) if input.array.dtype.kind == "c" else input


def imag(input: Tensor) -> Tensor:
    """Look at the imaginary parts; writes reach the tensor.

    Raises:
        RuntimeError: the tensor is real.
    """
    if input.array.dtype.kind != "c":
        raise refuse(RuntimeError, "imag", "imag is not implemented for tensors with non-complex "
                     "dtypes.", "the imaginary part of a real tensor is 0", input=input)
    return imaginary_part(input)


public(real, method=False)
public(imag, method=False)
attribute("real", real)
attribute("imag", imag)


@public
def is_tensor(obj: Any) -> bool:
    """Tell whether an object is a Tensor."""
    return obj.__class__ in TENSORS


def of_metadata(name: str, doc: str) -> Callable[..., Any]:
    """Declare a function that asks a tensor about itself."""

    def function(input: Tensor) -> Any:
        check_tensor(name, "input", input)
        return getattr(input, name)()

    doc = f"{doc}\n\n    Source: torch.{name}.\n    "
    return public(function, name=name, method=False, doc=doc)


numel = of_metadata("numel", "Return the number of elements.")
is_complex = of_metadata("is_complex", "Tell whether the elements are complex numbers.")
is_floating_point = of_metadata(
    "is_floating_point", "Tell whether the elements are real floating-point numbers."
)
is_signed = of_metadata("is_signed", "Tell whether the elements may be negative.")
