"""What samples are drawn from: sizes and choices by hypothesis, numbers by a seeded stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

DTYPES = {"bfloat16": np.dtype(ml_dtypes.bfloat16)}
"""Names of types that NumPy knows by no name."""

GAP = 0.1
"""How far numbers stay from places where a function is not smooth."""


def sizes(least: int = 0) -> st.SearchStrategy[int]:
    """Sizes of one dimension: 1 to 3, and now and then 0."""
    return st.sampled_from([2, 3, 1, 2, 3, 0] if least == 0 else [2, 3, 1, 2, 3, 4])


def shapes(low: int = 0, high: int = 3, least: int = 0) -> st.SearchStrategy[Shape]:
    """Shapes of `low` to `high` dimensions; 0-d and empty ones among them."""
    return st.lists(sizes(least), min_size=low, max_size=high).map(tuple)


@st.composite
def broadcastable(
    draw: Callable[..., Any], count: int, low: int = 0, high: int = 3, least: int = 0
) -> tuple[Shape, ...]:
    """Shapes that broadcast together: dimensions are left out in front, or made 1."""
    whole = draw(shapes(low, high, least))
    cuts = st.integers(0, max(len(whole) - low, 0))
    found = [
        tuple(1 if draw(st.sampled_from([False, False, True])) else n for n in whole[draw(cuts):])
        for _ in range(count - 1)
    ]
    place = draw(st.integers(0, count - 1))
    return (*found[:place], whole, *found[place:])


class Source:
    """Draws the arguments of one call.

    Args:
        draw: hypothesis' own function.
        dtype: the type of all real and complex numbers.
    """

    def __init__(self, draw: Callable[..., Any], dtype: str) -> None:
        self.draw = draw
        self.dtype = DTYPES[dtype] if dtype in DTYPES else np.dtype(dtype)
        self.stream = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))

    # -- choices -----------------------------------------------------------------------------

    def pick(self, *options: Any) -> Any:
        """Choose one of several; the first is the simplest."""
        return self.draw(st.sampled_from(options))

    def shape(self, low: int = 0, high: int = 3, least: int = 0) -> Shape:
        """Choose a shape."""
        return self.draw(shapes(low, high, least))

    def together(self, count: int, low: int = 0, high: int = 3, least: int = 0) -> Any:
        """Choose shapes that broadcast."""
        return self.draw(broadcastable(count, low, high, least))

    def axis(self, shape: Shape) -> int:
        """Choose one axis."""
        return self.draw(st.integers(0, len(shape) - 1))

    def axes(self, shape: Shape) -> Shape:
        """Choose some axes, in any order."""
        order = self.draw(st.permutations(range(len(shape))))
        return tuple(order[: self.draw(st.integers(0, len(order)))])

    # -- numbers -----------------------------------------------------------------------------

    def cast(self, numbers: Any) -> Array:
        """Round to the type that is asked for."""
        return np.asarray(numbers).astype(self.dtype)

    def between(
        self, shape: Shape, low: float = -2.0, high: float = 2.0, kinks: tuple[float, ...] = ()
    ) -> Array:
        """Draw numbers between bounds, apart from these and from kinks; imaginary parts too."""
        bounds = np.array([low, *kinks, high])
        part = self.stream.integers(0, len(bounds) - 1, shape)
        gap = min(GAP, float(np.diff(bounds).min()) / 4)
        start, stop = bounds[part] + gap, bounds[part + 1] - gap
        numbers = start + (stop - start) * self.stream.random(shape)
        if self.dtype.kind == "c":
            numbers = numbers + 1j * self.stream.uniform(-0.7, 0.7, shape)
        return self.cast(numbers)

    def distinct(self, shape: Shape, step: float = 0.25) -> Array:
        """Draw numbers of which no two are closer than a step, and none is near 0."""
        count = int(np.prod(shape))
        numbers = (self.stream.permutation(count) - count // 2) * step + step / 2
        return self.cast(numbers.reshape(shape))

    def integers(self, shape: Shape, low: int, high: int, dtype: str = "int64") -> Array:
        """Draw integers from `low` to before `high`."""
        return np.asarray(self.stream.integers(low, high, shape), dtype)

    def flags(self, shape: Shape) -> Array:
        """Draw truth values."""
        return np.asarray(self.stream.random(shape) < 0.5)
