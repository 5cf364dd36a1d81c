"""Optimizers and learning rate schedules, with PyTorch's names."""

from minitorch_lazy.optim import lr_scheduler
from minitorch_lazy.optim.adadelta import Adadelta
from minitorch_lazy.optim.adam import Adam
from minitorch_lazy.optim.adamax import Adamax
from minitorch_lazy.optim.adamw import AdamW
from minitorch_lazy.optim.optimizer import Optimizer
from minitorch_lazy.optim.radam import RAdam
from minitorch_lazy.optim.rmsprop import RMSprop
from minitorch_lazy.optim.sgd import SGD

__all__ = [
    "SGD", "Adadelta", "Adam", "AdamW", "Adamax", "Optimizer", "RAdam", "RMSprop",
    "lr_scheduler",
]  # fmt: skip
