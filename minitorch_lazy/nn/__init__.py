"""Layers, and what they are made of."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use
from minitorch_lazy.nn import functional, modules, parameter
from minitorch_lazy.nn.deferred import lazy
from minitorch_lazy.nn.modules import HOMES, Module
from minitorch_lazy.nn.parameter import (
    Buffer,
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
)

if TYPE_CHECKING:
    from minitorch_lazy.nn import grad, init, utils
    from minitorch_lazy.nn.modules import *  # noqa: F403
    from minitorch_lazy.nn.previews import dry_run, shapes
    from minitorch_lazy.nn.tables import count_parameters, summary

__all__ = [
    *HOMES,
    "Buffer",
    "Module",
    "Parameter",
    "UninitializedBuffer",
    "UninitializedParameter",
    "count_parameters",
    "dry_run",
    "functional",
    "grad",
    "init",
    "lazy",
    "modules",
    "parameter",
    "shapes",
    "summary",
    "utils",
]

LATER = {
    "count_parameters": "minitorch_lazy.nn.tables",
    "dry_run": "minitorch_lazy.nn.previews",
    "grad": "minitorch_lazy.nn.grad",
    "init": "minitorch_lazy.nn.init",
    "shapes": "minitorch_lazy.nn.previews",
    "summary": "minitorch_lazy.nn.tables",
    "utils": "minitorch_lazy.nn.utils",
}

__getattr__, __dir__ = on_first_use(__name__, {**HOMES, **LATER})
