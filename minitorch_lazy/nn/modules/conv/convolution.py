"""Convolution layers, and their lazy forms."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.conv import margins
from minitorch_lazy.nn.laziness import LazyModuleMixin
from minitorch_lazy.nn.modules.conv.filters import Filters

__all__ = ["Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d"]


class Convolution(Filters):
    """Correlate with a bank of learned filters.

    Args:
        in_channels: channels of the input; None lets the first input decide.
        out_channels: channels of the output.
        kernel_size, stride, dilation: a number, or one for each axis.
        padding: a number, one for each axis, "valid" or "same".
        groups: number of blocks of channels that do not mix.
        bias: whether each output channel has a bias.
        padding_mode: "zeros", "reflect", "replicate" or "circular".
        device, dtype: of the parameters.

    Attributes:
        weight: (out_channels, in_channels / groups, *kernel_size), from U(-k, k) with
            k = 1 / sqrt(in_channels / groups * prod(kernel_size)).
        bias: (out_channels,), from the same distribution; None without.
    """

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, 0,
                         groups, bias, padding_mode, device, dtype)  # fmt: skip

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        inner = None if self.in_channels is None else self.in_channels // self.groups
        return {
            "weight": (self.out_channels, inner, *self.kernel_size), "bias": (self.out_channels,)
        }  # fmt: skip

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let in_channels follow from a weight that was loaded."""
        return {"in_channels": self.weight.shape[1] * self.groups}

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        function = getattr(F, f"conv{self.rank}d")
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            pairs = margins(padding, self.kernel_size, self.stride, self.dilation,
                            type(self).__name__)  # fmt: skip
            amounts = [n for pair in reversed(pairs) for n in pair]
            input, padding = F.pad(input, amounts, mode=self.padding_mode), 0
        return function(input, self.weight, self.bias, self.stride, padding, self.dilation,  # type: ignore[no-any-return]
                        self.groups)  # fmt: skip


class Conv1d(Convolution):
    """Correlate (N, C, L) with a bank of learned filters.

    Source: torch.nn.Conv1d.
    """

    rank = 1


class Conv2d(Convolution):
    """Correlate images (N, C, H, W) with a bank of learned filters.

    Source: torch.nn.Conv2d.

    >>> import minitorch_lazy as torch
    >>> torch.nn.Conv2d(1, 6, 5, padding=2)(torch.ones(2, 1, 28, 28)).shape
    torch.Size([2, 6, 28, 28])
    """

    rank = 2


class Conv3d(Convolution):
    """Correlate volumes (N, C, D, H, W) with a bank of learned filters.

    Source: torch.nn.Conv3d.
    """

    rank = 3


class LazyConvolution(LazyModuleMixin):
    """A convolution whose first input decides `in_channels`."""

    in_channels: int | None

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(None, out_channels, kernel_size, stride, padding, dilation, groups, bias,
                         padding_mode, device, dtype)  # fmt: skip
        self.in_channels = 0


class LazyConv1d(LazyConvolution, Conv1d):
    """A Conv1d whose first input decides `in_channels`.

    Source: torch.nn.LazyConv1d.
    """

    cls_to_become = Conv1d


class LazyConv2d(LazyConvolution, Conv2d):
    """A Conv2d whose first input decides `in_channels`.

    Source: torch.nn.LazyConv2d.
    """

    cls_to_become = Conv2d


class LazyConv3d(LazyConvolution, Conv3d):
    """A Conv3d whose first input decides `in_channels`.

    Source: torch.nn.LazyConv3d.
    """

    cls_to_become = Conv3d
