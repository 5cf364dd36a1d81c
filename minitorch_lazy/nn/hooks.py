"""Hooks: functions that a module calls around its forward pass.

A module without hooks has no table of them, so that calling it costs one look-up more than calling
`forward`. A table maps a kind of hook to the hooks of that kind by number; the kinds that end in
`kwargs` and `always` hold the numbers of hooks with that option, and those of the kind `last` are
called when all forward pre-hooks were.
"""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from contextvars import ContextVar
from threading import RLock
from types import MappingProxyType
from typing import Any

from minitorch_lazy.core.handles import RemovableHandle
from minitorch_lazy.nn.backward_hooks import BackwardHook

Hook = Callable[..., Any]
Table = dict[str, "OrderedDict[int, Any]"]

NO_HOOKS: Any = MappingProxyType({})
"""The table of every module that has no hooks."""

REGISTERING = RLock()

WATCH: ContextVar[Callable[..., Any] | None] = ContextVar("watch", default=None)
"""What stands for the call of every module in this context, instead of hooks."""


def hooks_of(module: Any, table: str, kind: str) -> OrderedDict[int, Any]:
    """Return the hooks of one kind, ready to be added to."""
    with REGISTERING:
        tables: Table = module.__dict__.setdefault(table, {})
        return tables.setdefault(kind, OrderedDict())


def add_hook(
    module: Any, table: str, kind: str, hook: Hook, *, options: tuple[str, ...] = (),
    prepend: bool = False,
) -> RemovableHandle:  # fmt: skip
    """Register a hook and return the handle that removes it."""
    with REGISTERING:
        hooks = hooks_of(module, table, kind)
        marks = [hooks_of(module, table, option) for option in options]
        handle = RemovableHandle(hooks, extra_dict=marks)
        hooks[handle.id] = hook
        for mark in marks:
            mark[handle.id] = True
        if prepend:
            hooks.move_to_end(handle.id, last=False)
    return handle


def discard_empty(module: Any, table: str) -> None:
    """Forget the table of a module whose last hook was removed."""
    with REGISTERING:
        if not any(module.__dict__.get(table, NO_HOOKS).values()):
            module.__dict__.pop(table, None)


