"""Normalisation, in torch's signatures."""

from minitorch_lazy.nn.functional.norm.batch import batch_norm
from minitorch_lazy.nn.functional.norm.layer import layer_norm, rms_norm
from minitorch_lazy.nn.functional.norm.response import local_response_norm
from minitorch_lazy.nn.functional.norm.sample import group_norm, instance_norm

__all__ = [
    "batch_norm",
    "group_norm",
    "instance_norm",
    "layer_norm",
    "local_response_norm",
    "rms_norm",
]
