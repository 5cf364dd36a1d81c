"""NumPy made even: the reference backend, and the base of every other one."""

from __future__ import annotations

import numpy

from minitorch_lazy.backends.contract import Backend
from minitorch_lazy.backends.numpy.activation import ActivationKernels
from minitorch_lazy.backends.numpy.arrays import ArrayKernels
from minitorch_lazy.backends.numpy.attention import AttentionKernels
from minitorch_lazy.backends.numpy.bounds import BoundKernels
from minitorch_lazy.backends.numpy.choice import ChoiceKernels
from minitorch_lazy.backends.numpy.conv import ConvKernels
from minitorch_lazy.backends.numpy.elementwise import ElementwiseKernels
from minitorch_lazy.backends.numpy.gamma import GammaKernels
from minitorch_lazy.backends.numpy.index import IndexKernels
from minitorch_lazy.backends.numpy.linalg import LinalgKernels
from minitorch_lazy.backends.numpy.loss import LossKernels
from minitorch_lazy.backends.numpy.norm import NormKernels
from minitorch_lazy.backends.numpy.optim import OptimKernels
from minitorch_lazy.backends.numpy.order import OrderKernels
from minitorch_lazy.backends.numpy.pool import PoolKernels
from minitorch_lazy.backends.numpy.reduce import ReduceKernels
from minitorch_lazy.backends.numpy.resize import ResizeKernels
from minitorch_lazy.backends.numpy.rnn import RecurrentKernels
from minitorch_lazy.backends.numpy.sets import SetKernels
from minitorch_lazy.backends.numpy.shape import ShapeKernels
from minitorch_lazy.backends.numpy.smooth import SmoothKernels
from minitorch_lazy.backends.numpy.statistics import StatisticsKernels
from minitorch_lazy.backends.registry import BACKEND, register


class NumpyBackend(
    ArrayKernels, ElementwiseKernels, BoundKernels, ChoiceKernels, SmoothKernels, ReduceKernels,
    ShapeKernels, IndexKernels, LinalgKernels, ConvKernels, PoolKernels, NormKernels,
    LossKernels, ActivationKernels, RecurrentKernels, OrderKernels, SetKernels,
    StatisticsKernels, GammaKernels, OptimKernels, AttentionKernels, ResizeKernels, Backend,
):
    """Arrays in host memory."""


NUMPY = NumpyBackend(numpy)
register(numpy.ndarray, NUMPY, "cpu")
for scalar in (numpy.float16, numpy.float32, numpy.float64, numpy.complex64, numpy.complex128):
    BACKEND[scalar] = NUMPY
