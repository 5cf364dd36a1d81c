"""Hooks of an optimizer: what users may run before and after its steps, saves and loads."""

from __future__ import annotations

import functools
from collections import OrderedDict
from collections.abc import Callable
from itertools import chain
from typing import Any

from minitorch_lazy.backends.silence import NOTHING, SPEECH
from minitorch_lazy.core.handles import RemovableHandle

Hook = Callable[..., Any]

STEP_PRE_HOOKS: OrderedDict[int, Hook] = OrderedDict()
STEP_POST_HOOKS: OrderedDict[int, Hook] = OrderedDict()

HOOK_TABLES = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks",
    "_optimizer_load_state_dict_pre_hooks",
    "_optimizer_load_state_dict_post_hooks",
)


def add_hook(table: OrderedDict[int, Hook], hook: Hook, prepend: bool = False) -> RemovableHandle:
    """Put a hook into a table, last or first, and return the handle that takes it out."""
    handle = RemovableHandle(table)
    table[handle.id] = hook
    if prepend:
        table.move_to_end(handle.id, last=False)
    return handle


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` before every step of every optimizer.

    Source: torch.optim.optimizer.register_optimizer_step_pre_hook.
    """
    return add_hook(STEP_PRE_HOOKS, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """Call `hook(optimizer, args, kwargs)` after every step of every optimizer.

    Source: torch.optim.optimizer.register_optimizer_step_post_hook.
    """
    return add_hook(STEP_POST_HOOKS, hook)


def hooked(step: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap an optimizer's `step`: hooks run around it, and schedulers learn that it was called."""

    @functools.wraps(step)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        self._opt_called = True
        speech = SPEECH.set(NOTHING)
        try:
            if self.hooks_running or not (
                STEP_PRE_HOOKS or STEP_POST_HOOKS
                or self._optimizer_step_pre_hooks or self._optimizer_step_post_hooks
            ):  # fmt: skip
                return step(self, *args, **kwargs)
            self.hooks_running = True
            try:
                return call_with_hooks(step, self, (self, *args), kwargs)
            finally:
                self.hooks_running = False
        finally:
            SPEECH.reset(speech)

    call.hooked = True  # type: ignore[attr-defined]
    return call


def call_with_hooks(
    step: Callable[..., Any], optimizer: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a step between its hooks; a hook before it may replace its arguments."""
    for hook in chain(STEP_PRE_HOOKS.values(), optimizer._optimizer_step_pre_hooks.values()):
        result = hook(optimizer, args, kwargs)
        if result is None:
            continue
        if not (isinstance(result, tuple) and len(result) == 2):
            raise RuntimeError(
                f"{step} must return None or a tuple of (new_args, new_kwargs), but got {result}."
            )
        args, kwargs = result
    out = step(*args, **kwargs)
    for hook in chain(optimizer._optimizer_step_post_hooks.values(), STEP_POST_HOOKS.values()):
        hook(optimizer, args, kwargs)
    return out


class OptimizerHooks:
    """The part of an optimizer that keeps its hooks.

    Attributes:
        hooks_running: set during a step, so that a `step` that calls its parent's runs them once.
    """

    hooks_running = False
    _optimizer_step_pre_hooks: OrderedDict[int, Hook]
    _optimizer_step_post_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_state_dict_post_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_pre_hooks: OrderedDict[int, Hook]
    _optimizer_load_state_dict_post_hooks: OrderedDict[int, Hook]

    def __init_subclass__(cls) -> None:
        if "step" in cls.__dict__ and not hasattr(cls.__dict__["step"], "hooked"):
            cls.step = hooked(cls.__dict__["step"])  # type: ignore[attr-defined]

    def make_hook_tables(self) -> None:
        """Give an optimizer those tables of hooks that it does not have yet."""
        for name in HOOK_TABLES:
            self.__dict__.setdefault(name, OrderedDict())

    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return both anew.

        Source: torch.optim.Optimizer.register_step_pre_hook.
        """
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """Call `hook(optimizer, args, kwargs)` after each step.

        Source: torch.optim.Optimizer.register_step_post_hook.
        """
        return add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer)` before `state_dict` collects anything.

        Source: torch.optim.Optimizer.register_state_dict_pre_hook.
        """
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` on what `state_dict` made; it may return another.

        Source: torch.optim.Optimizer.register_state_dict_post_hook.
        """
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer, state_dict)` on what is about to be loaded; it may return another.

        Source: torch.optim.Optimizer.register_load_state_dict_pre_hook.
        """
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(optimizer)` after a state was loaded.

        Source: torch.optim.Optimizer.register_load_state_dict_post_hook.
        """
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend)
