"""Activations and dropout as PyTorch's package offers them."""

from __future__ import annotations

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.activation.random import randomly_leaky
from minitorch_lazy.nn.functional.dropout import feature_dropped

for same in (F.celu_, F.prelu, F.relu_, F.rrelu_, F.selu_, F.threshold_):
    public(same, method=same is F.prelu)


@public(method=False)
def celu(input: Tensor, alpha: float = 1.0) -> Tensor:
    """Bend smoothly with slope 1 at 0; see `nn.functional.celu`.

    Source: torch.celu.
    """
    return F.celu(input, alpha)


@public(method=False)
def selu(input: Tensor) -> Tensor:
    """Apply elu with the constants that keep mean 0 and variance 1.

    Source: torch.selu.
    """
    return F.selu(input)


@public(method=False)
def threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    """Replace what is not above a threshold.

    Source: torch.threshold.
    """
    return F.threshold(input, threshold, value)


@public(method=False)
def rrelu(input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
          generator: Generator | None = None) -> Tensor:  # fmt: skip
    """Multiply what is not above 0 by a slope that is drawn; see `nn.functional.rrelu`.

    Source: torch.rrelu.
    """
    return randomly_leaky(input, lower, upper, training, False, generator)


@public(method=False)
def dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Set elements to 0 with probability p and multiply the others by 1 / (1 - p), in place.

    Source: torch.dropout_.
    """
    return F.dropout(input, p, train, inplace=True)


@public(method=False)
def feature_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Set whole channels of (N, C, *) to 0 and multiply the others by 1 / (1 - p).

    Source: torch.feature_dropout.
    """
    return feature_dropped(input, p, train, False)


@public(method=False)
def feature_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Set whole channels of (N, C, *) to 0 and multiply the others by 1 / (1 - p), in place.

    Source: torch.feature_dropout_.
    """
    return feature_dropped(input, p, train, True)


@public(method=False)
def alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Drop elements to selu's lowest value, and keep mean 0 and variance 1.

    Source: torch.alpha_dropout.
    """
    return F.alpha_dropout(input, p, train)


@public(method=False)
def alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Drop elements to selu's lowest value, and keep mean 0 and variance 1, in place.

    Source: torch.alpha_dropout_.
    """
    return F.alpha_dropout(input, p, train, inplace=True)


@public(method=False)
def feature_alpha_dropout(input: Tensor, p: float, train: bool) -> Tensor:
    """Drop whole channels to selu's lowest value, and keep mean 0 and variance 1.

    Source: torch.feature_alpha_dropout.
    """
    return F.feature_alpha_dropout(input, p, train)


@public(method=False)
def feature_alpha_dropout_(input: Tensor, p: float, train: bool) -> Tensor:
    """Drop whole channels to selu's lowest value, and keep mean 0 and variance 1, in place.

    Source: torch.feature_alpha_dropout_.
    """
    return F.feature_alpha_dropout(input, p, train, inplace=True)
