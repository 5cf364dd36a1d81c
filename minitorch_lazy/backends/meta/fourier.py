"""Shape rules of Fourier transforms."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.keys import axes_of
from minitorch_lazy.backends.meta.layout import Sizes
from minitorch_lazy.backends.meta.rules import named, rule

SINGLE = "fft ifft rfft irfft hfft ihfft".split()
SEVERAL = "fft2 ifft2 rfft2 irfft2 fftn ifftn rfftn irfftn".split()


def transformed(name: str, x: Any, sizes: Any, axes: Sizes) -> MetaArray:
    """Return the shape of a transform; real transforms keep half of the last axis."""
    if x.ndim == 0 or min((x.shape[a] for a in axes), default=1) < 1 and sizes is None:
        raise ValueError(f"Invalid number of FFT data points (0) in {name}")
    shape, last = list(x.shape), axes[-1]
    for place, axis in enumerate(axes):
        shape[axis] = sizes[place] if sizes is not None else shape[axis]
    if name.startswith(("rfft", "ihfft")):
        shape[last] = shape[last] // 2 + 1
    elif name.startswith(("irfft", "hfft")) and sizes is None:
        shape[last] = 2 * (shape[last] - 1)
    sample = np.ones((2,) * len(axes), x.dtype)
    return MetaArray(tuple(shape), named(f"fft.{name}")(sample).dtype)


def single(name: str) -> None:
    """Declare a transform along one axis."""

    @rule(f"fft.{name}")
    def transform(a: Any, n: int | None = None, axis: int = -1, norm: Any = None) -> MetaArray:
        return transformed(name, a, None if n is None else (n,), axes_of(axis, a.ndim))


def several(name: str) -> None:
    """Declare a transform along several axes."""

    @rule(f"fft.{name}")
    def transform(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> MetaArray:
        given = (-2, -1) if axes is None and name.endswith("2") else axes
        if given is None and s is not None:
            given = tuple(range(-len(s), 0))
        return transformed(name, a, s, axes_of(given, a.ndim))


for one in SINGLE:
    single(one)
for many in SEVERAL:
    several(many)
