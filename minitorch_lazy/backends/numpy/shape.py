"""Shapes, in the contract's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class ShapeKernels:
    """Views and rearrangements; a keyword here is positional or named otherwise in CuPy."""

    xp: Any

    def reshape(self, x: Any, *, shape: tuple[int, ...]) -> Any:
        """Give the elements another shape, without a copy where that is possible."""
        return x.reshape(shape)

    def transpose(self, x: Any, *, axes: tuple[int, ...]) -> Any:
        """Reorder the axes."""
        return x.transpose(axes)

    def broadcast_to(self, x: Any, *, shape: tuple[int, ...]) -> Any:
        """Look at an array as a larger one, without a copy."""
        if tuple(shape) == (1,) * (len(shape) - x.ndim) + x.shape:
            return self.reshape(x, shape=tuple(shape))
        return self.xp.broadcast_to(x, shape)

    def expand_dims(self, x: Any, *, axis: Any) -> Any:
        """Insert axes of size 1."""
        return self.xp.expand_dims(x, axis)

    def flip(self, x: Any, *, axis: tuple[int, ...]) -> Any:
        """Copy with the order along axes reversed."""
        return self.xp.flip(x, axis).copy()

    def roll(self, x: Any, *, shift: tuple[int, ...], axis: tuple[int, ...]) -> Any:
        """Shift the elements along axes, in a circle."""
        return self.xp.roll(x, shift, axis)

    def concatenate(self, *xs: Any, axis: int) -> Any:
        """Join arrays along an axis, into row-major order whatever theirs is."""
        return self.xp.ascontiguousarray(self.xp.concatenate(xs, axis))

    def stack(self, *xs: Any, axis: int) -> Any:
        """Join arrays along a new axis, into row-major order whatever theirs is."""
        return self.xp.ascontiguousarray(self.xp.stack(xs, axis))

    def pad(self, x: Any, *, widths: Sequence[tuple[int, int]], value: float = 0) -> Any:
        """Surround by a constant."""
        shape = tuple(n + a + b for n, (a, b) in zip(x.shape, widths, strict=True))
        out = self.xp.full(shape, value, x.dtype)
        inner = tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True))
        out[inner] = x
        return out

    def tril(self, x: Any, *, offset: int = 0) -> Any:
        """Keep the lower triangle."""
        return self.xp.tril(x, offset)

    def triu(self, x: Any, *, offset: int = 0) -> Any:
        """Keep the upper triangle."""
        return self.xp.triu(x, offset)

    def diagonal(self, x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
        """Look at a diagonal as the last axis."""
        out = self.xp.diagonal(x, offset, axis1, axis2)
        if hasattr(out.flags, "writeable") and getattr(x.flags, "writeable", False):
            out.flags.writeable = True
        return out

    def embed_diagonal(
        self, g: Any, *, shape: tuple[int, ...], offset: int, axis1: int, axis2: int
    ) -> Any:
        """Put a diagonal into zeros: what `diagonal` pulls back."""
        out = self.xp.zeros(shape, g.dtype)
        place = self.xp.arange(g.shape[-1])
        where = (Ellipsis, place + max(-offset, 0), place + max(offset, 0))
        self.xp.moveaxis(out, (axis1, axis2), (-2, -1))[where] = g
        return out

    def unfold(self, x: Any, *, axis: int, size: int, step: int) -> Any:
        """Look at windows along an axis, as a new last axis."""
        count = (x.shape[axis] - size) // step + 1
        shape = (*x.shape[:axis], count, *x.shape[axis + 1 :], size)
        stride = x.strides[axis]
        strides = (*x.strides[:axis], stride * step, *x.strides[axis + 1 :], stride)
        return self.xp.lib.stride_tricks.as_strided(x, shape, strides)

    def fold_windows(
        self, g: Any, *, shape: tuple[int, ...], axis: int, size: int, step: int
    ) -> Any:
        """Add windows back to where they came from: what `unfold` pulls back."""
        out = self.xp.zeros(shape, g.dtype)
        for place in range(size):
            stop = place + (g.shape[axis] - 1) * step + 1
            out[(slice(None),) * axis + (slice(place, stop, step),)] += g[..., place]
        return out
