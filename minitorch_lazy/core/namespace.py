"""The namespace in which rules run on Tensors: its functions are the primitives themselves."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from minitorch_lazy.backends.registry import KERNELS, NAMESPACES


class TensorNamespace:
    """Offers every primitive under its name, and every other kernel as its generic body."""

    def __init__(self) -> None:
        for name, body in KERNELS.items():
            self.offer(name, partial(body, self))

    def offer(self, name: str, body: Callable[..., Any]) -> None:
        """Answer to a name with a generic body, unless there is a primitive of that name."""
        if not hasattr(self.__dict__.get(name), "op"):
            self.__dict__[name] = body


TENSOR: Any = TensorNamespace()
NAMESPACES.append(TENSOR)
