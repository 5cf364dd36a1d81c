"""Functions that pull numbers toward 0, as layers."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module


class Hardshrink(Module):
    """Set small numbers to 0: y = x if |x| > lambd else 0.

    Source: torch.nn.Hardshrink.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Show the bound."""
        return f"{self.lambd}"


class Softshrink(Module):
    """Move numbers toward 0, not past it: y = sign(x) max(|x| - lambd, 0).

    Source: torch.nn.Softshrink.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """Show how far numbers move."""
        return f"{self.lambd}"


class Tanhshrink(Module):
    """Compute y = x - tanh(x).

    Source: torch.nn.Tanhshrink.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.tanhshrink(input)
