"""A small, readable deep-learning framework: `import minitorch_lazy as torch`."""
import minitorch_lazy.backends.numpy
import minitorch_lazy.backends.meta
from minitorch_lazy import autograd
from minitorch_lazy.core.dtype import *
from minitorch_lazy.core.modes import *
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.core.device import device
from minitorch_lazy.core.size import Size
from minitorch_lazy.ops import cast, pointwise, elementwise, compare, create, ranges, shape, index, reduce, product, join, statistics, norms, sort, rank, sets, select, scan, pattern, diagonals, stacks, pairs, gather, extremes, fill, limits, sample, activation
from_numpy = create.from_numpy
from minitorch_lazy import nn, optim, utils
from minitorch_lazy.core.public import FACES
from minitorch_lazy.core.printing import set_printoptions
for name, face in FACES.items():
    if face.exported:
        for each in (name, *face.aliases):
            globals()[each] = face.function
from minitorch_lazy.core.generator import Generator, default_generator
for module in (create, ranges, shape, sample):
    for name, value in vars(module).items():
        if callable(value) and getattr(value, "__module__", "") == module.__name__ and name not in globals():
            globals()[name] = value
