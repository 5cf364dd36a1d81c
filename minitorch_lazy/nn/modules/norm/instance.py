"""Instance normalisation layers, and their lazy forms."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.modules.norm.channels import ChannelNorm, LazyChannelNorm

__all__ = [
    "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LazyInstanceNorm1d",
    "LazyInstanceNorm2d", "LazyInstanceNorm3d",
]  # fmt: skip


class InstanceNorm(ChannelNorm):
    """Normalise every channel of every sample over its places.

        y = (x - mean) / sqrt(var + eps) w + b

    Where running statistics are tracked, evaluation uses them; otherwise the statistics are always
    the sample's.

    Args:
        num_features: channels; None lets the first input decide.
        eps: added to the variance.
        momentum: how far the running statistics move; None leaves them.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics.
        device, dtype: of parameters and statistics.
        bias: whether an affine layer has a bias.

    Attributes:
        weight, bias: (num_features,), ones and zeros at first.
        running_mean, running_var: (num_features,), zeros and ones at first.
        num_batches_tracked: int64; it stays 0.
    """

    def __init__(
        self, num_features: int | None, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = False, track_running_stats: bool = False, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_features, eps, momentum, affine, track_running_stats, device, dtype,
                         bias)  # fmt: skip

    def channel_axis(self, input: Tensor) -> int:
        """Say which dimension is that of the channels: the first where there is no batch."""
        return input.ndim - self.ranks[0]

    def check_features(self, input: Tensor, axis: int) -> None:
        """Refuse another number of channels, or warn of it where nothing depends on it."""
        found = input.shape[axis]
        if found == self.num_features or self.has_uninitialized_params():
            return
        if self.affine:
            raise refuse(ValueError, type(self).__name__, f"expected input's size at dim={axis} to "
                         f"match num_features ({self.num_features}), but got: {found}.",
                         f"build it for {found} channels, or use the Lazy form and let the first "
                         "batch decide", input=input)  # fmt: skip
        warnings.warn(f"input's size at dim={axis} does not match num_features: {found}, not "
                      f"{self.num_features}. Give None for num_features, which is not used where "
                      "affine=False, to silence this", stacklevel=3)  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        self.check_input(input)
        batched = self.channel_axis(input)
        self.check_features(input, batched)
        y = F.instance_norm(
            input if batched else input.unsqueeze(0), self.running_mean, self.running_var,  # type: ignore[attr-defined]
            self.weight, self.bias, self.training or not self.track_running_stats,
            0.0 if self.momentum is None else self.momentum, self.eps,
        )  # fmt: skip
        return y if batched else y.squeeze(0)  # type: ignore[attr-defined,no-any-return]


class InstanceNorm1d(InstanceNorm):
    """Normalise every channel of (N, C, L) or (C, L).

    Source: torch.nn.InstanceNorm1d.
    """

    ranks = (2, 3)


class InstanceNorm2d(InstanceNorm):
    """Normalise every channel of images (N, C, H, W) or (C, H, W).

    Source: torch.nn.InstanceNorm2d.
    """

    ranks = (3, 4)


class InstanceNorm3d(InstanceNorm):
    """Normalise every channel of volumes (N, C, D, H, W) or (C, D, H, W).

    Source: torch.nn.InstanceNorm3d.
    """

    ranks = (4, 5)


class LazyInstanceNorm1d(LazyChannelNorm, InstanceNorm1d):
    """An InstanceNorm1d whose first input decides `num_features`.

    Unlike InstanceNorm1d's, its defaults are an affine layer that tracks running statistics.

    Source: torch.nn.LazyInstanceNorm1d.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyInstanceNorm1d()
    >>> _ = layer(torch.rand(3, 5))
    >>> layer.num_features
    3
    """

    cls_to_become = InstanceNorm1d


class LazyInstanceNorm2d(LazyChannelNorm, InstanceNorm2d):
    """An InstanceNorm2d whose first input decides `num_features`.

    Unlike InstanceNorm2d's, its defaults are an affine layer that tracks running statistics.

    Source: torch.nn.LazyInstanceNorm2d.
    """

    cls_to_become = InstanceNorm2d


class LazyInstanceNorm3d(LazyChannelNorm, InstanceNorm3d):
    """An InstanceNorm3d whose first input decides `num_features`.

    Unlike InstanceNorm3d's, its defaults are an affine layer that tracks running statistics.

    Source: torch.nn.LazyInstanceNorm3d.
    """

    cls_to_become = InstanceNorm3d
