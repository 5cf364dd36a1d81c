"""Kernels that work through an array in pieces, or look at numbers: here one answer is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.layout import Sizes
from minitorch_lazy.backends.meta.rules import no_numbers
from minitorch_lazy.backends.numpy.conv.problem import Problem

EVERYTHING = 1 << 62
"""More elements than any array has: one block holds them all."""


class ConvShapes:
    """Convolution without its loops over blocks; one that would fail fails here too."""

    conv_problem: Callable[..., Problem]

    def convolution(self, x: Any, w: Any, b: Any, **static: Any) -> MetaArray:
        """Return the shape of a convolution."""
        y = MetaArray(self.conv_problem(x, x.shape, w.shape, **static).y_shape, x.dtype)
        if b is not None:
            y += b.reshape(-1, *(1,) * (x.ndim - 2))
        return y

    def conv_input(self, g: Any, w: Any, *, x_shape: Sizes, **static: Any) -> MetaArray:
        """Return the shape of the input of a convolution."""
        self.conv_problem(g, x_shape, w.shape, **static).check(g.shape)
        return MetaArray(x_shape, g.dtype)

    def conv_weight(self, x: Any, g: Any, *, w_shape: Sizes, **static: Any) -> MetaArray:
        """Return the shape of the weight of a convolution."""
        self.conv_problem(x, x.shape, w_shape, **static).check(g.shape)
        return MetaArray(w_shape, x.dtype)


class OtherShapes:
    """Kernels with an answer that is known beforehand."""

    sort_limit = 0
    special_block = norm_block = loss_block = attention_block = rnn_block = EVERYTHING

    def check_divisor(self, a: Any, b: Any) -> None:
        """Let every division pass: there is no zero to be found."""

    def plain_norm(self, x: Any, order: float, axis: Any, keepdims: bool) -> None:
        """Leave every norm to `scaled_norm`, which looks at no number."""

    def check_finite(self, values: Any) -> None:
        """Let all values pass: there are none."""

    def matrix_exp(self, a: Any) -> MetaArray:
        """Return the shape of the argument; how it is computed follows from numbers."""
        return MetaArray(a.shape, a.dtype)

    def gauge_free(self, x: Any) -> Any:
        """Copy x: there is no imaginary part to be found."""
        return x.copy()

    def searchsorted(self, boundaries: Any, x: Any, sorter: Any, *, right: bool) -> MetaArray:
        """Return the shape of the elements whose places are sought."""
        return MetaArray(x.shape, "int64")

    def histc(self, x: Any, *, bins: int, low: float, high: float) -> MetaArray:
        """Return the shape of the counts of all bins."""
        return MetaArray((bins,), x.dtype)


def refusing(name: str, mend: str = "") -> Callable[..., NoReturn]:
    """Make the method of a kernel whose result has a shape that follows from numbers."""

    def method(self: Any, *arrays: Any, **static: Any) -> NoReturn:
        raise no_numbers(name, mend)

    return method


class Refusals:
    """Kernels that must not be guessed."""

    nonzero = refusing(
        "nonzero, and indexing with a mask",
        "keep the shape: torch.where(mask, x, 0) or x * mask; or run it on a tensor with numbers",
    )
    to_numpy = refusing(
        "Tensor.item() cannot be called on meta tensors, nor bool(), tolist() or cpu()",
        "run it on a tensor with numbers; torch.empty_like(x, device='cpu') gives x memory",
    )
    unique = refusing("unique")
    unique_consecutive = refusing("unique_consecutive")
    bincount = refusing("bincount")
