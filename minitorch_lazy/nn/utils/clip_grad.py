"""Clipping gradients, so that one bad batch does not throw the weights about."""

from __future__ import annotations

import math
from collections.abc import Iterable

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import tensor
from minitorch_lazy.ops.join import cat, stack
from minitorch_lazy.ops.norms import vector_norm

Parameters = Tensor | Iterable[Tensor]


def listed(parameters: Parameters) -> list[Tensor]:
    """Make a list of one tensor or of several."""
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


def gradients(parameters: Parameters) -> list[Tensor]:
    """Return the gradients that are there."""
    return [p.grad for p in listed(parameters) if p.grad is not None]


def get_total_norm(
    tensors: Parameters, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Return the norm of all tensors as if they were one vector.

    Args:
        norm_type: 2, another number, or infinity.
        error_if_nonfinite: refuse a norm that is nan or infinite.
        foreach: has no effect on the numbers.

    Raises:
        RuntimeError: the norm is nan or infinite, and that is to be refused.

    Source: torch.nn.utils.get_total_norm.
    """
    every = listed(tensors)
    if not every:
        return tensor(0.0)
    norms = stack([vector_norm(t, float(norm_type)).to(every[0].device) for t in every])
    total = vector_norm(norms, float(norm_type))
    if error_if_nonfinite and not math.isfinite(float(total)):
        raise RuntimeError(
            f"The total norm of order {norm_type} for gradients from `parameters` is non-finite, "
            "so it cannot be clipped. To disable this error and scale the gradients by the "
            "non-finite norm anyway, set `error_if_nonfinite=False`"
        )
    return total


def clip_grads_with_norm_(
    parameters: Parameters, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Multiply all gradients by max_norm / total_norm where that is less than 1.

    Source: torch.nn.utils.clip_grads_with_norm_.
    """
    scale = (float(max_norm) / (total_norm + 1e-6)).clamp(max=1.0)
    with no_grad():
        for g in gradients(parameters):
            g.mul_(scale.to(g.device, g.dtype))


def clip_grad_norm_(
    parameters: Parameters, max_norm: float, norm_type: float = 2.0,
    error_if_nonfinite: bool = False, foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Shorten all gradients together to a largest norm, in place; return the norm before.

        g <- g min(1, max_norm / (norm + 1e-6))

    Args:
        parameters: a tensor or several; those without a gradient count nothing.
        foreach: has no effect on the numbers.

    Raises:
        RuntimeError: the norm is nan or infinite, and `error_if_nonfinite`.

    Source: torch.nn.utils.clip_grad_norm_.
    """
    many = listed(parameters)
    with no_grad():
        total = get_total_norm(gradients(many), norm_type, error_if_nonfinite)
        clip_grads_with_norm_(many, max_norm, total)
    return total


def clip_grad_value_(
    parameters: Parameters, clip_value: float, foreach: bool | None = None
) -> None:
    """Cut every element of the gradients off below -clip_value and above clip_value, in place.

    Source: torch.nn.utils.clip_grad_value_.
    """
    bound = float(clip_value)
    with no_grad():
        for g in gradients(parameters):
            g.clamp_(-bound, bound)


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """Join parameters into one vector.

    Source: torch.nn.utils.parameters_to_vector.
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the parts of a vector into parameters.

    Raises:
        TypeError: not a Tensor.

    Source: torch.nn.utils.vector_to_parameters.
    """
    if vec.__class__ not in TENSORS:
        raise refuse(TypeError, "vector_to_parameters", "expected torch.Tensor, but got: "
                     f"{type(vec).__name__}", "make it one with torch.tensor(...)")  # fmt: skip
    start = 0
    for p in parameters:
        p.data = vec[start : start + p.numel()].view_as(p).data.clone()
        start += p.numel()
