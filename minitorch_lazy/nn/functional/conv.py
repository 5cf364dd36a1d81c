"""Convolutions, in torch's signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import sizes
from minitorch_lazy.ops.axes import permute
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.conv import channels_do_not_fit, convolved, spread_back


def repeated(value: Any, rank: int, word: str, name: str) -> tuple[int, ...]:
    """Read one number for all axes of a convolution, or one for each."""
    return sizes(value, rank, word, name, f"expected {word} to be a single integer value or a list "
                 f"of {rank} values to match the convolution dimensions")  # fmt: skip


def margins(padding: Any, kernel: tuple[int, ...], stride: tuple[int, ...],
            dilation: tuple[int, ...], name: str) -> tuple[tuple[int, int], ...]:  # fmt: skip
    """Read padding: numbers, "valid", or "same", which puts the odd one at the end."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if any(s != 1 for s in stride):
            raise refuse(RuntimeError, name, "padding='same' is not supported for strided "
                         "convolutions", f"give numbers, for example padding={kernel[-1] // 2}",
                         stride=stride)  # fmt: skip
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((total // 2, total - total // 2) for total in totals)
    if isinstance(padding, str):
        raise refuse(RuntimeError, name, f"Invalid padding string: '{padding}'",
                     "use 'valid', 'same' or numbers")  # fmt: skip
    return tuple((p, p) for p in repeated(padding, len(kernel), "padding", name))


def batched(input: Tensor, rank: int, name: str) -> Tensor:
    """Give a single image a batch of one."""
    check_tensor(name, "input", input)
    if input.ndim == rank + 1:
        return input.unsqueeze(0)  # type: ignore[attr-defined,no-any-return]
    if input.ndim != rank + 2:
        raise refuse(RuntimeError, name, f"Expected {rank + 1}D (unbatched) or {rank + 2}D "
                     f"(batched) input to {name}, but got input of size: {list(input.shape)}",
                     "give the input its dimensions of batch and channels",
                     input=input)  # fmt: skip
    return input


def check_sizes(stride: tuple[int, ...], dilation: tuple[int, ...], groups: int, weight: Tensor,
                pairs: tuple[tuple[int, int], ...], name: str) -> None:  # fmt: skip
    """Refuse sizes that mean nothing."""
    if any(s <= 0 for s in stride):
        raise refuse(RuntimeError, name, "non-positive stride is not supported", "use 1 or more",
                     stride=stride)  # fmt: skip
    if any(d <= 0 for d in dilation):
        raise refuse(RuntimeError, name, "non-positive dilation is not supported",
                     "use 1 or more; 1 leaves no gaps", dilation=dilation)  # fmt: skip
    if any(p < 0 for pair in pairs for p in pair):
        raise refuse(RuntimeError, name, "negative padding is not supported",
                     "crop the input with F.pad and negative numbers", padding=pairs)  # fmt: skip
    if groups <= 0:
        raise refuse(RuntimeError, name, "non-positive groups is not supported", "use 1 or more",
                     groups=groups)  # fmt: skip
    if weight.ndim != len(stride) + 2:
        raise refuse(RuntimeError, name, f"weight should have {len(stride) + 2} dimensions",
                     "give (out_channels, in_channels / groups, *kernel)",
                     weight=weight)  # fmt: skip
    if weight.array.shape[0] % groups:
        raise refuse(RuntimeError, name, f"expected weight to be at least {groups} at dimension 0, "
                     f"and divisible by groups={groups}, but got weight of size "
                     f"{list(weight.shape)}", "make the channels a multiple of groups",
                     weight=weight)  # fmt: skip


def check_bias(bias: Tensor | None, channels: int, name: str) -> None:
    """Refuse a bias that has not one number for each output channel."""
    if bias is None:
        return
    check_tensor(name, "bias", bias)
    if tuple(bias.shape) != (channels,):
        raise refuse(RuntimeError, name, "expected bias to be 1-dimensional with "
                     f"{channels} elements, but got bias of size {list(bias.shape)} instead",
                     "give one number for each output channel", bias=bias)  # fmt: skip


def convolution(rank: int) -> Callable[..., Tensor]:
    """Make the convolution over `rank` axes."""
    name = f"conv{rank}d"

    def function(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:  # fmt: skip
        x = batched(input, rank, name)
        check_tensor(name, "weight", weight)
        steps = repeated(stride, rank, "stride", name)
        gaps = repeated(dilation, rank, "dilation", name)
        pairs = margins(padding, tuple(weight.shape[2:]), steps, gaps, name)
        check_sizes(steps, gaps, groups, weight, pairs, name)
        check_bias(bias, weight.array.shape[0], name)
        y = convolved(x, weight, bias, stride=steps, padding=pairs, dilation=gaps, groups=groups)
        return y if x is input else y.squeeze(0)  # type: ignore[no-any-return,attr-defined]

    function.__name__ = name
    function.__doc__ = f"""Correlate with a bank of filters over {rank} axes.

        y[n, o, i] = bias[o] + sum_(c, u) weight[o, c, u] input[n, c, i stride + u dilation]

    Args:
        input: (N, C, *sizes), or (C, *sizes) for a single one.
        weight: (O, C / groups, *kernel).
        bias: (O,).
        stride, dilation: a number, or one for each axis.
        padding: a number, one for each axis, "valid" or "same".
        groups: number of blocks of channels that do not mix.
    Returns:
        (N, O, *out), out = floor((size + 2 padding - dilation (kernel - 1) - 1) / stride + 1).
    Raises:
        RuntimeError: channels or sizes do not fit; the message names both and the mend.

    Source: torch.nn.functional.{name}.
    """
    return public(function, method=False)  # type: ignore[no-any-return]


def crossed(sizes: Iterable[int]) -> str:
    """Write sizes as PyTorch does: 3 x 4."""
    return " x ".join(map(str, sizes))


def spread_sizes(input: Tensor, weight: Tensor, stride: tuple[int, ...], padding: tuple[int, ...],
                 dilation: tuple[int, ...], extra: tuple[int, ...],
                 name: str) -> tuple[int, ...]:  # fmt: skip
    """Return the sizes that a transposed convolution gives, and refuse those that cannot be."""
    if any(e < 0 for e in extra):
        raise refuse(RuntimeError, name, "negative output_padding is not supported",
                     "use 0 or more, and padding to crop", output_padding=extra)  # fmt: skip
    if any(e >= s and e >= d for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise refuse(RuntimeError, name, "output padding must be smaller than either stride or "
                     "dilation", "leave it below the stride", output_padding=extra,
                     stride=stride, dilation=dilation)  # fmt: skip
    sizes = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            input.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True)
    )  # fmt: skip
    if any(n < 1 for n in sizes):
        excess = -((min(sizes) - 1) // 2)
        raise refuse(RuntimeError, name, f"Given input size per channel: "
                     f"({crossed(input.shape[2:])}). Calculated output size per channel: "
                     f"({crossed(sizes)}). Output size is too small",
                     f"reduce the padding by {excess}", input=input, weight=weight)  # fmt: skip
    return sizes


def check_spread(name: str, x: Tensor, weight: Tensor, groups: int) -> None:
    """Refuse a weight of another type than the input's, no elements, and channels that differ.

    Raises:
        RuntimeError: with the words that PyTorch has for them.
    """
    if weight.array.dtype != x.array.dtype:
        raise refuse(
            RuntimeError, name, "input and weight must have the same dtype, but got "
            f"{spoken(x.dtype.name)} and {spoken(weight.dtype.name)}",
            f"convert one, for example the input with .to({weight.dtype})", input=x, weight=weight,
        )  # fmt: skip
    if 0 in x.array.shape[2:]:
        raise refuse(RuntimeError, name, "Only zero batch or zero channel inputs are supported, "
                     f"but got input shape: {list(x.shape)}", "give it elements to spread",
                     input=x)  # fmt: skip
    if x.array.shape[1] != weight.array.shape[0]:
        kind, headline, mend = channels_do_not_fit({"x": x, "w": weight}, {"groups": groups})
        raise refuse(kind, name, headline, mend, input=x, weight=weight, groups=groups)


def transposed_convolution(rank: int) -> Callable[..., Tensor]:
    """Make the transposed convolution over `rank` axes."""
    name = f"conv_transpose{rank}d"

    def function(input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1,
                 padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                 dilation: Any = 1) -> Tensor:  # fmt: skip
        x = batched(input, rank, name)
        check_tensor(name, "weight", weight)
        steps = repeated(stride, rank, "stride", name)
        gaps = repeated(dilation, rank, "dilation", name)
        pads = repeated(padding, rank, "padding", name)
        extra = repeated(output_padding, rank, "output_padding", name)
        pairs = tuple((p, p) for p in pads)
        check_sizes(steps, gaps, groups, weight, pairs, name)
        channels = weight.array.shape[1] * groups
        check_bias(bias, channels, name)
        check_spread(name, x, weight, groups)
        sizes = spread_sizes(x, weight, steps, pads, gaps, extra, name)
        cropped = tuple((p, p - e) for p, e in zip(pads, extra, strict=True))
        y = spread_back(x, weight, x_shape=(x.array.shape[0], channels, *sizes), stride=steps,
                        padding=cropped, dilation=gaps, groups=groups)  # fmt: skip
        if bias is not None:
            y = y + bias.reshape(1, -1, *(1,) * rank)  # type: ignore[attr-defined]
        return y if x is input else y.squeeze(0)  # type: ignore[no-any-return,attr-defined]

    function.__name__ = name
    function.__doc__ = f"""Spread inputs by a bank of filters over {rank} axes.

    It is the transpose of the convolution with the same weight:

        y[n, o, i stride + u dilation - padding] += weight[c, o, u] input[n, c, i]  for all c, i, u

    Args:
        input: (N, C, *sizes), or (C, *sizes) for a single one.
        weight: (C, O / groups, *kernel).
        bias: (O,).
        stride, dilation: a number, or one for each axis.
        padding: how much is cropped from both sides of each axis.
        output_padding: how much is left on at the end of each axis; less than stride or dilation.
        groups: number of blocks of channels that do not mix.
    Returns:
        (N, O, *out), out = (size - 1) stride - 2 padding + dilation (kernel - 1)
        + output_padding + 1.
    Raises:
        RuntimeError: channels or sizes do not fit; the message names both and the mend.

    Source: torch.nn.functional.{name}.
    """
    return public(function, method=False)  # type: ignore[no-any-return]


conv1d, conv2d, conv3d = convolution(1), convolution(2), convolution(3)
conv_transpose1d = transposed_convolution(1)
conv_transpose2d = transposed_convolution(2)
conv_transpose3d = transposed_convolution(3)


@public(method=False)
def conv_tbc(input: Tensor, weight: Tensor, bias: Tensor, pad: int = 0) -> Tensor:
    """Convolve sequences whose dimensions are time, batch and channels.

    Args:
        input: (T, N, C).
        weight: (K, C, O).
        bias: (O,).
        pad: zeros before and after.
    Returns:
        (T + 2 pad - K + 1, N, O).
    Raises:
        RuntimeError: shapes do not fit.

    Source: torch.nn.functional.conv_tbc.
    """
    for word, value, count in (("Input", input, 3), ("Weight", weight, 3), ("Bias", bias, 1)):
        check_tensor("conv_tbc", word.lower(), value)
        if value.ndim != count:
            raise refuse(RuntimeError, "conv_tbc", f"{word} must have {count} dims",
                         "give (T, N, C), (K, C, O) and (O,)", input=input, weight=weight,
                         bias=bias)  # fmt: skip
    if input.array.shape[2] != weight.array.shape[1]:
        raise refuse(RuntimeError, "conv_tbc", "Input dim 2 (input channels) is not == dim 1 in "
                     "the weight tensor", "give a weight of (K, C, O)", input=input,
                     weight=weight)  # fmt: skip
    y = conv1d(permute(input, (1, 2, 0)), permute(weight, (2, 1, 0)), bias, padding=pad)
    return permute(y, (2, 0, 1))
