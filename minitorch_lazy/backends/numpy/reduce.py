"""Sums and other reductions that stay exact where NumPy's own do not."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch_lazy.backends.contract import ROW

SMALL = 4096
"""Arrays of up to so many elements are summed as NumPy does: too few to lose digits."""

BLOCK = 128
"""Elements that are summed one after the other before pairwise summation takes over."""

class ReduceKernels:
    """Reductions; `axis` is None, a number or a tuple."""

    xp: Any
    ones: Any

    def widened(self, x: Any) -> Any:
        """Return float16 and bfloat16 numbers as float32: they accumulate there."""
        return x.astype("float32") if x.dtype.itemsize == 2 and x.dtype.kind in "fV" else x

    def sum(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Sum, accumulating float16 and bfloat16 in float32 and long float32 axes by blocks."""
        if x.dtype.char in "fd" and x.size <= SMALL:
            return self.xp.add.reduce(x, axis, x.dtype, None, keepdims)
        if x.dtype.itemsize == 2 and x.dtype.kind in "fV":
            return self.sum(self.widened(x), axis=axis, keepdims=keepdims).astype(x.dtype)
        if x.dtype.kind == "b":
            x = x.astype("int64")
        if axis is None:
            axis = tuple(range(x.ndim))
        if x.dtype.char in "fF" and x.ndim and self.sums_outer(x, axis):
            return self.blocked_sum(x, axis, keepdims)
        return self.xp.add.reduce(x, axis, x.dtype, None, keepdims)

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
        if extra == 1 and g.shape[1:] == shape:
            return self.sum_rows(g)
        axes = tuple(range(extra)) + tuple(
            extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1
        )
        return self.sum(g, axis=axes, keepdims=True).reshape(shape) if axes else g

    def sum_rows(self, g: Any) -> Any:
        """Sum over the first axis; of few rows as a product with ones, which is read by rows."""
        if g.ndim == 2 and len(g) <= ROW and g.dtype.char in "fd" and g.flags.c_contiguous:
            return self.ones[g.dtype][len(g)].dot(g)
        return self.sum(g, axis=0)

    def prod(self, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        """Multiply, accumulating float16 and bfloat16 in float32."""
        if x.dtype.kind in "fV" and x.dtype.itemsize == 2:
            return self.prod(self.widened(x), axis=axis, keepdims=keepdims).astype(x.dtype)
        return self.xp.multiply.reduce(x, axis, x.dtype, None, keepdims)

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
            return self.widened(x).cumsum(axis).astype(x.dtype)
        return x.cumsum(axis, x.dtype) if x.ndim else x.copy()

    def cumprod(self, x: Any, *, axis: int) -> Any:
        """Multiply up to each place, accumulating float16 and bfloat16 in float32."""
        wide = self.widened(x)
        out = wide.cumprod(axis, wide.dtype)
        return out.astype(x.dtype) if wide is not x else out
