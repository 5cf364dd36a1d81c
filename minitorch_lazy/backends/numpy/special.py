"""The error function and its kin, and the activations built on them, in the array module's words.

Each function is one rational approximation, found by Remez exchange; the tables below say on
which range and how closely. They are evaluated in place and block by block, because a pass over
numbers that lie in the cache costs a fraction of one over main memory.
"""

from __future__ import annotations

from collections.abc import Callable
from math import pi, sqrt
from typing import Any

Terms = tuple[tuple[float, float], ...]

ERF_ARGUMENT: tuple[float, float, Terms] = (
    0.128379165462,
    0.01298397146,
    ((3.656675659, 47.165336166), (-106.786357138, 5.664449693), (35.79292046, 3.278551767)),
)
"""arctanh(erf(x)) / x - 1 as a fraction of x**2, which leaves erf right to 1.5e-9 of itself."""

GELU_ARGUMENT: tuple[float, float, Terms] = (
    0.797885231719,
    0.018137992794,
    ((0.385430519163, 6.919322803972), (211.11668368, 14.799053272599)),
)
"""arctanh(erf(x / sqrt(2))) / x as a fraction of x**2, which leaves gelu right to 5.4e-8 * |x|."""

ERF_SERIES = (
    -7.779152885392403e-10, 1.3710792315685667e-08, -1.6206265181688632e-07, 1.6447124455268293e-06,
    -1.4924711652463065e-05, 0.00012055293538706263, -0.0008548325927870786, 0.005223977606084582,
    -0.026866170643106903, 0.11283791670944156, -0.3761263890318352, 0.12837916709551256,
)  # fmt: skip
"""erf(x) / x - 1 as a polynomial of x**2, highest power first: to 8e-18 for |x| <= 1."""

ERFCX: Terms = (
    (0.5641895835478767, 4.007469582990269e-11), (0.49999999649706367, -3.812193544282701e-07),
    (1.0000145737385753, 0.00041896954243844187), (1.4905225333194814, -0.11685735077261686),
    (3.805071493954567, 6.246969653179146), (-30.130429799001245, 2.5022513047072947),
    (32.68068349591692, 6.772317963708421), (1.671396976505604, 19.916224107391237),
    (344.65730351967846, -16.13277885020656), (-0.42377122346487184, 0.978209712538402),
    (17.082353437549152, 1.817220877001018),
)  # fmt: skip
"""exp(x**2) * erfc(x) as a continued fraction of x: to 1e-18 of itself for 0 <= x <= 28.

Its rounding errors are small from 0.5 on.
"""

ERFINV: dict[int, tuple[float, Terms]] = {
    4: (
        0.1905288771,
        (
            (0.15813686516, 2.8340811248), (0.52264808715, 4.6342796855),
            (1.2133729831, 9.7666234238), (3.0634246143, 25.528753817),
            (9.9201124818, 79.137613089), (67.786145343, 430.2989288),
        ),
    ),
    8: (
        0.09547105926192026,
        (
            (0.036999903827669295, 2.5663843930326586), (0.10556886984005559, 2.9824396003108373),
            (0.2007098836669452, 3.823924316996645), (0.3301298336168187, 5.301971529204461),
            (0.5043464932839389, 7.7963391122046595), (0.7345566159731093, 11.971487125340127),
            (1.038188258329902, 19.089461896241787), (1.8396892062809556, 31.036510879346302),
            (2.7285391005740265, 51.24088140677605), (4.514064829640355, 87.07692365545311),
            (7.564328717901309, 153.46518274528154), (13.829188212243297, 285.7087418890512),
            (29.501586295432247, 590.5138474385748), (85.77115903852749, 1521.2557280251867),
            (561.9708384605361, 7264.776559714879),
        ),
    ),
}  # fmt: skip
"""erfinv(x) / s as a constant and poles in s**2, s = arctanh(x), by the bytes of a number.

Good to 2.4e-9 and 1.6e-17 of itself. All terms are positive, so nothing cancels.
"""

EXP_RANGE = {4: (-104.0, 88.0), 8: (-746.0, 709.0)}
"""Where exp neither vanishes nor overflows, by the bytes of a number."""

TANH_SLOPE = sqrt(2 / pi)
TANH_CUBIC = TANH_SLOPE * 0.044715
"""The two constants of GELU's tanh form."""


