"""Normalisation with its own statistics.

float16 and bfloat16 are computed in float32. Each forward kernel returns a cache for its gradient
kernel, which computes it again where it is None. `weight` and `bias` may be None.
"""

from minitorch_lazy.backends.numpy.norm.batch import BatchNormKernels
from minitorch_lazy.backends.numpy.norm.layer import LayerNormKernels


class NormKernels(BatchNormKernels, LayerNormKernels):
    """Batch and layer normalisation."""


__all__ = ["NormKernels"]
