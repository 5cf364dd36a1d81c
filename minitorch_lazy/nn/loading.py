"""load_state_dict: everything is checked, then everything is written."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from itertools import chain
from typing import Any, NamedTuple

from minitorch_lazy.core.handles import RemovableHandle
from minitorch_lazy.errors import mended
from minitorch_lazy.nn.entry import Entry
from minitorch_lazy.nn.hooks import NO_HOOKS, add_hook, hooks_property
from minitorch_lazy.nn.laziness import catch_up, take_sizes
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.nn.registry import BUFFER, MODULE, PARAMETER, members
from minitorch_lazy.nn.reserved import Takeover, Visit
from minitorch_lazy.nn.settling import LOCK, finish, release
from minitorch_lazy.nn.sharing import homes
from minitorch_lazy.nn.snapshot import Snapshot
from minitorch_lazy.nn.state import EXTRA, State, state_hooks

LOADING: ContextVar[Loading | None] = ContextVar("loading", default=None)


class IncompatibleKeys(NamedTuple):
    """What did not match: `load_state_dict` returns it.

    Source: torch.nn.modules.module._IncompatibleKeys.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys!r}, "
            f"unexpected_keys={self.unexpected_keys!r})"
        )


class Loading:
    """One call of `load_state_dict`.

    Attributes:
        entries: what will be stored once everything is known to be right.
        loaded: lazy layers that are settled by what is loaded.
        visits: which part of the state each module was given.
        takeover: what those that stay lazy are given of what waits in the state.
        guards: what modules were whose own code may write while the checks go on.
        immediate: whether all modules are written during the checks, because a hook wants to see
            what was loaded.
    """

    def __init__(self, root: Any, strict: bool, assign: bool) -> None:
        self.root, self.strict, self.assign = root, strict, assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []
        self.entries: list[Entry] = []
        self.guards: list[Snapshot] = []
        self.loaded: list[Any] = []
        self.visits: list[Visit] = []
        self.takeover = Takeover([])
        self.stored = False
        self.immediate = any(state_hooks(each, "load_post") for each in root.modules())

    def run(self, state: Any, metadata: Any) -> IncompatibleKeys:
        """Check, then write; after an error everything is as it was."""
        with LOCK:
            token = LOADING.set(self)
            try:
                self.visit(self.root, state, metadata, "")
                self.prepare(self.entries)
                self.report()
                self.store()
            except BaseException:
                if not self.stored:
                    for guard in reversed(self.guards):
                        guard.restore()
                raise
            finally:
                LOADING.reset(token)
            for module in self.loaded:
                finish(module)
                release(module)
        return IncompatibleKeys(self.missing, self.unexpected)

    def visit(self, module: Any, state: Any, metadata: Any, prefix: str) -> None:
        """Let a module and all inside it check, and take, their part of the state."""
        local_metadata = dict((metadata or {}).get(prefix[:-1], {}))
        if self.assign:
            local_metadata["assign_to_params_buffers"] = True
        self.guard(module)
        self.visits.append(Visit(module, prefix, state, local_metadata))
        module._load_from_state_dict(
            state, prefix, local_metadata, True, self.missing, self.unexpected, self.errors
        )
        for name, child in members(module, MODULE):
            if child is not None:
                path = f"{prefix}{name}."
                part = {key: value for key, value in state.items() if key.startswith(path)}
                self.visit(child, part, metadata, path)
        for hook in state_hooks(module, "load_post"):
            if hook(module, IncompatibleKeys(self.missing, self.unexpected)) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected "
                    "to return new values, if incompatible_keys need to be modified, it should be "
                    "done inplace."
                )

    def guard(self, module: Any) -> None:
        """Remember a module that may be changed before all checks are made."""
        if has_own_rule(module):
            self.guards += [Snapshot(each, elements=True) for each in module.modules()]
        elif self.immediate or state_hooks(module, "load_pre"):
            self.guards.append(Snapshot(module, elements=True))
        elif module.has_uninitialized_params():
            self.guards += [Snapshot(each) for each in (module, *homes(module))]

    def defers(self, module: Any) -> bool:
        """Tell whether a module is written only after all checks."""
        return not (self.immediate or has_own_rule(module))

    def prepare(self, entries: list[Entry]) -> None:
        """Convert what will be stored, and collect what is wrong with it."""
        for entry in entries:
            error = entry.prepare(self.assign)
            if error is not None:
                self.errors.append(error)
        if not self.errors:
            self.loaded = self.loaded_modules()
            for module in self.loaded:
                self.errors += [f"size mismatch for {text}" for text in take_sizes(module)]
                if not self.errors:
                    catch_up(module)
            for entry in entries if self.loaded else ():
                entry.module = self.root.get_submodule(entry.key.rpartition(".")[0])
            self.take_over()

    def take_over(self) -> None:
        """Plan what the layers that stay lazy take over."""
        settled = {id(part) for module in self.loaded for part in module.modules()}
        self.takeover = Takeover([v for v in self.visits if id(v.module) not in settled])
        self.errors += self.takeover.errors

    def loaded_modules(self) -> list[Any]:
        """Return the lazy layers all of whose parameters are loaded.

        Parts of a layer that answers for them, and that still waits, wait with it.
        """
        parts = {
            id(part)
            for module in self.root.modules()
            if answers_for_parts(module) and module.has_uninitialized_params()
            for part in list(module.modules())[1:]
        }
        return [
            module
            for module in self.root.modules()
            if id(module) not in parts
            and "_initialize_hook" in module.__dict__
            and hasattr(module, "sizes_from_parameters")
            and not module.has_uninitialized_params()
            and module.sizes_from_parameters()
        ]

    def report(self) -> None:
        """Raise all errors as one.

        Raises:
            RuntimeError: in torch's words.
        """
        lines = list(self.errors)
        if self.strict:
            for what, keys in (("Unexpected", self.unexpected), ("Missing", self.missing)):
                if keys:
                    quoted = ", ".join(f'"{key}"' for key in keys)
                    lines.insert(0, f"{what} key(s) in state_dict: {quoted}. ")
        if lines:
            raise mended(
                RuntimeError(
                    f"Error(s) in loading state_dict for {self.root._get_name()}:\n\t"
                    + "\n\t".join(lines)
                ),
                self.mend(),
            )

    def mend(self) -> str:
        """Say what makes a state fit that was refused."""
        if any("parametrizations." in key for key in (*self.missing, *self.unexpected)):
            return "load before the parametrization is registered, or register it on the net " \
                   "that is saved too"  # fmt: skip
        if self.errors:
            return "build the net with the shapes of the state, or take these entries out of it " \
                   "and pass strict=False"  # fmt: skip
        return "strict=False takes what fits and leaves the rest as it is"

    def store(self) -> None:
        """Write all entries; an interrupt waits until the last one is written."""
        self.stored = True
        try:
            self.write()
        except KeyboardInterrupt:
            self.write()
            raise

    def write(self) -> None:
        """Write all entries, and what waits."""
        for entry in self.entries:
            entry.store()
        self.takeover.apply()


