"""The sigmoid, and the activations that are made of it and of the error function."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from minitorch_lazy.backends.numpy.special import SpecialKernels, Terms

GELU_ARGUMENT: tuple[float, float, Terms] = (
    0.797885231719,
    0.018137992794,
    ((0.385430519163, 6.919322803972), (211.11668368, 14.799053272599)),
)
"""arctanh(erf(x / sqrt(2))) / x as a fraction of x**2, which leaves gelu right to 5.4e-8 * |x|."""

EXP_RANGE = {4: (-104.0, 88.0), 8: (-746.0, 709.0)}
"""Where exp neither vanishes nor overflows, by the bytes of a number."""

TANH_SLOPE = sqrt(2 / pi)
TANH_CUBIC = TANH_SLOPE * 0.044715
"""The two constants of GELU's tanh form."""


class SmoothKernels(SpecialKernels):
    """Smooth activations and their gradients, in a few passes over each block."""

    def sigmoid(self, x: Any) -> Any:
        """Return 1 / (1 + exp(-x)), right to the last digits in both tails."""
        return self.blocked(self.sigmoid_block, x)

    def sigmoid_block(self, out: Any, x: Any) -> None:
        """Write the sigmoid."""
        if x.dtype.kind == "c":
            self.sigmoid_complex(out, x)
            return
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
