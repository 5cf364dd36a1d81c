"""Normalisation of groups of channels, its lazy form, and normalisation by neighbours."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import init
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module

__all__ = ["GroupNorm", "LazyGroupNorm", "LocalResponseNorm"]


class GroupNorm(Module):
    """Normalise groups of neighbouring channels: y = (x - mean) / sqrt(var + eps) w + b.

    Each sample has statistics of its own, over the channels of a group and all places.

    Args:
        num_groups: a divisor of num_channels.
        num_channels: channels; None lets the first input decide.
        eps: added to the variance.
        affine: whether there are weight and bias.
        device, dtype: of the parameters.
        bias: whether an affine layer has a bias.

    Shapes:
        input and output (N, num_channels, *).

    Attributes:
        weight, bias: (num_channels,), ones and zeros at first.

    Raises:
        ValueError: the groups do not divide the channels.

    Source: torch.nn.GroupNorm.

    >>> import minitorch_lazy as torch
    >>> torch.nn.GroupNorm(3, 6)(torch.rand(2, 6, 4, 4)).shape
    torch.Size([2, 6, 4, 4])
    """

    num_channels: int | None
    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self, num_groups: int, num_channels: int | None, eps: float = 1e-5, affine: bool = True,
        device: Any = None, dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self.check_groups(num_channels)
        declare(self, {"weight": affine, "bias": affine and bias}, device=device, dtype=dtype)
        begin(self)

    def check_groups(self, channels: int | None) -> None:
        """Refuse groups that do not divide the channels."""
        if self.num_groups <= 0:
            raise refuse(ValueError, type(self).__name__, "num_groups must be greater than 0, got "
                         f"{self.num_groups}", "use 1 or more")  # fmt: skip
        if channels is not None and channels % self.num_groups:
            raise refuse(ValueError, type(self).__name__, f"num_channels ({channels}) must be "
                         f"divisible by num_groups ({self.num_groups})",
                         "choose a divisor of the channels")  # fmt: skip

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the channels."""
        return {"weight": (self.num_channels,), "bias": (self.num_channels,)}

    def initialize_parameters(self, input: Tensor) -> None:
        """Let num_channels follow from the input's dimension of channels."""
        if input.ndim < 2:
            raise refuse(RuntimeError, type(self).__name__, "Expected at least 2 dimensions for "
                         f"input tensor but received {input.ndim}", "give (N, C, *)",
                         input=input)  # fmt: skip
        self.check_groups(input.shape[1])
        infer(self, num_channels=input.shape[1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let num_channels follow from a weight that was loaded."""
        return {} if self.weight is None else {"num_channels": self.weight.shape[0]}

    @when_settled
    def reset_parameters(self) -> None:
        """Set weight to ones and bias to zeros."""
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
                f"bias={self.bias is not None}")  # fmt: skip


class LazyGroupNorm(LazyModuleMixin, GroupNorm):
    """A GroupNorm whose first input decides `num_channels`. PyTorch has no such layer.

    Args:
        num_groups: a divisor of the channels.
        eps, affine, device, dtype, bias: as of GroupNorm.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyGroupNorm(2)
    >>> _ = layer(torch.rand(1, 4, 3))
    >>> layer
    GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)
    """

    cls_to_become = GroupNorm

    def __init__(
        self, num_groups: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(num_groups, None, eps, affine, device, dtype, bias=bias)
        self.num_channels = 0


class LocalResponseNorm(Module):
    """Divide by what neighbouring channels have at the same place.

        y = x / (k + alpha * mean over `size` channels of x^2) ^ beta

    Args:
        size: the number of channels, the own one among them.
        alpha, beta, k: factor, exponent and the term for silence.

    Source: torch.nn.LocalResponseNorm.
    """

    def __init__(
        self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
    ) -> None:
        super().__init__()
        self.size, self.alpha, self.beta, self.k = size, alpha, beta, k

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        """Show the options."""
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
