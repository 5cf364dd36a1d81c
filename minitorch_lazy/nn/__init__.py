"""Layers, and what they are made of."""

from typing import TYPE_CHECKING

from minitorch_lazy.later import on_first_use
from minitorch_lazy.nn import functional
from minitorch_lazy.nn.modules import HOMES

if TYPE_CHECKING:
    from minitorch_lazy.nn import grad, init, modules, parameter, utils
    from minitorch_lazy.nn.deferred import lazy
    from minitorch_lazy.nn.modules import *  # noqa: F403
    from minitorch_lazy.nn.parameter import (
        Buffer,
        Parameter,
        UninitializedBuffer,
        UninitializedParameter,
    )
    from minitorch_lazy.nn.previews import dry_run, shapes
    from minitorch_lazy.nn.tables import count_parameters, summary

LATER = {
    "grad": "minitorch_lazy.nn.grad",
    "init": "minitorch_lazy.nn.init",
    "modules": "minitorch_lazy.nn.modules",
    "parameter": "minitorch_lazy.nn.parameter",
    "utils": "minitorch_lazy.nn.utils",
    "Buffer": "minitorch_lazy.nn.parameter",
    "Parameter": "minitorch_lazy.nn.parameter",
    "UninitializedBuffer": "minitorch_lazy.nn.parameter",
    "UninitializedParameter": "minitorch_lazy.nn.parameter",
    "count_parameters": "minitorch_lazy.nn.tables",
    "dry_run": "minitorch_lazy.nn.previews",
    "lazy": "minitorch_lazy.nn.deferred",
    "shapes": "minitorch_lazy.nn.previews",
    "summary": "minitorch_lazy.nn.tables",
}

__all__ = [
    *HOMES,
    "Buffer",
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

__getattr__, __dir__ = on_first_use(__name__, {**HOMES, **LATER})
