"""Buckets: parameters that one call of an update rule, or one walk of it, brings forward."""

from __future__ import annotations

from typing import Any, NamedTuple

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import float64
from minitorch_lazy.core.tensor import TENSORS
from minitorch_lazy.optim.entries import Entries


class Scalars(NamedTuple):
    """The state that is one number a parameter: floats, or arrays that stay on the device."""

    before: list[Any]
    now: list[Any]


class Scratch:
    """Flat arrays that a step may write what it likes into."""

    def __init__(self, like: Any, size: int) -> None:
        zeros = BACKEND[type(like)].zeros
        self.gradient, self.parameter, self.out = (zeros((size,), like.dtype) for _ in range(3))


def real(flat: Any) -> Any:
    """Show complex numbers as pairs of real ones: rules work on each part for itself."""
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


def turn(
    optimizer: Any, group: dict[str, Any], step: Any, homes: list[Any], on_host: bool
) -> Scalars:
    """Give the numbers in `homes` the values that they have in this step."""
    before = read(homes, on_host)
    optimizer.renew(BACKEND[type(homes[0])], group, step, *homes)
    return Scalars(before, read(homes, on_host))


def read(homes: list[Any], on_host: bool) -> list[Any]:
    """Return the number that all elements of an array are, for each of the arrays."""
    return [float(h[0]) if on_host else h[:1].astype(float64.numpy) for h in homes]


class Bucket:
    """Parameters of one group, dtype, device and age, whose state lies in one flat array a name.

    Attributes:
        age: how many steps the parameters have made.
        steps: the `step` of every parameter; None where the rule counts none.
        counters: `steps`, and an array for each number that the parameters agree in.
        scalars: those numbers, before this step and in it.
        first: whether the state has just been made.
        state: flat arrays in the order of `names`.
        arrays: what the parameters hold.
        gradients: raw ones, from their taking to the end of the step.
    """

    def __init__(
        self, backend: Any, entries: Entries, parameters: list[Any], scratch: Scratch
    ) -> None:
        self.backend, self.parameters, self.scratch = backend, parameters, scratch
        self.arrays = [parameter.array for parameter in parameters]
        self.gradients: list[Any] = []
        self.take()  # there are gradients, or there would be no bucket
        self.first = entries.first(parameters[0])
        self.on_host = not entries.on_device or backend.device_type == "cpu"
        self.steps = entries.home_steps(parameters) if entries.counted else None
        self.homes = entries.home_scalars(parameters)
        self.counters = self.homes if self.steps is None else [self.steps, *self.homes]
        self.scalars = Scalars([], [])
        self.age = entries.age(parameters[0])
        self.size = sum(p.array.size for p in parameters)
        self.state = []
        for name in entries.names:
            flat = backend.zeros((self.size,), parameters[0].array.dtype)
            entries.home(name, parameters, flat)
            self.state.append(real(flat))

    def take(self) -> bool:
        """Take the gradients; tell whether all are there, and the arrays where they were."""
        found = self.gradients = []
        for parameter, array in zip(self.parameters, self.arrays):  # noqa: B905 - as many
            g = parameter.gradient
            if g is None or parameter.array is not array:
                return False
            found.append(g.array if g.__class__ in TENSORS else g)
        return True

    def agree(self) -> bool:
        """Read the age; tell whether all counters, which lie on the host, still agree in theirs."""
        values = [counter.tolist() for counter in self.counters]
        if self.steps is not None:
            self.age = values[0][0]
        return all(each.count(each[0]) == len(each) for each in values)

    def advance(self, optimizer: Any, group: dict[str, Any]) -> Any:
        """Count one step, and return its number: a float, or an array that stays on the device."""
        if self.steps is None:
            return None
        self.steps += 1
        self.age += 1.0
        step = self.age if self.on_host else self.steps[:1].astype(float64.numpy)
        if self.homes:
            self.scalars = turn(optimizer, group, step, self.homes, self.on_host)
        return step

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameters one step forward."""
        raise NotImplementedError


class Gathered(Bucket):
    """Small parameters: gradients are gathered, the result is subtracted from each.

    Attributes:
        direct: whether a rule that only multiplies may do so gradient by gradient.
    """

    def __init__(
        self, backend: Any, entries: Entries, parameters: list[Any], scratch: Scratch
    ) -> None:
        super().__init__(backend, entries, parameters, scratch)
        self.gradient, self.parameter, self.out = (
            flat[: self.size] for flat in (scratch.gradient, scratch.parameter, scratch.out)
        )
        self.numbers = real(self.gradient), real(self.parameter), real(self.out)
        self.memories = [parameter.shared() for parameter in parameters]
        self.direct = backend.multiplies_each and self.out.dtype.kind == "f"
        self.views = []
        start = 0
        for array in self.arrays:
            self.views.append(self.out[start : start + array.size].reshape(array.shape))
            start += array.size

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameters one step forward."""
        factor = optimizer.factor(group) if self.direct else None
        if factor is None:
            self.gather(optimizer, group)
        else:
            self.backend.multiply_each(self.gradients, factor, self.views)
        self.backend.subtract_each(self.arrays, self.views)
        for memory in self.memories:
            memory.version += 1

    def gather(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Find the changes by the rule, for all parameters at once."""
        self.backend.gather_flat(self.gradients, self.gradient)
        gradient, parameter, out = self.numbers
        if optimizer.reads_parameter(group):
            self.backend.gather_flat(self.arrays, self.parameter)
        step = None if self.steps is None else self.advance(optimizer, group)
        optimizer.rule(self.backend, group, self, step, gradient, parameter, self.state, out)
        self.first = False


class Large(Bucket):
    """One large parameter, walked block by block."""

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameter one step forward."""
        (parameter,) = self.parameters
        values = parameter.array.reshape(-1)
        gradient = self.gradients[0].reshape(-1)
        step, block = self.advance(optimizer, group), self.backend.optim_block
        for start in range(0, self.size, block):
            part = slice(start, start + block)
            piece = values[part]
            out = self.scratch.out[: piece.size]
            state = [flat[part] for flat in self.state]
            optimizer.rule(self.backend, group, self, step, gradient[part], piece, state, out)
            piece -= out
        self.first = False
        parameter.bump()
