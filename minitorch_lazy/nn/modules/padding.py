"""Layers that surround their input."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module

__all__ = [
    "CircularPad1d", "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d",
    "ConstantPad3d", "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d",
]  # fmt: skip


class Pad(Module):
    """Padding of the last `rank` dimensions.

    Args:
        padding: one number for all sides, or (before, after) of the last dimension, then of the
            one before it, and so on; negative numbers crop.
    """

    rank = 0
    mode = ""

    def __init__(self, padding: Any) -> None:
        super().__init__()
        several = isinstance(padding, Iterable)
        self.padding = tuple(padding) if several else (padding,) * (2 * self.rank)

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.pad(input, self.padding, self.mode)

    def extra_repr(self) -> str:
        """Show the numbers of elements on each side."""
        return f"{self.padding}"


class ConstantPad(Pad):
    """Padding with one value."""

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """Show the numbers of elements and their value."""
        return f"padding={self.padding}, value={self.value}"


class CircularPad(Pad):
    """Padding with what stands at the other end."""

    mode = "circular"

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        if input.ndim not in (self.rank + 1, self.rank + 2):
            raise refuse(ValueError, type(self).__name__, f"expected {self.rank + 1}D or "
                         f"{self.rank + 2}D input (got {input.ndim}D input)", "give the input "
                         "channels, and perhaps a batch", input=input)  # fmt: skip
        return super().forward(input)


class ConstantPad1d(ConstantPad):
    """Surround (N, C, L) with one value.

    Source: torch.nn.ConstantPad1d.
    """

    rank = 1


class ConstantPad2d(ConstantPad):
    """Surround (N, C, H, W) with one value.

    Source: torch.nn.ConstantPad2d.
    """

    rank = 2


class ConstantPad3d(ConstantPad):
    """Surround (N, C, D, H, W) with one value.

    Source: torch.nn.ConstantPad3d.
    """

    rank = 3


class ReflectionPad1d(Pad):
    """Surround (N, C, L) with its mirror image about each border.

    Source: torch.nn.ReflectionPad1d.
    """

    rank = 1
    mode = "reflect"


class ReflectionPad2d(Pad):
    """Surround (N, C, H, W) with its mirror image about each border.

    Source: torch.nn.ReflectionPad2d.
    """

    rank = 2
    mode = "reflect"


class ReflectionPad3d(Pad):
    """Surround (N, C, D, H, W) with its mirror image about each border.

    Source: torch.nn.ReflectionPad3d.
    """

    rank = 3
    mode = "reflect"


class ReplicationPad1d(Pad):
    """Surround (N, C, L) with copies of each border.

    Source: torch.nn.ReplicationPad1d.
    """

    rank = 1
    mode = "replicate"


class ReplicationPad2d(Pad):
    """Surround (N, C, H, W) with copies of each border.

    Source: torch.nn.ReplicationPad2d.
    """

    rank = 2
    mode = "replicate"


class ReplicationPad3d(Pad):
    """Surround (N, C, D, H, W) with copies of each border.

    Source: torch.nn.ReplicationPad3d.
    """

    rank = 3
    mode = "replicate"


class CircularPad1d(CircularPad):
    """Surround (N, C, L) with what stands at the other end.

    Source: torch.nn.CircularPad1d.
    """

    rank = 1


class CircularPad2d(CircularPad):
    """Surround (N, C, H, W) with what stands at the other end.

    Source: torch.nn.CircularPad2d.
    """

    rank = 2


class CircularPad3d(CircularPad):
    """Surround (N, C, D, H, W) with what stands at the other end.

    Source: torch.nn.CircularPad3d.
    """

    rank = 3


class ZeroPad1d(ConstantPad1d):
    """Surround (N, C, L) with zeros.

    Source: torch.nn.ZeroPad1d.
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    extra_repr = Pad.extra_repr


class ZeroPad2d(ConstantPad2d):
    """Surround (N, C, H, W) with zeros.

    Source: torch.nn.ZeroPad2d.
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    extra_repr = Pad.extra_repr


class ZeroPad3d(ConstantPad3d):
    """Surround (N, C, D, H, W) with zeros.

    Source: torch.nn.ZeroPad3d.
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    extra_repr = Pad.extra_repr
