"""Remembering what is done to a tensor, or a module, whose shapes are not known yet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from minitorch_lazy.core.modes import no_grad


class Clock:
    """Numbers the calls that wait; those that `pickle` brings in are older than all to come."""

    def __init__(self) -> None:
        self.newest = 0

    def tick(self) -> int:
        """Return the number of a new call."""
        self.newest += 1
        return self.newest

    def notice(self, order: int) -> None:
        """Let no later call have a smaller number than this one."""
        self.newest = max(self.newest, order)


CLOCK = Clock()


class Recorded(NamedTuple):
    """One call that waits for the shape: `function(tensor, *args, **kwargs)`."""

    order: int
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __reduce__(self) -> Any:
        return remembered, tuple(self)


def remember(function: Callable[..., Any], args: Any, kwargs: Any) -> Recorded:
    """Record a call that is made now."""
    return Recorded(CLOCK.tick(), function, args, kwargs)


def remembered(*fields: Any) -> Recorded:
    """Record a call that was made where `pickle` or `copy` has it from."""
    CLOCK.notice(fields[0])
    return Recorded(*fields)


class Method:
    """A method by name, to be called on an object; unlike a lambda it can be pickled."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, target: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(target, self.name)(*args, **kwargs)


CALLS: dict[str, Callable[..., Any]] = {}
"""The calls that have a plain name: methods of tensors, and `nn.init.*`."""


def spelled(function: Callable[..., Any]) -> str | None:
    """Return the plain name of what is called, if it has one."""
    if type(function) is Method:
        return function.name if function.name in CALLS else None
    name = f"nn.init.{getattr(function, '__name__', '')}"
    return name if CALLS.get(name) is function else None


class OnPart:
    """A function to be called on an attribute of a module, given the module."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name, self.function = name, function

    def __call__(self, module: Any, *args: Any, **kwargs: Any) -> Any:
        return self.function(getattr(module, self.name), *args, **kwargs)


def recorded(name: str) -> Callable[..., Any]:
    """Make the method that remembers an in-place call until the shape is known."""

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        self.recorder.record(CALLS[name], *args, **kwargs)
        return self

    CALLS[name] = Method(name)
    method.__name__ = name
    method.__doc__ = f"Remember `{name}`, to be replayed as soon as the shape is known."
    return method


class Recording:
    """The in-place methods that are remembered while there is nothing to write to."""

    __slots__ = ()
    recorder: Any

    zero_ = recorded("zero_")
    fill_ = recorded("fill_")
    normal_ = recorded("normal_")
    uniform_ = recorded("uniform_")
    add_ = recorded("add_")
    sub_ = recorded("sub_")
    mul_ = recorded("mul_")
    div_ = recorded("div_")
    clamp_ = recorded("clamp_")


def replay(calls: list[tuple[Any, Recorded]]) -> None:
    """Make calls that waited for shapes, in the order in which they were first made."""
    with no_grad():
        for tensor, call in sorted(calls, key=lambda pair: pair[1].order):
            call.function(tensor, *call.args, **call.kwargs)
