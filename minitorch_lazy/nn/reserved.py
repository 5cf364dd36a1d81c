"""What waits in a lazy layer, on its way through a state dict into another one.

That is the key from which `nn.init.keyed` lets it draw, and the calls that were made before its
shapes are known. A state dict holds it in the `_metadata` of the layer; what waits for a single
tensor is in the lazy tensor itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any, NamedTuple
from weakref import ref

from minitorch_lazy.nn.keyed import Key
from minitorch_lazy.nn.recording import OnPart, Recorded
from minitorch_lazy.nn.registry import BUFFERS, PARAMETER, members
from minitorch_lazy.nn.uninitialized import is_lazy

WAITING = "waiting"
"""In the `_metadata` of a layer: what waits in it."""


class Waiting:
    """What waits in a lazy layer.

    Attributes:
        key: its key, if it has one.
        calls: those that wait for its shapes.
    """

    def __init__(self, key: Key | None, calls: tuple[Recorded, ...]) -> None:
        self.key, self.calls = key, calls


def own_tensors(module: Any) -> Iterator[tuple[str, Any]]:
    """Yield a layer's own parameters and buffers by name."""
    return ((n, t) for n, t in members(module, PARAMETER, *BUFFERS) if t is not None)


def waits(module: Any) -> bool:
    """Tell whether a layer, or what it is a part of, is still to be settled."""
    return bool(
        "_initialize_hook" in module.__dict__
        or "__postponed__" in module.__dict__
        or module.has_uninitialized_params()
    )


def waiting_in(module: Any) -> Waiting | None:
    """Return what waits in a layer; None for one in which nothing does."""
    if not waits(module):
        return None
    found = Waiting(module.__dict__.get("__key__"), module.__dict__.get("__postponed__", ()))
    own = any(tensor.__dict__.get("recorded") for _, tensor in own_tensors(module))
    return found if own or found.calls or found.key is not None else None


class Visit(NamedTuple):
    """A layer that is loaded, where it is in the net, its part of the state, its metadata."""

    module: Any
    prefix: str
    state: Mapping[str, Any]
    metadata: Mapping[str, Any]


class Takeover:
    """What the layers that are still lazy after a load take over from the lazy state.

    Each takes the key and the calls of the layer that the state is of, in place of its own. A state
    that says nothing new of this kind, such as one from PyTorch, leaves them what they have.

    Attributes:
        errors: what a layer cannot take.
    """

    def __init__(self, visits: list[Visit]) -> None:
        self.changes: list[tuple[dict[str, Any], str, Any]] = []
        self.errors: list[str] = []
        self.copies: dict[int, Key] = {}
        self.renewed: dict[int, Key] = {}
        lazy = [visit for visit in visits if waits(visit.module) and names_part(visit)]
        if not any(map(says_anything, lazy)):
            return
        self.plain = not any(isinstance(v.metadata.get(WAITING), Waiting) for v in lazy)
        found = [(visit, self.reserved_for(visit)) for visit in lazy]
        for visit, waiting in found:
            self.take_layer(visit, waiting)
        for visit, waiting in found:
            self.take_tensors(visit, waiting)

    def reserved_for(self, visit: Visit) -> Waiting:
        """Return what a state says that waits in a layer; a plain dict says it by its tensors."""
        found = visit.metadata.get(WAITING)
        if isinstance(found, Waiting):
            return found
        keys = [source.__dict__["key"] for _, _, source in pairs(visit)
                if self.plain and has(source, "key")]  # fmt: skip
        key = next((key for key in keys if id(key) not in self.copies), None)
        if key is not None:
            self.copied(key)
        return Waiting(key, ())

    def copied(self, key: Key) -> Key:
        """Return the copy of a key, the same for all that draw from it."""
        if id(key) not in self.copies:
            self.copies[id(key)] = Key(key.seed, key.ordinal, key.draws)
        return self.copies[id(key)]

    def take_layer(self, visit: Visit, waiting: Waiting) -> None:
        """Take over what waits in a layer."""
        module = visit.module
        self.errors += [f"{visit.prefix}{fault}" for fault in misfits(module, waiting.calls)]
        self.change(module, "__postponed__", deepcopy(waiting.calls))
        if waiting.key is None:
            return
        new, old = self.copied(waiting.key), module.__dict__.get("__key__")
        if new.home is None:
            new.home = ref(module)
        if old is not None:
            self.renewed[id(old)] = new
        self.change(module, "__key__", new)

    def take_tensors(self, visit: Visit, waiting: Waiting) -> None:
        """Take over what waits in the tensors of a layer."""
        for name, tensor, source in pairs(visit):
            old = tensor.__dict__.get("key")
            new = self.renewed.get(id(old), old)
            if new is None and waiting.key is not None:
                new = self.copied(waiting.key)
            if source is not None:
                self.change(tensor, "recorded", deepcopy(source.recorded))
                key = source.__dict__.get("key")
                new = new if key is None else self.copied(key)
            if new is not None:
                self.change(tensor, "key", new)
                if name == "original" and "key_of_tensor" in visit.module.__dict__:
                    self.change(visit.module, "key_of_tensor", new)

    def change(self, owner: Any, name: str, value: Any) -> None:
        """Plan to set an attribute, or with () to drop it."""
        self.changes.append((owner.__dict__, name, value))

    def apply(self) -> None:
        """Make all changes; nothing can go wrong any more."""
        for attributes, name, value in self.changes:
            if value == ():
                attributes.pop(name, None)
            else:
                attributes[name] = value


