"""The way a convolution is computed: what is padded, what windows slide over, how much at a time.

Arrays are arranged as (C, *axes), where the axes are the spatial ones and the batch, which is one
more axis with a kernel of one. Standing first it keeps the rows of an image together; standing
last it makes every row of a window as long as the batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from minitorch_lazy.backends.numpy.conv.cost import cheapest, images, width
from minitorch_lazy.backends.numpy.conv.problem import Problem
from minitorch_lazy.backends.numpy.conv.rows import Rows, at, row_of
from minitorch_lazy.backends.numpy.windows import Sizes, Tile, interior, pieces, tiles, windows


class Plan(NamedTuple):
    """A convolution laid out for one problem; sizes along axes include the batch.

    `frame` is the padded input of some images, `inside` the place in it of the input's `part`;
    windows of `kernel` slide over `signal`, which the rows make of the frame.
    """

    rows: Rows
    batch: int
    images: int
    columns: int
    order: Sizes
    batch_axis: int
    row_axis: int
    frame: Sizes
    inside: Tile
    part: Tile
    signal: Sizes
    kernel: Sizes
    stride: Sizes
    dilation: Sizes
    steps: Sizes

    def arrange(self, x: Any) -> Any:
        """Look at (N, C, *S) as (C, *axes)."""
        return x.transpose(self.order)

    def blocks(self) -> Iterator[tuple[slice, Tile]]:
        """Yield which images are worked on together, and where they stand in the buffers."""
        for some in pieces(self.batch, self.images):
            yield some, at(self.batch_axis, slice(0, some.stop - some.start))

    def gather(self, xp: Any, g: Any, tile: Tile, banks: int) -> Any:
        """Return the gradients of a tile as (banks, M, places), to multiply with its windows."""
        source = self.arrange(g)
        shape = (source.shape[0], *lengths(tile))
        rows = [filled(xp, source[self.row(tile, row)], shape) for row in range(self.rows.rows)]
        return self.rows.join(xp, rows).reshape(banks, -1, prod(shape[1:]))

    def windows(self, xp: Any, signal: Any) -> tuple[Any, tuple[Tile, ...]]:
        """Look at the signal of some images as (C, *kernel, *steps), and cut the steps."""
        count = signal.shape[self.batch_axis + 1]
        steps = (*self.steps[: self.batch_axis], count, *self.steps[self.batch_axis + 1 :])
        seen = windows(xp, signal, self.kernel, steps, self.stride, self.dilation)
        return seen, tiles(steps, self.columns)

    def slide(self, xp: Any, x: Any) -> Iterator[tuple[slice, Tile, Any]]:
        """Yield images, a tile of steps, and what its windows see: (C, *kernel, *tile)."""
        frame = xp.zeros(self.frame, x.dtype)
        signal = frame if self.rows.copies == 1 else xp.empty(self.signal, x.dtype)
        for some, held in self.blocks():
            frame[held][self.inside] = self.arrange(x[some])[self.part]
            self.rows.signal(xp, frame[held], signal[held], self.row_axis)
            seen, cut = self.windows(xp, signal[held])
            for tile in cut:
                yield some, tile, seen[(..., *tile)]

    def row(self, tile: Tile, row: int) -> Tile:
        """Say where one row of each step of a tile stands in an output (O, *axes)."""
        return row_of(tile, self.row_axis, self.rows, row)


def lengths(tile: Tile) -> Sizes:
    """Return the sizes of a tile."""
    return tuple(part.stop - part.start for part in tile)


def filled(xp: Any, x: Any, shape: Sizes) -> Any:
    """Append zeros where an output ends inside of its last step."""
    if x.shape == shape:
        return x
    whole = xp.zeros(shape, x.dtype)
    whole[tuple(slice(0, size) for size in x.shape)] = x
    return whole


@lru_cache(maxsize=1024)
def plan(problem: Problem, scatter: bool = False) -> Plan:
    """Lay out a convolution in the way that is estimated to be fastest."""
    rows, last = cheapest(problem, scatter)
    columns = width(problem, rows)
    some = images(problem, rows, last, columns)

    def placed(batch: Any, first: Any, others: Any) -> tuple[Any, ...]:
        return (first, *others, batch) if last else (batch, first, *others)

    steps = -(-problem.sizes[0] // rows.rows)
    kernel, stride, dilation = problem.kernel, problem.stride, problem.dilation
    padded = problem.padded
    span = max(padded[0], rows.span(steps, kernel[0], dilation[0]))
    inside, part = interior(problem.inputs, problem.padding)
    whole = slice(None)
    return Plan(
        rows, problem.batch, some, columns,
        order=(1, *placed(0, 2, range(3, 2 + len(kernel)))),
        batch_axis=len(kernel) if last else 0,
        row_axis=0 if last else 1,
        frame=(problem.channels, *placed(some, span, padded[1:])),
        inside=(whole, *placed(whole, inside[0], inside[1:])),
        part=(whole, *placed(whole, part[0], part[1:])),
        signal=(problem.channels * rows.copies, *placed(some, steps, padded[1:])),
        kernel=placed(1, rows.taps(kernel[0]), kernel[1:]),
        stride=placed(1, rows.step, stride[1:]),
        dilation=placed(1, dilation[0], dilation[1:]),
        steps=placed(some, steps, problem.sizes[1:]),
    )  # fmt: skip
