"""Buckets: parameters that one call of an update rule, or one walk of it, brings forward."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import float64
from minitorch_lazy.optim.entries import Entries


class Scratch:
    """Flat arrays that a step may write what it likes into."""

    def __init__(self, like: Any, size: int) -> None:
        zeros = BACKEND[type(like)].zeros
        self.gradient, self.parameter, self.out = (zeros((size,), like.dtype) for _ in range(3))


def real(flat: Any) -> Any:
    """Show complex numbers as pairs of real ones: rules work on each part for itself."""
    return flat.view(flat.real.dtype) if flat.dtype.kind == "c" else flat


class Bucket:
    """Parameters of one group, dtype, device and age, whose state lies in one flat array a name.

    Attributes:
        age: how many steps the parameters have made.
        steps: the `step` of every parameter; None where the rule counts none.
        first: whether the state has just been made.
        state: flat arrays in the order of `names`.
    """

    def __init__(
        self, backend: Any, entries: Entries, parameters: list[Any], scratch: Scratch
    ) -> None:
        self.backend, self.parameters, self.scratch = backend, parameters, scratch
        self.first = entries.first(parameters[0])
        self.on_host = not entries.on_device or backend.device_type == "cpu"
        self.steps = entries.home_steps(parameters) if entries.counted else None
        self.age = entries.age(parameters[0])
        self.size = sum(p.array.size for p in parameters)
        self.state = []
        for name in entries.names:
            flat = backend.zeros((self.size,), parameters[0].array.dtype)
            entries.home(name, parameters, flat)
            self.state.append(real(flat))

    def one_age(self) -> bool:
        """Tell whether all counters still agree; those on a device are trusted."""
        if self.steps is None or not self.on_host:
            return True
        ages = self.steps.tolist()
        self.age = ages[0]
        return bool(ages.count(self.age) == len(ages))

    def advance(self) -> Any:
        """Count one step, and return its number: a float, or an array that stays on the device."""
        if self.steps is None:
            return None
        self.steps += 1
        self.age += 1.0
        return self.age if self.on_host else self.steps[:1].astype(float64.numpy)

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameters one step forward."""
        raise NotImplementedError


class Gathered(Bucket):
    """Small parameters: gradients are gathered, the result is subtracted from each."""

    def __init__(
        self, backend: Any, entries: Entries, parameters: list[Any], scratch: Scratch
    ) -> None:
        super().__init__(backend, entries, parameters, scratch)
        self.gradient, self.parameter, self.out = (
            flat[: self.size] for flat in (scratch.gradient, scratch.parameter, scratch.out)
        )
        self.arrays = [parameter.array for parameter in parameters]
        self.views = []
        start = 0
        for array in self.arrays:
            self.views.append(self.out[start : start + array.size].reshape(array.shape))
            start += array.size

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameters one step forward."""
        self.backend.gather_flat([p.gradient.array for p in self.parameters], self.gradient)
        values = None
        if optimizer.reads_parameter(group):
            values = real(self.parameter)
            self.backend.gather_flat(self.arrays, self.parameter)
        optimizer.rule(
            self.backend, group, self, self.advance(),
            real(self.gradient), values, self.state, real(self.out),
        )  # fmt: skip
        self.first = False
        self.backend.subtract_each(self.arrays, self.views)
        for parameter in self.parameters:
            parameter.bump()


class Large(Bucket):
    """One large parameter, walked block by block."""

    def run(self, optimizer: Any, group: dict[str, Any]) -> None:
        """Bring the parameter one step forward."""
        (parameter,) = self.parameters
        values = parameter.array.reshape(-1)
        gradient = parameter.gradient.array.reshape(-1)
        step, block = self.advance(), self.backend.optim_block
        for start in range(0, self.size, block):
            part = slice(start, start + block)
            piece = values[part]
            out = self.scratch.out[: piece.size]
            state = [flat[part] for flat in self.state]
            optimizer.rule(self.backend, group, self, step, gradient[part], piece, state, out)
            piece -= out
        self.first = False
        parameter.bump()
