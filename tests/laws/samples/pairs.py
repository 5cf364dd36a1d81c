"""Samples of functions of two and three numbers, which broadcast."""

from __future__ import annotations

from tests.laws.samples.source import Source
from tests.laws.samples.table import Call, call, sample


def pair(
    names: str, first: tuple[float, ...] = (-2.0, 2.0), second: tuple[float, ...] = (),
    complex: bool = False,
) -> None:  # fmt: skip
    """Sample functions of two numbers; each range is `low, high, kinks ...`."""

    def make(s: Source) -> Call:
        left, right = s.together(2)
        ranges = first, second or first
        return call(*(
            s.between(shape, low, high, tuple(kinks))
            for shape, (low, high, *kinks) in zip((left, right), ranges, strict=True)
        ))  # fmt: skip

    sample(names, complex=complex, broadcasts=True)(make)


pair("add subtract multiply", complex=True)
pair("divide", (-2.0, 2.0), (0.4, 3.0), complex=True)
pair("power", (0.3, 2.0), (-2.0, 2.0), complex=True)
pair("logaddexp", complex=True)
pair("logaddexp2")
pair("arctan2 hypot", (0.2, 3.0), (-2.0, 2.0))
pair("xlogy", (-2.0, 2.0), (0.2, 3.0))
pair("xlog1py", (-2.0, 2.0), (-0.7, 3.0))
pair("copysign heaviside", (-2.0, 2.0, 0.0))
pair("logical_and logical_or logical_xor", (-2.0, 2.0, 0.0), complex=True)
pair("bce", (0.1, 0.9), (0.0, 1.0))


@sample("maximum minimum fmax fmin greater greater_equal less less_equal equal not_equal",
        broadcasts=True)  # fmt: skip
def compared(s: Source) -> Call:
    left, right = s.together(2)
    return call(s.distinct(left), s.distinct(right, 0.1875))


@sample("remainder fmod floor_divide truncate_divide", broadcasts=True)
def divided(s: Source) -> Call:
    """Draw quotients that no step of a finite difference carries over an integer."""
    left, right = s.together(2)
    dividends = s.stream.integers(-6, 6, left) + s.stream.uniform(0.2, 0.8, left)
    return call(s.cast(dividends), s.cast(s.stream.choice([-2.0, -1.0, 1.0, 2.0], right)))


@sample("gcd lcm", broadcasts=True)
def whole_numbers(s: Source) -> Call:
    left, right = s.together(2)
    return call(s.integers(left, -9, 9), s.integers(right, -9, 9))


@sample("bitwise_and bitwise_or bitwise_xor", broadcasts=True)
def combined(s: Source) -> Call:
    left, right = s.together(2)
    if s.pick(False, True):
        return call(s.flags(left), s.flags(right))
    return call(s.integers(left, -9, 9), s.integers(right, -9, 9))


@sample("left_shift right_shift", broadcasts=True)
def shifted(s: Source) -> Call:
    left, right = s.together(2)
    return call(s.integers(left, -9, 9), s.integers(right, 0, 5))


@sample("squared_error absolute_error")
def errors(s: Source) -> Call:
    reduction = s.pick("mean", "sum", "none")
    left, right = s.together(2, least=1 if reduction == "mean" else 0)
    return call(s.distinct(left), s.distinct(right, 0.1875), reduction=reduction)


@sample("where", complex=True, broadcasts=True)
def chosen(s: Source) -> Call:
    condition, left, right = s.together(3)
    return call(s.flags(condition), s.between(left), s.between(right))


@sample("lerp", complex=True, broadcasts=True)
def blended(s: Source) -> Call:
    start, end, weight = s.together(3)
    return call(s.between(start), s.between(end), s.between(weight, -1.0, 2.0, (0.5,)))


@sample("clip_between", broadcasts=True)
def bounded(s: Source) -> Call:
    x, low, high = s.together(3)
    lower, upper = s.pick((True, True), (True, False), (False, True))
    return call(
        s.distinct(x),
        s.distinct(low, 0.1875) if lower else None,
        s.distinct(high, 0.0625) if upper else None,
    )


@sample("fill overwrite", complex=True)
def stored(s: Source) -> Call:
    return call(s.between(s.shape()), s.between(()))
