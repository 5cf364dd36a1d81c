"""cached(): a parametrized tensor is computed once in a block, as long as nothing changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.nn.settling import tensors_of

Values = WeakKeyDictionary[Any, tuple[list[Any], Any]]

VALUES: ContextVar[Values | None] = ContextVar("values", default=None)
"""The values of the outermost block that this context is in: list of parametrizations -> value.

A thread that is started inside a block is not in it.
"""


@contextmanager
def cached() -> Iterator[None]:
    """Compute each parametrized tensor once in the block, and again only after a change.

    A value is used again while the originals, the buffers of the parametrizations, the modes of
    training and the recording of gradients are what they were: after an assignment, a step of an
    optimizer or `load_state_dict` it is computed anew.

    Source: torch.nn.utils.parametrize.cached.

    >>> from minitorch_lazy.nn.utils import parametrize
    >>> layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.ReLU())
    >>> layer.weight is layer.weight
    False
    >>> with parametrize.cached():
    ...     layer.weight is layer.weight
    True
    """
    if VALUES.get() is not None:
        yield
        return
    token = VALUES.set(WeakKeyDictionary())
    try:
        yield
    finally:
        VALUES.reset(token)


def value_of(chain: Any) -> Any:
    """Return the value of a list of parametrizations: a kept one that is still right, or a new."""
    values = VALUES.get()
    if values is None:
        return chain()
    kept = values.get(chain)
    if kept is not None and same(kept[0], state_of(chain)):
        return kept[1]
    value = chain()
    values[chain] = (state_of(chain), value)
    return value


def state_of(chain: Any) -> list[Any]:
    """Return all that a value hangs on: objects, to be compared by identity, and small numbers."""
    found: list[Any] = [GRAD.get()]
    for module in chain.modules():
        found.append(module.training)
        for tensor in tensors_of(module):
            found += (tensor, tensor.array, tensor.requires_grad, tensor._version)
    return found


def same(before: list[Any], now: list[Any]) -> bool:
    """Tell whether nothing has changed; versions are compared as numbers."""
    return len(before) == len(now) and all(
        a is b or (a.__class__ is int and a == b) for a, b in zip(before, now, strict=True)
    )
