"""Images as columns of sliding blocks, and back: what turns a convolution into a product."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import sizes
from minitorch_lazy.nn.functional.pad import pad
from minitorch_lazy.ops.axes import permute
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.index import getitem, placed
from minitorch_lazy.ops.pattern import folded, windows
from minitorch_lazy.ops.shape import reshape
from minitorch_lazy.ops.shuffle import own

WHOLE = (None, None, None)


class Blocks(NamedTuple):
    """How blocks lie on an image; every entry is (vertical, horizontal)."""

    kernel_size: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[int, ...]
    stride: tuple[int, ...]

    def reach(self, axis: int) -> int:
        """Return the extent of a block, with the gaps between its elements."""
        return self.dilation[axis] * (self.kernel_size[axis] - 1) + 1

    def counts(self, image: tuple[int, ...]) -> tuple[int, int]:
        """Count the blocks down and across an image."""
        down, across = (
            (image[i] + 2 * self.padding[i] - self.reach(i)) // self.stride[i] + 1 for i in (0, 1)
        )
        return down, across

    def spelled(self, *more: str) -> str:
        """Spell the sizes out as PyTorch's messages do."""
        words = ("kernel_size", "dilation", "padding", *more)
        return ", ".join(f"{word}={getattr(self, word)}" for word in words)


def blocks(name: str, **given: Any) -> Blocks:
    """Read the sizes of blocks: one number, or (vertical, horizontal).

    Raises:
        RuntimeError: a size that means nothing.
    """
    read = {word: sizes(value, 2, word, name) for word, value in given.items()}
    for word, least in (("kernel_size", 1), ("stride", 1), ("dilation", 1), ("padding", 0)):
        down, across = read[word]
        if min(down, across) < least:
            short = {"kernel_size": "kernel", "padding": "pad"}.get(word, word)
            wanted = "greater than zero" if least else "non-negative"
            raise refuse(RuntimeError, name, f"{word.replace('_', ' ')} should be {wanted}, but "
                         f"got {short}_height: {down} {short}_width: {across}",
                         f"use {least} or more", **{word: read[word]})  # fmt: skip
    return Blocks(**read)


def check_kind(name: str, kernel: str, input: Tensor) -> None:
    """Refuse integers, as PyTorch does; truth values pass."""
    check_tensor(name, "input", input)
    if input.array.dtype.kind in "iu":
        raise refuse(NotImplementedError, name, f'"{kernel}" not implemented for '
                     f"'{spoken(input.dtype.name)}'", "convert it with .float()",
                     input=input)  # fmt: skip


def unfold(input: Tensor, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
           stride: Any = 1) -> Tensor:  # fmt: skip
    """Copy every sliding block of an image into a column.

        y[n, (c*KH + u)*KW + v, i*W' + j] =
            input[n, c, i*stride + u*dilation, j*stride + v*dilation]

    Args:
        input: (N, C, H, W), or (C, H, W); zeros surround it.
        kernel_size, dilation, padding, stride: a number, or (vertical, horizontal).
    Returns:
        (N, C * KH * KW, H' * W'), a column for each block.
    Raises:
        RuntimeError: no block fits, or a size means nothing.

    Source: torch.nn.functional.unfold.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.unfold(torch.arange(6.0).reshape(1, 2, 3), 2)
    tensor([[0., 1.],
            [1., 2.],
            [3., 4.],
            [4., 5.]])
    """
    check_kind("unfold", "im2col_out_cpu", input)
    lie = blocks("unfold", kernel_size=kernel_size, dilation=dilation, padding=padding,
                 stride=stride)  # fmt: skip
    if input.ndim not in (3, 4) or any(n == 0 for n in input.array.shape[-3:]):
        raise refuse(RuntimeError, "unfold", "Expected 3D or 4D (batch mode) tensor with possibly "
                     "0 batch size and other non-zero dimensions for input, but got: "
                     f"{list(input.shape)}", "give channels, height and width",
                     input=input)  # fmt: skip
    x = input if input.ndim == 4 else input.unsqueeze(0)  # type: ignore[attr-defined]
    batch, channels, *image = x.array.shape
    counts = lie.counts(tuple(image))
    if min(counts) < 1:
        raise refuse(RuntimeError, "unfold", f"Given input with spatial size {tuple(image)}, "
                     f"{lie.spelled()}, calculated shape of the array of sliding blocks as "
                     f"{counts}, but its components must be at least one.",
                     "use a smaller kernel, or pad the input", input=input)  # fmt: skip
    (top, left) = lie.padding
    x = pad(x, (left, left, top, top)) if top or left else x
    for axis in (0, 1):
        x = windows(x, axis=axis + 2, size=lie.reach(axis), step=lie.stride[axis])
    x = getitem(x, key=(*(WHOLE,) * 4, *((None, None, d) for d in lie.dilation)))
    area = lie.kernel_size[0] * lie.kernel_size[1]
    shape = (batch, channels * area, counts[0] * counts[1])
    columns = own(reshape(permute(x, (0, 1, 4, 5, 2, 3)), shape), input)
    return columns if input.ndim == 4 else columns.squeeze(0)  # type: ignore[attr-defined,no-any-return]


