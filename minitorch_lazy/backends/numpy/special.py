"""The error function and its kin, in the array module's words.

Each function is one rational approximation, found by Remez exchange; the tables below say on
which range and how closely. They are evaluated in place and block by block, because a pass over
numbers that lie in the cache costs a fraction of one over main memory.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

Terms = tuple[tuple[float, float], ...]
Poles = tuple[float, Terms]

ERF_ARGUMENT: tuple[float, float, Terms] = (
    0.128379165462,
    0.01298397146,
    ((3.656675659, 47.165336166), (-106.786357138, 5.664449693), (35.79292046, 3.278551767)),
)
"""arctanh(erf(x)) / x - 1 as a fraction of x**2, which leaves erf right to 1.5e-9 of itself."""

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

ERFCX_NARROW: Terms = (
    (0.56419039442, 0.00010142321177), (0.49709292347, -0.093186376679),
    (1.9693027016, 3.6704113935), (-6.3928961409, -0.64851255955), (16.470651034, 3.6404151688),
)  # fmt: skip
"""The same to 2e-8, which float32 is content with."""

ERFINV: dict[int, Poles] = {
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

Good to 2.4e-9 and 1.6e-17 of itself.
"""

LGAMMA: Poles = (
    0.006503376659295962,
    (
        (0.021675157713591405, 0.017102164466885766), (0.05046600432283544, 0.0953879683669102),
        (0.0784466253545351, 0.2606353715948534), (0.10396839751204733, 0.5708588766329454),
        (0.19589272049663434, 1.1827954987823583), (0.30743878231291005, 2.30536371869283),
        (0.49216521412844044, 4.712914403284368), (0.8151484139359432, 11.212320751956163),
        (1.6322270669435415, 40.57161850217913),
    ),
)  # fmt: skip
"""lgamma(x) / ((x - 1) * (x - 2)) as poles in x: to 1e-17 of itself for 0.5 <= x <= 3.5."""

BINET = (
    0.026324174170902447, -0.01571956657355822, 0.005538418443083611, -0.0018817202159748013,
    0.0008408393696923614, -0.0005952246907028096, 0.0007936506933924083, -0.002777777777486906,
    0.08333333333333319,
)  # fmt: skip
"""x times what Stirling's formula lacks of lgamma, by powers of 1 / x**2: to 6e-17 for x >= 3.5."""

DIGAMMA: Poles = (
    0.005934187646447387,
    (
        (0.684166672904431, 9.401744086019539e-11), (0.406291746483386, 1.0000175726131408),
        (0.30062114646102167, 2.009610077496751), (0.34908342059492425, 3.2699843722242914),
        (0.5349784337151852, 5.840833795398849), (0.853482893434056, 12.915207039084724),
        (1.6563110796576517, 45.06363092638359),
    ),
)  # fmt: skip
"""digamma(x) / (x - root) as poles in x: to 1.2e-17 of itself for 0.5 <= x <= 3.5."""

DIGAMMA_ROOT = (1.4616321449683622, 9.549995429965698e-17)
"""Where digamma is 0, in two parts."""

DIGAMMA_FAR = (
    -1.7542145435310934, 1.013635461945662, -0.31053230310375135, 0.07719199147151248,
    -0.02090215350542574, 0.007571996208430877, -0.00416662299156919, 0.0039682537071556384,
    -0.008333333332724392, 0.0833333333333331,
)  # fmt: skip
"""x**2 * (log(x) - 1 / (2 * x) - digamma(x)) by powers of 1 / x**2: to 3e-16 for x >= 3.5."""


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

    def poles(self, x: Any, table: Poles) -> Any:
        """Return constant + sum of strength / (x + place); in our tables nothing cancels."""
        constant, terms = table
        y = constant
        for strength, place in terms:
            term = x + place
            self.xp.divide(strength, term, out=term)
            term += y
            y = term
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
        """Return 1 - erf(x) without cancellation."""
        return self.blocked(self.erfc_wide if x.dtype.itemsize == 8 else self.erfc_narrow, x)

    def erfc_narrow(self, out: Any, x: Any) -> None:
        """Write erfc of float32 numbers; in float64, as exp(-x**2) needs the digits."""
        x = x.astype("float64")
        size = self.xp.abs(x)
        tail = self.xp.exp(-size * size) * self.continued(size, ERFCX_NARROW)
        out[...] = self.xp.where(x < 0, 2 - tail, tail)

    def erfc_wide(self, out: Any, x: Any) -> None:
        """Write erfc of float64 numbers: one less erf near 0, exp(-x**2) times erfcx beyond.

        The exponential is taken in two factors, since a rounded square would cost the tail up to
        ten bits: the head of x has so few digits that its square is exact.
        """
        xp = self.xp
        x = x.clip(-28.0, 28.0)
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
        straight = self.xp.arctanh(x)
        y = self.poles(self.xp.square(straight), ERFINV[x.dtype.itemsize])
        self.xp.multiply(y, straight, out=out)

    def lgamma(self, x: Any) -> Any:
        """Return the logarithm of the size of the gamma function; infinite at 0, -1, -2 ..."""
        return self.blocked(self.lgamma_block, x)

    def lgamma_block(self, out: Any, x: Any) -> None:
        """Write lgamma, reflecting x < 0.5 by gamma(x) * gamma(1 - x) = pi / sin(pi * x)."""
        xp = self.xp
        x = x.astype("float64").clip(-1e300, float("inf"))
        z = xp.where(x < 0.5, 1 - x, x)
        near, far = xp.minimum(z, 3.5), xp.maximum(z, 3.5)
        near = (near - 1) * (near - 2) * self.poles(near, LGAMMA)
        rest = self.polynomial(xp.square(1 / far), BINET) / far
        far = (far - 0.5) * (xp.log(far) - 1) + (0.5 * log(2 * pi) - 0.5) + rest
        y = xp.where(z < 3.5, near, far)
        left = xp.minimum(x, 0.5)
        wave = xp.abs(xp.sin(pi * (left - xp.rint(left))))
        out[...] = xp.where(x < 0.5, xp.log(pi / wave) - y, y)

    def digamma(self, x: Any) -> Any:
        """Return the slope of lgamma; nan at -1, -2 ..., infinite at 0."""
        return self.blocked(self.digamma_block, x)

    def digamma_block(self, out: Any, x: Any) -> None:
        """Write digamma, reflecting x < 0.5: digamma(x) = digamma(1 - x) - pi / tan(pi * x)."""
        xp = self.xp
        x = x.astype("float64")
        z = xp.where(x < 0.5, 1 - x, x)
        near, far = xp.minimum(z, 3.5), xp.maximum(z, 3.5)
        near = (near - DIGAMMA_ROOT[0] - DIGAMMA_ROOT[1]) * self.poles(near, DIGAMMA)
        inverse = 1 / far
        square = xp.square(inverse)
        far = xp.log(far) - 0.5 * inverse - square * self.polynomial(square, DIGAMMA_FAR)
        y = xp.where(z < 3.5, near, far)
        left = xp.minimum(x, 0.5)
        turn = left - xp.rint(left)
        whole = xp.where(left == 0, 1 / left, float("nan"))
        out[...] = xp.where(x < 0.5, y - xp.where(turn == 0, whole, pi / xp.tan(pi * turn)), y)

    def i0(self, x: Any) -> Any:
        """Return the modified Bessel function of the first kind of order 0."""
        return self.blocked(self.i0_block, x)

    def i0_block(self, out: Any, x: Any) -> None:
        """Write i0, by the array module's own in float64."""
        out[...] = self.xp.i0(x.astype("float64"))
