"""What samples are drawn from: sizes and choices by hypothesis, numbers by a seeded stream."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import permutations, product
from typing import Any

import ml_dtypes
import numpy as np
from hypothesis import strategies as st

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]

DTYPES = {"bfloat16": np.dtype(ml_dtypes.bfloat16)}
"""Names of types that NumPy knows by no name."""

SEEDS = st.integers(0, 2**32 - 1)

GAP = 0.1
"""How far numbers stay from places where a function is not smooth."""


@cache
def number(count: int) -> st.SearchStrategy[int]:
    """Numbers from 0 to before `count`."""
    return st.sampled_from(range(count))


@cache
def shapes(low: int = 0, high: int = 3, least: int = 0) -> st.SearchStrategy[Shape]:
    """Shapes of `low` to `high` dimensions; 0-d, broadcast and empty ones among them."""
    sizes = (2, 3, 1) if least else (2, 3, 1, 0)
    return st.sampled_from([
        shape for count in range(low, high + 1) for shape in product(sizes, repeat=count)
    ])  # fmt: skip


@cache
def orders(count: int) -> st.SearchStrategy[Shape]:
    """Some of `count` axes, in any order."""
    return st.sampled_from([
        axes for length in range(count + 1) for axes in permutations(range(count), length)
    ])  # fmt: skip


@st.composite
def broadcastable(
    draw: Callable[..., Any], count: int, low: int = 0, high: int = 3, least: int = 0
) -> tuple[Shape, ...]:
    """Shapes that broadcast together: one is whole, others lack front axes or have ones."""
    whole = draw(shapes(low, high, least))
    place, *codes = np.unravel_index(draw(number(count * 64 ** (count - 1))),
                                     (count, *(64,) * (count - 1)))  # fmt: skip
    found = []
    for code in codes:
        ones, lost = divmod(int(code), 8)
        kept = whole[min(lost % 4, len(whole) - low) if lost < 4 else 0 :]
        found.append(tuple(1 if ones >> i & 1 else n for i, n in enumerate(kept)))
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
        self.seed = draw(SEEDS)
        self.stream = np.random.default_rng(self.seed)

    # -- choices -----------------------------------------------------------------------------

    def pick(self, *options: Any) -> Any:
        """Choose one of several; the first is the simplest."""
        return options[self.draw(number(len(options)))]

    def shape(self, low: int = 0, high: int = 3, least: int = 0) -> Shape:
        """Choose a shape."""
        return self.draw(shapes(low, high, least))

    def together(self, count: int, low: int = 0, high: int = 3, least: int = 0) -> Any:
        """Choose shapes that broadcast."""
        return self.draw(broadcastable(count, low, high, least))

    def axis(self, shape: Shape) -> int:
        """Choose one axis."""
        return self.draw(number(len(shape)))

    def axes(self, shape: Shape) -> Shape:
        """Choose some axes, in any order."""
        return self.draw(orders(len(shape)))

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

    def distinct(self, shape: Shape, shift: float = 0.125) -> Array:
        """Draw different multiples of 1/4, moved by a shift: other shifts give other numbers."""
        count = int(np.prod(shape))
        numbers = (self.stream.permutation(count) - count // 2) * 0.25 + shift
        return self.cast(numbers.reshape(shape))

    def integers(self, shape: Shape, low: int, high: int, dtype: str = "int64") -> Array:
        """Draw integers from `low` to before `high`."""
        return np.asarray(self.stream.integers(low, high, shape), dtype)

    def flags(self, shape: Shape) -> Array:
        """Draw truth values."""
        return np.asarray(self.stream.random(shape) < 0.5)
