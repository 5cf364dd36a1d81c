"""Layers in a row, each given the output of the one before."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Self

from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container.numbered import Numbered, position
from minitorch_lazy.nn.registry import MODULE


class Sequential(Numbered):
    """Layers in a row, each given the output of the one before.

    Args:
        args: modules, or one OrderedDict of names and modules.

    Source: torch.nn.Sequential.

    >>> import minitorch_lazy as torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Identity())
    >>> net.append(torch.nn.Linear(8, 2))(torch.ones(3, 4)).shape
    torch.Size([3, 2])
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            for place, module in enumerate(args):
                self.add_module(str(place), module)

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return self.__class__(OrderedDict(list(self._modules.items())[idx]))
        return list(self)[position(idx, len(self))]

    def __add__(self, other: Any) -> Sequential:
        return Sequential(*self, *require_sequential(other))

    def __iadd__(self, other: Any) -> Self:
        return self.extend(list(require_sequential(other)))

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*list(self) * require_factor(self, other))

    def __rmul__(self, other: int) -> Sequential:
        return self * other

    def __imul__(self, other: int) -> Self:
        return self.extend(list(self) * (require_factor(self, other) - 1))

    def forward(self, input: Any) -> Any:
        """Lead the input through all layers."""
        values = self.__dict__
        for name, kind in tuple(values["__registry__"].items()):
            if kind == MODULE:
                input = values[name](input)
        return input

    def insert(self, index: int, module: Module) -> Self:
        """Put a module at an index; those from there on move up by one.

        Raises:
            AssertionError: it is not a module.
            IndexError: the index is out of range.

        Source: torch.nn.Sequential.insert.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        size = len(self)
        if not -size <= index <= size:
            raise IndexError(f"Index out of range: {index}")
        self.make_room(index + size if index < 0 else index, module)
        return self

    def extend(self, sequential: Iterable[Module]) -> Self:
        """Add modules at the end.

        Source: torch.nn.Sequential.extend.
        """
        for module in sequential:
            self.append(module)
        return self


def require_sequential(other: Any) -> Sequential:
    """Refuse to add anything but layers in a row."""
    if not isinstance(other, Sequential):
        raise ValueError(
            f"add operator supports only objects of Sequential class, but {type(other)} is given."
        )
    return other


def require_factor(net: Sequential, times: Any) -> int:
    """Refuse to repeat layers other than a positive number of times."""
    if not isinstance(times, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(net)} and {type(times)}")
    if times <= 0:
        raise ValueError(f"Non-positive multiplication factor {times} for {type(net)}")
    return times
