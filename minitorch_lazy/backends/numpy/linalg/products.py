"""Products of matrices."""

from __future__ import annotations

from math import prod
from typing import Any

from minitorch_lazy.backends.contract import ROW
from minitorch_lazy.backends.registry import KERNELS


class ProductKernels:
    """Products; float16 and bfloat16 accumulate in float32."""

    xp: Any
    widened: Any
    ones: Any

    def matmul(self, a: Any, b: Any) -> Any:
        """Multiply matrices, or stacks of them; `dot` is the shorter way for two matrices."""
        if a.ndim == 2 == b.ndim and a.itemsize > 2:
            return a.dot(b)
        if a.dtype.itemsize == 2 and a.dtype.kind in "fV":
            return self.matmul(self.widened(a), self.widened(b)).astype(a.dtype)
        if a.dtype.kind == "b":
            raise NotImplementedError('"addmm_impl_cpu_" not implemented for \'Bool\'')
        if a.ndim > 2 and b.ndim == 2:
            flat = self.xp.matmul(a.reshape(-1, a.shape[-1]) if a.size else a, b)
            return flat.reshape((*a.shape[:-1], b.shape[-1]))
        return self.xp.matmul(a, b)

    def linear(self, x: Any, w: Any, b: Any) -> Any:
        """Multiply by the transposed weight and add the bias, if there is one."""
        if x.ndim == 2 == w.ndim and x.itemsize > 2:
            y = x.dot(w.T)
            return y if b is None else self.xp.add(y, b, y)
        if w.ndim > 2:
            raise RuntimeError(f"linear expects a weight of at most 2 dimensions, not {w.ndim}")
        y = self.matmul(x, w.swapaxes(0, 1) if w.ndim == 2 else w)
        if b is None:
            return y
        return self.xp.add(y, b, y) if y.ndim else y + b

    def linear_weight(self, g: Any, x: Any, *, shape: tuple[int, ...]) -> Any:
        """Pull back through `linear` to the weight."""
        if g.ndim == 2 == x.ndim and len(shape) == 2:
            return self.matmul(g.T, x)
        rows = prod(x.shape[:-1])
        flat = self.matmul(g.reshape(rows, prod(shape[:-1])).T, x.reshape(rows, shape[-1]))
        return flat.reshape(shape)

    def linear_gradients(
        self, g: Any, needed: tuple[bool, ...], x: Any, w: Any, weight_shape: tuple[int, ...],
        bias_shape: tuple[int, ...] | None,
    ) -> Any:  # fmt: skip
        """Pull back through `linear` to input, weight and bias."""
        if (g.ndim != 2 or g.itemsize <= 2 or len(g) > ROW or len(weight_shape) != 2
                or (needed[2] and bias_shape != weight_shape[:1])):  # fmt: skip
            return KERNELS["linear_gradients"](self, g, needed, x, w, weight_shape, bias_shape)
        return (
            g.dot(w) if needed[0] else None,
            g.T.dot(x) if needed[1] else None,
            self.ones[g.dtype][len(g)].dot(g) if needed[2] else None,
        )
