"""Softmax, and losses of classification.

Blocks are small enough to stay in the cache, and sums over the last axis are products with ones,
which are faster than sums. float16 and bfloat16 are computed in float32.
"""

from minitorch_lazy.backends.numpy.loss.entropy import EntropyKernels
from minitorch_lazy.backends.numpy.loss.softmax import SoftmaxKernels


class LossKernels(EntropyKernels, SoftmaxKernels):
    """Softmax, cross-entropy and negative log-likelihood."""


__all__ = ["LossKernels"]
