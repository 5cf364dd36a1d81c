"""Samples of functions of one number."""

from __future__ import annotations

import numpy as np

from tests.laws.samples.source import Source
from tests.laws.samples.table import Call, Maker, call, sample

NARROW = [np.dtype(name) for name in ("float32", "float64", "float16", "complex64")]
WIDE = [np.dtype(name) for name in ("float64", "complex128")]


def function(
    names: str, low: float = -2.0, high: float = 2.0, kinks: tuple[float, ...] = (),
    complex: bool = False,
) -> None:  # fmt: skip
    """Sample functions of one number between bounds, away from where they are not smooth."""
    sample(names, complex=complex)(lambda s: call(s.between(s.shape(), low, high, kinks)))


function("exp exp2 expm1 sin cos tanh sinh cosh arcsinh sigmoid silu square negative conj copy",
         complex=True)  # fmt: skip
function("log log2 log10 sqrt rsqrt reciprocal", 0.2, 4.0, complex=True)
function("log1p", -0.5, 4.0, complex=True)
function("tan", -1.3, 1.3, complex=True)
function("arcsin arccos arctanh", -0.9, 0.9, complex=True)
function("arctan", -0.8, 0.8, complex=True)
function("arccosh", 1.2, 4.0, complex=True)
function("absolute", kinks=(0.0,), complex=True)
function("erf erfc mish logsigmoid")
function("relu sign signbit", kinks=(0.0,))
function("floor ceil trunc", -3.0, 3.0, (-2.0, -1.0, 0.0, 1.0, 2.0))
function("hardswish hardsigmoid", -5.0, 5.0, (-3.0, 3.0))
function("isfinite isinf isnan ones_like zeros_like logical_not", kinks=(0.0,), complex=True)
function("root_or_zero", 0.2, 4.0)
function("erfinv", -0.8, 0.8)
function("lgamma digamma", 0.3, 4.0)
function("logit", 0.1, 0.9)
function("sinc", kinks=(0.0,), complex=True)
function("entr", 0.1, 3.0)
function("ndtr")
function("half_turn", kinks=(0.0,))


@sample("unit", complex=True)
def directions(s: Source) -> Call:
    """Draw numbers of both signs, far from 0, where directions change too fast for differences."""
    x = s.between(s.shape(), 0.5, 2.0)
    return call(s.cast(x * s.stream.choice([-1.0, 1.0], x.shape)))


@sample("real_part imaginary_part", complex=True, retypes=True)
def parts(s: Source) -> Call:
    return call(s.between(s.shape()).astype("complex128" if s.dtype in WIDE else "complex64"))


@sample("complex_angle", complex=True, retypes=True)
def angles(s: Source) -> Call:
    """Draw numbers away from 0 and from the negative real axis, where the angle jumps."""
    x = s.between(s.shape(), 0.2, 3.0)
    return call(x.astype("complex128" if s.dtype in WIDE else "complex64"))


@sample("complex_as_pairs", complex=True, retypes=True)
def complex_numbers_in_pairs(s: Source) -> Call:
    return call(s.between(s.shape()).astype("complex128" if s.dtype in WIDE else "complex64"))


@sample("pairs_as_complex", retypes=True)
def pairs(s: Source) -> Call:
    return call(s.between((*s.shape(0, 2), 2)).astype("float64" if s.dtype in WIDE else "float32"))


@sample("as_complex", retypes=True)
def complex_numbers(s: Source) -> Call:
    return call(s.between(s.shape()).astype("float64" if s.dtype in WIDE else "float32"))


@sample("invert")
def bits(s: Source) -> Call:
    shape = s.shape()
    return call(s.pick(s.flags(shape), s.integers(shape, -9, 9)))


@sample("round")
def rounded(s: Source) -> Call:
    decimals = s.pick(0, 1, -1)
    scale = 10.0**-decimals
    kinks = tuple(scale * (n + 0.5) for n in range(-3, 3))
    return call(s.between(s.shape(), -3.5 * scale, 3.5 * scale, kinks), decimals=decimals)


