"""The namespace in which rules run on Tensors: its functions are the primitives themselves."""

from __future__ import annotations

from functools import partial
from typing import Any

from minitorch_lazy.backends.registry import KERNELS


class TensorNamespace:
    """Offers every primitive under its name, and every other kernel as its generic body."""

    def __getattr__(self, name: str) -> Any:
        if name not in KERNELS:
            raise AttributeError(f"no primitive and no kernel is called {name!r}")
        found = partial(KERNELS[name], self)
        self.__dict__[name] = found
        return found


TENSOR = TensorNamespace()
