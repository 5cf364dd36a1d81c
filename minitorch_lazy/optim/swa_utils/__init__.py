"""Averages of a net's parameters over training: SWA, EMA, and what belongs to them."""

from minitorch_lazy.optim.swa_utils.averages import (
    get_ema_avg_fn,
    get_ema_multi_avg_fn,
    get_swa_avg_fn,
    get_swa_multi_avg_fn,
)
from minitorch_lazy.optim.swa_utils.model import AveragedModel
from minitorch_lazy.optim.swa_utils.schedule import SWALR
from minitorch_lazy.optim.swa_utils.statistics import update_bn

__all__ = [
    "SWALR", "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
    "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip
