"""Tensors that keyed layers share: who draws them does not depend on which layer comes first.

An eager layer draws all its parameters when it is built, and is given a shared one afterwards. So
the elements of a shared tensor are those that the layer drew which had it first, its home; the
other layer draws for that place too, from its own key, and the result is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any, NamedTuple

from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.nn.keyed import settling
from minitorch_lazy.nn.parameter import (
    Parameter,
    UninitializedBuffer,
    UninitializedParameter,
    is_lazy,
)
from minitorch_lazy.nn.recording import OnPart, Recorded, replay
from minitorch_lazy.nn.registry import BUFFERS, PARAMETER, chains_of, members
from minitorch_lazy.nn.uninitialized import revive

Calls = list[tuple[Any, Recorded]]


class Shared(NamedTuple):
    """A lazy tensor of one layer that another one, its home, has under a name."""

    tensor: Any
    home: Any
    name: str


def shared_tensors(module: Any) -> list[Shared]:
    """Return the lazy tensors of a layer whose home is another lazy one."""
    found = []
    for _, tensor in members(module, PARAMETER, *BUFFERS):
        key = tensor.__dict__.get("key") if is_lazy(tensor) else None
        home = None if key is None else key.owner()
        if home is None or home is module or chains_of(home):
            continue
        own = members(home, PARAMETER, *BUFFERS)
        found += [Shared(tensor, home, name) for name, value in own if value is tensor]
    return found


def homes(module: Any) -> list[Any]:
    """Return the homes of what a layer shares, each once."""
    return list({id(each.home): each.home for each in shared_tensors(module)}.values())


@contextmanager
def own_draws(module: Any) -> Iterator[None]:
    """Let a layer draw from its own key for every one of its tensors, also for shared ones."""
    own = module.__dict__.get("__key__")
    lent = [(tensor, tensor.__dict__["key"])
            for _, tensor in members(module, PARAMETER, *BUFFERS)
            if tensor is not None and tensor.__dict__.get("key") not in (None, own)]  # fmt: skip
    for tensor, _ in lent:
        tensor.__dict__["key"] = own
    try:
        yield
    finally:
        for tensor, key in lent:
            tensor.__dict__["key"] = key


def draw_at_home(shared: list[Shared], waiting: Calls) -> Calls:
    """Give shared tensors, now that they have shapes, the elements that their homes would draw.

    What was done to such a tensor waits in its home from now on, for the sake of later draws.

    Args:
        waiting: calls that wait for the layer that settles.
    Returns:
        those that are still to be made: what is left to the layer, where a home cannot tell its
        other sizes, is drawn by the layer.
    """
    for home in {id(each.home): each.home for each in shared}.values():
        here = [each for each in shared if each.home is home and not each.tensor.is_meta]
        calls = {each.name: tuple(call for target, call in waiting if target is each.tensor)
                 for each in here}  # fmt: skip
        drawn = rehearsed(home, here, calls) if here else None
        if drawn is None:
            continue
        for each in here:
            with no_grad():
                each.tensor.copy_(drawn[each.name])
        later = [call._replace(function=OnPart(name, call.function))
                 for name in calls for call in calls[name]]  # fmt: skip
        home.__dict__["__postponed__"] = (*home.__dict__.get("__postponed__", ()), *later)
        taken = {id(each.tensor) for each in here}
        waiting = [pair for pair in waiting if id(pair[0]) not in taken]
    return waiting


def rehearsed(
    home: Any, shared: list[Shared], calls: dict[str, tuple[Recorded, ...]]
) -> dict[str, Any] | None:
    """Let a copy of a lazy layer draw, and return its tensors by name.

    Returns:
        None where the sizes of the layer do not follow from the tensors that have shapes.
    """
    twin = deepcopy(home)
    with settling(twin):
        sizes = sizes_of(twin)
        if sizes is None:
            return None
        for each in shared:
            make_lazy(twin, each.name, calls[each.name])
        complete(twin, sizes)
    return {each.name: twin.__dict__[each.name] for each in shared}


def sizes_of(module: Any) -> dict[str, Any] | None:
    """Return the sizes of a layer that follow from its tensors, if all do."""
    if not hasattr(module, "sizes_from_parameters"):
        return None
    try:
        sizes: dict[str, Any] = module.sizes_from_parameters()
    except RuntimeError:
        return None
    if hasattr(module, "become"):
        return sizes or None
    module.__dict__.update(sizes)
    own = {name for name, tensor in members(module, PARAMETER, *BUFFERS) if tensor is not None}
    shapes = module.parameter_shapes()
    known = own & set(shapes)
    return None if any(None in shapes[name] for name in known) else sizes


def make_lazy(module: Any, name: str, calls: tuple[Recorded, ...]) -> None:
    """Make a tensor lazy again, with calls that wait for it."""
    old = module.__dict__[name]
    known = {"key": old.__dict__["key"], "recorded": calls}
    kind = UninitializedParameter if isinstance(old, Parameter) else UninitializedBuffer
    new = revive(kind, old.dtype, old.device, old.requires_grad, known)
    module.__dict__[name] = new
    for place, tensor in enumerate(module.__dict__.get("placeholders", ())):
        if tensor is old:
            module.placeholders[place] = new


def complete(module: Any, sizes: dict[str, Any]) -> None:
    """Initialize a lazy layer whose sizes are known."""
    if hasattr(module, "become"):
        module.become(sizes)
        return
    waiting: Calls = [(module, call) for call in module.__dict__.pop("__postponed__", ())]
    shapes = module.parameter_shapes()
    with no_grad():
        for name, tensor in members(module, PARAMETER, *BUFFERS):
            if is_lazy(tensor):
                waiting += [(tensor, call) for call in tensor.__dict__.pop("recorded", ())]
                tensor.materialize(shapes[name])
        module.reset_parameters()
    replay(waiting)
