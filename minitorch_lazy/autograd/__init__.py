"""Gradients on demand, operations of one's own, and checks that derivatives are right."""

from minitorch_lazy.autograd.check import GradcheckError, gradcheck, gradgradcheck
from minitorch_lazy.autograd.engine import backward, grad
from minitorch_lazy.autograd.function import Function
from minitorch_lazy.core.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)

__all__ = [
    "Function",
    "GradcheckError",
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_grad_enabled",
]
