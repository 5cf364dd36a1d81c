"""Gradients on demand, operations of one's own, and checks that derivatives are right."""

from typing import TYPE_CHECKING

from minitorch_lazy.autograd.engine import backward, grad
from minitorch_lazy.core.modes import (
    enable_grad,
    inference_mode,
    no_grad,
    set_grad_enabled,
)
from minitorch_lazy.later import on_first_use

if TYPE_CHECKING:
    from minitorch_lazy.autograd.check import GradcheckError, gradcheck, gradgradcheck
    from minitorch_lazy.autograd.function import Function

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

__getattr__, __dir__ = on_first_use(
    __name__,
    {
        "Function": "minitorch_lazy.autograd.function",
        "GradcheckError": "minitorch_lazy.autograd.check",
        "gradcheck": "minitorch_lazy.autograd.check",
        "gradgradcheck": "minitorch_lazy.autograd.check",
    },
)
