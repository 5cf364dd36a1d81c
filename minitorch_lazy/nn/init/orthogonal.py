"""Initialisers that keep lengths and angles."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.init.initializer import initializer, stream
from minitorch_lazy.ops.linalg.qr import qr


@initializer
def orthogonal_(tensor: Any, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Fill weights with a draw from all orthogonal matrices, each as likely as any other.

    It is the Q of normal draws, its columns' signs chosen so that the diagonal of R is positive.

    Args:
        tensor: (rows, columns, *): what follows the rows is flattened. Of an oblong matrix the
            shorter vectors are orthonormal.
        gain: a factor of all elements.
    Raises:
        ValueError: the tensor has fewer than two dimensions.
        RuntimeError: it has a type of 16 bits, for which there is no QR decomposition.

    Source: torch.nn.init.orthogonal_; A. Saxe et al., Exact solutions to the nonlinear dynamics of
    learning in deep linear neural networks, 2013; F. Mezzadri, How to generate random matrices from
    the classical compact groups, 2007.
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel() or tensor.is_meta:
        return tensor  # type: ignore[no-any-return]
    rows = tensor.shape[0]
    draws = tensor.new_empty((rows, tensor.numel() // rows))
    draws.normal_(0, 1, generator=stream(tensor, generator))
    wide = draws.shape[0] < draws.shape[1]
    q, r = qr(draws.t() if wide else draws)
    q = q * r.diagonal().sign()
    return tensor.copy_((q.t() if wide else q).reshape(tensor.shape)).mul_(gain)  # type: ignore[no-any-return]
