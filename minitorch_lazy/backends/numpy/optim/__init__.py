"""Update rules of the optimizers, in place on flat arrays: what a step takes off a parameter.

One method a rule, called with one block of elements at a time. A block is small enough to stay in
the cache while a rule passes over it several times. Each rule writes into `out` what is to be
subtracted from the parameter, and updates its state arrays in place. `gradient` and `parameter`
are only read; `parameter` may be None where there is no weight decay.
"""

from minitorch_lazy.backends.numpy.optim.descent import DescentKernels
from minitorch_lazy.backends.numpy.optim.moments import MomentKernels
from minitorch_lazy.backends.numpy.optim.square import SquareKernels


class OptimKernels(DescentKernels, SquareKernels, MomentKernels):
    """The update rules of all optimizers."""


__all__ = ["OptimKernels"]
