"""cached(): a parametrized tensor is computed once in a block, as long as nothing changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.nn.snapshot import tensors_of


class Values(WeakKeyDictionary[Any, tuple[list[Any], Any]]):
    """List of parametrizations -> what its value hangs on, and the value.

    Attributes:
        lasting: whether they are kept outside of blocks, and so over several backward passes.
    """

    lasting = False


VALUES: ContextVar[Values | None] = ContextVar("values", default=None)
"""The values of the outermost block that this context is in.

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
    token = VALUES.set(Values())
    try:
        yield
    finally:
        VALUES.reset(token)


def cache_always(mode: bool = True) -> None:
    """Keep parametrized tensors without a block too, by the same rule, in this thread.

    A value whose graph was freed by `backward` is computed anew. PyTorch has no such switch.

    Args:
        mode: False goes back to computing at every access outside of blocks.

    >>> from minitorch_lazy.nn.utils import parametrize
    >>> layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.ReLU())
    >>> parametrize.cache_always()
    >>> layer.weight is layer.weight
    True
    >>> parametrize.cache_always(False)
    """
    values = Values() if mode else None
    if values is not None:
        values.lasting = True
    VALUES.set(values)


def is_freed(value: Any) -> bool:
    """Tell whether `backward` has freed the graph of a value."""
    return value.grad_fn is not None and value.grad_fn.values is None


def value_of(chain: Any) -> Any:
    """Return the value of a list of parametrizations: a kept one that is still right, or a new."""
    values = VALUES.get()
    if values is None:
        return chain()
    kept = values.get(chain)
    if kept is not None:
        state, value = kept
        if same(state, state_of(chain)) and not (values.lasting and is_freed(value)):
            return value
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
