"""What all initialisers have in common."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.computed import chain_of
from minitorch_lazy.nn.keyed import choose_for
from minitorch_lazy.nn.recording import CALLS, Recording


def initializer(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Run an initialiser outside of the graph; a lazy tensor remembers it instead.

    A parametrized tensor is given the initial value through `right_inverse`.
    """

    @functools.wraps(function)
    def call(tensor: Any, *args: Any, **kwargs: Any) -> Tensor:
        if isinstance(tensor, Recording):
            tensor.recorder.record(call, *args, **kwargs)
            return tensor  # type: ignore[return-value]
        chain = chain_of(tensor)
        with no_grad():
            if chain is None:
                return function(tensor, *args, **kwargs)
            chain.right_inverse(function(chain.blank(tensor), *args, **kwargs))
        return chain.value()  # type: ignore[no-any-return]

    CALLS[f"nn.init.{function.__name__}"] = call
    return call


def stream(tensor: Tensor, generator: Generator | None) -> Generator | None:
    """Return the generator to draw from: the given one, else that of `keyed`, else None."""
    return choose_for(tensor) if generator is None else generator
