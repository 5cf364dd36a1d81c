"""Layers that apply a nonlinear function to every element, or along a dimension."""

from minitorch_lazy.nn.modules.activation.rectifier import (
    CELU,
    ELU,
    SELU,
    Hardtanh,
    LeakyReLU,
    ReLU,
    ReLU6,
    RReLU,
    Threshold,
)
from minitorch_lazy.nn.modules.activation.shrink import (
    Hardshrink,
    Softshrink,
    Tanhshrink,
)
from minitorch_lazy.nn.modules.activation.smooth import (
    GELU,
    GLU,
    Hardsigmoid,
    Hardswish,
    LogSigmoid,
    Mish,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)
from minitorch_lazy.nn.modules.activation.softmax import (
    LogSoftmax,
    Softmax,
    Softmax2d,
    Softmin,
)

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SELU",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]
