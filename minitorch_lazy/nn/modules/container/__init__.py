"""Modules that hold modules or parameters, as lists and dicts."""

from __future__ import annotations

from minitorch_lazy.nn.modules.container.modules import ModuleDict, ModuleList
from minitorch_lazy.nn.modules.container.parameters import ParameterDict, ParameterList
from minitorch_lazy.nn.modules.container.sequential import Sequential

__all__ = ["ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]
