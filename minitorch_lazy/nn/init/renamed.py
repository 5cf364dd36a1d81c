"""Initialisers under the names that they had before PyTorch 0.4."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.init import fill, scaled
from minitorch_lazy.nn.init.orthogonal import orthogonal_


def renamed(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Make the initialiser of the old name, which says what the new one is."""
    old = function.__name__[:-1]

    @functools.wraps(function)
    def call(*args: object, **kwargs: object) -> Tensor:
        warnings.warn(
            f"`nn.init.{old}` is now deprecated in favor of `nn.init.{function.__name__}`.",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = old
    call.__doc__ = f"Do what `{function.__name__}` does, under its old name."
    return call


constant = renamed(fill.constant_)
dirac = renamed(fill.dirac_)
eye = renamed(fill.eye_)
kaiming_normal = renamed(scaled.kaiming_normal_)
kaiming_uniform = renamed(scaled.kaiming_uniform_)
normal = renamed(fill.normal_)
orthogonal = renamed(orthogonal_)
sparse = renamed(scaled.sparse_)
uniform = renamed(fill.uniform_)
xavier_normal = renamed(scaled.xavier_normal_)
xavier_uniform = renamed(scaled.xavier_uniform_)
