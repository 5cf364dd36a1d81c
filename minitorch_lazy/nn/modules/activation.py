"""Layers that apply a nonlinear function to every element, or along a dimension."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module


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
        return F.relu(input, inplace=self.inplace)


class ReLU6(InPlace):
    """Cut off below 0 and above 6.

    Source: torch.nn.ReLU6.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.relu6(input, inplace=self.inplace)


class SiLU(InPlace):
    """Weigh by the sigmoid: y = x sigmoid(x).

    Source: torch.nn.SiLU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.silu(input, inplace=self.inplace)


class Mish(InPlace):
    """Compute y = x tanh(softplus(x)).

    Source: torch.nn.Mish.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.mish(input, inplace=self.inplace)


class SELU(InPlace):
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.nn.SELU.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.selu(input, self.inplace)


class Hardswish(InPlace):
    """Compute y = x min(max(x + 3, 0), 6) / 6.

    Source: torch.nn.Hardswish.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.hardswish(input, self.inplace)

    def extra_repr(self) -> str:
        """Show nothing, as torch does."""
        return ""


class Hardsigmoid(InPlace):
    """Compute y = min(max(x + 3, 0), 6) / 6.

    Source: torch.nn.Hardsigmoid.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.hardsigmoid(input, self.inplace)

    def extra_repr(self) -> str:
        """Show nothing, as torch does."""
        return ""


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


class Softplus(Module):
    """Smooth the corner of relu: y = ln(1 + e^(beta x)) / beta.

    Source: torch.nn.Softplus.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Show beta and threshold."""
        return f"beta={self.beta}, threshold={self.threshold}"


class GELU(Module):
    """Weigh by the normal distribution: y = x P(Z <= x).

    Source: torch.nn.GELU.
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.gelu(input, approximate=self.approximate)

    def extra_repr(self) -> str:
        """Show the form."""
        return f"approximate={self.approximate!r}"


class Sigmoid(Module):
    """Map to (0, 1): y = 1 / (1 + e^-x).

    Source: torch.nn.Sigmoid.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.sigmoid(input)  # type: ignore[no-any-return]


class Tanh(Module):
    """Map to (-1, 1): y = tanh x.

    Source: torch.nn.Tanh.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.tanh(input)  # type: ignore[no-any-return]


class LogSigmoid(Module):
    """Return the logarithm of the sigmoid, without overflow.

    Source: torch.nn.LogSigmoid.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.logsigmoid(input)


class Softsign(Module):
    """Compute y = x / (1 + |x|).

    Source: torch.nn.Softsign.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.softsign(input)


class GLU(Module):
    """Halve along a dimension, and gate the first half by the sigmoid of the second.

    Source: torch.nn.GLU.
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """Show the dimension."""
        return f"dim={self.dim}"


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


