"""Layers that move elements between channels, places and columns."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module

__all__ = ["ChannelShuffle", "Fold", "PixelShuffle", "PixelUnshuffle", "Unfold"]


class PixelShuffle(Module):
    """Spread r * r channels over squares of r by r places: (N, C*r*r, H, W) to (N, C, H*r, W*r).

    Source: torch.nn.PixelShuffle.
    """

    def __init__(self, upscale_factor: int) -> None:
        super().__init__()
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        """Show the factor."""
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Gather squares of r by r places into channels: (N, C, H*r, W*r) to (N, C*r*r, H, W).

    Source: torch.nn.PixelUnshuffle.
    """

    def __init__(self, downscale_factor: int) -> None:
        super().__init__()
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        """Show the factor."""
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """Deal the channels of several groups out in turn.

    Source: torch.nn.ChannelShuffle.
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """Show the number of groups."""
        return f"groups={self.groups}"


class Blocks(Module):
    """Sliding blocks of an image; sizes are a number, or (vertical, horizontal)."""

    def __init__(self, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:  # fmt: skip
        super().__init__()
        self.kernel_size, self.dilation = kernel_size, dilation
        self.padding, self.stride = padding, stride

    def extra_repr(self) -> str:
        """Show how the blocks lie."""
        return (f"kernel_size={self.kernel_size}, dilation={self.dilation}, "
                f"padding={self.padding}, stride={self.stride}")  # fmt: skip


class Unfold(Blocks):
    """Copy every sliding block of (N, C, H, W) into a column of (N, C * KH * KW, blocks).

    Source: torch.nn.Unfold.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)


class Fold(Blocks):
    """Add columns of sliding blocks up to an image of `output_size`.

    Source: torch.nn.Fold.
    """

    def __init__(self, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
                 stride: Any = 1) -> None:  # fmt: skip
        super().__init__(kernel_size, dilation, padding, stride)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.fold(input, self.output_size, self.kernel_size, self.dilation, self.padding,
                      self.stride)  # fmt: skip

    def extra_repr(self) -> str:
        """Show the size of the image, and how the blocks lie."""
        return f"output_size={self.output_size}, {super().extra_repr()}"
