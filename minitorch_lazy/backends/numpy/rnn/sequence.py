"""What all recurrences share: their times, and the products over a whole sequence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Sizes = tuple[int, ...]


def moments(sizes: Sizes, reverse: bool) -> list[tuple[slice, int]]:
    """Return for each time, in the order of the steps, its columns and how many they are."""
    found, start = [], 0
    for n in sizes:
        found.append((slice(start, start + n), n))
        start += n
    return found[::-1] if reverse else found


def blocks(times: list[tuple[slice, int]], width: int) -> list[tuple[slice, Any]]:
    """Gather neighbouring times in blocks of up to so many columns, or of one time.

    Args:
        times: in the order of the steps, forward or back.
    Returns:
        The columns of each block, and its times.
    """
    found: list[list[tuple[slice, int]]] = []
    filled = 0
    for time in times:
        if not found or filled + time[1] > width:
            found.append([])
            filled = 0
        found[-1].append(time)
        filled += time[1]
    edges = [[edge for part, _ in block for edge in (part.start, part.stop)] for block in found]
    return [(slice(min(e), max(e)), block) for e, block in zip(edges, found, strict=True)]


class SequenceKernels:
    """Steps toward recurrences of (G, N) gates and (H, N) states; N are all rows of the input."""

    xp: Any
    widened: Any

    rnn_block = 1 << 16
    """Elements of gates to work on at a time, where times need not wait for each other."""

    def widest(self, *arrays: Any) -> list[Any]:
        """Return arrays in the type to compute in; None stays."""
        return [None if x is None else self.widened(x) for x in arrays]

    def in_time_rows(self, x: Any, dtype: Any) -> Any:
        """Return a copy with a row for each column, in the type of the arguments."""
        return x.T.copy().astype(dtype, copy=False)

    def from_input(self, x: Any, w: Any, *biases: Any) -> Any:
        """Return W x plus the biases, (G, N)."""
        gates = self.xp.dot(w, x.T)
        for bias in biases:
            if bias is not None:
                self.xp.add(gates, bias.reshape(-1, 1), gates)
        return gates

    def logistic(self, x: Any) -> None:
        """Replace by 1 / (1 + e^-x) = tanh(x / 2) / 2 + 1 / 2: tanh is the fastest way there."""
        xp = self.xp
        xp.multiply(x, 0.5, x)
        xp.tanh(x, x)
        xp.multiply(x, 0.5, x)
        xp.add(x, 0.5, x)

    def sloped(self, g: Any, y: Any, out: Any) -> None:
        """Write g y (1 - y): pull back through the logistic function."""
        xp = self.xp
        slope = xp.subtract(1.0, y)
        xp.multiply(slope, y, slope)
        xp.multiply(slope, g, out)

    def states_before(self, states: Any, first: Any, sizes: Sizes, reverse: bool) -> Any:
        """Return the states that each time started from, given those that it came to."""
        before = self.xp.empty_like(states)
        held = first.copy()
        for part, n in moments(sizes, reverse):
            before[:, part] = held[:, :n]
            held[:, :n] = states[:, part]
        return before

    def gradient_at_end(self, g: Any, like: Any) -> Any:
        """Return the gradient of a final state, a copy to go on with."""
        if g is None:
            return self.xp.zeros(like.shape, like.dtype)
        return g.T.astype(like.dtype, copy=True)

    def gathered(
        self, makers: Sequence[Callable[[], Any]], needed: Sequence[bool], dtype: Any
    ) -> tuple[Any, ...]:
        """Compute the gradients that are needed, dense and in the type of the arguments."""
        return tuple(
            self.xp.ascontiguousarray(make().astype(dtype, copy=False))
            for make, wanted in zip(makers, needed, strict=True) if wanted
        )  # fmt: skip

    def over_all(self, g: Any) -> Any:
        """Sum over all columns, by a product with ones: it is faster than a sum."""
        return self.xp.dot(g, self.xp.ones(g.shape[1], g.dtype))
