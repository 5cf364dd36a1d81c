"""One line for each lazy class, and what the tests ask of all of them."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy import nn


class Case(NamedTuple):
    """A lazy constructor, its eager twin, and the shapes of the arguments of the first call."""

    lazy: str
    eager: str
    shapes: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """The lazy class."""
        return self.lazy.partition("(")[0]


CASES = [
    Case("LazyLinear(4)", "Linear(3, 4)", ((2, 3),)),
    Case("LazyLinear(4, bias=False)", "Linear(3, 4, bias=False)", ((2, 5, 3),)),
    Case("LazyBilinear(4)", "Bilinear(3, 5, 4)", ((2, 3), (2, 5))),
    Case("LazyConv1d(4, 3)", "Conv1d(2, 4, 3)", ((2, 2, 7),)),
    Case("LazyConv2d(4, 3, padding=1, groups=2, bias=False)",
         "Conv2d(2, 4, 3, padding=1, groups=2, bias=False)", ((2, 2, 5, 6),)),
    Case("LazyConv3d(3, 2)", "Conv3d(2, 3, 2)", ((1, 2, 3, 4, 3),)),
    Case("LazyConvTranspose1d(4, 3)", "ConvTranspose1d(2, 4, 3)", ((2, 2, 7),)),
    Case("LazyConvTranspose2d(4, 3, stride=2, output_padding=1)",
         "ConvTranspose2d(2, 4, 3, stride=2, output_padding=1)", ((2, 2, 3, 4),)),
    Case("LazyConvTranspose3d(4, 2, groups=2, bias=False)",
         "ConvTranspose3d(2, 4, 2, groups=2, bias=False)", ((1, 2, 3, 2, 3),)),
    Case("LazyBatchNorm1d()", "BatchNorm1d(3)", ((4, 3),)),
    Case("LazyBatchNorm2d(affine=False)", "BatchNorm2d(3, affine=False)", ((2, 3, 2, 2),)),
    Case("LazyBatchNorm3d(track_running_stats=False)",
         "BatchNorm3d(3, track_running_stats=False)", ((2, 3, 1, 2, 2),)),
    Case("LazyBatchNorm()", "BatchNorm1d(3)", ((4, 3, 2),)),
    Case("LazyBatchNorm()", "BatchNorm2d(3)", ((2, 3, 2, 2),)),
    Case("LazyBatchNorm()", "BatchNorm3d(3)", ((2, 3, 1, 2, 2),)),
    Case("LazyInstanceNorm1d()",
         "InstanceNorm1d(3, affine=True, track_running_stats=True)", ((2, 3, 4),)),
    Case("LazyInstanceNorm2d()",
         "InstanceNorm2d(3, affine=True, track_running_stats=True)", ((2, 3, 2, 2),)),
    Case("LazyInstanceNorm3d(affine=False)",
         "InstanceNorm3d(3, affine=False, track_running_stats=True)", ((2, 3, 1, 2, 2),)),
    Case("LazyLayerNorm(normalized_dims=1)", "LayerNorm(3)", ((2, 3),)),
    Case("LazyLayerNorm(normalized_dims=2)", "LayerNorm((4, 3))", ((2, 4, 3),)),
    Case("LazyGroupNorm(2)", "GroupNorm(2, 4)", ((2, 4, 3),)),
    Case("LazyRMSNorm()", "RMSNorm(3)", ((2, 3),)),
    Case("LazyPReLU()", "PReLU(3)", ((2, 3, 2),)),
    Case("LazyRNN(4)", "RNN(3, 4)", ((5, 2, 3),)),
    Case("LazyLSTM(4, num_layers=2)", "LSTM(3, 4, num_layers=2)", ((5, 2, 3),)),
    Case("LazyGRU(4, bidirectional=True)", "GRU(3, 4, bidirectional=True)", ((5, 2, 3),)),
    Case("LazyRNNCell(4)", "RNNCell(3, 4)", ((2, 3),)),
    Case("LazyLSTMCell(4)", "LSTMCell(3, 4)", ((2, 3),)),
    Case("LazyGRUCell(4)", "GRUCell(3, 4)", ((2, 3),)),
    Case("LazyMultiheadAttention(2)", "MultiheadAttention(4, 2)", ((5, 2, 4),) * 3),
]  # fmt: skip
NAMES = sorted({case.name for case in CASES})
BUILT = [case for case in CASES if hasattr(nn, case.name)]
"""Those whose class there is; `test_every_lazy_class_is_there` names the others."""

COPIES: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda net: pickle.loads(pickle.dumps(net)),
    "copy": copy.copy,
}


def listed(text: str) -> list[str]:
    """Split a text at semicolons and ends of lines."""
    return [part.strip() for part in text.replace("\n", ";").split(";") if part.strip()]


def label(case: Case) -> str:
    """Name a case in the list of tests."""
    return f"{case.lazy}{len(case.shapes[0])}d"


def build(line: str, package: Any = torch, seed: int = 0) -> Any:
    """Make a layer with fresh random numbers."""
    package.manual_seed(seed)
    return eval(f"nn.{line}", {"nn": package.nn, "torch": package})


def arrays(case: Case) -> list[np.ndarray]:
    """Draw the arguments of the first call."""
    random = np.random.default_rng(0)
    return [random.standard_normal(shape).astype(np.float32) for shape in case.shapes]


def inputs(case: Case, package: Any = torch, dtype: str = "float32") -> list[Any]:
    """Return the arguments of the first call as tensors."""
    return [package.tensor(array).to(getattr(package, dtype)) for array in arrays(case)]


def bits(net: Any) -> dict[str, Any]:
    """Return dtype and bytes of all that is initialized, and the class of what is not."""
    return {
        name: type(value).__name__
        if nn.parameter.is_lazy(value)
        else (str(value.dtype), value.detach().numpy().tobytes())
        for name, value in net.state_dict().items()
    }


def lazy_names(net: Any) -> list[str]:
    """List what of a state dict is lazy."""
    return [name for name, value in net.state_dict().items() if nn.parameter.is_lazy(value)]


def flat(output: Any) -> list[np.ndarray]:
    """List the arrays of an output, be it a tensor or tuples of them."""
    if isinstance(output, tuple | list):
        return [array for part in output for array in flat(part)]
    return [] if output is None else [output.detach().numpy()]
