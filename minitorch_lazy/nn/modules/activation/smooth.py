"""Smooth functions as layers, and the gate."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.activation.rectifier import InPlace


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
