"""What containers share: children under the names 0, 1, 2 ..., and pairs to fill a dict."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.registry import children_of


def position(index: Any, size: int) -> int:
    """Count an index from the front.

    Raises:
        IndexError: there are not so many elements.
    """
    index = operator.index(index)
    if not -size <= index < size:
        raise IndexError(f"index {index} is out of range")
    return index % size


def pairs_of(elements: Any, container: str) -> Iterator[tuple[Any, Any]]:
    """Walk over pairs of key and value, given as a mapping or one by one.

    Raises:
        TypeError, ValueError: an element is not a pair.
    """
    if not isinstance(elements, Iterable):
        raise TypeError(
            f"{container}.update should be called with an iterable of key/value pairs, but got "
            f"{type(elements).__name__}"
        )
    if isinstance(elements, Mapping) or hasattr(elements, "items"):
        yield from elements.items()
        return
    for place, pair in enumerate(elements):
        if not isinstance(pair, Iterable):
            raise TypeError(
                f"{container} update sequence element #{place} should be Iterable; is"
                f"{type(pair).__name__}"
            )
        pair = tuple(pair)  # noqa: PLW2901 - the same pair
        if len(pair) != 2:
            raise ValueError(
                f"{container} update sequence element #{place} has length {len(pair)}; 2 is "
                "required"
            )
        yield pair


class Numbered(Module):
    """Children in a row."""

    def __len__(self) -> int:
        return len(children_of(self))

    def __iter__(self) -> Iterator[Any]:
        return iter(children_of(self))

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, list(self._modules)[position(idx, len(self))], module)

    def __delitem__(self, idx: int | slice) -> None:
        names = list(self._modules)
        chosen = names[idx] if isinstance(idx, slice) else [names[position(idx, len(names))]]
        for name in chosen:
            delattr(self, name)
        self._modules = dict(zip(map(str, range(len(self))), self, strict=True))

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def append(self, module: Module) -> Self:
        """Add a module at the end.

        Raises:
            TypeError: it is not a module.
        """
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module out and return it."""
        found = self[key]  # type: ignore[index]
        del self[key]
        return found

    def make_room(self, index: int, module: Module) -> None:
        """Put a module at an index; those from there on move up by one."""
        children = list(self)
        children.insert(index, module)
        for place in range(index, len(children)):
            self._modules[str(place)] = children[place]
