"""Whether operations are recorded: context variables, right in threads and in asyncio tasks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

GRAD: ContextVar[bool] = ContextVar("grad", default=True)
INFERENCE: ContextVar[bool] = ContextVar("inference", default=False)
Settings = list[tuple[ContextVar[bool], bool]]

OPEN: ContextVar[tuple[tuple[Any, Settings], ...]] = ContextVar("open", default=())
"""The blocks that this context is in: the manager, and what it puts back."""


def is_grad_enabled() -> bool:
    """Tell whether operations are recorded for `backward`."""
    return GRAD.get()


def is_inference_mode_enabled() -> bool:
    """Tell whether the code runs inside `inference_mode`."""
    return INFERENCE.get()


class Mode:
    """A context manager that is a decorator too, for functions, generators and coroutines.

    One manager may be used by several threads and tasks at once: what a block found is kept in the
    context that entered it. Left in another one, as when a generator is closed by another task, it
    changes nothing there.
    """

    def settings(self) -> Settings:
        """Say which variables take which value inside the block."""
        raise NotImplementedError

    def found(self) -> Settings:
        """Say which values the block puts back."""
        return [(variable, variable.get()) for variable, _ in self.settings()]

    def clone(self) -> Mode:
        """Make a fresh manager with the same meaning, for one call of a decorated function."""
        return type(self)()

    def __enter__(self) -> None:
        OPEN.set((*OPEN.get(), (self, self.found())))
        for variable, on in self.settings():
            variable.set(on)

    def __exit__(self, *_: object) -> None:
        blocks = OPEN.get()
        for place in reversed(range(len(blocks))):
            if blocks[place][0] is self:
                for variable, before in blocks[place][1]:
                    variable.set(before)
                OPEN.set(blocks[:place] + blocks[place + 1 :])
                return

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.isgeneratorfunction(function):
            return self.wrap_generator(function)
        if inspect.isasyncgenfunction(function):
            return self.wrap_async_generator(function)
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def task(*args: Any, **kwargs: Any) -> Any:
                with self.clone():
                    return await function(*args, **kwargs)

            return task

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with self.clone():
                return function(*args, **kwargs)

        return call

    def wrap_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Hold the mode only while the generator itself runs, not while its caller does."""

        @functools.wraps(function)
        def generate(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            step, value = steps.send, None
            while True:
                try:
                    with self.clone():
                        result = step(value)
                except StopIteration as stop:
                    return stop.value
                try:
                    step, value = steps.send, (yield result)
                except GeneratorExit:
                    with self.clone():
                        steps.close()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on to the generator
                    step, value = steps.throw, error

        return generate

    def wrap_async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Hold the mode only while the asynchronous generator itself runs."""

        @functools.wraps(function)
        async def generate(*args: Any, **kwargs: Any) -> Any:
            steps = function(*args, **kwargs)
            step, value = steps.asend, None
            while True:
                try:
                    with self.clone():
                        result = await step(value)
                except StopAsyncIteration:
                    return
                try:
                    step, value = steps.asend, (yield result)
                except GeneratorExit:
                    with self.clone():
                        await steps.aclose()
                    raise
                except BaseException as error:  # noqa: BLE001 - handed on to the generator
                    step, value = steps.athrow, error

        return generate


class no_grad(Mode):  # noqa: N801 - torch's name
    """Record nothing inside the block or the decorated function.

    Source: torch.no_grad.
    """

    def __new__(cls, function: Callable[..., Any] | None = None) -> Any:
        self = super().__new__(cls)
        if function is None:
            return self
        return self(function)

    def settings(self) -> Settings:  # noqa: D102
        return [(GRAD, False)]


class enable_grad(no_grad):  # noqa: N801 - torch's name
    """Record again, inside a `no_grad` block too.

    Source: torch.enable_grad.
    """

    def settings(self) -> Settings:  # noqa: D102
        return [(GRAD, True)]


class set_grad_enabled(Mode):  # noqa: N801 - torch's name
    """Switch recording on or off: at once when called, and back at the end of a `with` block.

    Source: torch.set_grad_enabled.
    """

    def __init__(self, mode: bool) -> None:
        if not isinstance(mode, bool):
            raise TypeError("set_grad_enabled(): argument 'enabled' (position 1) must be bool, not "
                            f"{type(mode).__name__}")  # fmt: skip
        self.mode = mode
        self.previous = GRAD.get()
        GRAD.set(mode)

    def settings(self) -> Settings:  # noqa: D102
        return [(GRAD, self.mode)]

    def clone(self) -> Mode:  # noqa: D102
        mode: Mode = enable_grad() if self.mode else no_grad()
        return mode

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        GRAD.set(self.previous)
        return super().__call__(function)

    def found(self) -> Settings:  # noqa: D102
        return [(GRAD, self.previous)]


class inference_mode(Mode):  # noqa: N801 - torch's name
    """Record nothing, as `no_grad` does; `inference_mode(False)` records.

    Source: torch.inference_mode.
    """

    def __new__(cls, mode: bool | Callable[..., Any] = True) -> Any:
        if isinstance(mode, bool):
            return super().__new__(cls)
        return cls()(mode)

    def __init__(self, mode: bool = True) -> None:
        self.mode = mode

    def settings(self) -> Settings:  # noqa: D102
        return [(GRAD, not self.mode), (INFERENCE, self.mode)]

    def clone(self) -> Mode:  # noqa: D102
        return inference_mode(self.mode)
