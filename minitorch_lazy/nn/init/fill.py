"""Initialisers that do not look at the sizes of the layer."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.init.initializer import initializer, stream
from minitorch_lazy.ops.create import tensor as new_tensor
from minitorch_lazy.ops.ranges import eye as identity


@initializer
def uniform_(
    tensor: Any, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill a tensor with draws from the uniform distribution on [a, b).

    Source: torch.nn.init.uniform_.
    """
    return tensor.uniform_(a, b, generator=stream(tensor, generator))  # type: ignore[no-any-return]


@initializer
def normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Fill a tensor with draws from the normal distribution N(mean, std²).

    Source: torch.nn.init.normal_.
    """
    return tensor.normal_(mean, std, generator=stream(tensor, generator))  # type: ignore[no-any-return]


@initializer
def constant_(tensor: Any, val: float) -> Tensor:
    """Fill a tensor with one number.

    Source: torch.nn.init.constant_.
    """
    return tensor.fill_(val)  # type: ignore[no-any-return]


@initializer
def ones_(tensor: Any) -> Tensor:
    """Fill a tensor with 1.

    Source: torch.nn.init.ones_.
    """
    return tensor.fill_(1.0)  # type: ignore[no-any-return]


@initializer
def zeros_(tensor: Any) -> Tensor:
    """Fill a tensor with 0.

    Source: torch.nn.init.zeros_.
    """
    return tensor.zero_()  # type: ignore[no-any-return]


@initializer
def eye_(tensor: Any) -> Tensor:
    """Make a matrix the identity, so that a Linear layer hands on what it can.

    Args:
        tensor: (rows, columns).
    Raises:
        ValueError: it is not a matrix.

    Source: torch.nn.init.eye_.
    """
    if tensor.ndim != 2:
        raise ValueError("Only tensors with 2 dimensions are supported")
    return tensor.copy_(identity(*tensor.shape, dtype=tensor.dtype))  # type: ignore[no-any-return]


@initializer
def dirac_(tensor: Any, groups: int = 1) -> Tensor:
    """Make the weight of a convolution one that hands on what it can, group by group.

    Args:
        tensor: (out, in, *window) with one to three dimensions of the window.
        groups: a divisor of `out`.
    Raises:
        ValueError: the tensor has other dimensions, or `groups` does not divide its first.

    Source: torch.nn.init.dirac_.
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    each = tensor.shape[0] // groups
    channels = range(min(each, tensor.shape[1]))
    tensor.zero_()
    if not tensor.is_meta and channels:
        outputs = new_tensor([g * each + c for g in range(groups) for c in channels])
        inputs = new_tensor([c for _ in range(groups) for c in channels])
        tensor[(outputs, inputs, *(size // 2 for size in tensor.shape[2:]))] = 1
    return tensor  # type: ignore[no-any-return]
