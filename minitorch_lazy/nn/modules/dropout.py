"""Layers that drop elements in training."""

from __future__ import annotations

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.dropout import check_probability
from minitorch_lazy.nn.module import Module


class Dropping(Module):
    """A layer that drops something in training.

    Args:
        p: probability, 0 to 1.
        inplace: store the result in the input.

    Attributes:
        function: its name in `nn.functional`.
    """

    function: str

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        check_probability(p, type(self).__name__)
        self.p, self.inplace = p, inplace

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return getattr(F, self.function)(input, self.p, self.training, self.inplace)  # type: ignore[no-any-return]

    def extra_repr(self) -> str:
        """Show probability and mode."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(Dropping):
    """Set elements to 0 with probability p and multiply the others by 1 / (1 - p), in training.

    Source: torch.nn.Dropout.
    """

    function = "dropout"


class Dropout1d(Dropping):
    """Drop whole channels of (N, C, L).

    Source: torch.nn.Dropout1d.
    """

    function = "dropout1d"


class Dropout2d(Dropping):
    """Drop whole channels of (N, C, H, W).

    Source: torch.nn.Dropout2d.
    """

    function = "dropout2d"


class Dropout3d(Dropping):
    """Drop whole channels of (N, C, D, H, W).

    Source: torch.nn.Dropout3d.
    """

    function = "dropout3d"


class AlphaDropout(Dropping):
    """Drop elements to selu's lowest value, and keep mean 0 and variance 1, in training.

    Args:
        p: probability, 0 to 1.
        inplace: changes nothing, as in PyTorch: the result is always a new tensor.

    Source: torch.nn.AlphaDropout.
    """

    function = "alpha_dropout"

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return getattr(F, self.function)(input, self.p, self.training)  # type: ignore[no-any-return]


class FeatureAlphaDropout(AlphaDropout):
    """Drop whole channels to selu's lowest value, and keep mean 0 and variance 1, in training.

    Source: torch.nn.FeatureAlphaDropout.
    """

    function = "feature_alpha_dropout"