class HookedCall:
    """One call of a module that has hooks.

    Attributes:
        result: what `forward` and the hooks after it returned so far.
        called: numbers of the hooks that must run even when something fails, and did run.
    """

    def __init__(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.module, self.args, self.kwargs = module, args, kwargs
        self.result: Any = None
        self.called: set[int] = set()

    def kind(self, name: str) -> Any:
        """Return the hooks of one kind; none where there are none."""
        return self.module.__hooks__.get(name, NO_HOOKS)

    def run(self) -> Any:
        """Call hooks, `forward`, hooks; `always_call` hooks run although something failed."""
        try:
            return self.steps()
        except Exception:
            self.call_remaining()
            raise

    def steps(self) -> Any:
        """Make the call as it goes when nothing fails."""
        backward, backward_pre = (
            list(self.kind(name).values()) for name in ("backward", "backward_pre")
        )
        self.before()
        gates = BackwardHook(self.module, backward, backward_pre)
        if gates:
            self.args = gates.enter(self.args)
        self.result = self.module.forward(*self.args, **self.kwargs)
        self.after()
        if gates:
            self.result = gates.leave(self.result)
        return self.result

    def before(self) -> None:
        """Call the forward pre-hooks, which may replace the input, and then the last ones.

        The last ones see to it that no other thread undoes what the pre-hooks found done.
        """
        last = tuple(self.kind("last").values())
        for number, hook in tuple(self.kind("forward_pre").items()):
            self.call_before(number, hook)
        for hook in last:
            hook(self.module, self.args, self.kwargs)

    def call_before(self, number: int, hook: Hook) -> None:
        """Call one forward pre-hook."""
        if number in self.kind("forward_pre_kwargs"):
            self.replace_input(hook(self.module, self.args, self.kwargs))
        else:
            result = hook(self.module, self.args)
            if result is not None:
                self.args = result if isinstance(result, tuple) else (result,)

    def replace_input(self, result: Any) -> None:
        """Take over what a pre-hook that sees keyword arguments returned."""
        if result is None:
            return
        if not (isinstance(result, tuple) and len(result) == 2):
            raise RuntimeError(
                "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got "
                f"{result}."
            )
        self.args, self.kwargs = result

    def after(self) -> None:
        """Call the forward hooks, which may replace the output."""
        always = self.kind("forward_always")
        for number, hook in tuple(self.kind("forward").items()):
            if number in always:
                self.called.add(number)
            self.call_after(number, hook)

    def call_after(self, number: int, hook: Hook) -> None:
        """Call one forward hook."""
        if number in self.kind("forward_kwargs"):
            result = hook(self.module, self.args, self.kwargs, self.result)
        else:
            result = hook(self.module, self.args, self.result)
        if result is not None:
            self.result = result

    def call_remaining(self) -> None:
        """Call those `always_call` hooks that a failure has prevented."""
        always = self.kind("forward_always")
        for number, hook in tuple(self.kind("forward").items()):
            if number not in always or number in self.called:
                continue
            try:
                self.call_after(number, hook)
            except Exception as error:  # noqa: BLE001 - the first error is the one to report
                warnings.warn(
                    "module forward hook with ``always_call=True`` raised an exception that was "
                    f"silenced as another error was raised in forward: {error}",
                    stacklevel=2,
                )


def call_with_hooks(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a module that has, or had, hooks."""
    watch = WATCH.get()
    if watch is not None:
        return watch(module, args, kwargs)
    if any(module.__hooks__.values()):
        return HookedCall(module, args, kwargs).run()
    discard_empty(module, "__hooks__")
    return module.forward(*args, **kwargs)


def hooks_property(table: str, kind: str) -> property:
    """Make the attribute that shows the hooks of one kind under torch's name."""

    def show(self: Any) -> OrderedDict[int, Any]:
        return hooks_of(self, table, kind)

    return property(show, doc=f"The hooks of kind {kind}, by number.")


class Hooked:
    """The part of a module that keeps its hooks.

    Source: torch.nn.Module.
    """

    __hooks__: Table = NO_HOOKS

    _forward_hooks = hooks_property("__hooks__", "forward")
    _forward_pre_hooks = hooks_property("__hooks__", "forward_pre")
    _backward_hooks = hooks_property("__hooks__", "backward")
    _backward_pre_hooks = hooks_property("__hooks__", "backward_pre")

    def register_forward_pre_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, args)` before `forward`; what it returns replaces the input.

        Args:
            hook: with `with_kwargs` it is called as `hook(module, args, kwargs)` and returns None
                or `(args, kwargs)`.
            prepend: call it before the hooks that are registered already.

        Source: torch.nn.Module.register_forward_pre_hook.
        """
        options = ("forward_pre_kwargs",) if with_kwargs else ()
        return add_hook(self, "__hooks__", "forward_pre", hook, options=options, prepend=prepend)

    def register_forward_hook(
        self, hook: Hook, *, prepend: bool = False, with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:  # fmt: skip
        """Call `hook(module, args, output)` after `forward`; what it returns replaces the output.

        Args:
            hook: with `with_kwargs` it is called as `hook(module, args, kwargs, output)`.
            prepend: call it before the hooks that are registered already.
            always_call: call it even when `forward` raises.

        Source: torch.nn.Module.register_forward_hook.
        """
        chosen = {"forward_kwargs": with_kwargs, "forward_always": always_call}
        options = tuple(name for name, on in chosen.items() if on)
        return add_hook(self, "__hooks__", "forward", hook, options=options, prepend=prepend)

    def register_full_backward_pre_hook(
        self, hook: Hook, prepend: bool = False
    ) -> RemovableHandle:
        """Call `hook(module, grad_output)` when the gradient of the output is known.

        What it returns, a tensor or a tuple, replaces that gradient.

        Source: torch.nn.Module.register_full_backward_pre_hook.
        """
        return add_hook(self, "__hooks__", "backward_pre", hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """Call `hook(module, grad_input, grad_output)` when the input's gradient is known.

        What it returns, a tuple, replaces the gradient of the input.

        Source: torch.nn.Module.register_full_backward_hook.
        """
        return add_hook(self, "__hooks__", "backward", hook, prepend=prepend)