class SpecialKernels:
    """Functions of one number that the array module lacks.

    float16 and bfloat16 are computed in float32.
    """

    xp: Any

    special_block = 262144
    """Bytes of one array that are worked on at a time: a few such blocks fit the second cache."""

    def blocked(self, body: Callable[..., None], *arrays: Any, **static: Any) -> Any:
        """Fill a new array by `body(out, *arrays, **static)`, called with flat pieces of all.

        The arrays have one shape and one dtype.
        """
        shape, dtype = arrays[0].shape, arrays[0].dtype
        if dtype.itemsize == 2:
            wide = self.blocked(body, *(a.astype("float32") for a in arrays), **static)
            return wide.astype(dtype)
        out = self.xp.empty(shape, dtype)
        flat = [a.reshape(-1) for a in (out, *arrays)]
        length = self.special_block // dtype.itemsize
        for start in range(0, out.size, length):
            body(*(a[start : start + length] for a in flat), **static)
        return out

    def polynomial(self, x: Any, coefficients: tuple[float, ...]) -> Any:
        """Return the polynomial of x with these coefficients, the highest power first."""
        y = x * coefficients[0]
        for coefficient in coefficients[1:-1]:
            y += coefficient
            y *= x
        y += coefficients[-1]
        return y

    def continued(self, x: Any, terms: Terms) -> Any:
        """Return a / (x + b + a' / (x + b' + ...)) for terms (a, b), (a', b'), ..."""
        above, shift = terms[-1]
        y = x + shift
        self.xp.divide(above, y, out=y)
        for above, shift in terms[-2::-1]:
            y += x
            y += shift
            self.xp.divide(above, y, out=y)
        return y

    def fraction(self, x: Any, table: tuple[float, float, Terms]) -> Any:
        """Return constant + x * (slope + continued fraction of x)."""
        constant, slope, terms = table
        y = self.continued(x, terms)
        y += slope
        y *= x
        y += constant
        return y

    def erf(self, x: Any) -> Any:
        """Return the error function, 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x."""
        return self.blocked(self.erf_wide if x.dtype.itemsize == 8 else self.erf_narrow, x)

    def erf_narrow(self, out: Any, x: Any) -> None:
        """Write erf of float32 numbers as a tanh, whose argument is almost x.

        The tanh passes on no more relative error than its argument has.
        """
        y = self.fraction(self.xp.square(x), ERF_ARGUMENT)
        y *= x
        y += x
        self.xp.tanh(y, out=out)

    def erf_wide(self, out: Any, x: Any) -> None:
        """Write erf of float64 numbers: a polynomial below 1, one less erfc above."""
        xp = self.xp
        x = x.clip(-6.0, 6.0)
        size, square = xp.abs(x), xp.square(x)
        far = 1 - xp.exp(-square) * self.continued(size, ERFCX)
        out[...] = xp.where(size < 1, self.erf_near(x, square), xp.copysign(far, x))

    def erf_near(self, x: Any, square: Any) -> Any:
        """Return erf of float64 numbers between -1 and 1."""
        return x + x * self.polynomial(square, ERF_SERIES)

    def erfc(self, x: Any) -> Any:
        """Return 1 - erf(x) without cancellation; float32 passes through float64."""
        return self.blocked(self.erfc_block, x)

    def erfc_block(self, out: Any, x: Any) -> None:
        """Write erfc: one less erf near 0, exp(-x**2) times erfcx beyond.

        The exponential is taken in two factors, since a rounded square would cost the tail up to
        ten bits: the head of x has so few digits that its square is exact.
        """
        xp = self.xp
        x = x.astype("float64").clip(-28.0, 28.0)
        size = xp.abs(x)
        head = xp.rint(size * 65536.0) / 65536.0
        tail = xp.exp(-head * head) * xp.exp((head - size) * (head + size))
        tail *= self.continued(size, ERFCX)
        far = xp.where(x < 0, 2 - tail, tail)
        out[...] = xp.where(size < 0.5, 1 - self.erf_near(x, xp.square(x)), far)

    def erfinv(self, x: Any) -> Any:
        """Return the y with erf(y) = x; infinite at -1 and 1, nan beyond."""
        return self.blocked(self.erfinv_block, x)

    def erfinv_block(self, out: Any, x: Any) -> None:
        """Write erfinv, which in terms of arctanh(x) is smooth up to the ends."""
        constant, poles = ERFINV[x.dtype.itemsize]
        straight = self.xp.arctanh(x)
        square = self.xp.square(straight)
        total = 0.0
        for strength, place in poles:
            term = square + place
            self.xp.divide(strength, term, out=term)
            term += total
            total = term
        total += constant
        self.xp.multiply(total, straight, out=out)

    def sigmoid(self, x: Any) -> Any:
        """Return 1 / (1 + exp(-x)), right to the last digits in both tails."""
        return self.blocked(self.sigmoid_complex if x.dtype.kind == "c" else self.sigmoid_block, x)

    def sigmoid_block(self, out: Any, x: Any) -> None:
        """Write the sigmoid of real numbers."""
        power = x.clip(*EXP_RANGE[x.dtype.itemsize])
        self.xp.exp(power, out=power)
        self.xp.divide(power, power + 1.0, out=out)

    def sigmoid_complex(self, out: Any, x: Any) -> None:
        """Write the sigmoid of complex numbers, with an exponential that cannot overflow."""
        left = x.real < 0
        power = self.xp.exp(self.xp.where(left, x, -x))
        out[...] = self.xp.where(left, power, 1.0) / (1.0 + power)

    def silu(self, x: Any) -> Any:
        """Return x * sigmoid(x)."""
        return self.blocked(self.silu_block, x)

    def silu_block(self, out: Any, x: Any) -> None:
        """Write x * sigmoid(x)."""
        self.sigmoid_block(out, x)
        out *= x

    def silu_gradient(self, g: Any, x: Any) -> Any:
        """Return g times the slope of silu at x."""
        return self.blocked(self.silu_gradient_block, g, x)

    def silu_gradient_block(self, out: Any, g: Any, x: Any) -> None:
        """Write g * s * (1 + x * (1 - s)) with s = sigmoid(x)."""
        self.sigmoid_block(out, x)
        slope = 1.0 - out
        slope *= x
        slope += 1.0
        slope *= out
        self.xp.multiply(g, slope, out=out)

    def gelu(self, x: Any, *, approximate: str = "none") -> Any:
        """Return x times the normal distribution function, or its tanh approximation."""
        return self.blocked(self.gelu_block, x, approximate=approximate)

    def gelu_block(self, out: Any, x: Any, *, approximate: str) -> None:
        """Write x * (1 + step) / 2."""
        y = self.gelu_step(x, self.xp.square(x), approximate)
        y += 1.0
        y *= x
        self.xp.multiply(y, 0.5, out=out)

    def gelu_step(self, x: Any, square: Any, approximate: str) -> Any:
        """Return the smooth step from -1 to 1 in GELU: erf(x / sqrt(2)), or a tanh close to it."""
        if approximate == "none" and x.dtype.itemsize == 8:
            step = x * sqrt(0.5)
            self.erf_wide(step, step)
            return step
        if approximate == "none":
            step = self.fraction(square, GELU_ARGUMENT)
        else:
            step = square * TANH_CUBIC
            step += TANH_SLOPE
        step *= x
        self.xp.tanh(step, out=step)
        return step

    def gelu_gradient(self, g: Any, x: Any, *, approximate: str = "none") -> Any:
        """Return g times the slope of gelu at x."""
        return self.blocked(self.gelu_gradient_block, g, x, approximate=approximate)

    def gelu_gradient_block(self, out: Any, g: Any, x: Any, *, approximate: str) -> None:
        """Write g * (1 + step + x * step') / 2."""
        square = self.xp.square(x)
        slope = self.gelu_step(x, square, approximate)
        rise = self.gelu_rise(square, slope, approximate)
        rise *= x
        slope += 1.0
        slope += rise
        slope *= 0.5
        self.xp.multiply(g, slope, out=out)

    def gelu_rise(self, square: Any, step: Any, approximate: str) -> Any:
        """Return the slope of the step, in the memory of `square`."""
        if approximate == "none":
            square *= -0.5
            self.xp.exp(square, out=square)
            square *= 2 / sqrt(2 * pi)
        else:
            square *= 3 * TANH_CUBIC
            square += TANH_SLOPE
            square *= 1.0 - step * step
        return square