def answers_for_parts(module: Any) -> bool:
    """Tell whether a layer's class says by itself when it, with the layers inside, is settled."""
    return type(module).has_uninitialized_params is not Loadable.has_uninitialized_params


def has_own_rule(module: Any) -> bool:
    """Tell whether a module's class takes its state in its own way."""
    return (
        type(module)._load_from_state_dict is not Loadable._load_from_state_dict
        or type(module).set_extra_state is not State.set_extra_state
    )


class Loadable(State):
    """The part of a module that takes a state.

    Source: torch.nn.Module.
    """

    _load_state_dict_pre_hooks = hooks_property("__state_hooks__", "load_pre")
    _load_state_dict_post_hooks = hooks_property("__state_hooks__", "load_post")

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy parameters and buffers from a state dict: all of them, or none if one does not fit.

        A lazy layer takes the shapes that it is given and is an ordinary layer afterwards, without
        a call. One that stays lazy, because the state is of a lazy one, takes over what waits in
        that: the key of `nn.init.keyed`, and initialisers that were applied before.

        Args:
            state_dict: what `state_dict` of such a module returned.
            strict: whether missing and unexpected keys are errors.
            assign: take the tensors themselves instead of copying their elements.
        Returns:
            a named tuple of `missing_keys` and `unexpected_keys`.
        Raises:
            TypeError: `state_dict` is not a mapping.
            RuntimeError: something does not fit; the message lists all that does not.

        Source: torch.nn.Module.load_state_dict.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        metadata = getattr(state_dict, "_metadata", None)
        state = OrderedDict(state_dict)
        if metadata is not None:
            state._metadata = metadata  # type: ignore[attr-defined]
        return Loading(self, strict, assign).run(state, metadata)

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: bool,
        missing_keys: list[str], unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        upgrade = getattr(self, "upgrade_state", None)
        if upgrade is not None:
            upgrade(state_dict, prefix, local_metadata.get("version"))
        with_module = self.__state_hooks__.get("load_pre_module", NO_HOOKS)
        for number, hook in tuple(self.__state_hooks__.get("load_pre", NO_HOOKS).items()):
            hook(
                *([self] if number in with_module else []), state_dict, prefix, local_metadata,
                strict, missing_keys, unexpected_keys, error_msgs,
            )  # fmt: skip
        entries = []
        for name, target in chain(members(self, PARAMETER), members(self, BUFFER)):
            if target is None:
                continue
            key = prefix + name
            if key in state_dict:
                entries.append(Entry(self, name, key, target, state_dict[key]))
            elif strict:
                missing_keys.append(key)
        take(self, entries, local_metadata, error_msgs)
        take_extra_state(self, state_dict, prefix, strict, missing_keys, unexpected_keys)
        if strict:
            unexpected_keys += unknown_keys(self, state_dict, prefix)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        options = ("load_pre_module",) if with_module else ()
        return add_hook(self, "__state_hooks__", "load_pre", hook, options=options)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before this module takes its part of a state dict, which it may change.

        It is called as `hook(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)`.

        Source: torch.nn.Module.register_load_state_dict_pre_hook.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call `hook(module, incompatible_keys)` when this module was loaded.

        It may change the lists of `incompatible_keys`, and returns None.

        Source: torch.nn.Module.register_load_state_dict_post_hook.
        """
        return add_hook(self, "__state_hooks__", "load_post", hook)


def take(module: Any, entries: list[Entry], local_metadata: Any, errors: list[str]) -> None:
    """Check a module's entries, and keep them for later or store them now."""
    fitting = []
    for entry in entries:
        error = entry.check()
        if error is not None:
            errors.append(error)
        elif not is_lazy(entry.source):
            fitting.append(entry)
    loading = LOADING.get()
    if loading is not None and loading.defers(module):
        loading.entries += fitting
        return
    for entry in fitting:
        error = entry.prepare(local_metadata.get("assign_to_params_buffers", False))
        if error is None:
            entry.store()
        else:
            errors.append(error)


def take_extra_state(
    module: Any, state: Any, prefix: str, strict: bool, missing: list[str], unexpected: list[str]
) -> None:
    """Hand a module its extra state, if its class wants one."""
    key = prefix + EXTRA
    if type(module).set_extra_state is not State.set_extra_state:
        if key in state:
            module.set_extra_state(state[key])
        elif strict:
            missing.append(key)
    elif strict and key in state:
        unexpected.append(key)


def unknown_keys(module: Any, state: Any, prefix: str) -> list[str]:
    """Return the keys of a state that name no part of a module."""
    children = {name for name, _ in members(module, MODULE)}
    own = {
        name
        for name, value in members(module, PARAMETER, BUFFER)
        if value is not None
    }  # fmt: skip
    found = []
    for key in state:
        if not key.startswith(prefix) or key == prefix + EXTRA:
            continue
        name, dot, _ = key[len(prefix) :].partition(".")
        if name not in (children if dot else own):
            found.append(key)
    return found
