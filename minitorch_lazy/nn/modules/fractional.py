"""Fractional max pooling: windows of random places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module

__all__ = ["FractionalMaxPool2d", "FractionalMaxPool3d"]


class FractionalMaxPool(Module):
    """Take the largest element of windows at random places.

    Args:
        kernel_size: of the window, a number or one for each axis.
        output_size: number of windows along each axis, or
        output_ratio: the same as a part of the input's size, between 0 and 1.
        return_indices: return also where in its plane each element was found.
    """

    rank = 0

    def __init__(self, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
                 return_indices: bool = False, _random_samples: Any = None) -> None:  # fmt: skip
        super().__init__()
        name = type(self).__name__
        if self.rank == 3 and any(k <= 0 for k in self.each(kernel_size)):
            raise ValueError(f"kernel_size must be greater than 0, but got {kernel_size}")
        self.kernel_size = self.each(kernel_size)
        self.return_indices = return_indices
        self.register_buffer("_random_samples", _random_samples)
        self.output_size = None if output_size is None else self.each(output_size)
        self.output_ratio = None if output_ratio is None else self.each(output_ratio)
        if output_size is None and output_ratio is None:
            raise ValueError(
                f"{name} requires specifying either an output size, or a pooling ratio"
            )
        if output_size is not None and output_ratio is not None:
            raise ValueError("only one of output_size and output_ratio may be specified")
        if self.output_ratio is not None and not all(0 < part < 1 for part in self.output_ratio):
            raise ValueError(f"output_ratio must be between 0 and 1 (got {output_ratio})")

    def each(self, size: Any) -> tuple[Any, ...]:
        """Return one number for each axis."""
        return tuple(size) if isinstance(size, Iterable) else (size,) * self.rank

    def forward(self, input: Tensor) -> Any:  # noqa: D102
        pool = getattr(F, f"fractional_max_pool{self.rank}d")
        return pool(input, self.kernel_size, self.output_size, self.output_ratio,
                    self.return_indices, _random_samples=self._random_samples)  # fmt: skip


class FractionalMaxPool2d(FractionalMaxPool):
    """Take the largest element of windows at random places of (N, C, H, W).

    Source: torch.nn.FractionalMaxPool2d; Graham, Fractional max-pooling, 2014.
    """

    rank = 2


class FractionalMaxPool3d(FractionalMaxPool):
    """Take the largest element of windows at random places of (N, C, D, H, W).

    Source: torch.nn.FractionalMaxPool3d; Graham, Fractional max-pooling, 2014.
    """

    rank = 3
