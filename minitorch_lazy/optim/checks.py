"""Checks of the options that several optimizers share."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor


def check_lr(lr: Any, foreach: bool | None = None, capturable: bool = True) -> None:
    """Refuse a learning rate that is negative, or a tensor of several elements."""
    if isinstance(lr, Tensor):
        if foreach and not capturable:
            raise ValueError(
                "lr as a Tensor is not supported for capturable=False and foreach=True"
            )
        check_rate_of_one_element(lr)
    check_not_negative("learning rate", lr)


def check_rate_of_one_element(lr: Any) -> None:
    """Refuse a learning rate that is a tensor of several elements."""
    if isinstance(lr, Tensor) and lr.numel() != 1:
        raise ValueError("Tensor lr must be 1-element")


def check_not_negative(what: str, value: Any) -> None:
    """Refuse a negative number, and nan."""
    if not value >= 0.0:
        raise ValueError(f"Invalid {what}: {value}")


def check_betas(betas: tuple[Any, Any], foreach: bool | None, capturable: bool) -> None:
    """Refuse decay rates outside of [0, 1), or of different kinds."""
    check_decay_rates(betas)
    tensors = [isinstance(beta, Tensor) for beta in betas]
    if not (all(tensors) or all(isinstance(beta, float) for beta in betas)):
        raise ValueError("betas must be either both floats or both Tensors")
    for index, beta in enumerate(betas):
        if tensors[index] and foreach and not capturable:
            raise ValueError(
                f"betas[{index}] as a Tensor is not supported for capturable=False and "
                "foreach=True"
            )
        if tensors[index] and beta.numel() != 1:
            raise ValueError(f"Tensor betas[{index}] must be 1-element")


def check_decay_rates(betas: tuple[float, float]) -> None:
    """Refuse decay rates outside of [0, 1)."""
    for index, beta in enumerate(betas):
        if not 0.0 <= beta < 1.0:
            raise ValueError(f"Invalid beta parameter at index {index}: {beta}")


def check_implementation(foreach: bool | None, fused: bool | None, differentiable: bool) -> None:
    """Refuse two implementations at once, or one that cannot be differentiated."""
    if fused and differentiable:
        raise RuntimeError("`fused` does not support `differentiable`")
    if fused and foreach:
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
