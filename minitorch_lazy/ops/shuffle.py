"""Trading channels for places, and mixing groups of channels: reshapes and a transpose."""

from __future__ import annotations

from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import permute, transpose
from minitorch_lazy.ops.cast import clone
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.shape import reshape


def check_image(name: str, input: Tensor, word: str, factor: int) -> None:
    """Refuse what has no channels, height and width, and factors that mean nothing."""
    check_tensor(name, "input", input)
    if input.ndim < 3:
        raise refuse(RuntimeError, name, f"{name} expects input to have at least 3 dimensions, but "
                     f"got input with {input.ndim} dimension(s)", "give channels, height and width",
                     input=input)  # fmt: skip
    if factor <= 0:
        raise refuse(RuntimeError, name, f"{name} expects a positive {word}, but got {factor}",
                     "use 1 or more", input=input)  # fmt: skip


def own(moved: Tensor, input: Tensor) -> Tensor:
    """Copy a view: where nothing moves, as with a factor of 1, the result is still new memory."""
    return clone(moved) if moved.data_ptr() == input.data_ptr() else moved


@public(method=False)
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Spread r * r channels over squares of r by r places.

        y[..., c, h*r + i, w*r + j] = input[..., c*r*r + i*r + j, h, w]

    Args:
        input: (..., C * r * r, H, W).
        upscale_factor: r.
    Returns:
        (..., C, H * r, W * r).
    Raises:
        RuntimeError: fewer than three dimensions, or channels that r * r does not divide.

    Source: torch.nn.functional.pixel_shuffle.

    >>> import minitorch_lazy as torch
    >>> torch.pixel_shuffle(torch.arange(4).reshape(4, 1, 1), 2)
    tensor([[[0, 1],
             [2, 3]]])
    """
    r = integer("upscale_factor", upscale_factor, "pixel_shuffle")
    check_image("pixel_shuffle", input, "upscale_factor", r)
    *batch, channels, height, width = input.array.shape
    if channels % (r * r):
        raise refuse(RuntimeError, "pixel_shuffle", "pixel_shuffle expects its input's 'channel' "
                     "dimension to be divisible by the square of upscale_factor, but "
                     f"input.size(-3)={channels} is not divisible by {r * r}",
                     f"give a multiple of {r * r} channels", input=input)  # fmt: skip
    apart = reshape(input, (*batch, channels // (r * r), r, r, height, width))
    n = len(batch)
    turned = permute(apart, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    shape = (*batch, channels // (r * r), height * r, width * r)
    return own(reshape(turned, shape), input)


@public(method=False)
def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Gather squares of r by r places into r * r channels: the inverse of `pixel_shuffle`.

        y[..., c*r*r + i*r + j, h, w] = input[..., c, h*r + i, w*r + j]

    Args:
        input: (..., C, H * r, W * r).
        downscale_factor: r.
    Returns:
        (..., C * r * r, H, W).
    Raises:
        RuntimeError: fewer than three dimensions, or a height or width that r does not divide.

    Source: torch.nn.functional.pixel_unshuffle.
    """
    r = integer("downscale_factor", downscale_factor, "pixel_unshuffle")
    check_image("pixel_unshuffle", input, "downscale_factor", r)
    *batch, channels, height, width = input.array.shape
    for word, place, size in (("height", -2, height), ("width", -1, width)):
        if size % r:
            raise refuse(RuntimeError, "pixel_unshuffle", f"pixel_unshuffle expects {word} to be "
                         f"divisible by downscale_factor, but input.size({place})={size} is not "
                         f"divisible by {r}", "crop or pad the input", input=input)  # fmt: skip
    apart = reshape(input, (*batch, channels, height // r, r, width // r, r))
    n = len(batch)
    turned = permute(apart, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    shape = (*batch, channels * r * r, height // r, width // r)
    return own(reshape(turned, shape), input)


@public(method=False)
def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Deal the channels of `groups` groups out in turn.

        y[n, k*groups + g] = input[n, g*(C / groups) + k]

    Args:
        input: (N, C, *), at least three dimensions.
    Raises:
        RuntimeError: fewer dimensions, or channels that `groups` does not divide.

    Source: torch.nn.functional.channel_shuffle.

    >>> import minitorch_lazy as torch
    >>> torch.channel_shuffle(torch.arange(4).reshape(1, 4, 1), 2).flatten()
    tensor([0, 2, 1, 3])
    """
    return dealt("channel_shuffle", input, groups)


@public(method=False)
def native_channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Do what `channel_shuffle` does.

    Source: torch.native_channel_shuffle.
    """
    return dealt("native_channel_shuffle", input, groups)


def dealt(name: str, input: Tensor, groups: int) -> Tensor:
    """Deal the channels of `groups` groups out in turn."""
    groups = integer("groups", groups, name)
    check_tensor(name, "input", input)
    if input.ndim < 3:
        raise refuse(RuntimeError, name, "channel_shuffle expects input with > 2 "
                     f"dims, but got input with sizes {list(input.shape)}",
                     "give batch, channels and places", input=input)  # fmt: skip
    batch, channels, *places = input.array.shape
    if groups <= 0:
        raise refuse(RuntimeError, name, "Number of groups to divide channels in must "
                     f"be positive. Value of groups:{groups}", "use 1 or more",
                     input=input)  # fmt: skip
    if channels % groups:
        raise refuse(RuntimeError, name, "Number of channels must be divisible by "
                     f"groups. Got {channels} channels and {groups} groups.",
                     "choose a divisor of the channels", input=input)  # fmt: skip
    apart = reshape(input, (batch, groups, channels // groups, *places))
    return own(reshape(transpose(apart, 1, 2), (batch, channels, *places)), input)
