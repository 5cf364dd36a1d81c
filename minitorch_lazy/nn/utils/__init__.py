"""Tools for gradients and parameters."""

from minitorch_lazy.nn.utils import parametrize
from minitorch_lazy.nn.utils.clip_grad import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parametrize",
    "parameters_to_vector",
    "vector_to_parameters",
]
