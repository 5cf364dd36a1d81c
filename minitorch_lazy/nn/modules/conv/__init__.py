"""Convolution layers, transposed ones, and their lazy forms."""

from minitorch_lazy.nn.modules.conv.convolution import (
    Conv1d,
    Conv2d,
    Conv3d,
    LazyConv1d,
    LazyConv2d,
    LazyConv3d,
)
from minitorch_lazy.nn.modules.conv.transposed import (
    ConvTranspose1d,
    ConvTranspose2d,
    ConvTranspose3d,
    LazyConvTranspose1d,
    LazyConvTranspose2d,
    LazyConvTranspose3d,
)

__all__ = [
    "Conv1d",
    "Conv2d",
    "Conv3d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "ConvTranspose3d",
    "LazyConv1d",
    "LazyConv2d",
    "LazyConv3d",
    "LazyConvTranspose1d",
    "LazyConvTranspose2d",
    "LazyConvTranspose3d",
]
