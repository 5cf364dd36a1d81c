"""What convolutions and transposed ones have in common: sizes, parameters, repr."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.functional.conv import repeated
from minitorch_lazy.nn.laziness import begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module

MODES = ("zeros", "reflect", "replicate", "circular")


class Filters(Module):
    """A bank of learned filters; which way they go is the layer's to say.

    Attributes:
        rank: the number of axes that the filters slide over.
        transposed: whether they spread inputs rather than gather them.
    """

    rank = 0
    transposed = False
    in_channels: int | None
    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any,
        padding: Any, dilation: Any, output_padding: Any, groups: int, bias: bool,
        padding_mode: str, device: Any, dtype: Any,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = self.each(kernel_size, "kernel_size")
        self.stride, self.dilation = self.each(stride, "stride"), self.each(dilation, "dilation")
        text = isinstance(padding, str) and not self.transposed
        self.padding = padding if text else self.each(padding, "padding")
        self.output_padding = self.each(output_padding, "output_padding")
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

    @when_settled
    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

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
