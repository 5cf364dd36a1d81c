"""Parametrizations: a tensor of a module as a function of others, which are what is trained."""

from minitorch_lazy.nn.utils.parametrize.caching import cache_always, cached
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
    "cache_always",
    "cached",
    "is_parametrized",
    "register_parametrization",
    "remove_parametrizations",
    "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]