def fold(input: Tensor, output_size: Any, kernel_size: Any, dilation: Any = 1, padding: Any = 0,
         stride: Any = 1) -> Tensor:  # fmt: skip
    """Add columns of sliding blocks up to an image: the adjoint of `unfold`.

    Args:
        input: (N, C * KH * KW, blocks), or without N.
        output_size: of the image, a number or (height, width).
        kernel_size, dilation, padding, stride: a number, or (vertical, horizontal).
    Returns:
        (N, C, *output_size), or without N; places of several blocks hold their sum.
    Raises:
        RuntimeError: the columns are not those of such an image, or a size means nothing.

    Source: torch.nn.functional.fold.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.fold(torch.ones(4, 2), (2, 3), 2)
    tensor([[[1., 2., 1.],
             [1., 2., 1.]]])
    """
    check_kind("fold", "col2im_out_cpu", input)
    image = sizes(output_size, 2, "output_size", "fold")
    lie = blocks("fold", kernel_size=kernel_size, dilation=dilation, padding=padding,
                 stride=stride)  # fmt: skip
    check_columns(input, image, lie)
    x = input if input.ndim == 3 else input.unsqueeze(0)  # type: ignore[attr-defined]
    (down, across), (height, width) = lie.kernel_size, image
    apart = (x.array.shape[0], x.array.shape[1] // (down * across), down, across)
    x = permute(reshape(x, (*apart, *lie.counts(image))), (0, 1, 4, 5, 2, 3))
    if max(lie.dilation) > 1:
        x = placed(x, key=(*(WHOLE,) * 4, *((None, None, d) for d in lie.dilation)),
                   shape=(*x.array.shape[:4], lie.reach(0), lie.reach(1)))  # fmt: skip
    for axis in (1, 0):
        shape = list(x.array.shape[:-1])
        shape[axis + 2] = image[axis] + 2 * lie.padding[axis]
        x = folded(x, shape=tuple(shape), axis=axis + 2, size=lie.reach(axis),
                   step=lie.stride[axis])  # fmt: skip
    (top, left) = lie.padding
    if top or left:
        x = getitem(x, key=(WHOLE, WHOLE, (top, top + height, None), (left, left + width, None)))
        x = x.contiguous()  # type: ignore[attr-defined]
    return x if input.ndim == 3 else x.squeeze(0)  # type: ignore[attr-defined,no-any-return]


def check_columns(input: Tensor, image: tuple[int, ...], lie: Blocks) -> None:
    """Refuse columns that are not those of such an image."""
    if input.ndim not in (2, 3) or any(n == 0 for n in input.array.shape[-2:]):
        raise refuse(RuntimeError, "fold", "Expected 2D or 3D (batch mode) tensor for input with "
                     "possibly 0 batch size and non-zero dimensions for input, but got: "
                     f"{list(input.shape)}", "give (N, C * KH * KW, blocks)",
                     input=input)  # fmt: skip
    (down, across), (rows, columns) = lie.kernel_size, input.array.shape[-2:]
    if rows % (down * across):
        raise refuse(RuntimeError, "fold", "Expected size of input's dimension 1 to be divisible "
                     f"by the product of kernel_size, but got input.size(1)={rows} and "
                     f"kernel_size={lie.kernel_size}.", f"give a multiple of {down * across} rows",
                     input=input)  # fmt: skip
    counts = lie.counts(image)
    if counts[0] * counts[1] != columns or min(counts) < 1:
        raise refuse(RuntimeError, "fold", f"Given output_size={image}, {lie.spelled('stride')}, "
                     "expected size of input's dimension 2 to match the calculated number of "
                     f"sliding blocks {counts[0]} * {counts[1]} = {counts[0] * counts[1]}, but got "
                     f"input.size(2)={columns}.", "take the sizes that were given to unfold",
                     input=input)  # fmt: skip
