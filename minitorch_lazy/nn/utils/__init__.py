"""Tools for gradients, parameters and sequences."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use
from minitorch_lazy.nn.utils.clip_grad import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)

if TYPE_CHECKING:
    from minitorch_lazy.nn.utils import parametrizations, parametrize, rnn
    from minitorch_lazy.nn.utils.spectral_hook import remove_spectral_norm, spectral_norm
    from minitorch_lazy.nn.utils.weight_hook import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm_",
    "clip_grad_value_",
    "clip_grads_with_norm_",
    "get_total_norm",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "rnn",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]

__getattr__, __dir__ = on_first_use(
    __name__,
    {
        "parametrizations": "minitorch_lazy.nn.utils.parametrizations",
        "parametrize": "minitorch_lazy.nn.utils.parametrize",
        "remove_spectral_norm": "minitorch_lazy.nn.utils.spectral_hook",
        "remove_weight_norm": "minitorch_lazy.nn.utils.weight_hook",
        "rnn": "minitorch_lazy.nn.utils.rnn",
        "spectral_norm": "minitorch_lazy.nn.utils.spectral_hook",
        "weight_norm": "minitorch_lazy.nn.utils.weight_hook",
    },
)
