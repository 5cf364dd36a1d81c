"""Ready parametrizations: norms of weights, and constraints that hold after every step."""

from minitorch_lazy.nn.utils.parametrizations.constraints import (
    Bounded,
    LowRank,
    Positive,
    PositiveDefinite,
    Skew,
    Sparse,
    Stochastic,
    Symmetric,
)
from minitorch_lazy.nn.utils.parametrizations.orthogonality import orthogonal
from minitorch_lazy.nn.utils.parametrizations.spectral import spectral_norm
from minitorch_lazy.nn.utils.parametrizations.weight import weight_norm

__all__ = [
    "Bounded",
    "LowRank",
    "Positive",
    "PositiveDefinite",
    "Skew",
    "Sparse",
    "Stochastic",
    "Symmetric",
    "orthogonal",
    "spectral_norm",
    "weight_norm",
]
