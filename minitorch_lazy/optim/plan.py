"""Plan: how a step walks over parameters whose state lies flat.

Small parameters of one group, dtype, device and age share a bucket: their gradients are gathered
into one flat array, the rule runs on it once, and the result is subtracted from each. A large
parameter is walked block by block, so that all passes over a block find it in the cache.
Parameters and gradients themselves are never moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from operator import is_
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Bucket, Gathered, Large, Scratch
from minitorch_lazy.optim.entries import Entries

SMALL = 16384
"""Elements up to which one copy of the gradient costs less than a walk of its own."""

Group = dict[str, Any]


def same(ours: list[Any], theirs: list[Any]) -> bool:
    """Tell whether two lists hold the same objects."""
    return len(ours) == len(theirs) and all(map(is_, ours, theirs))


def values_of(state: dict[Any, Any]) -> list[Any]:
    """Return every value of every parameter's state."""
    entries: Iterable[dict[str, Any]] = [e for e in state.values() if isinstance(e, dict)]
    return list(chain.from_iterable(map(dict.values, entries)))


class Plan:
    """The buckets of one optimizer, and what they were made for.

    Attributes:
        work: pairs (group, its buckets).
    """

    def __init__(self, optimizer: Any) -> None:
        self.scratch: dict[Any, Scratch] = {}
        self.work: list[tuple[Group, list[Bucket]]] = []
        groups = [g for g in optimizer.param_groups if not g["differentiable"]]
        for group in groups:
            self.work.append((group, self.buckets(optimizer, group)))
        self.groups = groups
        self.options = [optimizer.slots(group) for group in groups]
        self.parameters = [p for group in groups for p in group["params"]]
        self.arrays = [p.array for p in self.parameters]
        self.present = [p.gradient is not None for p in self.parameters]
        self.values = values_of(optimizer.state)

    def fits(self, optimizer: Any) -> bool:
        """Tell whether nothing has changed that the buckets were made for."""
        groups = [g for g in optimizer.param_groups if not g["differentiable"]]
        parameters = [p for group in groups for p in group["params"]]
        return (
            same(self.groups, groups)
            and self.options == [optimizer.slots(group) for group in groups]
            and same(self.parameters, parameters)
            and same(self.arrays, [p.array for p in parameters])
            and self.present == [p.gradient is not None for p in parameters]
            and same(self.values, values_of(optimizer.state))
            and all(bucket.one_age() for _, buckets in self.work for bucket in buckets)
        )

    def buckets(self, optimizer: Any, group: Group) -> list[Bucket]:
        """Sort the parameters of one group that have a gradient into buckets."""
        small: dict[Any, list[Tensor]] = {}
        made: list[Bucket] = []
        entries = Entries(optimizer, group)
        for parameter in group["params"]:
            if parameter.gradient is None:
                continue
            optimizer.check_step(parameter, group)
            entries.open(parameter)
            array = parameter.array
            backend = BACKEND[type(array)]
            if array.size > SMALL and array.flags.c_contiguous and array.dtype.kind != "c":
                scratch = self.scratch_for(parameter, backend.optim_block)
                made.append(Large(backend, entries, [parameter], scratch))
                continue
            key = (parameter.device, array.dtype, entries.age(parameter), entries.first(parameter))
            waiting = small.setdefault(key, [])
            if waiting and sum(p.array.size for p in waiting) + array.size > backend.optim_block:
                made.append(self.gathered(entries, waiting))
                waiting.clear()
            waiting.append(parameter)
        return made + [self.gathered(entries, waiting) for waiting in small.values()]

    def gathered(self, entries: Entries, parameters: list[Tensor]) -> Gathered:
        """Make a bucket of small parameters."""
        backend = BACKEND[type(parameters[0].array)]
        size = sum(p.array.size for p in parameters)
        scratch = self.scratch_for(parameters[0], max(size, backend.optim_block))
        return Gathered(backend, entries, list(parameters), scratch)

    def scratch_for(self, parameter: Tensor, size: int) -> Scratch:
        """Return scratch arrays of a parameter's kind, shared by its buckets where they fit."""
        key = (parameter.device, parameter.array.dtype)
        found = self.scratch.get(key)
        if found is None or found.gradient.size < size:
            found = self.scratch[key] = Scratch(parameter.array, size)
        return found
