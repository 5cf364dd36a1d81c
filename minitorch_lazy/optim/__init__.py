"""Optimizers and learning rate schedules, with PyTorch's names."""

from minitorch_lazy.optim import lr_scheduler, swa_utils
from minitorch_lazy.optim.adadelta import Adadelta
from minitorch_lazy.optim.adafactor import Adafactor
from minitorch_lazy.optim.adagrad import Adagrad
from minitorch_lazy.optim.adam import Adam
from minitorch_lazy.optim.adamax import Adamax
from minitorch_lazy.optim.adamw import AdamW
from minitorch_lazy.optim.asgd import ASGD
from minitorch_lazy.optim.lbfgs import LBFGS
from minitorch_lazy.optim.muon import Muon
from minitorch_lazy.optim.nadam import NAdam
from minitorch_lazy.optim.optimizer import Optimizer
from minitorch_lazy.optim.radam import RAdam
from minitorch_lazy.optim.rmsprop import RMSprop
from minitorch_lazy.optim.rprop import Rprop
from minitorch_lazy.optim.sgd import SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "Muon",
    "NAdam", "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler", "swa_utils",
]  # fmt: skip
