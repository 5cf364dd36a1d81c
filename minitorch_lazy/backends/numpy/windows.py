"""Padding, windows and tiles: the geometry that convolution and pooling share.

Arrays here are laid out as (C, *axes): channels, then the places that a window slides over. The
batch is one of the axes, with a kernel of one; standing first it keeps rows of an image together,
standing last it makes every row as long as the batch.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import Any

Sizes = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]
Tile = tuple[slice, ...]


def output_sizes(
    sizes: Sizes, kernel: Sizes, *, stride: Sizes, padding: Pairs, dilation: Sizes
) -> Sizes:
    """Count the places of a window: floor((S + before + after - dilation*(K-1) - 1)/stride) + 1.

    Raises:
        RuntimeError: the padded input is smaller than the kernel.
    """
    padded = tuple(s + sum(p) for s, p in zip(sizes, padding, strict=True))
    reach = tuple(d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True))
    if any(r > s for r, s in zip(reach, padded, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({by(padded)}). Kernel size: "
            f"({by(reach)}). Kernel size can't be greater than actual input size"
        )
    return tuple((s - r) // t + 1 for s, r, t in zip(padded, reach, stride, strict=True))


def by(sizes: Sizes) -> str:
    """Write sizes as `3 x 4`."""
    return " x ".join(map(str, sizes))


def windows(xp: Any, x: Any, kernel: Sizes, sizes: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """Look at (C, *axes) as (C, *kernel, *sizes), without a copy.

    `windows[c, *i, *o] = x[c, *(o*stride + i*dilation)]`
    """
    channel, *steps = x.strides
    inner = [step * d for step, d in zip(steps, dilation, strict=True)]
    outer = [step * s for step, s in zip(steps, stride, strict=True)]
    shape = (x.shape[0], *kernel, *sizes)
    return xp.lib.stride_tricks.as_strided(x, shape, (channel, *inner, *outer))


def interior(sizes: Sizes, padding: Pairs) -> tuple[Tile, Tile]:
    """Say which part of a padded array holds which part of the array; negative padding crops."""
    places, parts = [], []
    for size, (before, after) in zip(sizes, padding, strict=True):
        first, last = max(0, -before), size - max(0, -after)
        parts.append(slice(first, max(first, last)))
        places.append(slice(first + before, max(first, last) + before))
    return tuple(places), tuple(parts)


@lru_cache(maxsize=1024)
def tiles(sizes: Sizes, limit: int) -> tuple[Tile, ...]:
    """Cut a box into boxes of at most `limit` places that are long in the last axes."""
    steps: list[int] = []
    inner = 1
    for size in reversed(sizes):
        step = max(1, min(size, limit // inner))
        inner = inner * size if step == size else limit + 1
        steps.insert(0, step)
    return tuple(product(*(pieces(size, step) for size, step in zip(sizes, steps, strict=True))))


@lru_cache(maxsize=1024)
def pieces(size: int, step: int) -> tuple[slice, ...]:
    """Cut a range into ranges of nearly equal length, at most `step`."""
    if not size:
        return ()
    step = -(-size // -(-size // step))
    return tuple(slice(start, min(size, start + step)) for start in range(0, size, step))
