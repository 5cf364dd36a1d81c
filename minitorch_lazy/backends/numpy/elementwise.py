"""Elementwise functions that the array module lacks, or answers otherwise than PyTorch does."""

from __future__ import annotations

import math
from typing import Any

LARGEST_BFLOAT16 = (2 - 2.0**-7) * 2.0**127


class ElementwiseKernels:
    """Functions of one or two numbers, applied to each element."""

    xp: Any

    def conj(self, x: Any) -> Any:
        """Return the complex conjugate; real numbers are their own."""
        return self.xp.conj(x) if x.dtype.kind == "c" else x

    def unit(self, x: Any) -> Any:
        """Return x / |x|, and 0 for 0: the sign of real numbers."""
        if x.dtype.kind != "c":
            return self.sign(x)
        size = self.xp.abs(x)
        return x / self.xp.where(size == 0, self.xp.ones_like(size), size)

    def unit_gradient(self, g: Any, x: Any, y: Any) -> Any:
        """Pull back through x / |x|; nothing of a real number."""
        if x.dtype.kind != "c":
            return self.xp.zeros_like(g)
        size = self.xp.abs(x)
        away = self.xp.where(size == 0, self.xp.full_like(size, math.inf), size)
        return (g - self.xp.conj(g * y * y)) / (2 * away)

    def rsqrt(self, x: Any) -> Any:
        """Return one over the square root."""
        return 1 / self.xp.sqrt(x)

    def reciprocal(self, x: Any) -> Any:
        """Return one over x."""
        return 1 / x

    def sign(self, x: Any) -> Any:
        """Return the sign of each element, 0 for nan; complex numbers give x / |x|."""
        if x.dtype.kind == "b":
            return x.copy()
        if x.dtype.kind == "c":
            size = self.xp.abs(x)
            return x / self.xp.where(size == 0, 1, size)
        if x.dtype.kind in "iu":
            return self.xp.sign(x)
        return self.xp.where(x != x, self.xp.zeros_like(x), self.xp.sign(x))

    def power_number(self, x: Any, *, exponent: complex) -> Any:
        """Raise to a power that is one number."""
        if exponent == 2:
            return self.xp.multiply(x, x)
        if exponent == 1:
            return x.copy()
        if exponent == 0.5:
            return self.xp.sqrt(x)
        if exponent == -1:
            return 1 / x
        return self.xp.power(x, exponent if isinstance(exponent, complex) else float(exponent))

    def number_power(self, x: Any, *, base: complex) -> Any:
        """Raise one number to powers."""
        return self.typed_as(self.xp.power(base, x), x)

    def typed_as(self, y: Any, x: Any) -> Any:
        """Give a result its argument's type: bfloat16 and a Python number make float32."""
        return y if y.dtype == x.dtype else y.astype(x.dtype)

    def power(self, a: Any, b: Any) -> Any:
        """Raise to a power; of integers, the power of a negative exponent is cut to an integer."""
        kind = (a if hasattr(a, "dtype") else b).dtype.kind
        if kind == "b":
            return a | (b ^ True)
        if kind != "i":
            return self.xp.power(a, b)
        whole = self.xp.power(a, self.xp.maximum(b, 0))
        inverse = self.xp.where(abs(a) == 1, self.xp.power(a, b & 1), self.xp.zeros_like(whole))
        return self.xp.where(b < 0, inverse, whole) if hasattr(b, "dtype") else whole

    def floor_divide(self, a: Any, b: Any) -> Any:
        """Divide and round down; integers refuse to be divided by 0."""
        self.check_divisor(a, b)
        return self.xp.floor_divide(a, b)

    def remainder(self, a: Any, b: Any) -> Any:
        """Return what is left of a division rounded down."""
        self.check_divisor(a, b)
        return self.xp.remainder(a, b)

    def fmod(self, a: Any, b: Any) -> Any:
        """Return what is left of a division rounded toward zero."""
        self.check_divisor(a, b)
        return self.xp.fmod(a, b)

    def truncate_divide(self, a: Any, b: Any) -> Any:
        """Divide and round toward zero."""
        self.check_divisor(a, b)
        kind = (a if hasattr(a, "dtype") else b).dtype.kind
        if kind in "iu":
            rest = self.xp.fmod(a, b)
            return self.xp.floor_divide(a - rest, b)
        return self.xp.trunc(a / b)

    def check_divisor(self, a: Any, b: Any) -> None:
        """Refuse an integer division by 0, which NumPy answers with 0."""
        kind = (a if hasattr(a, "dtype") else b).dtype.kind
        if kind in "iub" and not self.xp.all(self.xp.asarray(b)):
            raise ZeroDivisionError("ZeroDivisionError: integer division by zero")

    def round(self, x: Any, *, decimals: int = 0) -> Any:
        """Round halves to the even neighbour."""
        if x.dtype.kind in "iu":
            return x.copy()
        if x.dtype.kind == "b":
            raise TypeError('"round_cpu" not implemented for \'Bool\'')
        if not decimals:
            return self.xp.rint(x)
        scale = 10.0 ** abs(decimals)
        return self.xp.rint(x * scale) / scale if decimals > 0 else self.xp.rint(x / scale) * scale

    def real_part(self, x: Any) -> Any:
        """Look at the real parts."""
        return x.real

    def imaginary_part(self, x: Any) -> Any:
        """Look at the imaginary parts."""
        return x.imag

    def complex_as_pairs(self, x: Any) -> Any:
        """Look at complex numbers as pairs of real ones."""
        x = self.xp.asarray(x)  # a scalar that operators made has no memory to look at
        strides = (*x.strides, x.dtype.itemsize // 2)
        return self.xp.lib.stride_tricks.as_strided(x.real, (*x.shape, 2), strides)

    def pairs_as_complex(self, x: Any) -> Any:
        """Look at pairs of real numbers as complex ones; those that lie apart are copied."""
        kind = "complex128" if x.dtype.itemsize == 8 else "complex64"
        if not x.size:
            return self.xp.empty(x.shape[:-1], kind)
        pairs = x if x.strides[-1] == x.dtype.itemsize else self.xp.ascontiguousarray(x)
        return pairs.view(kind)[..., 0]

    def as_complex(self, x: Any) -> Any:
        """Make a complex number of each real one."""
        return x.astype("complex128" if x.dtype.itemsize == 8 else "complex64")

    def negative(self, x: Any) -> Any:
        """Return -x."""
        if x.dtype.kind == "b":
            raise TypeError(
                "Negation, the `-` operator, on a bool tensor is not supported. If you are trying "
                "to invert a mask, use the `~` or `logical_not()` operator instead."
            )
        return self.xp.negative(x)

    def square(self, x: Any) -> Any:
        """Return x squared; of bools, int64."""
        if x.dtype.kind == "b":
            return x.astype("int64")
        return self.xp.multiply(x, x)

    def left_shift(self, a: Any, b: Any) -> Any:
        """Shift the bits toward the higher ones."""
        return self.xp.left_shift(a, b)

    def floor(self, x: Any) -> Any:
        """Round down."""
        return x.copy() if x.dtype.kind in "iu" else self.xp.floor(x)

    def ceil(self, x: Any) -> Any:
        """Round up."""
        return x.copy() if x.dtype.kind in "iu" else self.xp.ceil(x)

    def trunc(self, x: Any) -> Any:
        """Round toward zero."""
        return x.copy() if x.dtype.kind in "iu" else self.xp.trunc(x)

    def replace_nonfinite(
        self, x: Any, *, nan: float, above: float | None, below: float | None
    ) -> Any:
        """Replace nan and the infinities by numbers; NumPy's own would leave bfloat16 as it is."""
        if x.dtype.kind != "V":
            return self.xp.nan_to_num(x, True, nan, above, below)
        above = LARGEST_BFLOAT16 if above is None else above
        below = -LARGEST_BFLOAT16 if below is None else below
        return self.xp.nan_to_num(x.astype("float32"), True, nan, above, below).astype(x.dtype)

    def logaddexp(self, a: Any, b: Any) -> Any:
        """Return ln(e^a + e^b), of complex numbers too."""
        if (a if hasattr(a, "dtype") else b).dtype.kind == "c":
            high = self.xp.where(a.real >= b.real, a, b)
            low = self.xp.where(a.real >= b.real, b, a)
            return high + self.xp.log(1 + self.xp.exp(low - high))
        return self.xp.logaddexp(a, b)

    def xlogy(self, a: Any, b: Any) -> Any:
        """Return a ln(b), and 0 where a is 0, unless b is nan."""
        nothing = (a == 0) & (b == b)
        return self.xp.where(nothing, self.xp.zeros_like(a), a * self.xp.log(b))

    def heaviside(self, a: Any, b: Any) -> Any:
        """Return 0 below 0, 1 above it, b at 0; nan counts as below."""
        one = self.xp.ones_like(a)
        return self.xp.where(a == 0, b, self.xp.where(a > 0, one, self.xp.zeros_like(a)))

    def lerp(self, start: Any, end: Any, weight: Any) -> Any:
        """Return start + weight (end - start), exact at both ends."""
        change = end - start
        near = abs(weight) < 0.5
        if not hasattr(weight, "dtype"):
            return start + weight * change if near else end - change * (1 - weight)
        return self.xp.where(near, start + weight * change, end - change * (1 - weight))
