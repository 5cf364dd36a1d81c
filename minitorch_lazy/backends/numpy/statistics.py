"""Variances, norms, and logarithms of sums of exponentials."""

from __future__ import annotations

from typing import Any


class StatisticsKernels:
    """Reductions in several passes; float16 and bfloat16 are computed in float32."""

    xp: Any
    copy: Any
    count: Any
    logaddexp: Any
    mean: Any
    sum: Any
    widened: Any

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

    def logcumsumexp(self, x: Any, *, axis: int) -> Any:
        """Return ln of the sum of e^x up to each place, by doubling steps."""
        out = self.copy(x)
        if x.dtype.kind == "c":
            return self.one_by_one(out, axis)
        step = 1
        while step < x.shape[axis]:
            head = (slice(None),) * axis + (slice(None, -step),)
            tail = (slice(None),) * axis + (slice(step, None),)
            out[tail] = self.logaddexp(out[tail], out[head].copy())
            step *= 2
        return out

    def one_by_one(self, out: Any, axis: int) -> Any:
        """Add exponentials in order: the branch of a complex logarithm depends on it."""
        rows = self.xp.moveaxis(out, axis, 0)
        for place in range(1, len(rows)):
            rows[place] = self.logaddexp(rows[place - 1], rows[place])
        return out
