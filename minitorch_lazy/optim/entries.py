"""Entries: the state of single parameters, as users see it, over flat arrays."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND, backend_of
from minitorch_lazy.core.dtype import Default, float32, float64
from minitorch_lazy.core.tensor import Tensor, wrap
from minitorch_lazy.errors import refuse

Group = dict[str, Any]


class Entries:
    """Reads and re-homes the state of one group's parameters.

    Attributes:
        names: of the state tensors that have the parameter's shape.
        starts: the value of all their elements before the first step.
        scalars: of the state that is one number a parameter, with its value before the first step.
        counted: whether there is a `step` too.
    """

    def __init__(self, optimizer: Any, group: Group) -> None:
        self.state = optimizer.state
        self.names: tuple[str, ...] = optimizer.slots(group)
        self.starts = {name: optimizer.start(group, name) for name in self.names}
        self.scalars: dict[str, float] = optimizer.scalars(group)
        self.counted: bool = optimizer.counted
        self.on_device = bool(group.get("capturable") or group.get("fused"))

    def open(self, parameter: Tensor) -> None:
        """Make an empty entry, so that entries stand in the order of the parameters."""
        if self.names or self.counted:
            self.state[parameter]

    def begin(self, parameter: Tensor) -> None:
        """Make the whole state of a parameter, as it is before the first step."""
        self.home_steps([parameter])
        self.home_scalars([parameter])
        for name in self.names:
            array = parameter.detach().array
            flat = BACKEND[type(array)].zeros((array.size,), array.dtype)
            self.home(name, [parameter], flat)

    def age(self, parameter: Tensor) -> float:
        """Return how many steps a parameter has made."""
        entry = self.state.get(parameter) or {}
        return float(entry.get("step", 0.0)) if self.counted else 0.0

    def first(self, parameter: Tensor) -> bool:
        """Tell whether a parameter has no state yet."""
        entry = self.state.get(parameter) or {}
        return all(entry.get(name) is None for name in self.names)

    def numbers(self, parameter: Tensor) -> tuple[float, ...]:
        """Return the state of a parameter that is one number each."""
        entry = self.state.get(parameter) or {}
        return tuple(float(entry.get(name, start)) for name, start in self.scalars.items())

    def home_steps(self, parameters: list[Tensor]) -> Any:
        """Move the counters of parameters of one age into one array, and return it."""
        backend = self.backend(parameters[0])
        age = self.age(parameters[0])
        steps = backend.full((len(parameters),), age, self.step_dtype())
        for place, parameter in enumerate(parameters):
            rehome(self.state[parameter], "step", steps[place : place + 1].reshape(()))
        return steps

    def home_scalars(self, parameters: list[Tensor]) -> list[Any]:
        """Move the numbers of parameters that agree in them into one array a name."""
        backend = self.backend(parameters[0])
        values = self.numbers(parameters[0])
        homes = []
        for name, value in zip(self.scalars, values, strict=True):
            home = backend.full((len(parameters),), value, self.step_dtype())
            for place, parameter in enumerate(parameters):
                rehome(self.state[parameter], name, home[place : place + 1].reshape(()))
            homes.append(home)
        return homes

    def advance(self, parameter: Tensor) -> float:
        """Count one step of a single parameter, and return its number."""
        step = self.age(parameter) + 1.0
        array = self.backend(parameter).full((), step, self.step_dtype())
        rehome(self.state[parameter], "step", array)
        return step

    def backend(self, parameter: Tensor) -> Any:
        """Return the backend that counts steps: the host's, unless the device reads them."""
        return BACKEND[type(parameter.array)] if self.on_device else backend_of("cpu")

    def step_dtype(self) -> Any:
        """Return the type that steps are counted in."""
        wide = Default.dtype is float64 and not self.on_device
        return float64.numpy if wide else float32.numpy

    def home(self, name: str, parameters: list[Tensor], flat: Any) -> None:
        """Move one state tensor of every parameter into a flat array."""
        start = 0
        for parameter in parameters:
            size = parameter.array.size
            view = flat[start : start + size].reshape(parameter.array.shape)
            start += size
            entry = self.state[parameter]
            self.check_shape(parameter, name, entry.get(name))
            if entry.get(name) is not None:
                view[...] = entry[name].to(device=parameter.device).array
            elif start_value := self.starts[name]:
                both = complex(start_value, start_value)
                view[...] = both if flat.dtype.kind == "c" else start_value
            rehome(entry, name, view)

    def check_shape(self, parameter: Tensor, name: str, value: Any) -> None:
        """Refuse state that was made for a parameter of another shape."""
        if value is not None and value.array.shape != parameter.array.shape:
            raise refuse(
                RuntimeError, "step",
                f"the optimizer's state {name!r} has another size than its parameter",
                "load the state of the same net, or delete optimizer.state[parameter]",
                parameter=parameter, state=value,
            )  # fmt: skip


def rehome(entry: dict[str, Any], name: str, array: Any) -> None:
    """Let a state tensor show another array; it stays the object that users may hold."""
    if isinstance(entry.get(name), Tensor):
        entry[name].array = array
    else:
        entry[name] = wrap(array)
