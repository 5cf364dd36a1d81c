"""Convolution layers, and their lazy forms."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import init
from minitorch_lazy.nn.functional.conv import margins, repeated
from minitorch_lazy.nn.lazy import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module

__all__ = ["Conv1d", "Conv2d", "Conv3d", "LazyConv1d", "LazyConv2d", "LazyConv3d"]

MODES = ("zeros", "reflect", "replicate", "circular")


class Convolution(Module):
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

    rank = 0
    in_channels: int | None
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = self.each(kernel_size, "kernel_size")
        self.stride, self.dilation = self.each(stride, "stride"), self.each(dilation, "dilation")
        self.padding = padding if isinstance(padding, str) else self.each(padding, "padding")
        self.output_padding = (0,) * self.rank
        self.transposed = False
        self.padding_mode = padding_mode
        self.check()
        declare(self, {"weight": True, "bias": bias}, device=device, dtype=dtype)
        begin(self)

    def each(self, value: Any, word: str) -> tuple[int, ...]:
        """Read one number for all axes, or one for each."""
        return repeated(value, self.rank, word, type(self).__name__)

    def check(self) -> None:
        """Refuse sizes that mean nothing."""
        if self.groups <= 0:
            raise self.refused("groups must be a positive integer", "use 1 or more")
        if self.in_channels is not None and self.in_channels % self.groups:
            raise self.refused("in_channels must be divisible by groups", "choose a divisor of it")
        if self.out_channels % self.groups:
            raise self.refused("out_channels must be divisible by groups", "choose a divisor of it")
        if self.padding_mode not in MODES:
            raise self.refused(f"padding_mode must be one of {set(MODES)}, but got padding_mode="
                               f"'{self.padding_mode}'", "leave the default 'zeros'")  # fmt: skip
        if isinstance(self.padding, str):
            if self.padding not in ("same", "valid"):
                raise self.refused(f"Invalid padding string {self.padding!r}, should be one of "
                                   "{'same', 'valid'}", "use one of them, or numbers")  # fmt: skip
            if self.padding == "same" and any(s != 1 for s in self.stride):
                raise self.refused("padding='same' is not supported for strided convolutions",
                                   f"use padding={self.kernel_size[-1] // 2}")  # fmt: skip

    def refused(self, headline: str, mend: str) -> Exception:
        """Return the error for sizes that mean nothing."""
        return refuse(ValueError, type(self).__name__, headline, mend, in_channels=self.in_channels,
                      out_channels=self.out_channels, groups=self.groups)  # fmt: skip

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        inner = None if self.in_channels is None else self.in_channels // self.groups
        return {
            "weight": (self.out_channels, inner, *self.kernel_size), "bias": (self.out_channels,)
        }  # fmt: skip

    def initialize_parameters(self, input: Tensor, *args: Any, **kwargs: Any) -> None:
        """Let in_channels follow from the input's dimension of channels."""
        if input.ndim not in (self.rank + 1, self.rank + 2):
            raise refuse(
                RuntimeError, type(self).__name__, f"Expected {self.rank + 1}D (unbatched) or "
                f"{self.rank + 2}D (batched) input to {type(self).__name__}, but got input of "
                f"size: {input.shape}", "give the input a dimension of channels", input=input,
            )  # fmt: skip
        channels = input.shape[input.ndim - self.rank - 1]
        if channels % self.groups:
            raise refuse(ValueError, type(self).__name__, "in_channels must be divisible by groups",
                         "choose a divisor of the channels", input=input,
                         groups=self.groups)  # fmt: skip
        infer(self, in_channels=channels)

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let in_channels follow from a weight that was loaded."""
        return {"in_channels": self.weight.shape[1] * self.groups}

    @when_settled
    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

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

    def extra_repr(self) -> str:
        """Show the sizes; what is the default is left out."""
        text = (f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
                f"stride={self.stride}")  # fmt: skip
        nothing = (0,) * self.rank
        for name, default in (("padding", nothing), ("dilation", (1,) * self.rank),
                              ("output_padding", nothing), ("groups", 1)):  # fmt: skip
            value = getattr(self, name)
            if value != default:
                text += f", {name}={value}"
        if self.bias is None:
            text += ", bias=False"
        if self.padding_mode != "zeros":
            text += f", padding_mode={self.padding_mode}"
        return text


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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(None, *args, **kwargs)
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
