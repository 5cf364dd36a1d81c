"""Sums and other reductions that stay exact where NumPy's own do not."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

BLOCK = 128
"""Elements that are summed one after the other before pairwise summation takes over."""


class ReduceKernels:
    """Reductions; `axis` is None, a number or a tuple."""

    xp: Any

    def widened(self, x: Any) -> Any:
        """Return float16 and bfloat16 numbers as float32: they accumulate there."""
        return x.astype("float32") if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x

    def sum(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum, accumulating float16 and bfloat16 in float32 and long float32 axes by blocks."""
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            return self.sum(self.widened(x), axis=axis, keepdims=keepdims).astype(x.dtype)
        if x.dtype.kind == "b":
            x = x.astype("int64")
        if axis is None:
            axis = tuple(range(x.ndim))
        if x.dtype.char in "fF" and x.ndim and self.sums_outer(x, axis):
            return self.blocked_sum(x, axis, keepdims)
        return self.xp.add.reduce(x, axis, None, None, keepdims)

    def sums_outer(self, x: Any, axis: Any) -> bool:
        """Tell whether a long axis that is not the innermost is summed: NumPy adds one by one."""
        axes = axis if isinstance(axis, tuple) else (axis,)
        if not axes or (x.flags.c_contiguous and len(axes) == x.ndim):
            return False
        return any(x.shape[a] > BLOCK and x.strides[a] > x.dtype.itemsize for a in axes)

    def blocked_sum(self, x: Any, axis: Any, keepdims: bool) -> Any:
        """Sum each axis by itself, long ones in two steps of about the root of their length."""
        axes = axis if isinstance(axis, tuple) else (axis,)
        for place in sorted((a % x.ndim for a in axes), reverse=True):
            length = x.shape[place]
            block = max(BLOCK // 2, int(length**0.5))
            whole = length - length % block
            if whole > block:
                head = x[(slice(None),) * place + (slice(0, whole),)]
                shape = (*x.shape[:place], whole // block, block, *x.shape[place + 1 :])
                partial = self.xp.add.reduce(head.reshape(shape), place + 1)
                rest = x[(slice(None),) * place + (slice(whole, None),)]
                x = self.xp.concatenate([partial, rest], place)
            x = self.xp.add.reduce(x, place, None, None, True)
        if keepdims:
            return x
        keep = {a % x.ndim for a in axes}
        return x.reshape(tuple(n for i, n in enumerate(x.shape) if i not in keep))

    def sum_to(self, g: Any, *, shape: tuple[int, ...]) -> Any:
        """Sum a gradient to the shape that broadcasting started from."""
        extra = g.ndim - len(shape)
        axes = tuple(range(extra)) + tuple(
            extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1
        )
        return self.sum(g, axis=axes, keepdims=True).reshape(shape) if axes else g

    def prod(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Multiply, accumulating float16 and bfloat16 in float32."""
        if x.dtype.kind in "fV" and x.dtype.itemsize == 2:
            return self.prod(self.widened(x), axis=axis, keepdims=keepdims).astype(x.dtype)
        return self.xp.prod(x, axis, None, None, keepdims)

    def mean(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Average; nan for no elements."""
        count = self.count(x, axis)
        wide = self.widened(x)
        total = self.sum(wide, axis=axis, keepdims=keepdims)
        mean = total / count if count else total * float("nan")
        return mean.astype(x.dtype) if wide is not x else mean

    def count(self, x: Any, axis: Any) -> int:
        """Return how many elements one result is made of."""
        if axis is None:
            return int(x.size)
        return prod(x.shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))

    def max(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the largest element; nan where there is one."""
        return self.xp.max(x, axis, None, keepdims)

    def min(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Return the smallest element; nan where there is one."""
        return self.xp.min(x, axis, None, keepdims)

    def all(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether all elements are true."""
        return self.xp.all(x, axis, None, keepdims)

    def any(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Tell whether any element is true."""
        return self.xp.any(x, axis, None, keepdims)

    def argmax(self, x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        """Return the place of the first largest element, nan being larger than all."""
        found = self.xp.argmax(x, axis)
        return found if not keepdims or axis is None else self.xp.expand_dims(found, axis)

    def argmin(self, x: Any, *, axis: int | None = None, keepdims: bool = False) -> Any:
        """Return the place of the first smallest element, nan being smaller than all."""
        found = self.xp.argmin(x, axis)
        return found if not keepdims or axis is None else self.xp.expand_dims(found, axis)

    def cumsum(self, x: Any, *, axis: int) -> Any:
        """Sum up to each place, accumulating float16 and bfloat16 in float32."""
        if x.dtype.kind in "fV" and x.dtype.itemsize == 2:
            return self.xp.cumsum(self.widened(x), axis).astype(x.dtype)
        return self.xp.cumsum(x, axis, x.dtype) if x.ndim else x.copy()

    def cumprod(self, x: Any, *, axis: int) -> Any:
        """Multiply up to each place."""
        return self.xp.cumprod(x, axis, x.dtype) if x.ndim else x.copy()

    def var(self, x: Any, *, axis: Any, correction: float, keepdims: bool = False) -> Any:
        """Average the squared distances from the mean; `correction` is taken off the count."""
        wide = self.widened(x)
        away = wide - self.mean(wide, axis=axis, keepdims=True)
        square = away * away if x.dtype.kind != "c" else away.real**2 + away.imag**2
        total = self.sum(square, axis=axis, keepdims=keepdims)
        variance = total / float(max(self.count(x, axis) - correction, 0))
        return variance.astype(x.dtype) if wide is not x else variance

    def root_or_zero(self, x: Any) -> Any:
        """Return the square root; its gradient at 0 is taken as 0."""
        return self.xp.sqrt(x)

    def logsumexp(self, x: Any, *, axis: Any, keepdims: bool = False) -> Any:
        """Return ln of the sum of e^x, without overflow."""
        wide = self.widened(x)
        if not self.count(wide, axis):
            return self.xp.log(self.sum(wide, axis=axis, keepdims=keepdims)).astype(x.dtype)
        high = self.xp.max(wide.real, axis, None, True)
        high = self.xp.where(self.xp.isfinite(high), high, self.xp.zeros_like(high))
        total = self.sum(self.xp.exp(wide - high), axis=axis, keepdims=True)
        out = self.xp.log(total) + high
        out = out if keepdims else self.xp.squeeze(out, axis)
        return out.astype(x.dtype) if wide is not x else out

    def power_norm(self, x: Any, *, order: float, axis: Any, keepdims: bool = False) -> Any:
        """Return (sum |x|^order)^(1/order); of order 0 the count of what is not 0."""
        wide = self.widened(x)
        if order == 0:
            return self.sum(wide != 0, axis=axis, keepdims=keepdims).astype(x.real.dtype)
        if order != 2:
            powers = self.sum(self.xp.abs(wide) ** order, axis=axis, keepdims=keepdims)
            return (powers ** (1 / order)).astype(x.real.dtype)
        square = wide * wide if x.dtype.kind != "c" else wide.real**2 + wide.imag**2
        return self.xp.sqrt(self.sum(square, axis=axis, keepdims=keepdims)).astype(x.real.dtype)

    def running_place(self, x: Any, *, axis: int, larger: bool) -> Any:
        """Return the place of the extreme up to each element: the last of equals, or a nan."""
        size = x.shape[axis]
        shape = [1] * x.ndim
        shape[axis] = size
        values = x.copy()
        places = self.xp.broadcast_to(self.xp.arange(size).reshape(shape), x.shape).copy()
        step = 1
        while step < size:
            head = (slice(None),) * axis + (slice(None, -step),)
            tail = (slice(None),) * axis + (slice(step, None),)
            before, here = values[head], values[tail]
            ahead = here >= before if larger else here <= before
            stay = (here != here) | ((before == before) & ahead)
            new_values = self.xp.where(stay, here, before)
            new_places = self.xp.where(stay, places[tail], places[head])
            values[tail], places[tail] = new_values, new_places
            step *= 2
        return places


def narrow(dtype: np.dtype[Any]) -> bool:
    """Tell whether numbers of this type are accumulated in a wider one."""
    return dtype.kind in "fV" and dtype.itemsize == 2
