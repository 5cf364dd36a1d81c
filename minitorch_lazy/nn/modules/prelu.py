"""The activation that learns its slope, and its lazy form."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.init import constant_
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module

__all__ = ["LazyPReLU", "PReLU"]


class PReLU(Module):
    """Multiply negative numbers by a learned slope: y = x if x > 0 else weight x.

    Args:
        num_parameters: 1 for one slope, or the number of channels for one each; None lets the
            first input decide: its dimension 1, or one slope where it has fewer than 2 dimensions.
        init: the slope at first.
        device, dtype: of the slopes.

    Shapes:
        input and output (N, num_parameters, *), or of any shape for one slope.

    Attributes:
        weight: (num_parameters,).

    Source: torch.nn.PReLU.

    >>> import minitorch_lazy as torch
    >>> torch.nn.PReLU()(torch.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    num_parameters: int | None
    weight: Tensor

    def __init__(
        self, num_parameters: int | None = 1, init: float = 0.25, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        declare(self, {"weight": True}, device=device, dtype=dtype)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shape the slopes have, given their number."""
        return {"weight": (self.num_parameters,)}

    def initialize_parameters(self, input: Tensor) -> None:
        """Let num_parameters follow from the input's dimension of channels."""
        infer(self, num_parameters=input.shape[1] if input.ndim > 1 else 1)

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let num_parameters follow from slopes that were loaded."""
        return {"num_parameters": self.weight.shape[0]}

    @when_settled
    def reset_parameters(self) -> None:
        """Set all slopes to `init`.

        Source: torch.nn.PReLU.reset_parameters.
        """
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Show the number of slopes."""
        return f"num_parameters={self.num_parameters}"


class LazyPReLU(LazyModuleMixin, PReLU):
    """A PReLU with a slope for each channel of the first input. PyTorch has no such layer.

    Args:
        init: the slopes at first.
        device, dtype: of the slopes.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyPReLU()
    >>> _ = layer(torch.ones(2, 3))
    >>> layer
    PReLU(num_parameters=3)
    """

    cls_to_become = PReLU

    def __init__(self, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__(None, init, device, dtype)
        self.num_parameters = 0
