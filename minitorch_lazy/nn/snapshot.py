"""Tensors and modules as they were, so that the same objects can be made so again."""

from __future__ import annotations

from collections import OrderedDict
from types import MemberDescriptorType
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.registry import BUFFERS, PARAMETER, members
from minitorch_lazy.nn.uninitialized import STORAGE

SLOTS = [slot for slot in vars(Tensor).values() if isinstance(slot, MemberDescriptorType)]
"""Everything that a tensor is besides its attributes."""

TABLES = ("__hooks__", "__state_hooks__")


class TensorState:
    """A tensor as it was: the same object can be made so again."""

    __slots__ = ("tensor", "cls", "slots", "attributes", "elements")

    def __init__(self, tensor: Any, elements: bool) -> None:
        self.tensor, self.cls = tensor, tensor.__class__
        self.slots = [slot.__get__(tensor) for slot in SLOTS]
        self.attributes = dict(tensor.__dict__)
        array = STORAGE.__get__(tensor)
        self.elements = BACKEND[array.__class__].copy(array) if elements else None

    def restore(self) -> None:
        """Make the tensor what it was."""
        tensor = self.tensor
        for slot, value in zip(SLOTS, self.slots, strict=True):
            slot.__set__(tensor, value)
        if self.elements is not None:
            BACKEND[self.elements.__class__].copy_into(STORAGE.__get__(tensor), self.elements)
        tensor.__dict__.clear()
        tensor.__dict__.update(self.attributes)
        tensor.__class__ = self.cls


class Snapshot:
    """A module as it was: class, attributes, registry, hooks, tensors, draws; not its children.

    Args:
        module: what may be changed.
        elements: whether also the elements of its tensors may be changed in place.
    """

    def __init__(self, module: Any, elements: bool = False) -> None:
        self.module, self.cls = module, module.__class__
        self.attributes = dict(module.__dict__)
        self.registry = dict(module.__dict__["__registry__"])
        self.tables = {
            name: {kind: (hooks, OrderedDict(hooks)) for kind, hooks in table.items()}
            for name in TABLES
            if (table := module.__dict__.get(name)) is not None
        }
        self.tensors = [TensorState(tensor, elements) for tensor in tensors_of(module)]
        self.key = module.__dict__.get("__key__")
        self.draws = self.key.draws if self.key is not None else 0

    def restore(self) -> None:
        """Make the module what it was."""
        for tensor in self.tensors:
            tensor.restore()
        registry = self.attributes["__registry__"]
        registry.clear()
        registry.update(self.registry)
        for name, kinds in self.tables.items():
            for hooks, before in kinds.values():
                refill(hooks, before)
                for number in before:
                    hooks.move_to_end(number)
            refill(self.attributes[name], {kind: hooks for kind, (hooks, _) in kinds.items()})
        refill(self.module.__dict__, self.attributes)
        if self.key is not None:
            self.key.draws = self.draws
        self.module.__class__ = self.cls


def refill(mapping: Any, content: Any) -> None:
    """Make a dict hold exactly this, and at no moment less: another thread may be reading it."""
    mapping.update(content)
    for name in set(mapping) - set(content):
        del mapping[name]


def tensors_of(module: Any) -> list[Any]:
    """Return a module's own parameters and buffers."""
    return [value for _, value in members(module, PARAMETER, *BUFFERS) if value is not None]
