"""Modules in a list and in a dict."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, ValuesView
from itertools import groupby
from typing import Any, Self

from minitorch_lazy.nn.module import Module, shifted
from minitorch_lazy.nn.modules.container.numbered import Numbered, pairs_of, position


class ModuleList(Numbered):
    """Modules in a list, which the module that holds it sees as its own.

    Args:
        modules: what is in it from the start.

    Source: torch.nn.ModuleList.

    >>> import minitorch_lazy as torch
    >>> torch.nn.ModuleList([torch.nn.Identity(), torch.nn.Identity()])
    ModuleList(
      (0-1): 2 x Identity()
    )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        if modules is not None:
            self += modules

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return self.__class__(list(self)[idx])
        return self._modules[str(position(idx, len(self)))]

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self, modules: Iterable[Module]) -> Self:
        return self.extend(modules)

    def __repr__(self) -> str:
        lines, start = [], 0
        for text, group in groupby(map(repr, self)):
            count = len(list(group))
            last = start + count - 1
            label = f"({start}): " if count == 1 else f"({start}-{last}): {count} x "
            lines.append("\n  " + shifted(label + text))
            start += count
        return f"{self._get_name()}({''.join(lines)}" + ("\n)" if lines else ")")

    def insert(self, index: int, module: Module) -> None:
        """Put a module before the one at an index.

        Source: torch.nn.ModuleList.insert.
        """
        size = len(self)
        self.make_room(min(max(index + size if index < 0 else index, 0), size), module)

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end.

        Raises:
            TypeError: `modules` cannot be iterated.

        Source: torch.nn.ModuleList.extend.
        """
        if not isinstance(modules, Iterable):
            raise TypeError(
                "ModuleList.extend should be called with an iterable, but got "
                f"{type(modules).__name__}"
            )
        for module in list(modules):
            self.append(module)
        return self


class ModuleDict(Module):
    """Modules by name, which the module that holds it sees as its own.

    Args:
        modules: a mapping, or pairs, that are in it from the start.

    Source: torch.nn.ModuleDict.

    >>> import minitorch_lazy as torch
    >>> choices = torch.nn.ModuleDict({"keep": torch.nn.Identity()})
    >>> choices["keep"](3)
    3
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: Any) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Take a module out and return it.

        Raises:
            KeyError: there is none of this name.
        """
        found = self[key]
        del self[key]
        return found

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._modules.keys()

    def items(self) -> ItemsView[str, Any]:
        """Return names and modules."""
        return self._modules.items()

    def values(self) -> ValuesView[Any]:
        """Return the modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules from a mapping or from pairs; those of the same name are replaced.

        Raises:
            TypeError, ValueError: an element is not a pair.

        Source: torch.nn.ModuleDict.update.
        """
        for key, module in pairs_of(modules, "ModuleDict"):
            self[key] = module
