"""Power-average pooling, and the inverse of max pooling."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module

__all__ = ["LPPool1d", "LPPool2d", "LPPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d"]


class LPPool(Module):
    """Take the p-norm of windows.

    Args:
        norm_type: p; infinity takes the largest absolute value.
        kernel_size: size of the window, a number or one for each axis.
        stride: step of the window; its size where not given.
        ceil_mode: keep windows that only begin inside.
    """

    rank = 0

    def __init__(self, norm_type: float, kernel_size: Any, stride: Any = None,
                 ceil_mode: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.norm_type, self.kernel_size = norm_type, kernel_size
        self.stride, self.ceil_mode = stride, ceil_mode

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        pool = getattr(F, f"lp_pool{self.rank}d")
        return pool(input, float(self.norm_type), self.kernel_size, self.stride, self.ceil_mode)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Show the power and the window."""
        return (f"norm_type={self.norm_type}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}, ceil_mode={self.ceil_mode}")  # fmt: skip


class LPPool1d(LPPool):
    """Take the p-norm of windows over (N, C, L).

    Source: torch.nn.LPPool1d.
    """

    rank = 1


class LPPool2d(LPPool):
    """Take the p-norm of windows over (N, C, H, W).

    Source: torch.nn.LPPool2d.
    """

    rank = 2


class LPPool3d(LPPool):
    """Take the p-norm of windows over (N, C, D, H, W).

    Source: torch.nn.LPPool3d.
    """

    rank = 3


class MaxUnpool(Module):
    """Put what max pooling picked back, among zeros.

    Args:
        kernel_size, stride, padding: those of the pooling, numbers or one for each axis.
    """

    rank = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        super().__init__()
        self.kernel_size = self.each(kernel_size)
        self.stride = self.each(stride if stride is not None else kernel_size)
        self.padding = self.each(padding)

    def each(self, size: Any) -> tuple[int, ...]:
        """Return one number for each axis."""
        return (size,) * self.rank if isinstance(size, int) else tuple(size)

    def forward(self, input: Tensor, indices: Tensor,
                output_size: Any = None) -> Tensor:  # noqa: D102  # fmt: skip
        unpool = getattr(F, f"max_unpool{self.rank}d")
        return unpool(input, indices, self.kernel_size, self.stride, self.padding, output_size)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Show the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(MaxUnpool):
    """Put what MaxPool1d picked back into (N, C, L).

    Source: torch.nn.MaxUnpool1d.
    """

    rank = 1


class MaxUnpool2d(MaxUnpool):
    """Put what MaxPool2d picked back into (N, C, H, W).

    Source: torch.nn.MaxUnpool2d.
    """

    rank = 2


class MaxUnpool3d(MaxUnpool):
    """Put what MaxPool3d picked back into (N, C, D, H, W).

    Source: torch.nn.MaxUnpool3d.
    """

    rank = 3
