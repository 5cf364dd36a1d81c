"""Recurrences, with a column for each sequence, as formulas are written: W h, not h W^T.

The input's part of all times is one product; so are the gradients of the weights. What remains
inside the loop over times is W h and arithmetic on rows of gates, which are dense. float16 and
bfloat16 are computed in float32. Each forward kernel returns a cache for its gradient kernel.
"""

from minitorch_lazy.backends.numpy.rnn.elman import ElmanKernels
from minitorch_lazy.backends.numpy.rnn.gru import GruKernels
from minitorch_lazy.backends.numpy.rnn.lstm import LstmKernels


class RecurrentKernels(ElmanKernels, LstmKernels, GruKernels):
    """Elman networks, long short-term memory, gated recurrent units."""


__all__ = ["RecurrentKernels"]
