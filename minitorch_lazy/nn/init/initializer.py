"""What all initialisers have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.keyed import choose_for
from minitorch_lazy.nn.recording import Recording


def initializer(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Run an initialiser outside of the graph; a lazy tensor remembers it instead."""

    @functools.wraps(function)
    def call(tensor: Any, *args: Any, **kwargs: Any) -> Tensor:
        if isinstance(tensor, Recording):
            tensor.recorder.record(call, *args, **kwargs)
            return tensor  # type: ignore[return-value]
        with no_grad():
            return function(tensor, *args, **kwargs)

    return call


def stream(tensor: Tensor, generator: Generator | None) -> Generator | None:
    """Return the generator to draw from: the given one, else that of `keyed`, else None."""
    return choose_for(tensor) if generator is None else generator
