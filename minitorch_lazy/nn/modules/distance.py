"""Distances of vectors as layers."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module


class PairwiseDistance(Module):
    """Return the distance of vectors along the last dimension: |x1 - x2 + eps|_p.

    Args:
        p: the order of the norm.
        eps: is added to every difference, so that equal vectors have a gradient.
        keepdim: keep the last dimension, as size 1.

    Source: torch.nn.PairwiseDistance.
    """

    def __init__(self, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False) -> None:
        super().__init__()
        self.norm, self.eps, self.keepdim = p, eps, keepdim

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:  # noqa: D102
        return F.pairwise_distance(x1, x2, self.norm, self.eps, self.keepdim)


class CosineSimilarity(Module):
    """Return the cosine of the angle between vectors along a dimension.

    Args:
        dim: the dimension of the vectors.
        eps: lengths below it count as this.

    Source: torch.nn.CosineSimilarity.
    """

    def __init__(self, dim: int = 1, eps: float = 1e-8) -> None:
        super().__init__()
        self.dim, self.eps = dim, eps

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:  # noqa: D102
        return F.cosine_similarity(x1, x2, self.dim, self.eps)
