"""Plan: how a step walks over parameters whose state lies flat.

Small parameters of one group, dtype, device and age share a bucket: their gradients are gathered
into one flat array, the rule runs on it once, and the result is subtracted from each. A large
parameter is walked block by block, so that all passes over a block find it in the cache.
Parameters and gradients themselves are never moved.
"""

from __future__ import annotations

from collections import Counter
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


def flat_groups(optimizer: Any) -> list[Group]:
    """Return the groups whose steps are not recorded."""
    return [group for group in optimizer.param_groups if not group["differentiable"]]


def arrays_of(group: Group) -> list[Any]:
    """Return the array of every parameter of a group; None where it has no gradient."""
    return [None if p.gradient is None else p.array for p in group["params"]]


class Plan:
    """The buckets of one optimizer, and what they were made for.

    Attributes:
        work: pairs (group, its buckets).
    """

    def __init__(self, optimizer: Any) -> None:
        self.scratch: dict[Any, Scratch] = {}
        self.groups = flat_groups(optimizer)
        self.work = [(group, self.buckets(optimizer, group)) for group in self.groups]
        self.slots = [optimizer.slots(group) for group in self.groups]
        self.parameters = [list(group["params"]) for group in self.groups]
        self.arrays = [arrays_of(group) for group in self.groups]
        self.values = values_of(optimizer.state)

    def fits(self, optimizer: Any) -> bool:
        """Tell whether nothing has changed that the buckets were made for."""
        if not same(self.groups, flat_groups(optimizer)):
            return False
        for place, group in enumerate(self.groups):
            if not (
                same(self.parameters[place], group["params"])
                and same(self.arrays[place], arrays_of(group))
                and self.slots[place] == optimizer.slots(group)
            ):
                return False
        return same(self.values, values_of(optimizer.state)) and all(
            bucket.one_age() for _, buckets in self.work for bucket in buckets
        )

    def buckets(self, optimizer: Any, group: Group) -> list[Bucket]:
        """Sort the parameters of one group that have a gradient into buckets."""
        entries = Entries(optimizer, group)
        waiting: dict[Any, list[Tensor]] = {}
        made: list[Bucket] = []
        active = [p for p in group["params"] if p.gradient is not None]
        for parameter, times in Counter(active).items():
            optimizer.check_step(parameter, group)
            entries.open(parameter)
            array = parameter.array
            if array.size > SMALL and array.flags.c_contiguous and array.dtype.kind != "c":
                made += [self.large(entries, parameter)] * times
            elif times > 1:
                made += [self.gathered(entries, [parameter])] * times
            else:
                key = (parameter.device, array.dtype, entries.age(parameter),
                       entries.first(parameter), entries.numbers(parameter))  # fmt: skip
                self.wait(entries, waiting.setdefault(key, []), parameter, made)
        return made + [self.gathered(entries, parameters) for parameters in waiting.values()]

    def wait(
        self, entries: Entries, waiting: list[Tensor], parameter: Tensor, made: list[Bucket]
    ) -> None:
        """Let a parameter wait for others; those before it go where it would not fit in."""
        block = BACKEND[type(parameter.array)].optim_block
        if waiting and sum(p.array.size for p in [*waiting, parameter]) > block:
            made.append(self.gathered(entries, list(waiting)))
            waiting.clear()
        waiting.append(parameter)

    def large(self, entries: Entries, parameter: Tensor) -> Large:
        """Make the bucket of one large parameter."""
        backend = BACKEND[type(parameter.array)]
        scratch = self.scratch_for(parameter, backend.optim_block)
        return Large(backend, entries, [parameter], scratch)

    def gathered(self, entries: Entries, parameters: list[Tensor]) -> Gathered:
        """Make a bucket of small parameters."""
        backend = BACKEND[type(parameters[0].array)]
        size = sum(p.array.size for p in parameters)
        scratch = self.scratch_for(parameters[0], max(size, backend.optim_block))
        return Gathered(backend, entries, parameters, scratch)

    def scratch_for(self, parameter: Tensor, size: int) -> Scratch:
        """Return scratch arrays of a parameter's kind, shared by its buckets where they fit."""
        key = (parameter.device, parameter.array.dtype)
        found = self.scratch.get(key)
        if found is None or found.gradient.size < size:
            found = self.scratch[key] = Scratch(parameter.array, size)
        return found
