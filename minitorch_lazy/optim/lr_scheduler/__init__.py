"""Learning rate schedules, with PyTorch's names."""

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler
from minitorch_lazy.optim.lr_scheduler.compose import ChainedScheduler, SequentialLR
from minitorch_lazy.optim.lr_scheduler.cosine import (
    CosineAnnealingLR,
    CosineAnnealingWarmRestarts,
)
from minitorch_lazy.optim.lr_scheduler.cyclic import CyclicLR
from minitorch_lazy.optim.lr_scheduler.decay import (
    ConstantLR,
    ExponentialLR,
    LinearLR,
    MultiStepLR,
    PolynomialLR,
    StepLR,
)
from minitorch_lazy.optim.lr_scheduler.factor import LambdaLR, MultiplicativeLR
from minitorch_lazy.optim.lr_scheduler.onecycle import OneCycleLR
from minitorch_lazy.optim.lr_scheduler.plateau import ReduceLROnPlateau

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "CyclicLR",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "OneCycleLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
