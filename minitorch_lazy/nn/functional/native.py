"""Functions of neural networks that PyTorch's package offers too: `torch.max_pool2d`.

Some have another signature there than in `nn.functional`: reductions are numbers, and what holds
the parameters comes in another order.
"""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.bag import bag_places

REDUCTIONS = ("none", "mean", "sum")

for same in (F.adaptive_avg_pool1d, F.avg_pool1d, F.max_pool1d, F.max_pool1d_with_indices,
             F.max_pool2d, F.max_pool3d, F.prelu, F.relu_):  # fmt: skip
    public(same, method=same is F.prelu)


def named(reduction: int, name: str) -> str:
    """Name a reduction that is given as a number."""
    if reduction not in (0, 1, 2):
        raise refuse(RuntimeError, name, f"reduction must be 0, 1 or 2, but got {reduction!r}",
                     "0 is 'none', 1 'mean', 2 'sum'; nn.functional takes the words")  # fmt: skip
    return REDUCTIONS[reduction]


@public(method=False)
def adaptive_max_pool1d(input: Tensor, output_size: Any) -> Any:
    """Take the largest element of windows that give a wanted output size, and its place.

    Source: torch.adaptive_max_pool1d.
    """
    return F.adaptive_max_pool1d(input, output_size, return_indices=True)


@public(method=False)
def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, training: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise every channel; the same as `nn.functional.batch_norm` in another order.

    Args:
        cudnn_enabled: changes no number.

    Source: torch.batch_norm.
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@public(method=False)
def instance_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise every channel of every sample; `nn.functional.instance_norm` in another order.

    Args:
        cudnn_enabled: changes no number.

    Source: torch.instance_norm.
    """
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )


@public(method=False)
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:  # fmt: skip
    """Compare the sigmoid of scores with targets in [0, 1], without overflow.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.binary_cross_entropy_with_logits.
    """
    word = named(reduction, "binary_cross_entropy_with_logits")
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=word, pos_weight=pos_weight
    )


@public(method=False)
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Bend smoothly with slope 1 at 0; see `nn.functional.celu`.

    Source: torch.celu.
    """
    return F.celu(input, alpha)


@public(method=False)
def celu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Bend smoothly with slope 1 at 0, in place.

    Source: torch.celu_.
    """
    return F.celu(input, alpha, inplace=True)


@public(method=False)
def constant_pad_nd(input: Tensor, pad: Any, value: float = 0) -> Tensor:
    """Surround with one number; negative numbers crop.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on.

    Source: torch.constant_pad_nd.
    """
    return F.pad(input, pad, "constant", value)


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
def kl_div(
    input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False
) -> Tensor:
    """Return the divergence of log-probabilities from a target.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.kl_div.
    """
    loss = F.kl_div(input, target, reduction="none", log_target=log_target)
    word = named(reduction, "kl_div")
    return loss if word == "none" else getattr(loss, word)()  # type: ignore[no-any-return]


@public(method=False)
def selu(input: Tensor) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.selu.
    """
    return F.selu(input)


@public(method=False)
def selu_(input: Tensor) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1, in place.

    Source: torch.selu_.
    """
    return F.selu(input, inplace=True)


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
