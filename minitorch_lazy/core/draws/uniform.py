"""Uniform draws, and those that are one formula of a uniform number."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from minitorch_lazy.core.draws.checks import (
    require_continuous,
    require_floating,
    require_interval,
)
from minitorch_lazy.core.draws.rounding import from_library, multiply_add, single_multiply_add
from minitorch_lazy.core.draws.stream import Array, Shape, Stream, shaped
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class UniformDraws(Stream):
    """Draws that use up a fixed count of words per number."""

    def uniform(
        self, shape: Shape, dtype: DTypeLike = np.float32, low: float = 0.0, high: float = 1.0
    ) -> Array:
        """Draw from the interval [low, high).

            x = low + (high - low) * u

        Args:
            shape: sizes of the result.
            dtype: NumPy dtype, floating point or complex (both parts are then drawn).
            low, high: numbers; a value that is rounded up to `high` becomes `low`.
        Raises:
            RuntimeError: the bounds are out of order or out of the type's range.
            NotImplementedError: `dtype` is neither floating point nor complex.

        Source: torch.Tensor.uniform_.
        """
        dtype = np.dtype(dtype)
        if dtype.kind == "c":
            parts = self.uniform((*shape, 2), np.finfo(dtype).dtype, low, high)
            return parts.view(dtype).reshape(shape)
        require_floating("uniform_", "check_uniform_bounds", dtype)
        require_interval(dtype, low, high)
        with self.lock:
            draw = self.doubles if dtype == np.float64 else self.singles
            uniforms = draw(math.prod(shape))
        values = shaped(spread(uniforms, low, high), shape, dtype)
        if dtype.itemsize > 2 and (low, high) == (0, 1):
            return values
        bottom, top = shaped(np.array([low, high]), (2,), dtype)
        return np.where(values == top, bottom, values)

    def bernoulli(self, p: float, shape: Shape, dtype: DTypeLike = np.bool_) -> Array:
        """Draw 1 with probability p and 0 otherwise, comparing float64 uniforms with p.

        Args:
            p: a number in [0, 1].
            shape: sizes of the result.
            dtype: NumPy dtype of the result.
        Raises:
            RuntimeError: `p` is no probability.

        Source: torch.Tensor.bernoulli_ with a number; dropout draws its mask so.
        """
        if not 0 <= p <= 1:
            headline = f"bernoulli_ expects p to be in [0, 1], but got p={p}"
            raise refuse(RuntimeError, "bernoulli_", headline, "clamp it to [0, 1]")
        with self.lock:
            uniforms = self.doubles(math.prod(shape))
        return (uniforms < p).astype(dtype, copy=False).reshape(shape)

    def bernoulli_array(self, p: Array, dtype: DTypeLike = np.bool_) -> Array:
        """Draw 1 with probability p[i] and 0 otherwise, one number for each element of `p`.

        The uniforms are float64 if `p` is, else float32.

        Args:
            p: floating-point array, all in [0, 1].
            dtype: NumPy dtype of the result.
        Raises:
            RuntimeError: an element of `p` is no probability.
            NotImplementedError: `p` is not floating point.

        Source: torch.bernoulli.
        """
        require_floating("bernoulli", "bernoulli_tensor_cpu_p_", p.dtype)
        double = p.dtype == np.float64
        chances = p if double else p.astype(np.float32)
        if not ((chances >= 0) & (chances <= 1)).all():
            headline = "Expected p_in >= 0 && p_in <= 1 to be true, but got false."
            raise refuse(RuntimeError, "bernoulli", headline, "clamp p to [0, 1]")
        with self.lock:
            uniforms = self.doubles(p.size) if double else self.singles(p.size)
        return (uniforms.reshape(p.shape) < chances).astype(dtype, copy=False)

    def exponential(self, shape: Shape, dtype: DTypeLike = np.float32, rate: float = 1.0) -> Array:
        """Draw waiting times of mean 1 / rate.

            x = -log(1 - u) / rate

        Args:
            shape: sizes of the result.
            dtype: floating-point NumPy dtype.
            rate: a positive number, lambda.
        Raises:
            RuntimeError: `rate` is not positive, or `dtype` is not floating point.

        Source: torch.Tensor.exponential_.
        """
        dtype = np.dtype(dtype)
        if not rate > 0:
            headline = f"exponential_ expects lambda > 0.0, but found lambda={rate}"
            raise refuse(RuntimeError, "exponential_", headline)
        require_continuous("exponential_", "Exponential", dtype)
        with self.lock:
            uniforms = self.doubles(math.prod(shape))
        return shaped(-1.0 / rate * from_library("log1p", -uniforms), shape, dtype)

    def geometric(self, shape: Shape, dtype: DTypeLike = np.float32, *, p: float) -> Array:
        """Draw how many trials of chance p it takes until the first success.

            k = ceil(log(u) / log(1 - p))

        Args:
            shape: sizes of the result.
            dtype: NumPy dtype, real or integer.
            p: a number in (0, 1).
        Raises:
            RuntimeError: `p` is not between 0 and 1.

        Source: torch.Tensor.geometric_.
        """
        if not 0 < p < 1:
            headline = f"geometric_ expects p to be in (0, 1), but got p={p}"
            raise refuse(RuntimeError, "geometric_", headline)
        with self.lock:
            uniforms = self.doubles(math.prod(shape))
        trials = np.ceil(from_library("log", uniforms) / math.log1p(-p))
        return shaped(trials, shape, np.dtype(dtype))

    def cauchy(
        self, shape: Shape, dtype: DTypeLike = np.float32, median: float = 0.0, sigma: float = 1.0
    ) -> Array:
        """Draw from the Cauchy distribution.

            x = median + sigma * tan(pi * (u - 1/2))

        Args:
            shape: sizes of the result.
            dtype: floating-point NumPy dtype.
            median: a number.
            sigma: a positive number, half the width at half the height.
        Raises:
            RuntimeError: `sigma` is not positive, or `dtype` is not floating point.

        Source: torch.Tensor.cauchy_.
        """
        dtype = np.dtype(dtype)
        if not sigma > 0:
            headline = f"cauchy_ expects sigma > 0.0, but found sigma={sigma}"
            raise refuse(RuntimeError, "cauchy_", headline)
        require_continuous("cauchy_", "Cauchy", dtype)
        with self.lock:
            uniforms = self.doubles(math.prod(shape))
        slopes = from_library("tan", math.pi * (uniforms - 0.5))
        return shaped(multiply_add(slopes, sigma, median), shape, dtype)


def spread(uniforms: Array, low: float, high: float) -> Array:
    """Stretch numbers of [0, 1) over [low, high), in one rounding."""
    if (low, high) == (0, 1):
        return uniforms
    if uniforms.dtype == np.float64:
        return multiply_add(uniforms, high - low, low)
    return single_multiply_add(uniforms, np.float32(high) - np.float32(low), np.float32(low))
