"""Functions along a dimension as layers."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module


class Along(Module):
    """A function along one dimension."""

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.__dict__.setdefault("dim", None)

    def extra_repr(self) -> str:
        """Show the dimension."""
        return f"dim={self.dim}"


class Softmax(Along):
    """Make positive numbers that sum to 1 along a dimension.

    Source: torch.nn.Softmax.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.softmax(input, self.dim)


class LogSoftmax(Along):
    """Return the logarithm of softmax, without overflow.

    Source: torch.nn.LogSoftmax.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.log_softmax(input, self.dim)


class Softmin(Along):
    """Return softmax of -x.

    Source: torch.nn.Softmin.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """Make positive numbers that sum to 1 over the channels of (N, C, H, W) or (C, H, W).

    Raises:
        ValueError: the input has another number of dimensions.

    Source: torch.nn.Softmax2d.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        if input.ndim not in (3, 4):
            raise refuse(ValueError, "Softmax2d", f"expected input to be 3D or 4D, got {input.ndim}"
                         "D instead", "use Softmax(dim=...)", input=input)  # fmt: skip
        return F.softmax(input, -3)
