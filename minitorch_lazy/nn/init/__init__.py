"""Initialisers: what parameters hold before training.

All of them write in place, outside of the graph, and return the tensor. Applied to a lazy parameter
they are remembered, and replayed in order as soon as its shape is known.
"""

from __future__ import annotations

from minitorch_lazy.nn.init.fan import (
    _calculate_correct_fan,
    _calculate_fan_in_and_fan_out,
    calculate_gain,
)
from minitorch_lazy.nn.init.fill import constant_, dirac_, eye_, normal_, ones_, uniform_, zeros_
from minitorch_lazy.nn.init.orthogonal import orthogonal_
from minitorch_lazy.nn.init.renamed import (
    constant,
    dirac,
    eye,
    kaiming_normal,
    kaiming_uniform,
    normal,
    orthogonal,
    sparse,
    uniform,
    xavier_normal,
    xavier_uniform,
)
from minitorch_lazy.nn.init.scaled import (
    kaiming_normal_,
    kaiming_uniform_,
    sparse_,
    xavier_normal_,
    xavier_uniform_,
)
from minitorch_lazy.nn.init.truncated import trunc_normal_
from minitorch_lazy.nn.keyed import keyed

__all__ = [
    "_calculate_correct_fan",
    "_calculate_fan_in_and_fan_out",
    "calculate_gain",
    "constant",
    "constant_",
    "dirac",
    "dirac_",
    "eye",
    "eye_",
    "kaiming_normal",
    "kaiming_normal_",
    "kaiming_uniform",
    "kaiming_uniform_",
    "keyed",
    "normal",
    "normal_",
    "ones_",
    "orthogonal",
    "orthogonal_",
    "sparse",
    "sparse_",
    "trunc_normal_",
    "uniform",
    "uniform_",
    "xavier_normal",
    "xavier_normal_",
    "xavier_uniform",
    "xavier_uniform_",
    "zeros_",
]
