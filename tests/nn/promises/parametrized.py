"""Parametrizations that the tests register, and what they ask of a module."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.promises.classes import bits


class Symmetric(nn.Module):
    """Mirror the upper triangle."""

    def forward(self, X):
        return X.triu() + X.triu(1).transpose(-1, -2)

    def right_inverse(self, A):
        return A.triu()


class Doubled(nn.Module):
    """Double the original: exact in floating point, and visible at once in a weight."""

    def forward(self, X):
        return X * 2

    def right_inverse(self, A):
        return A / 2


class Shifted(nn.Module):
    """Add 1, and know no way back."""

    def forward(self, X):
        return X + 1


class Squared(nn.Module):
    """A parametrization whose graph keeps its input."""

    def forward(self, X):
        return X * X

    def right_inverse(self, A):
        return A.abs() ** 0.5


class Sum(nn.Module):
    """Add two originals."""

    def forward(self, a, b):
        return a + b

    def right_inverse(self, A):
        return A / 2, A / 2


class One(nn.Module):
    """One original in a sequence of length 1."""

    def forward(self, X):
        return X * 2

    def right_inverse(self, A):
        return [A / 2]


class Undecided(nn.Module):
    """Declare a right_inverse that there is not."""

    def forward(self, X):
        return X * 2

    def right_inverse(self, A):
        raise NotImplementedError


class Counting(nn.Module):
    """Count the calls of forward and right_inverse."""

    calls = 0
    inverses = 0

    def forward(self, X):
        self.calls += 1
        return X * 2

    def right_inverse(self, A):
        self.inverses += 1
        return A / 2


def of(package: Any, kind: type) -> Any:
    """Make a parametrization, on the modules of another package where it is not ours."""
    if package is torch:
        return kind()
    own = {name: value for name, value in vars(kind).items() if not name.startswith("_")}
    return type(kind.__name__, (package.nn.Module,), own)()


def packages() -> tuple[Any, Any]:
    """Return both packages."""
    return torch, pytest.importorskip("torch")


def tools(package: Any = torch) -> Any:
    """Return the functions of nn.utils.parametrize."""
    return package.nn.utils.parametrize


def linear(*kinds: type, package: Any = torch, sizes: Any = (3, 3), seed: int = 0, **flags: Any):
    """Make a Linear whose weight has these parametrizations."""
    package.manual_seed(seed)
    layer = package.nn.Linear(*sizes)
    for kind in kinds:
        tools(package).register_parametrization(layer, "weight", of(package, kind), **flags)
    return layer


def array(tensor: Any) -> np.ndarray:
    """Return a copy of the numbers of a tensor."""
    return tensor.detach().numpy().copy()


def title(net: Any) -> str:
    """Return the name that the repr begins with."""
    return repr(net).partition("(")[0]


def portrait(*modules: Any) -> list[Any]:
    """Describe all that a refusal must leave as it was."""
    return [
        (
            repr(net), list(bits(net).items()),
            [(n, id(p), type(p), p.requires_grad) for n, p in net.named_parameters()],
            [(n, id(b), type(b)) for n, b in net.named_buffers()],
            [(type(m), m.training, len(m._forward_pre_hooks), len(m._load_state_dict_pre_hooks),
              sorted(vars(m))) for m in net.modules()],
            torch.get_rng_state().tolist(),
        )
        for net in modules
    ]  # fmt: skip


def in_threads(work: Any, number: int = 8) -> list[Any]:
    """Run `work(i)` in several threads that start together; return results or errors."""
    start, found = threading.Barrier(number), [None] * number

    def run(i: int) -> None:
        start.wait()
        try:
            found[i] = work(i)
        except Exception as error:
            found[i] = error

    threads = [threading.Thread(target=run, args=(i,)) for i in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found
