"""Gradients on demand, and checks that they are right."""

from minitorch_lazy.autograd.engine import backward, grad
from minitorch_lazy.core.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)

__all__ = [
    "backward",
    "enable_grad",
    "grad",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
