"""Plan: how a step walks over parameters whose state lies flat.

Small parameters of one group, dtype, device and age share a bucket: their gradients are gathered
into one flat array, the rule runs on it once, and the result is subtracted from each; so are those
that lie transposed or are complex. Where the rule only multiplies gradients by a number, as plain
SGD does, each is multiplied where it lies. Another large parameter is walked block by block, so
that all passes over a block find it in the cache.
Parameters and gradients themselves are never moved.
"""

from __future__ import annotations

from collections import Counter
from operator import is_
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.optim.bucket import Bucket, Gathered, Large, Scratch
from minitorch_lazy.optim.entries import Entries

SMALL = 16384
"""Elements up to which one copy of the gradient costs less than a walk of its own."""

Group = dict[str, Any]


def foundation(optimizer: Any) -> list[Any]:
    """Return what a plan is made for: groups, names, parameters, places and state.

    Groups whose steps are recorded have no part in it.
    """
    found: list[Any] = []
    for group in optimizer.param_groups:
        if not group["differentiable"]:
            found.append(group)
            found += optimizer.slots(group)
            found += group["params"]
            if optimizer.counted:
                found.append(bool(group.get("capturable") or group.get("fused")))
    for entry in optimizer.state.values():
        if isinstance(entry, dict):
            found += [v.array if v.__class__ in TENSORS else v for v in entry.values()]
    return found


class Plan:
    """The buckets of one optimizer, and what they were made for.

    Attributes:
        work: pairs (group, its buckets).
        every: the buckets of all groups.
        idle: the parameters that had no gradient.
        counting: the buckets with counters that the host can look at.
        made_for: the foundation that the buckets stand on.
    """

    def __init__(self, optimizer: Any) -> None:
        self.scratch: dict[Any, Scratch] = {}
        groups = [group for group in optimizer.param_groups if not group["differentiable"]]
        self.work = [(group, self.buckets(optimizer, group)) for group in groups]
        self.every = [bucket for _, buckets in self.work for bucket in buckets]
        self.idle = [p for group in groups for p in group["params"] if p.gradient is None]
        self.counting = [bucket for bucket in self.every if bucket.on_host and bucket.counters]
        self.made_for = foundation(optimizer)

    def take(self, optimizer: Any) -> bool:
        """Take the gradients; tell whether nothing has changed that the buckets were made for."""
        now = foundation(optimizer)
        return (
            len(now) == len(self.made_for)
            and all(map(is_, now, self.made_for))
            and all(map(Bucket.take, self.every))
            and (not self.idle or all(p.gradient is None for p in self.idle))
            and (not self.counting or all(bucket.agree() for bucket in self.counting))
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
