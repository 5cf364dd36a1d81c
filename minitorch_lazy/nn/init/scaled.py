"""Initialisers that fit the spread of the weights to the sizes of the layer."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.init.fan import (
    _calculate_correct_fan,
    _calculate_fan_in_and_fan_out,
    calculate_gain,
)
from minitorch_lazy.nn.init.initializer import initializer, stream
from minitorch_lazy.ops.sample import randperm


def xavier_std(tensor: Tensor, gain: float) -> float:
    """Return gain sqrt(2 / (fan_in + fan_out))."""
    fan_in, fan_out = _calculate_fan_in_and_fan_out(tensor)
    return gain * math.sqrt(2.0 / float(fan_in + fan_out))


@initializer
def xavier_uniform_(
    tensor: Any, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill weights with draws from U(-a, a).

        a = gain sqrt(6 / (fan_in + fan_out))

    Args:
        tensor: (out, in, *window).
        gain: what `calculate_gain` says of the nonlinearity after the layer.
    Raises:
        ValueError: the tensor has fewer than two dimensions.

    Source: torch.nn.init.xavier_uniform_; X. Glorot, Y. Bengio, Understanding the difficulty of
    training deep feedforward neural networks, 2010.
    """
    bound = math.sqrt(3.0) * xavier_std(tensor, gain)
    return tensor.uniform_(-bound, bound, generator=stream(tensor, generator))  # type: ignore[no-any-return]


@initializer
def xavier_normal_(
    tensor: Any, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill weights with draws from N(0, std²).

        std = gain sqrt(2 / (fan_in + fan_out))

    Args:
        tensor: (out, in, *window).
        gain: what `calculate_gain` says of the nonlinearity after the layer.
    Raises:
        ValueError: the tensor has fewer than two dimensions.

    Source: torch.nn.init.xavier_normal_.
    """
    std = xavier_std(tensor, gain)
    return tensor.normal_(0.0, std, generator=stream(tensor, generator))  # type: ignore[no-any-return]


def kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float | None:
    """Return gain / sqrt(fan), or None for a tensor of no elements."""
    if 0 in tensor.shape:
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=4)
        return None
    fan = _calculate_correct_fan(tensor, mode)
    return calculate_gain(nonlinearity, a) / math.sqrt(fan)


@initializer
def kaiming_uniform_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill weights with draws from U(-bound, bound).

        bound = gain sqrt(3 / fan)

    Args:
        tensor: (out, in, *window).
        a: the slope of the leaky rectifier after the layer.
        mode: `"fan_in"` keeps the variance forward, `"fan_out"` backward.
        nonlinearity: the name of the function after the layer.
    Raises:
        ValueError: the tensor has fewer than two dimensions, or a name is not known.

    Source: torch.nn.init.kaiming_uniform_; K. He et al., Delving deep into rectifiers, 2015.
    """
    std = kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor  # type: ignore[no-any-return]
    bound = math.sqrt(3.0) * std
    return tensor.uniform_(-bound, bound, generator=stream(tensor, generator))  # type: ignore[no-any-return]


@initializer
def kaiming_normal_(
    tensor: Any, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill weights with draws from N(0, std²).

        std = gain / sqrt(fan)

    Args:
        tensor: (out, in, *window).
        a: the slope of the leaky rectifier after the layer.
        mode: `"fan_in"` keeps the variance forward, `"fan_out"` backward.
        nonlinearity: the name of the function after the layer.
    Raises:
        ValueError: the tensor has fewer than two dimensions, or a name is not known.

    Source: torch.nn.init.kaiming_normal_.
    """
    std = kaiming_std(tensor, a, mode, nonlinearity)
    if std is None:
        return tensor  # type: ignore[no-any-return]
    return tensor.normal_(0, std, generator=stream(tensor, generator))  # type: ignore[no-any-return]


@initializer
def sparse_(
    tensor: Any, sparsity: float, std: float = 0.01, generator: Generator | None = None
) -> Tensor:
    """Fill a matrix with draws from N(0, std²), and set a part of every column to zero.

    Args:
        tensor: (rows, columns).
        sparsity: the part of each column that is set to zero.
        std: standard deviation of the rest.
    Raises:
        ValueError: it is not a matrix.

    Source: torch.nn.init.sparse_; J. Martens, Deep learning via Hessian-free optimization, 2010.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    rows, columns = tensor.shape
    zeros = math.ceil(sparsity * rows)
    tensor.normal_(0, std, generator=stream(tensor, generator))
    for column in range(columns):
        chosen: Any = randperm(rows, generator=stream(tensor, None))
        tensor[chosen[:zeros], column] = 0
    return tensor  # type: ignore[no-any-return]
