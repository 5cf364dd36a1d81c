"""Variances, norms, and logarithms of sums of exponentials."""

from __future__ import annotations

from typing import Any

SAFE = {"f": 1e-31, "d": 1e-292}
"""Sums of powers above this have lost nothing that counts to underflow."""


class StatisticsKernels:
    """Reductions in several passes; float16 and bfloat16 are computed in float32."""

    xp: Any
    copy: Any
    count: Any
    logaddexp: Any
    max: Any
    mean: Any
    min: Any
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
        found = self.plain_norm(wide, order, axis, keepdims) if wide.size and axis else None
        if found is None:
            found = self.scaled_norm(wide, order, axis, keepdims)
        return found.astype(x.real.dtype)

    def plain_norm(self, x: Any, order: float, axis: Any, keepdims: bool) -> Any:
        """Return the norm by its formula; None where powers leave the range of the type."""
        powers = self.sum(self.powers(x, order), axis=axis, keepdims=keepdims)
        low, high = (powers.min(), powers.max()) if powers.ndim else (powers, powers)
        ordinary = low > SAFE[powers.dtype.char] and high < float("inf")
        return self.rooted(powers, order) if ordinary else None

    def scaled_norm(self, x: Any, order: float, axis: Any, keepdims: bool) -> Any:
        """Return the norm of x / scale, times the scale: the element that counts most."""
        size = self.xp.abs(x)
        if not axis:
            return size
        if not x.size:
            return self.rooted(self.sum(size, axis=axis, keepdims=keepdims), order)
        scale = (self.max if order > 0 else self.min)(size, axis=axis, keepdims=True)
        usable = self.xp.logical_and(scale > 0, self.xp.isfinite(scale))
        scale = self.xp.where(usable, scale, self.xp.ones_like(scale))
        powers = self.sum(self.powers(size / scale, order), axis=axis, keepdims=True)
        found = self.rooted(powers, order) * scale
        return found if keepdims else self.xp.squeeze(found, axis)

    def powers(self, x: Any, order: float) -> Any:
        """Return |x|^order."""
        if order != 2:
            return self.xp.abs(x) ** order
        return x * x if x.dtype.kind != "c" else x.real**2 + x.imag**2

    def rooted(self, powers: Any, order: float) -> Any:
        """Return the root of a sum of powers."""
        return self.xp.sqrt(powers) if order == 2 else powers ** (1 / order)

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