def pairs(visit: Visit) -> Iterator[tuple[str, Any, Any]]:
    """Yield a layer's tensors, each with the lazy one that is loaded into it, or None."""
    for name, tensor in own_tensors(visit.module):
        source = visit.state.get(visit.prefix + name)
        yield name, tensor, source if is_lazy(tensor) and is_lazy(source) else None


def names_part(visit: Visit) -> bool:
    """Tell whether a state has anything for a layer itself."""
    own = (visit.prefix + name for name, _ in own_tensors(visit.module))
    return isinstance(visit.metadata.get(WAITING), Waiting) or any(
        key in visit.state for key in own
    )


def says_anything(visit: Visit) -> bool:
    """Tell whether a state says of a layer that there is a key, or a call that the layer lacks.

    Calls with which both begin, such as those that a layer makes when it is built, are no news.
    """
    found, own = visit.metadata.get(WAITING), visit.module.__dict__.get("__postponed__", ())
    if isinstance(found, Waiting) and (found.key is not None or news(found.calls, own)):
        return True
    return any(
        has(source, "key") or news(source.recorded, tensor.recorded)
        for _, tensor, source in pairs(visit)
        if source is not None
    )


def news(calls: tuple[Recorded, ...], known: tuple[Recorded, ...]) -> bool:
    """Tell whether calls are others than those with which the known ones begin."""
    said, before = ([outline(call) for call in each if not isinstance(call.function, OnPart)]
                    for each in (calls, known))  # fmt: skip
    return said != before[: len(said)]


def outline(call: Recorded) -> Any:
    """Return what two equal calls have in common, whenever they were made."""
    function: Any = call.function
    return getattr(function, "name", function), repr((call.args, call.kwargs))


def has(tensor: Any, name: str) -> bool:
    """Tell whether a lazy tensor, if it is one, has something that waits."""
    return tensor is not None and bool(tensor.__dict__.get(name))


def misfits(module: Any, calls: tuple[Recorded, ...]) -> Iterator[str]:
    """Say which calls a layer cannot make."""
    own = dict(own_tensors(module))
    for call in calls:
        function: Any = call.function
        name = function.name if hasattr(function, "name") else ""
        if isinstance(function, OnPart) and name not in own:
            yield f"{name}: an initialiser waits for a tensor that the layer does not have."
        elif not isinstance(function, OnPart) and not hasattr(module, name):
            yield f"{name}: it waits for the layer's shapes, but the layer has no such method."
