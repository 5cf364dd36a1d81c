"""Linear algebra: products, systems of equations, factors and functions of matrices."""

from __future__ import annotations

from minitorch_lazy.backends.numpy.linalg.exponential import ExponentialKernels
from minitorch_lazy.backends.numpy.linalg.factors import FactorKernels
from minitorch_lazy.backends.numpy.linalg.products import ProductKernels
from minitorch_lazy.backends.numpy.linalg.systems import SystemKernels


class LinalgKernels(ProductKernels, SystemKernels, FactorKernels, ExponentialKernels):
    """All kernels of linear algebra."""
