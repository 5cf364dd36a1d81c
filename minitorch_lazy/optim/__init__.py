"""Optimizers and learning rate schedules, with PyTorch's names."""

from minitorch_lazy.optim import lr_scheduler
from minitorch_lazy.optim.adam import Adam
from minitorch_lazy.optim.adamw import AdamW
from minitorch_lazy.optim.optimizer import Optimizer
from minitorch_lazy.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
