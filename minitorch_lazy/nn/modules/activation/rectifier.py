"""Layers that cut, bend or scale what is below 0."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module
from minitorch_lazy.ops.activation import relu


class InPlace(Module):
    """An activation that may overwrite its input.

    Args:
        inplace: store the result in the input.
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def extra_repr(self) -> str:
        """Show `inplace` where it is set."""
        return "inplace=True" if self.inplace else ""


def with_inplace(text: str, inplace: bool) -> str:
    """Add `inplace=True` to the text of a layer that overwrites its input."""
    return text + ", inplace=True" if inplace else text


class ReLU(InPlace):
    """Cut off below 0: y = max(x, 0).

    Source: torch.nn.ReLU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.relu_(input) if self.inplace else relu(input)


class ReLU6(InPlace):
    """Cut off below 0 and above 6.

    Source: torch.nn.ReLU6.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.relu6(input, inplace=self.inplace)


class SELU(InPlace):
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.nn.SELU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.selu(input, self.inplace)


class LeakyReLU(Module):
    """Multiply negative numbers by a small slope.

    Source: torch.nn.LeakyReLU.
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """Show the slope."""
        return with_inplace(f"negative_slope={self.negative_slope}", self.inplace)


class ELU(Module):
    """Bend smoothly to -alpha: y = x if x > 0 else alpha (e^x - 1).

    Source: torch.nn.ELU.
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """Show alpha."""
        return with_inplace(f"alpha={self.alpha}", self.inplace)


class CELU(ELU):
    """Bend smoothly with slope 1 at 0: y = x if x > 0 else alpha (e^(x / alpha) - 1).

    Source: torch.nn.CELU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.celu(input, self.alpha, self.inplace)


class Hardtanh(Module):
    """Cut off below `min_val` and above `max_val`.

    Source: torch.nn.Hardtanh.
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0,
                 inplace: bool = False) -> None:  # fmt: skip
        super().__init__()
        if max_val <= min_val:
            raise ValueError(f"max_val {max_val} must be greater than min_val {min_val}")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """Show the bounds."""
        return with_inplace(f"min_val={self.min_val}, max_val={self.max_val}", self.inplace)


class Threshold(Module):
    """Replace what is not above a threshold: y = x if x > threshold else value.

    Source: torch.nn.Threshold.
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """Show the threshold and what stands below it."""
        return with_inplace(f"threshold={self.threshold}, value={self.value}", self.inplace)


class RReLU(Module):
    """Multiply what is not above 0 by a slope: in training drawn anew for each, else the middle.

    Args:
        lower, upper: the range of the slope.

    Source: torch.nn.RReLU.
    """

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3,
                 inplace: bool = False) -> None:  # fmt: skip
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """Show the range of the slope."""
        return with_inplace(f"lower={self.lower}, upper={self.upper}", self.inplace)
