"""Normalisation by neighbouring channels, in torch's signature."""

from __future__ import annotations

import math

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.pad import pad
from minitorch_lazy.nn.functional.pool import avg_pool2d
from minitorch_lazy.ops.checks import check_tensor


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75,
                        k: float = 1.0) -> Tensor:  # fmt: skip
    """Divide by what `size` neighbouring channels have at the same place.

        y = x / (k + alpha * mean over the neighbours of x^2) ^ beta

    There are zeros beyond the first and the last channel.

    Args:
        input: (N, C, *sizes), with at least one place dimension.
        size: the number of channels, the own one among them; the odd one is before it.

    Raises:
        ValueError: fewer than 3 dimensions.

    Source: torch.nn.functional.local_response_norm.
    """
    check_tensor("local_response_norm", "input", input)
    if input.ndim < 3:
        raise refuse(ValueError, "local_response_norm", "Expected 3D or higher dimensionality "
                     f"input (got {input.ndim} dimensions)", "give (N, C, *)",
                     input=input)  # fmt: skip
    if size <= 0:
        raise refuse(RuntimeError, "local_response_norm", "kernel size should be greater than "
                     f"zero, but got {size}", "use 1 or more", input=input)  # fmt: skip
    if not input.numel():
        return input
    batch, channels, *sizes = input.array.shape
    squares = (input * input).reshape(batch, 1, channels, math.prod(sizes))  # type: ignore[operator]
    squares = pad(squares, (0, 0, size // 2, (size - 1) // 2))
    mean = avg_pool2d(squares, (size, 1), stride=1).reshape(input.shape)  # type: ignore[attr-defined]
    return input / (mean * alpha + k) ** beta  # type: ignore[no-any-return]
