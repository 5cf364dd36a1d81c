"""Convolution in one, two and three dimensions."""

from minitorch_lazy.backends.numpy.conv.kernels import ConvKernels

__all__ = ["ConvKernels"]
