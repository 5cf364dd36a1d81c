"""The layers that live: every lazy class, every short form, and a layer of one's own."""

from __future__ import annotations

from functools import cache
from types import CodeType
from typing import Any, NamedTuple

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import BUILT, Case
from tests.nn.promises.test_loading import RANKED
from tests.nn.promises.test_user_layers import SHORT

BROKEN: list[Exception] = []
"""While it holds an error, building a layer of one's own raises it."""


class Affine(nn.Module):
    """A layer that knows nothing of laziness, with parameters, a buffer and a child."""

    def __init__(self, width: int, units: int) -> None:
        super().__init__()
        self.width, self.units = width, units
        self.weight = nn.Parameter(torch.randn(width, units))
        if BROKEN:
            raise BROKEN[0]
        self.inner = nn.Linear(units, 2)
        self.register_buffer("seen", torch.zeros(width))

    def forward(self, x: Any) -> Any:
        return self.inner(x @ self.weight + self.seen.sum())

    def extra_repr(self) -> str:
        return f"{self.width}, {self.units}"


class Noise(nn.Module):
    """A layer that can draw its parameter anew."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.reset_parameters()
        if BROKEN:
            raise BROKEN[0]

    def reset_parameters(self) -> None:
        nn.init.uniform_(self.weight)

    def forward(self, x: Any) -> Any:
        return x + self.weight


def last(x: Any) -> int:
    """Return the width of an input: the rule of the lazy form."""
    return x.shape[-1]


LazyAffine = nn.lazy(Affine, width=last)
LazyNoise = nn.lazy(Noise, width=last)
NAMES = {"nn": nn, "torch": torch, "Affine": Affine, "LazyAffine": LazyAffine,
         "Noise": Noise, "LazyNoise": LazyNoise}  # fmt: skip


class Kind(NamedTuple):
    """A way to write a layer, its eager twin, and the arguments of its first call.

    Attributes:
        drawn: the dtype in which a layer of one's own draws, whatever it is converted to before.
    """

    line: str
    eager: str
    shapes: tuple[tuple[int, ...], ...]
    drawn: torch.dtype | None = None

    def make(self) -> Any:
        """Build the layer as it is written."""
        return built(self.line)

    def make_eager(self, dtype: torch.dtype) -> Any:
        """Build its eager twin with elements of a type."""
        if self.drawn:
            return built(self.eager).to(dtype)
        return built(f"{self.eager[:-1]}, dtype={dtype})")

    def arguments(self, dtype: torch.dtype) -> tuple[Any, ...]:
        """Return numbers to call the layer with, the same ones each time."""
        return tuple(numbers(shape).to(dtype) for shape in self.shapes)

    def specs(self, dtype: torch.dtype, batch: bool) -> tuple[Any, ...]:
        """Return the shapes of these arguments, with the first size left open or not."""
        return tuple(
            torch.spec((None, *shape[1:]) if batch else shape, dtype) for shape in self.shapes
        )

    def compares(self, odd: str) -> bool:
        """Tell whether odd arguments show a lazy layer the sizes that its eager twin has."""
        families = {"less": ("Linear", "Conv", "BatchNorm"), "more": ("Linear", "Conv")}
        return odd not in families or any(family in self.eager for family in families[odd])


def built(line: str) -> Any:
    """Build what a line says."""
    return eval(compiled(line), dict(NAMES))


@cache
def compiled(line: str) -> CodeType:
    """Compile a line once for all the lives in which it occurs."""
    return compile(line, line, "eval")


def numbers(shape: tuple[int, ...]) -> Any:
    """Return numbers between -1 and 1 without drawing from any stream."""
    count = 1
    for size in shape:
        count *= size
    return torch.tensor([((7 * i + 3) % 11 - 5) / 5 for i in range(count)]).reshape(shape)


def kind(case: Case, line: str) -> Kind:
    """Turn a line of the tables of classes into a kind of layer."""
    return Kind(f"nn.{line}", f"nn.{case.eager}", case.shapes)


def offers(case: Case) -> bool:
    """Tell whether the class of a line is there."""
    return hasattr(nn, case.name)


KINDS = [
    *[kind(case, case.lazy) for case in BUILT if case.name not in RANKED],
    *[kind(case, case.lazy) for case in SHORT if offers(case)],
    *[kind(case, case.eager) for case in BUILT],
    Kind("LazyAffine(units=3)", "Affine(4, 3)", ((2, 4),), torch.float32),
    Kind("LazyNoise()", "Noise(4)", ((2, 4),), torch.float32),
    Kind("Affine(4, 3)", "Affine(4, 3)", ((2, 4),), torch.float32),
]
"""RANKED classes are left out: a state does not say what they become."""
