"""Pooling and look-up tables as PyTorch's package offers them."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F

for same in (F.adaptive_avg_pool1d, F.avg_pool1d, F.max_pool1d, F.max_pool2d, F.max_pool3d):
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
