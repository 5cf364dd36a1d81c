"""Parametrizations: a tensor of a module as a function of others, which are what is trained."""

from minitorch_lazy.nn.utils.parametrize.caching import cached
from minitorch_lazy.nn.utils.parametrize.chain import ParametrizationList
from minitorch_lazy.nn.utils.parametrize.registering import (
    is_parametrized,
    register_parametrization,
    remove_parametrizations,
    transfer_parametrizations_and_params,
    type_before_parametrizations,
)

__all__ = [
    "ParametrizationList",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]
