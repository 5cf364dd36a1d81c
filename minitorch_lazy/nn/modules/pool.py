"""Pooling layers."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module


class MaxPool(Module):
    """Take the largest element of windows.

    Args:
        kernel_size: size of the window, a number or one for each axis.
        stride: step of the window; its size where not given.
        padding: margin of minus infinity on both sides.
        dilation: distance of a window's elements.
        return_indices: return also where in its plane each element was found.
        ceil_mode: keep windows that only begin inside.
    """

    rank = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1,
                 return_indices: bool = False, ceil_mode: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.padding, self.dilation = kernel_size, padding, dilation
        self.stride = stride if stride is not None else kernel_size
        self.return_indices, self.ceil_mode = return_indices, ceil_mode

    def forward(self, input: Tensor) -> Any:  # noqa: D102
        pool = getattr(F, f"max_pool{self.rank}d")
        return pool(input, self.kernel_size, self.stride, self.padding, self.dilation,
                    ceil_mode=self.ceil_mode, return_indices=self.return_indices)  # fmt: skip

    def extra_repr(self) -> str:
        """Show the window."""
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
                f"dilation={self.dilation}, ceil_mode={self.ceil_mode}")  # fmt: skip


class MaxPool1d(MaxPool):
    """Take the largest element of windows over (N, C, L).

    Source: torch.nn.MaxPool1d.
    """

    rank = 1


class MaxPool2d(MaxPool):
    """Take the largest element of windows over (N, C, H, W).

    Source: torch.nn.MaxPool2d.
    """

    rank = 2


class MaxPool3d(MaxPool):
    """Take the largest element of windows over (N, C, D, H, W).

    Source: torch.nn.MaxPool3d.
    """

    rank = 3


class AvgPool1d(Module):
    """Average over windows of (N, C, L).

    Source: torch.nn.AvgPool1d.
    """

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True) -> None:  # fmt: skip
        super().__init__()
        single = lambda value: (value,) if isinstance(value, int) else tuple(value)  # noqa: E731
        self.kernel_size = single(kernel_size)
        self.stride = single(stride if stride is not None else kernel_size)
        self.padding = single(padding)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.avg_pool1d(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,
                            self.count_include_pad)  # fmt: skip

    def extra_repr(self) -> str:
        """Show the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool(Module):
    """Average over windows; `divisor_override` divides by another number than their size."""

    rank = 0

    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = stride if stride is not None else kernel_size
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        pool = getattr(F, f"avg_pool{self.rank}d")
        return pool(input, self.kernel_size, self.stride, self.padding, self.ceil_mode,  # type: ignore[no-any-return]
                    self.count_include_pad, self.divisor_override)  # fmt: skip

    def extra_repr(self) -> str:
        """Show the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(AvgPool):
    """Average over windows of (N, C, H, W).

    Source: torch.nn.AvgPool2d.
    """

    rank = 2


class AvgPool3d(AvgPool):
    """Average over windows of (N, C, D, H, W).

    Source: torch.nn.AvgPool3d.
    """

    rank = 3


class Adaptive(Module):
    """Pooling to a wanted output size, a number or one for each axis; None keeps the input's."""

    function = ""

    def __init__(self, output_size: Any) -> None:
        super().__init__()
        self.output_size = output_size

    def forward(self, input: Tensor) -> Any:  # noqa: D102
        return getattr(F, self.function)(input, self.output_size)

    def extra_repr(self) -> str:
        """Show the output size."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(Adaptive):
    """Average to a wanted length.

    Source: torch.nn.AdaptiveAvgPool1d.
    """

    function = "adaptive_avg_pool1d"


class AdaptiveAvgPool2d(Adaptive):
    """Average to a wanted height and width.

    Source: torch.nn.AdaptiveAvgPool2d.
    """

    function = "adaptive_avg_pool2d"


class AdaptiveAvgPool3d(Adaptive):
    """Average to a wanted depth, height and width.

    Source: torch.nn.AdaptiveAvgPool3d.
    """

    function = "adaptive_avg_pool3d"


class AdaptiveMax(Adaptive):
    """Adaptive pooling by the largest element."""

    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        super().__init__(output_size)
        self.return_indices = return_indices

    def forward(self, input: Tensor) -> Any:  # noqa: D102
        return getattr(F, self.function)(input, self.output_size, self.return_indices)


class AdaptiveMaxPool1d(AdaptiveMax):
    """Take largest elements to a wanted length.

    Source: torch.nn.AdaptiveMaxPool1d.
    """

    function = "adaptive_max_pool1d"


class AdaptiveMaxPool2d(AdaptiveMax):
    """Take largest elements to a wanted height and width.

    Source: torch.nn.AdaptiveMaxPool2d.
    """

    function = "adaptive_max_pool2d"


class AdaptiveMaxPool3d(AdaptiveMax):
    """Take largest elements to a wanted depth, height and width.

    Source: torch.nn.AdaptiveMaxPool3d.
    """

    function = "adaptive_max_pool3d"
