"""How rows of an output are computed together, so that a matrix product has more to do.

A scheme turns a convolution into one whose weight is a bank of matrices, (banks, M, K), and its
result back. It works on the first spatial axis, in steps of `rows` output rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch_lazy.backends.numpy.windows import Sizes, Tile


def at(axis: int, part: Any) -> tuple[Any, ...]:
    """Index one axis of an array (C, *axes) and keep the others."""
    return (*(slice(None),) * (axis + 1), part)


class Blocks(NamedTuple):
    """Several rows at once, by a weight that is repeated further down for each row.

    It multiplies by zeros, but raises M, which is small where a group has few outputs, and copies
    each input row fewer times. One row is the plain method.
    """

    rows: int
    stride: int

    @property
    def copies(self) -> int:
        """How many channels the signal has for one of the input."""
        return 1

    @property
    def mixes(self) -> bool:
        """Whether inf and nan reach outputs whose windows do not see them: 0 * inf is nan."""
        return self.rows > 1

    @property
    def step(self) -> int:
        """How far in the signal the next step is."""
        return self.rows * self.stride

    @property
    def heights(self) -> int:
        """How many rows of the matrix one output channel takes."""
        return self.rows

    def taps(self, kernel: int) -> int:
        """Return how many rows of the signal one step looks at."""
        return (self.rows - 1) * self.stride + kernel

    def span(self, steps: int, kernel: int, dilation: int) -> int:
        """Return how many rows of the padded input all steps look at."""
        return self.step * (steps - 1) + dilation * (self.taps(kernel) - 1) + 1

    def weight(self, xp: Any, w: Any, groups: int) -> Any:
        """Turn (O, C/groups, *kernel) into (groups, O/groups * rows, C/groups * taps)."""
        outputs, channels, kernel, *others = w.shape
        if self.rows > 1:
            shape = (outputs, self.rows, channels, self.taps(kernel), *others)
            repeated = xp.zeros(shape, w.dtype)
            for row in range(self.rows):
                start = row * self.stride
                repeated[:, row, :, start : start + kernel] = w
            w = repeated
        return w.reshape(groups, outputs // groups * self.rows, -1)

    def fold(self, xp: Any, matrix: Any, shape: Sizes) -> Any:
        """Turn the gradient of `weight`'s result into the gradient of its argument."""
        outputs, channels, kernel, *others = shape
        wide = matrix.reshape(outputs, self.rows, channels, self.taps(kernel), *others)
        total = wide[:, 0, :, :kernel]
        for row in range(1, self.rows):
            start = row * self.stride
            total = total + wide[:, row, :, start : start + kernel]
        return total.reshape(shape)

    def signal(self, xp: Any, x: Any, out: Any, axis: int) -> None:
        """Write what the windows slide over: here the padded input itself is looked at."""

    def split(self, xp: Any, result: Any, outputs: int, sizes: Sizes) -> list[Any]:
        """Cut a product into the arrays (O, *sizes) of the first, second ... row of each step."""
        wide = result.reshape(outputs, self.rows, *sizes)
        return [wide[:, row] for row in range(self.rows)]

    def join(self, xp: Any, rows: list[Any]) -> Any:
        """Turn the gradients of `split`'s arrays into the gradient of the product."""
        return xp.stack(rows, 1) if self.rows > 1 else rows[0]


class Winograd:
    """Two rows of a kernel of three by four products in place of six: minimal filtering F(2, 3).

        y0 = m0 + m1 + m2      m0 = (d0 - d2) w0         m1 = (d1 + d2) (w0 + w1 + w2)/2
        y1 = m1 - m2 - m3      m3 = (d1 - d3) w2         m2 = (d2 - d1) (w0 - w1 + w2)/2

    Halves are exact in binary, so whole numbers stay whole. But inf - inf is nan.
    Source: Winograd (1980); Lavin and Gray, arXiv:1509.09308.
    """

    rows = 2
    copies = 4
    step = 1
    heights = 1
    mixes = True

    def taps(self, kernel: int) -> int:
        """Return how many rows of the signal one step looks at."""
        return 1

    def span(self, steps: int, kernel: int, dilation: int) -> int:
        """Return how many rows of the padded input all steps look at."""
        return 2 * steps + 2

    def weight(self, xp: Any, w: Any, groups: int) -> Any:
        """Turn (O, C/groups, 3, *kernel) into (4 * groups, O/groups, C/groups * taps)."""
        outer = (w[:, :, 0] + w[:, :, 2]) * 0.5
        middle = w[:, :, 1] * 0.5
        bank = xp.stack([w[:, :, 0], outer + middle, outer - middle, w[:, :, 2]])
        return bank.reshape(4 * groups, w.shape[0] // groups, -1)

    def fold(self, xp: Any, matrix: Any, shape: Sizes) -> Any:
        """Turn the gradient of `weight`'s result into the gradient of its argument."""
        first, plus, minus, last = matrix.reshape(4, *shape[:2], *shape[3:])
        outer, middle = (plus + minus) * 0.5, (plus - minus) * 0.5
        return xp.stack([first + outer, middle, last + outer], 2)

    def signal(self, xp: Any, x: Any, out: Any, axis: int) -> None:
        """Write the four combinations of input rows into `out`, shape (4 * C, *axes)."""
        steps = out.shape[axis + 1]
        d = [x[at(axis, slice(row, row + 2 * steps - 1, 2))] for row in range(4)]
        v = out.reshape(4, x.shape[0], *out.shape[1:])
        xp.subtract(d[0], d[2], out=v[0])
        xp.add(d[1], d[2], out=v[1])
        xp.subtract(d[2], d[1], out=v[2])
        xp.subtract(d[1], d[3], out=v[3])

    def split(self, xp: Any, result: Any, outputs: int, sizes: Sizes) -> list[Any]:
        """Cut a product into the arrays (O, *sizes) of the even and of the odd rows."""
        m = result.reshape(4, outputs, *sizes)
        even, odd = m[0], m[1]
        even += odd
        even += m[2]
        odd -= m[2]
        odd -= m[3]
        return [even, odd]

    def join(self, xp: Any, rows: list[Any]) -> Any:
        """Turn the gradients of `split`'s arrays into the gradient of the product."""
        even, odd = rows
        return xp.stack([even, even + odd, even - odd, -odd])


Rows = Blocks | Winograd


def row_of(tile: Tile, axis: int, rows: Rows, row: int) -> Tile:
    """Say where one row of each step of a tile stands in an output (O, *axes)."""
    steps = tile[axis]
    part = slice(steps.start * rows.rows + row, steps.stop * rows.rows, rows.rows)
    return (slice(None), *tile[:axis], part, *tile[axis + 1 :])
