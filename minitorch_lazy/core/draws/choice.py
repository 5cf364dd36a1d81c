"""Draws among things: the order of a shuffle, and categories by their probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minitorch_lazy.core.draws.checks import FORMATS, require_weights
from minitorch_lazy.core.draws.stream import Array, shaped
from minitorch_lazy.core.draws.uniform import UniformDraws
from minitorch_lazy.errors import refuse

if TYPE_CHECKING:
    from numpy.typing import DTypeLike

LONG = (1 << 32) // 20
"""Permutations from here on take 64-bit words and grow from the inside out."""


class ChoiceDraws(UniformDraws):
    """Draws of positions."""

    def permutation(self, n: int, dtype: DTypeLike = np.int64) -> Array:
        """Shuffle 0 ... n - 1, as Fisher and Yates do: step i swaps i and i + word % (n - i).

        Args:
            n: a whole number, not negative.
            dtype: NumPy dtype of the result, real.
        Raises:
            RuntimeError: `n` is negative or too large for the type.

        Source: torch.randperm.
        """
        dtype = np.dtype(dtype)
        require_places(n, dtype)
        with self.lock:
            order = self.grown(n) if n >= LONG else swapped(n, self.words(max(n - 1, 0)))
        return shaped(order, (n,), dtype)

    def grown(self, n: int) -> Array:
        """Shuffle from the inside out: each number takes the place of a random earlier one."""
        order = np.empty(n, np.int64)
        for start in range(0, n, 1 << 16):
            steps = np.arange(start, min(start + (1 << 16), n), dtype=np.uint64)
            places = self.long_words(steps.size) % (steps + np.uint64(1))
            for step, place in zip(steps.tolist(), places.tolist(), strict=True):
                order[step] = order[place]
                order[place] = step
        return order

    def multinomial(self, probabilities: Array, count: int, replacement: bool = False) -> Array:
        """Draw categories by their weight.

        With replacement each draw looks a float64 uniform up in the cumulative weights. Without,
        all are ranked by p / q with q drawn from the exponential distribution of the same type.

        Args:
            probabilities: floating-point (K,) or (N, K) of weights, not negative; rows need not
                sum to 1.
            count: how many to draw of each row.
            replacement: whether a category may be drawn again.
        Returns:
            int64 (count,) or (N, count).
        Raises:
            RuntimeError: the weights make no distribution, or there are too few of them.

        Source: torch.multinomial.
        """
        require_weights(probabilities, count, replacement)
        rows = probabilities.reshape(-1, probabilities.shape[-1])
        if probabilities.size == 0:
            chosen = np.empty((len(rows), count), np.int64)
        elif replacement and count > 1:
            chosen = self.looked_up(rows, count)
        else:
            chosen = self.ranked(rows, count)
        return chosen.reshape(*probabilities.shape[:-1], count)

    def looked_up(self, rows: Array, count: int) -> Array:
        """Draw with replacement."""
        if rows.dtype.itemsize == 2:
            rows = rows.astype(np.float32)
        sums = np.cumsum(rows, axis=1, dtype=rows.dtype)
        sums = (sums / sums[:, -1:]).astype(np.float64)
        sums[:, -1] = 1
        with self.lock:
            uniforms = self.doubles(len(rows) * count).reshape(-1, count)
        return np.stack([np.searchsorted(*pair) for pair in zip(sums, uniforms, strict=True)])

    def ranked(self, rows: Array, count: int) -> Array:
        """Draw without replacement."""
        ratio: Array = (rows / self.exponential(rows.shape, rows.dtype)).astype(np.float64)
        if count == 1:
            first: Array = np.argmax(ratio, axis=1)
            return first[:, None]
        return np.argsort(-ratio, axis=1, kind="stable")[:, :count]


def swapped(n: int, words: Array) -> Array:
    """Return the outcome of Fisher and Yates's n - 1 swaps without doing them one by one.

    Step i aims at the place targets[i]: what stands there goes to i for good, and what stood at
    i goes there. So a place that was not aimed at before holds its own number, and else what
    stood at the last step that aimed at it. First `stood[i]`, what stood at i when its step came,
    is followed from step to earlier step, all at a time; then each step finds what it took.
    """
    stood = np.arange(n)
    steps = stood[:-1].copy()
    targets = words % np.arange(n, 1, -1, dtype=np.uint32) + steps
    moved = np.flatnonzero(targets != steps)
    stood[targets[moved]] = moved
    earlier = stood[stood]
    while not np.array_equal(earlier, stood):
        stood, earlier = earlier, earlier[earlier]
    order, aimed = by_target(targets)
    again = np.flatnonzero(aimed[1:] == aimed[:-1])
    took = aimed
    took[again + 1] = stood[order[again]]
    stood[order] = took
    return stood


def by_target(targets: Array) -> tuple[Array, Array]:
    """Sort steps by target, equal ones by time; 16 bits at a time, which NumPy sorts by radix."""
    order = np.argsort(targets.astype(np.uint16), kind="stable")
    for shift in range(16, int(targets.size).bit_length(), 16):
        high = (targets[order] >> shift).astype(np.uint16)
        order = order[np.argsort(high, kind="stable")]
    return order, targets[order]


def require_places(n: int, dtype: np.dtype[Any]) -> None:
    """Refuse to shuffle fewer than no numbers, or more than the type can tell apart.

    Raises:
        RuntimeError: `n` is negative or too large for the type.
    """
    if n < 0:
        headline = f"Trying to create tensor with negative dimension {n}: [{n}]"
        raise refuse(RuntimeError, "randperm", headline, "pass how many numbers to shuffle")
    top = 1 << FORMATS[dtype].digits if dtype in FORMATS else int(np.iinfo(dtype).max)
    if n > top + 1:
        headline = f"n cannot be greater than {top + 1} for {dtype.name} type."
        raise refuse(RuntimeError, "randperm", headline, "shuffle int64", n=n)
