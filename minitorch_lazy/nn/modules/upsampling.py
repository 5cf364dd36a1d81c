"""Layers that give images another size."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module

__all__ = ["Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d"]


class Upsample(Module):
    """Resample to a size, or by a factor; see `nn.functional.interpolate`.

    Args:
        size: places after, a number or one for each axis.
        scale_factor: places after for each before, a number or one for each axis.
        mode: nearest, nearest-exact, linear, bilinear, bicubic, trilinear or area.
        align_corners: let the middles of the outermost elements coincide.
        recompute_scale_factor: take the scale from the sizes after rounding.

    Source: torch.nn.Upsample.
    """

    def __init__(
        self, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
        align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.name = type(self).__name__
        self.size = size
        if isinstance(scale_factor, tuple):
            self.scale_factor: Any = tuple(float(factor) for factor in scale_factor)
        else:
            self.scale_factor = float(scale_factor) if scale_factor else None
        self.mode, self.align_corners = mode, align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.interpolate(input, self.size, self.scale_factor, self.mode, self.align_corners,
                             self.recompute_scale_factor)  # fmt: skip

    def extra_repr(self) -> str:
        """Show the factor, else the size, and the mode."""
        word = "size" if self.scale_factor is None else "scale_factor"
        return f"{word}={getattr(self, word)!r}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Repeat the nearest elements of (N, C, H, W).

    Source: torch.nn.UpsamplingNearest2d.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="nearest")


class UpsamplingBilinear2d(Upsample):
    """Weigh the neighbours in (N, C, H, W), corners aligned.

    Source: torch.nn.UpsamplingBilinear2d.
    """

    def __init__(self, size: Any = None, scale_factor: Any = None) -> None:
        super().__init__(size, scale_factor, mode="bilinear", align_corners=True)
