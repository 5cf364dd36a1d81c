"""Transposed convolution layers, and their lazy forms."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.laziness import LazyModuleMixin
from minitorch_lazy.nn.modules.conv.filters import Filters

__all__ = [
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "LazyConvTranspose1d",
    "LazyConvTranspose2d", "LazyConvTranspose3d",
]  # fmt: skip


class ConvolutionTranspose(Filters):
    """Spread every input over a window of outputs: the transpose of a convolution.

    Args:
        in_channels: channels of the input; None lets the first input decide.
        out_channels: channels of the output.
        kernel_size, stride, dilation: a number, or one for each axis.
        padding: how much is cropped from both sides of each axis.
        output_padding: how much is left on at the end of each axis: several sizes of outputs have
            the same size convolved.
        groups: number of blocks of channels that do not mix.
        bias: whether each output channel has a bias.
        padding_mode: "zeros" alone.
        device, dtype: of the parameters.

    Shapes:
        input (N, in_channels, *sizes) or (in_channels, *sizes), output (N, out_channels, *out),
        out = (size - 1) stride - 2 padding + dilation (kernel_size - 1) + output_padding + 1.

    Attributes:
        weight: (in_channels, out_channels / groups, *kernel_size), from U(-k, k) with
            k = 1 / sqrt(out_channels / groups * prod(kernel_size)).
        bias: (out_channels,), from the same distribution; None without.
    """

    transposed = True

    def __init__(
        self, in_channels: int | None, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if padding_mode != "zeros":
            name = type(self).__name__
            raise refuse(ValueError, name, f'Only "zeros" padding mode is supported for {name}',
                         "leave it out", padding_mode=padding_mode)  # fmt: skip
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation,
                         output_padding, groups, bias, padding_mode, device, dtype)  # fmt: skip

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        inner = self.out_channels // self.groups
        return {
            "weight": (self.in_channels, inner, *self.kernel_size), "bias": (self.out_channels,)
        }  # fmt: skip

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let in_channels follow from a weight that was loaded."""
        return {"in_channels": self.weight.shape[0]}

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Spread the input.

        Args:
            output_size: the sizes of the result, with batch and channels or without; it takes the
                place of `output_padding`.

        Raises:
            ValueError: no input of this size would give them.
        """
        more = self.output_padding
        if output_size is not None:
            more = self.padding_for(input, tuple(output_size))
        function = getattr(F, f"conv_transpose{self.rank}d")
        return function(input, self.weight, self.bias, self.stride, self.padding, more,  # type: ignore[no-any-return]
                        self.groups, self.dilation)  # fmt: skip

    def padding_for(self, input: Tensor, output_size: tuple[int, ...]) -> tuple[int, ...]:
        """Return the output padding that gives these sizes."""
        name, lead = f"ConvTranspose{self.rank}D", 2 if input.ndim == self.rank + 2 else 1
        sizes = output_size[lead:] if len(output_size) == lead + self.rank else output_size
        if len(sizes) != self.rank:
            raise refuse(ValueError, name, f"for {input.ndim}D input, output_size must have "
                         f"{self.rank} or {lead + self.rank} elements (got {len(output_size)})",
                         "give one size for each axis", input=input)  # fmt: skip
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(input.shape[lead:], self.stride, self.padding, self.dilation,
                                     self.kernel_size, strict=True)
        ]  # fmt: skip
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if any(not a <= n <= b for n, a, b in zip(sizes, least, most, strict=True)):
            raise refuse(ValueError, name, f"requested an output size of {sizes}, but valid sizes "
                         f"range from {least} to {most} (for an input of "
                         f"{list(input.shape[lead:])})", "ask for one of them", input=input,
                         stride=self.stride)  # fmt: skip
        return tuple(n - a for n, a in zip(sizes, least, strict=True))


class ConvTranspose1d(ConvolutionTranspose):
    """Spread (N, C, L) by a bank of learned filters.

    Source: torch.nn.ConvTranspose1d.
    """

    rank = 1


class ConvTranspose2d(ConvolutionTranspose):
    """Spread images (N, C, H, W) by a bank of learned filters.

    Source: torch.nn.ConvTranspose2d.

    >>> import minitorch_lazy as torch
    >>> image, layer = torch.ones(1, 3, 12, 12), torch.nn.ConvTranspose2d(3, 8, 3, 2, 1)
    >>> layer(image).shape, layer(image, output_size=(24, 24)).shape
    (torch.Size([1, 8, 23, 23]), torch.Size([1, 8, 24, 24]))
    """

    rank = 2


class ConvTranspose3d(ConvolutionTranspose):
    """Spread volumes (N, C, D, H, W) by a bank of learned filters.

    Source: torch.nn.ConvTranspose3d.
    """

    rank = 3


class LazyConvolutionTranspose(LazyModuleMixin):
    """A transposed convolution whose first input decides `in_channels`."""

    in_channels: int | None

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(None, out_channels, kernel_size, stride, padding, output_padding, groups,
                         bias, dilation, padding_mode, device, dtype)  # fmt: skip
        self.in_channels = 0


class LazyConvTranspose1d(LazyConvolutionTranspose, ConvTranspose1d):
    """A ConvTranspose1d whose first input decides `in_channels`.

    Source: torch.nn.LazyConvTranspose1d.
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(LazyConvolutionTranspose, ConvTranspose2d):
    """A ConvTranspose2d whose first input decides `in_channels`.

    Source: torch.nn.LazyConvTranspose2d.
    """

    cls_to_become = ConvTranspose2d


class LazyConvTranspose3d(LazyConvolutionTranspose, ConvTranspose3d):
    """A ConvTranspose3d whose first input decides `in_channels`.

    Source: torch.nn.LazyConvTranspose3d.
    """

    cls_to_become = ConvTranspose3d
