"""Normalisation as PyTorch's package offers it: what holds the parameters comes first."""

from __future__ import annotations

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn import functional as F


@public(method=False)
def batch_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, training: bool, momentum: float, eps: float, cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise every channel; the same as `nn.functional.batch_norm` in another order.

    Args:
        cudnn_enabled: changes no number.

    Source: torch.batch_norm.
    """
    return F.batch_norm(input, running_mean, running_var, weight, bias, training, momentum, eps)


@public(method=False)
def instance_norm(
    input: Tensor, weight: Tensor | None, bias: Tensor | None, running_mean: Tensor | None,
    running_var: Tensor | None, use_input_stats: bool, momentum: float, eps: float,
    cudnn_enabled: bool,
) -> Tensor:  # fmt: skip
    """Normalise every channel of every sample; `nn.functional.instance_norm` in another order.

    Args:
        cudnn_enabled: changes no number.

    Source: torch.instance_norm.
    """
    return F.instance_norm(
        input, running_mean, running_var, weight, bias, use_input_stats, momentum, eps
    )
