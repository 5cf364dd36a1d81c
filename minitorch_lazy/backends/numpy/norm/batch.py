"""Batch normalisation, block by block so that several passes stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.windows import pieces

Block = tuple[slice, slice]


class BatchNormKernels:
    """Batch normalisation with the batch's own statistics."""

    xp: Any
    widened: Any

    norm_block = 1 << 17
    """Elements to work on at a time."""

    def batch_norm(
        self, x: Any, weight: Any, bias: Any, *, eps: float, share: int = 1
    ) -> tuple[Any, Any, Any, Any]:
        """Normalise each channel of (N, C, *S) over all other axes.

            y = (x - mean) / sqrt(var + eps) * weight + bias

        Args:
            share: how many neighbouring channels have their statistics together.

        Returns:
            y, the mean, the biased variance, both of length C / share, and the cache.
        """
        xp, wide = self.xp, planes(self.widened(x))
        mean, var = self.channel_statistics(together(wide, share))
        deviation = 1.0 / xp.sqrt(var + eps)
        scale = self.for_each(deviation, share)
        if weight is not None:
            scale = scale * weight.astype(wide.dtype, copy=False)
        shift = -self.for_each(mean, share) * scale
        if bias is not None:
            shift = shift + bias.astype(wide.dtype, copy=False)
        y = xp.empty(wide.shape, wide.dtype)
        for part, (factor, term) in self.channel_blocks(wide.shape, scale, shift):
            xp.multiply(wide[part], factor, out=y[part])
            xp.add(y[part], term, out=y[part])
        y = y.reshape(x.shape).astype(x.dtype, copy=False)
        return y, mean, var, (mean, deviation)

    def batch_norm_gradient(
        self, g: Any, x: Any, weight: Any, cache: Any, *, eps: float, share: int = 1,
        needed: tuple[bool, ...] = (True, True, True),
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        """Pull a gradient back to input, weight and bias, with n the elements of a mean.

        h = g * weight,  gx = (h - sum(h) / n - normal * sum(h * normal) / n) / std

        Only what is needed is computed; the input's gradient is made of the others.
        """
        xp, wide, gradient = self.xp, planes(self.widened(x)), planes(self.widened(g))
        if cache is None:
            mean, var = self.channel_statistics(together(wide, share))
            cache = mean, 1.0 / xp.sqrt(var + eps)
        mean, deviation = (self.for_each(part, share) for part in cache)
        gw, gb = self.channel_products(gradient, wide, mean)
        gw, kind = gw * deviation, x.dtype
        parameters = (
            gw.astype(kind, copy=False) if needed[1] else None,
            gb.astype(kind, copy=False) if needed[2] else None,
        )
        if not needed[0]:
            return None, *parameters
        scale = deviation if weight is None else deviation * weight.astype(wide.dtype, copy=False)
        count = prod(wide.shape[::2]) * share
        slope = -deviation * self.for_all(scale * gw, share) / count
        level = -self.for_all(scale * gb, share) / count
        gx = xp.empty(wide.shape, wide.dtype)
        vectors = (mean, slope, scale, level)
        for part, (center, factor, among, term) in self.channel_blocks(wide.shape, *vectors):
            normal = xp.subtract(wide[part], center)
            xp.multiply(normal, factor, out=normal)
            xp.add(normal, term, out=normal)
            xp.multiply(gradient[part], among, out=gx[part])
            xp.add(gx[part], normal, out=gx[part])
        return gx.reshape(x.shape).astype(kind, copy=False), *parameters

    def for_each(self, vector: Any, share: int) -> Any:
        """Repeat what neighbouring channels have together for each of them."""
        if share == 1:
            return vector
        return self.xp.broadcast_to(vector.reshape(-1, 1), (len(vector), share)).reshape(-1)

    def for_all(self, vector: Any, share: int) -> Any:
        """Sum over neighbouring channels, and give each the sum."""
        if share == 1:
            return vector
        return self.for_each(self.xp.add.reduce(vector.reshape(-1, share), 1), share)

    def channel_statistics(self, x: Any) -> tuple[Any, Any]:
        """Return the mean and the biased variance of each channel of (N, C, L)."""
        xp, count = self.xp, prod(x.shape[::2])
        total = xp.zeros(x.shape[1], "float64")
        for part, _ in self.channel_blocks(x.shape):
            total[part[1]] += self.block_sum(x[part])
        mean = (total / count).astype(x.dtype)
        squares = xp.zeros(x.shape[1], "float64")
        for part, (center,) in self.channel_blocks(x.shape, mean):
            centred = xp.subtract(x[part], center)
            squares[part[1]] += self.block_sum(xp.multiply(centred, centred, out=centred))
        return mean, (squares / count).astype(x.dtype)

    def channel_products(self, g: Any, x: Any, mean: Any) -> tuple[Any, Any]:
        """Return the sums of g * (x - mean) and of g over each channel of (N, C, L)."""
        xp = self.xp
        products, total = xp.zeros(x.shape[1], "float64"), xp.zeros(x.shape[1], "float64")
        for part, (center,) in self.channel_blocks(x.shape, mean):
            total[part[1]] += self.block_sum(g[part])
            centred = xp.subtract(x[part], center)
            products[part[1]] += self.block_sum(xp.multiply(centred, g[part], out=centred))
        return products.astype(x.dtype), total.astype(x.dtype)

    def channel_blocks(
        self, shape: tuple[int, ...], *vectors: Any
    ) -> Iterator[tuple[Block, list[Any]]]:
        """Yield blocks of (N, C, L), and for each the given values of its channels, spread out.

        Arithmetic with a whole array is faster than with one that is stretched on the way, where
        several blocks share the work of making it.
        """
        batch, channels, length = shape
        images = max(1, self.norm_block // max(1, channels * length))
        for some in pieces(channels, max(1, self.norm_block // max(1, length))):
            size = (min(images, batch), some.stop - some.start, length)
            spread = [vector[some].reshape(1, -1, 1) for vector in vectors]
            if images < batch:
                spread = [self.xp.broadcast_to(values, size).copy() for values in spread]
            for part in pieces(batch, images):
                yield (part, some), [values[: part.stop - part.start] for values in spread]

    def block_sum(self, x: Any) -> Any:
        """Sum each channel of (N, C, L), by products with ones: they are faster than sums."""
        xp, (batch, channels, length) = self.xp, x.shape
        if length < 32 and batch > 1:
            ones = xp.ones(batch, x.dtype)
            rows = xp.matmul(ones, x.reshape(batch, channels * length))
            return xp.add.reduce(rows.reshape(channels, length), 1)
        ones = xp.ones(length, x.dtype)
        sums = xp.matmul(x.reshape(batch * channels, length), ones)
        return xp.add.reduce(sums.reshape(batch, channels), 0)


def planes(x: Any) -> Any:
    """Look at (N, C, *S) as (N, C, L)."""
    return x.reshape(*x.shape[:2], prod(x.shape[2:]))


def together(x: Any, share: int) -> Any:
    """Look at neighbouring channels of (N, C, L) as one."""
    batch, channels, length = x.shape
    return x.reshape(batch, channels // share, share * length)
