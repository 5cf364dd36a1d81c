"""Normal and log-normal draws, by both of PyTorch's two ways to pair uniform numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch_lazy.core.draws.checks import require_floating
from minitorch_lazy.core.draws.rounding import (
    TWO_PI,
    from_library,
    multiply_add,
    single_log,
    single_multiply_add,
    single_sine_cosine,
)
from minitorch_lazy.core.draws.stream import BLOCK, Array, Shape, Stream, shaped
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

GROUP = 16
"""Box-Muller works on so many numbers at a time: 8 for the radius, 8 for the angle."""


class NormalDraws(Stream):
    """Draws that are made of normal numbers."""

    def normal(
        self, shape: Shape, dtype: DTypeLike = np.float32, mean: float = 0.0, std: float = 1.0, *,
        contiguous: bool = True,
    ) -> Array:  # fmt: skip
        """Draw from the normal distribution N(mean, std²).

        From 16 numbers on, Box-Muller runs over groups of 16 in the type's own precision; a
        last partial group is drawn anew as the final 16. Fewer, or a tensor that is not
        contiguous, are made in float64, in pairs; the second of a pair waits for the next draw.
        The parts of a complex number have the standard deviation std / sqrt(2).

        Args:
            shape: sizes of the result.
            dtype: NumPy dtype, floating point or complex.
            mean, std: numbers.
            contiguous: False if the tensor to be filled is not contiguous.
        Raises:
            RuntimeError: `std` is negative.
            NotImplementedError: `dtype` is neither floating point nor complex.

        Source: torch.Tensor.normal_.
        """
        dtype = np.dtype(dtype)
        if not std >= 0:
            headline = f"normal expects std >= 0.0, but found std {std}"
            raise refuse(RuntimeError, "normal_", headline, f"pass std={-std}")
        if dtype.kind == "c":
            part, std = np.finfo(dtype).dtype, std / math.sqrt(2.0)
            parts = self.normal((*shape, 2), part, mean, std, contiguous=contiguous)
            return parts.view(dtype).reshape(shape)
        require_floating("normal_", "normal_kernel_cpu", dtype)
        count = math.prod(shape)
        with self.lock:
            if count < GROUP or not contiguous:
                values = multiply_add(self.pairs(count), std, mean)
            else:
                values = self.groups(count, dtype, mean, std)
        return shaped(values, shape, dtype)

    def log_normal(
        self, shape: Shape, dtype: DTypeLike = np.float32, mean: float = 1.0, std: float = 2.0
    ) -> Array:
        """Draw exp(z) with z from N(mean, std²).

        Args:
            shape: sizes of the result.
            dtype: floating-point NumPy dtype.
            mean, std: of the logarithm.
        Raises:
            RuntimeError: `std` is not positive.
            NotImplementedError: `dtype` is not floating point.

        Source: torch.Tensor.log_normal_.
        """
        dtype = np.dtype(dtype)
        if not std > 0:
            headline = f"log_normal_ expects std > 0.0, but found std={std}"
            raise refuse(RuntimeError, "log_normal_", headline)
        require_floating("log_normal_", "log_normal_cpu", dtype)
        with self.lock:
            values = multiply_add(self.pairs(math.prod(shape)), std, mean)
        return shaped(from_library("exp", values), shape, dtype)

    def pairs(self, count: int) -> Array:
        """Take standard normals in float64: the cached one first, then pairs of new ones."""
        waiting = np.array([] if self.cached is None else [self.cached])
        missing = max(count - waiting.size, 0)
        angle, height = self.doubles(missing + missing % 2).reshape(-1, 2).T
        radius = np.sqrt(-2.0 * from_library("log1p", -height))
        angle = 2.0 * math.pi * angle
        first = radius * from_library("cos", angle)
        second = radius * from_library("sin", angle)
        values = np.concatenate([waiting, np.stack([first, second], axis=1).ravel()])
        self.cached = float(values[count]) if values.size > count else None
        return values[:count]

    def groups(self, count: int, dtype: np.dtype[Any], mean: float, std: float) -> Array:
        """Take at least 16 normals in groups of 16, the last ones twice if they do not fit."""
        uniforms = self.doubles if dtype == np.float64 else self.singles
        transform = box_muller if dtype == np.float64 else single_box_muller
        out = np.empty(count, np.result_type(dtype, np.float32))
        rest = count % GROUP
        for start in range(0, count - rest, BLOCK):
            block = out[start : min(start + BLOCK, count - rest)]
            block[...] = transform(uniforms(block.size), mean, std)
        if rest:
            if dtype.itemsize > 2:
                uniforms(rest)  # PyTorch fills a float32 or float64 tensor first, then redraws
            out[-GROUP:] = transform(uniforms(GROUP), mean, std)
        return out


def box_muller(uniforms: Array, mean: float, std: float) -> Array:
    """Turn groups of 16 uniform float64 numbers into normal ones.

        y[j] = sqrt(-2 log(1 - u[j])) cos(2 pi u[j + 8]),  y[j + 8] with sin,  j < 8

    Source: G. E. P. Box, M. E. Muller, A note on the generation of random normal deviates, 1958.
    """
    height, angle = np.ascontiguousarray(uniforms.reshape(-1, 2, 8).swapaxes(0, 1)).reshape(2, -1)
    radius = np.sqrt(-2.0 * from_library("log", 1.0 - height))
    angle = 2.0 * math.pi * angle
    turned = np.stack([radius * from_library(name, angle) for name in ("cos", "sin")])
    turned = turned.reshape(2, -1, 8).swapaxes(0, 1).ravel()
    return multiply_add(turned, std, mean)


def single_box_muller(uniforms: Array, mean: float, std: float) -> Array:
    """Turn groups of 16 uniform float32 numbers into normal ones, as `box_muller` does."""
    groups = uniforms.reshape(-1, 2, 8)
    radius = np.sqrt(single_log(np.float32(1) - groups[:, 0]) * np.float32(-2))
    sine, cosine = single_sine_cosine(groups[:, 1] * np.float32(TWO_PI))
    turned = np.stack([radius * cosine, radius * sine], axis=1).ravel()
    return single_multiply_add(turned, np.float32(std), np.float32(mean))
