"""Which tensors were computed by a parametrization: initialisers write through them."""

from __future__ import annotations

from typing import Any
from weakref import ref

COMPUTED: dict[int, tuple[ref[Any], ref[Any]]] = {}
"""Id of a computed tensor -> the tensor and the list of parametrizations, as long as it lives."""


def note(tensor: Any, chain: Any) -> None:
    """Remember from which parametrizations a tensor comes."""
    number = id(tensor)
    COMPUTED[number] = (ref(tensor, lambda _: COMPUTED.pop(number, None)), ref(chain))


def chain_of(tensor: Any) -> Any:
    """Return the parametrizations that computed a tensor; None if none did."""
    found = COMPUTED.get(id(tensor))
    return found[1]() if found is not None and found[0]() is tensor else None
