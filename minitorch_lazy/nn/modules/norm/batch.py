"""Batch normalisation layers, and their lazy forms."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.modules.norm.channels import ChannelNorm, LazyChannelNorm
from minitorch_lazy.nn.settling import turn

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LazyBatchNorm", "LazyBatchNorm1d",
    "LazyBatchNorm2d", "LazyBatchNorm3d",
]  # fmt: skip


class BatchNorm(ChannelNorm):
    """Normalise every channel over batch and places: y = (x - mean) / sqrt(var + eps) w + b.

    In training the statistics are the batch's, and the running ones move toward them; in
    evaluation the running ones are used.

    Args:
        num_features: channels; None lets the first input decide.
        eps: added to the variance.
        momentum: how far the running statistics move; None averages all batches.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics.
        device, dtype: of parameters and statistics.
        bias: whether an affine layer has a bias.

    Attributes:
        weight, bias: (num_features,), ones and zeros at first.
        running_mean, running_var: (num_features,), zeros and ones at first.
        num_batches_tracked: int64, how many batches they have seen.
    """

    def __init__(
        self, num_features: int | None, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias)  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        self.check_input(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None and not input.is_meta:
            self.num_batches_tracked.add_(1)  # type: ignore[attr-defined]
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        uses_batch = self.training or (self.running_mean is None and self.running_var is None)
        track = not self.training or self.track_running_stats
        return F.batch_norm(
            input, self.running_mean if track else None, self.running_var if track else None,
            self.weight, self.bias, uses_batch, momentum, self.eps,
        )  # fmt: skip


class BatchNorm1d(BatchNorm):
    """Normalise every channel of (N, C) or (N, C, L).

    Source: torch.nn.BatchNorm1d.
    """

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """Normalise every channel of images (N, C, H, W).

    Source: torch.nn.BatchNorm2d.
    """

    ranks = (4,)


class BatchNorm3d(BatchNorm):
    """Normalise every channel of volumes (N, C, D, H, W).

    Source: torch.nn.BatchNorm3d.
    """

    ranks = (5,)


class LazyBatchNorm1d(LazyChannelNorm, BatchNorm1d):
    """A BatchNorm1d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm1d.
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(LazyChannelNorm, BatchNorm2d):
    """A BatchNorm2d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm2d.
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(LazyChannelNorm, BatchNorm3d):
    """A BatchNorm3d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm3d.
    """

    cls_to_become = BatchNorm3d


class LazyBatchNorm(LazyChannelNorm, BatchNorm):
    """A batch normalisation whose first input decides everything: `num_features` and its rank.

    It becomes a BatchNorm1d for (N, C) and (N, C, L), a BatchNorm2d for images, a BatchNorm3d for
    volumes. A state says nothing of the rank, those of the three are alike: a layer that is loaded
    has its numbers and `num_features`, and takes the class at its first call. PyTorch has no such
    layer.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyBatchNorm()
    >>> _ = layer(torch.rand(2, 3, 4, 4))
    >>> type(layer).__name__
    'BatchNorm2d'
    """

    ranks = (2, 3, 4, 5)

    def initialize_parameters(self, input: Tensor) -> None:
        """Let num_features, and the class to become, follow from the input."""
        super().initialize_parameters(input)
        self.cls_to_become = class_for(input)

    def forward(self, input: Tensor) -> Tensor:
        """Normalise; where everything was loaded, this is where the rank is seen first."""
        output = super().forward(input)
        turn(self, class_for(input))
        return output


def class_for(input: Tensor) -> type[BatchNorm]:
    """Return the class for inputs of a rank."""
    kinds = (BatchNorm1d, BatchNorm2d, BatchNorm3d)
    return next(kind for kind in kinds if input.ndim in kind.ranks)