@sample("astype", complex=True, retypes=True)
def converted(s: Source) -> Call:
    targets = WIDE if s.dtype in WIDE else NARROW
    return call(s.between(s.shape()), dtype=s.pick(*targets))


@sample("transfer", complex=True)
def moved(s: Source) -> Call:
    return call(s.between(s.shape()), device=("cpu", None), origin=("cpu", None))


@sample("polygamma")
def derivatives_of_digamma(s: Source) -> Call:
    return call(s.between(s.shape(), 0.7, 4.0), order=s.pick(1, 2))


@sample("power_number", complex=True)
def raised(s: Source) -> Call:
    exponent = s.pick(2, 3, 1, 0, 0.5, -1, -2.5, 2.5)
    return call(s.between(s.shape(), 0.3, 2.0), exponent=exponent)


@sample("number_power", complex=True)
def raised_number(s: Source) -> Call:
    return call(s.between(s.shape()), base=s.pick(2.0, 0.5, 1.0, 3))


@sample("clip")
def clipped(s: Source) -> Call:
    low, high = s.pick((-1.0, 1.0), (None, 1.0), (-1.0, None), (1.0, -1.0))
    return call(s.between(s.shape(), kinks=(-1.0, 1.0)), low=low, high=high)


@sample("replace_nonfinite")
def replaced(s: Source) -> Call:
    x = s.between(s.shape(), kinks=(0.0,))
    return call(x, nan=0.0, above=s.pick(None, 3.0), below=s.pick(None, -3.0))


@sample("leaky_relu")
def leaky(s: Source) -> Call:
    return call(s.between(s.shape(), kinks=(0.0,)), slope=s.pick(0.01, 0.5, 0.0))


@sample("prelu_kernel", broadcasts=True)
def learned_slope(s: Source) -> Call:
    shape, slopes = s.together(2)
    return call(s.between(shape, kinks=(0.0,)), s.between(slopes))


@sample("hardtanh")
def hard_tangent(s: Source) -> Call:
    low, high = s.pick((-1.0, 1.0), (0.0, 6.0))
    return call(s.between(s.shape(), -2.0, 8.0, (low, high)), low=low, high=high)


@sample("hardshrink softshrink")
def shrunk(s: Source) -> Call:
    lambd = s.pick(0.5, 1.0)
    return call(s.between(s.shape(), kinks=(-lambd, lambd)), lambd=lambd)


@sample("threshold")
def cut_off(s: Source) -> Call:
    bound = s.pick(0.5, -1.0)
    return call(s.between(s.shape(), kinks=(bound,)), bound=bound, value=s.pick(0.0, 3.0))


@sample("elu")
def exponential_linear(s: Source) -> Call:
    x = s.between(s.shape(), kinks=(0.0,))
    return call(x, alpha=s.pick(1.0, 0.5), scale=s.pick(1.0, 1.05), rate=s.pick(1.0, 2.0))


@sample("softplus")
def soft_plus(s: Source) -> Call:
    beta, threshold = s.pick((1.0, 20.0), (2.0, 1.0))
    x = s.between(s.shape(), -2.0, 2.0, (threshold / beta,) if threshold / beta < 2 else ())
    return call(x, beta=beta, threshold=threshold)


@sample("gelu")
def gaussian_linear(s: Source) -> Call:
    return call(s.between(s.shape()), approximate=s.pick("none", "tanh"))


def along(names: str, complex: bool = False, low: float = -2.0, high: float = 2.0) -> Maker:
    """Sample functions along one axis."""

    def make(s: Source) -> Call:
        shape = s.shape(1)
        return call(s.between(shape, low, high), axis=s.axis(shape))

    return sample(names, complex=complex)(make)


along("cumsum cumprod logcumsumexp", complex=True)
along("softmax log_softmax")
