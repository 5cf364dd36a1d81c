"""Pooling, look-up tables, padding and grids as PyTorch's package offers them."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.bag import bag_places

for same in (F.adaptive_avg_pool1d, F.avg_pool1d, F.max_pool1d, F.max_pool1d_with_indices,
             F.max_pool2d, F.max_pool3d):  # fmt: skip
    public(same, method=False)


@public(method=False)
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> Any:
    """Take the largest element of windows that give a wanted output size, and its place.

    Source: torch.adaptive_max_pool1d.
    """
    return F.adaptive_max_pool1d(input, output_size, return_indices=True)


@public(method=False)
def embedding(
    weight: Tensor, indices: Tensor, padding_idx: int = -1, scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:  # fmt: skip
    """Look up rows of a table; the same as `nn.functional.embedding` in another order.

    Args:
        padding_idx: a row that receives no gradient; -1 for none.

    Source: torch.embedding.
    """
    return F.embedding(
        indices, weight, None if padding_idx == -1 else padding_idx,
        scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
    )  # fmt: skip


@public(method=False)
def embedding_bag(
    weight: Tensor, indices: Tensor, offsets: Tensor, scale_grad_by_freq: bool = False,
    mode: int = 0, sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Any:  # fmt: skip
    """Reduce bags of rows; the same as `nn.functional.embedding_bag` in another order.

    Args:
        mode: 0 for the sum, 1 for the mean, 2 for the largest.
    Returns:
        the reduced rows, the bag of each index, the sizes of the bags, and from which rows the
        largest elements come.

    Source: torch.embedding_bag.
    """
    if mode not in (0, 1, 2):
        raise refuse(RuntimeError, "embedding_bag", f"mode must be 0, 1 or 2, but got {mode!r}",
                     "0 is 'sum', 1 'mean', 2 'max'")  # fmt: skip
    word = ("sum", "mean", "max")[mode]
    rows = F.embedding_bag(
        indices, weight, offsets, None, 2.0, scale_grad_by_freq, word, sparse,
        per_sample_weights, include_last_offset, padding_idx,
    )  # fmt: skip
    return rows, *bag_places(weight, indices, offsets, word, include_last_offset, padding_idx)


@public(method=False)
def constant_pad_nd(input: Tensor, pad: Any, value: float = 0) -> Tensor:
    """Surround with one number; negative numbers crop.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on.

    Source: torch.constant_pad_nd.
    """
    return F.pad(input, pad, "constant", value)


@public(method=False, aliases="grid_sampler_2d grid_sampler_3d")
def grid_sampler(
    input: Tensor, grid: Tensor, interpolation_mode: int, padding_mode: int, align_corners: bool
) -> Tensor:
    """Read an image at the places of a grid; see `nn.functional.grid_sample`.

    Args:
        interpolation_mode: 0 for bilinear, 1 for nearest, 2 for bicubic.
        padding_mode: 0 for zeros, 1 for the border, 2 for its reflection.

    Source: torch.grid_sampler.
    """
    words = ("bilinear", "nearest", "bicubic"), ("zeros", "border", "reflection")
    for number in (interpolation_mode, padding_mode):
        if number not in (0, 1, 2):
            raise refuse(RuntimeError, "grid_sampler", f"modes must be 0, 1 or 2, but got "
                         f"{number!r}", "nn.functional.grid_sample takes the words")  # fmt: skip
    return F.grid_sample(
        input, grid, words[0][interpolation_mode], words[1][padding_mode], align_corners
    )


@public(method=False)
def affine_grid_generator(theta: Tensor, size: Any, align_corners: bool) -> Tensor:
    """Make the grid that an affine map of places sees; see `nn.functional.affine_grid`.

    Source: torch.affine_grid_generator.
    """
    return F.affine_grid(theta, size, align_corners)
