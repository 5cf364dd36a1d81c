"""state_dict: everything that a module holds, by path."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable
from itertools import chain
from typing import Any

from minitorch_lazy.core.handles import RemovableHandle
from minitorch_lazy.nn.hooks import NO_HOOKS, Table, add_hook, hooks_property
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.nn.registry import BUFFER, MODULE, PARAMETER, members
from minitorch_lazy.nn.reserved import WAITING, waiting_in
from minitorch_lazy.nn.walk import Walk

EXTRA = "_extra_state"


class State(Walk):
    """The part of a module that gives its state.

    Source: torch.nn.Module.
    """

    __state_hooks__: Table = NO_HOOKS

    _version = 1

    _state_dict_hooks = hooks_property("__state_hooks__", "state_dict")
    _state_dict_pre_hooks = hooks_property("__state_hooks__", "state_dict_pre")

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Return parameters and saved buffers by their paths, sharing memory with the module.

        Lazy entries are held as the objects themselves. The result has an attribute `_metadata`
        with the version of every module, and what waits in lazy ones: the key from which
        `nn.init.keyed` lets them draw, and the calls made before their shapes are known.

        Args:
            args: an old way to pass `destination`, `prefix` and `keep_vars`.
            destination: a mapping to fill; a new OrderedDict where not given.
            prefix: what to put before every path.
            keep_vars: keep the tensors in the graph instead of detaching them.

        Source: torch.nn.Module.state_dict.
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module."
                "state_dict for details.",
                FutureWarning,
                stacklevel=2,
            )
            given: tuple[Any, ...] = (destination, prefix, keep_vars)
            destination, prefix, keep_vars = args + given[len(args) :]
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        return collect(self, destination, prefix, keep_vars)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, tensor in chain(members(self, PARAMETER), members(self, BUFFER)):
            if tensor is not None:
                kept = keep_vars or is_lazy(tensor)
                destination[prefix + name] = tensor if kept else tensor.detach()
        if type(self).get_extra_state is not State.get_extra_state:
            destination[prefix + EXTRA] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """Return what else belongs into the state dict; override it with `set_extra_state`.

        Source: torch.nn.Module.get_extra_state.
        """
        raise RuntimeError(
            f"{type(self).__name__} has no extra state\n"
            "  mend    override get_extra_state and set_extra_state"
        )

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` returned.

        Source: torch.nn.Module.set_extra_state.
        """
        raise RuntimeError(
            f"{type(self).__name__} has no extra state\n"
            "  mend    override get_extra_state and set_extra_state"
        )

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        if getattr(hook, "_from_public_api", False):
            raise RuntimeError(
                "Cannot register the same function as the state dict post hook that was previously "
                "registered via register_state_dict_post_hook"
            )
        return add_hook(self, "__state_hooks__", "state_dict", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` on what `state_dict` made.

        Source: torch.nn.Module.register_state_dict_post_hook.
        """
        hook._from_public_api = True  # type: ignore[attr-defined]
        return add_hook(self, "__state_hooks__", "state_dict", hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, prefix, keep_vars)` before `state_dict` collects anything.

        Source: torch.nn.Module.register_state_dict_pre_hook.
        """
        return add_hook(self, "__state_hooks__", "state_dict_pre", hook)


def state_hooks(module: Any, kind: str) -> tuple[Any, ...]:
    """Return a module's hooks of one kind, as they are now."""
    return tuple(module.__state_hooks__.get(kind, NO_HOOKS).values())


def collect(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """Put the state of a module and all inside it into `destination`."""
    local_metadata: dict[str, Any] = {"version": module._version}
    waiting = waiting_in(module)
    if waiting is not None:
        local_metadata[WAITING] = waiting
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local_metadata
    for hook in state_hooks(module, "state_dict_pre"):
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, child in members(module, MODULE):
        if child is not None:
            child.state_dict(
                destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
            )
    for hook in state_hooks(module, "state_dict"):
        result = hook(module, destination, prefix, local_metadata)
        if getattr(hook, "_from_public_api", False):
            if result is not None:
                raise RuntimeError("state_dict post-hook must return None")
        elif result is not None:
            destination = result
    return destination
