"""Layer normalisation, block by block so that several passes stay in the cache."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from minitorch_lazy.backends.numpy.windows import pieces


class LayerNormKernels:
    """Layer normalisation of the last axes."""

    xp: Any
    widened: Any
    norm_block: int

    def layer_norm(
        self, x: Any, weight: Any, bias: Any, *, count: int, eps: float, center: bool = True
    ) -> tuple[Any, Any]:
        """Normalise over the last `count` axes; `weight` and `bias` have their shape.

            y = (x - mean) / sqrt(var + eps) * weight + bias

        Args:
            center: whether the mean is taken off; the variance is the mean square where not.
        """
        xp, wide = self.xp, rows(self.widened(x), count)
        y = xp.empty(wide.shape, wide.dtype)
        mean, deviation = (xp.empty((len(wide), 1), wide.dtype) for _ in range(2))
        for part, (factor, term) in self.row_blocks(wide, weight, bias):
            mean[part], deviation[part] = self.row_statistics(
                wide[part], y[part], eps, center
            )
            xp.multiply(y[part], deviation[part], out=y[part])
            if factor is not None:
                xp.multiply(y[part], factor, out=y[part])
            if term is not None:
                xp.add(y[part], term, out=y[part])
        return y.reshape(x.shape).astype(x.dtype, copy=False), (mean, deviation)

    def layer_norm_gradient(
        self, g: Any, x: Any, weight: Any, cache: Any, *, count: int, eps: float,
        center: bool = True, needed: tuple[bool, ...] = (True, True, True),
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        """Pull a gradient back to input, weight and bias, with h = g * weight.

        gx = (h - mean(h) - normal * mean(h * normal)) / std, without mean(h) where not centred

        Only what is needed is computed.
        """
        xp, wide, gradient = self.xp, rows(self.widened(x), count), rows(self.widened(g), count)
        length, kind = wide.shape[1], wide.dtype
        gx, centred = xp.empty(wide.shape, kind), None
        total = "complex128" if kind.kind == "c" else "float64"
        gw, gb = xp.zeros(length, total), xp.zeros(length, total)
        column = (xp.ones(length, kind) if weight is None else flat(weight, kind)) / length
        for part, (factor,) in self.row_blocks(wide, weight):
            held, pulled = gx[part], gradient[part]
            if cache is None:
                _, deviation = self.row_statistics(wide[part], held, eps, center)
                centred = held.copy()
            else:
                deviation = cache[1][part]
                centred = xp.subtract(wide[part], cache[0][part])
            xp.multiply(pulled, centred, out=held)
            if needed[1]:
                gw += xp.matmul(deviation[:, 0], held)
            if needed[2]:
                gb += xp.matmul(xp.ones(len(held), kind), pulled)
            if not needed[0]:
                continue
            along = xp.matmul(held, column).reshape(-1, 1)
            xp.multiply(centred, along * deviation * deviation, out=centred)
            if center:
                level = xp.matmul(pulled, column).reshape(-1, 1)
                xp.add(centred, level, out=centred)
            if factor is None:
                xp.subtract(pulled, centred, out=held)
            else:
                xp.multiply(pulled, factor, out=held)
                xp.subtract(held, centred, out=held)
            xp.multiply(held, deviation, out=held)
        shape = x.shape[x.ndim - count :]
        return (
            gx.reshape(x.shape).astype(x.dtype, copy=False) if needed[0] else None,
            gw.astype(x.dtype).reshape(shape) if needed[1] else None,
            gb.astype(x.dtype).reshape(shape) if needed[2] else None,
        )

    def row_statistics(self, x: Any, centred: Any, eps: float, center: bool) -> tuple[Any, Any]:
        """Return mean and 1 / std of each row of (R, D), and write `x - mean` into `centred`.

        The mean is taken for 0 where it is not to be taken off.
        """
        xp, length = self.xp, x.shape[1]
        average = xp.full(length, 1.0 / max(1, length), x.dtype)
        mean = xp.matmul(x, average).reshape(-1, 1) if center else xp.zeros((len(x), 1), x.dtype)
        xp.subtract(x, mean, out=centred)
        variance = xp.matmul(xp.multiply(centred, centred), average).reshape(-1, 1)
        return mean, 1.0 / xp.sqrt(variance + eps)

    def row_blocks(self, x: Any, *vectors: Any) -> Iterator[tuple[slice, list[Any]]]:
        """Yield blocks of the rows of (R, D), and the given rows repeated for each; None stays.

        Arithmetic with a whole array is faster than with one that is stretched on the way.
        """
        count, length = x.shape
        step = min(count, max(1, self.norm_block // max(1, length)))
        spread = [
            None if vector is None
            else self.xp.broadcast_to(flat(vector, x.dtype), (step, length)).copy()
            for vector in vectors
        ]  # fmt: skip
        for part in pieces(count, step):
            size = part.stop - part.start
            yield part, [None if values is None else values[:size] for values in spread]


def rows(x: Any, count: int) -> Any:
    """Look at the last `count` axes as one, and at all others as one."""
    place = x.ndim - count
    return x.reshape(prod(x.shape[:place]), prod(x.shape[place:]))


def flat(vector: Any, dtype: Any) -> Any:
    """Look at a weight as a vector of a given type."""
    return vector.reshape(-1).astype(dtype, copy=False)
