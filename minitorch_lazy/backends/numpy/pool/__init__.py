"""Pooling in one, two and three dimensions."""

from minitorch_lazy.backends.numpy.pool.kernels import PoolKernels

__all__ = ["PoolKernels"]
