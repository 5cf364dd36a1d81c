"""Tensors that keyed layers share: who draws them does not depend on which layer comes first.

An eager layer draws all its parameters when it is built, and is given a shared one afterwards. So
the elements of a shared tensor are those that the layer drew which had it first, its home; the
other layer draws for that place too, from its own key, and the result is thrown away.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
from minitorch_lazy.nn.walk import named_members

Calls = list[tuple[Any, Recorded]]

STAND_INS = (2, 3)
"""Sizes that stand for unknown ones; what differs depends on them."""


class Shared(NamedTuple):
    """A lazy tensor of one layer that another one, its home, has at a path."""

    tensor: Any
    home: Any
    path: str

    def place_in(self, module: Any) -> tuple[Any, str]:
        """Return the part of the home, or of a copy, that has the tensor, and its name there."""
        path, _, name = self.path.rpartition(".")
        return module.get_submodule(path), name


def tensors_in(module: Any) -> list[Any]:
    """Return a layer's own tensors, and those of its parts if it answers for them."""
    if "placeholders" in module.__dict__:
        return [t for _, t in named_members(module, (PARAMETER, *BUFFERS), "", True, True)]
    return [tensor for _, tensor in members(module, PARAMETER, *BUFFERS) if tensor is not None]


def shared_tensors(module: Any) -> list[Shared]:
    """Return the lazy tensors of a layer whose home is another lazy one."""
    found = []
    for tensor in tensors_in(module):
        key = tensor.__dict__.get("key") if is_lazy(tensor) else None
        home = None if key is None else key.owner()
        if home is None or home is module or chains_of(home):
            continue
        every = named_members(home, (PARAMETER, *BUFFERS), "", True, False)
        paths = [path for path, value in every if value is tensor]
        found += [Shared(tensor, home, path) for path in paths[:1]]
    return found


def homes(module: Any) -> list[Any]:
    """Return the homes of what a layer shares, and what is in them."""
    found = {id(each.home): each.home for each in shared_tensors(module)}.values()
    return [part for home in found for part in home.modules()]


@contextmanager
def own_draws(module: Any) -> Iterator[None]:
    """Let a layer draw from its own key for every one of its tensors, also for shared ones."""
    own = module.__dict__.get("__key__")
    lent = [(tensor, tensor.__dict__["key"]) for tensor in tensors_in(module)
            if tensor.__dict__.get("key") not in (None, own)]  # fmt: skip
    for tensor, _ in lent:
        tensor.__dict__["key"] = own
    try:
        yield
    finally:
        for tensor, key in lent:
            tensor.__dict__["key"] = key


def calls_apart(shared: list[Shared]) -> Calls:
    """Take the calls that wait for shared tensors: their homes make them."""
    return [(each.tensor, call)
            for each in shared for call in each.tensor.__dict__.pop("recorded", ())]  # fmt: skip


def draw_at_home(shared: list[Shared], apart: Calls) -> Calls:
    """Give shared tensors, now that they have shapes, the elements that their homes would draw.

    What was done to such a tensor waits in its home from now on, for the sake of later draws.

    Args:
        apart: the calls that wait for them.
    Returns:
        calls that are left to the layer that settles, as are the draws: where the elements depend
        on a size of the home that nobody knows yet.
    """
    left = list(apart)
    for home in {id(each.home): each.home for each in shared}.values():
        here = [each for each in shared if each.home is home and not each.tensor.is_meta]
        calls = [[call for target, call in apart if target is each.tensor] for each in here]
        drawn = rehearsed(home, here, calls) if here else None
        if drawn is None:
            continue
        for each, elements, later in zip(here, drawn, calls, strict=True):
            with no_grad():
                each.tensor.copy_(elements)
            postpone(each, later)
        taken = {id(each.tensor) for each in here}
        left = [pair for pair in left if id(pair[0]) not in taken]
    return left


def postpone(shared: Shared, calls: Iterable[Recorded]) -> None:
    """Let calls wait in the home of a tensor, which draws for them when it settles."""
    part, name = shared.place_in(shared.home)
    later = [call._replace(function=OnPart(name, call.function)) for call in calls]
    if later:
        part.__dict__["__postponed__"] = (*part.__dict__.get("__postponed__", ()), *later)


def rehearsed(home: Any, shared: list[Shared], calls: list[list[Recorded]]) -> list[Any] | None:
    """Let copies of a lazy layer draw, and return the shared tensors.

    Sizes that are not known yet are tried out: what they do not change is drawn as it will be.

    Returns:
        None where the elements depend on a size that is not known, as those of a bias alone do.
    """
    if not hasattr(home, "parameter_shapes") and not hasattr(home, "become"):
        return None
    twin, known = prepared(home, shared, calls)
    if known is not None:
        return drawn_by(twin, known, shared, 1)
    found = []
    for size in STAND_INS:
        try:
            found.append(drawn_by(prepared(home, shared, calls)[0], {}, shared, size))
        except Exception:  # noqa: BLE001 - a size that does not fit: the layer itself has to draw
            return None
    alike = all(bool((one == other).all()) for one, other in zip(*found, strict=True))
    return found[0] if alike else None


def prepared(
    home: Any, shared: list[Shared], calls: list[list[Recorded]]
) -> tuple[Any, dict[str, Any] | None]:
    """Copy a lazy layer, its shared tensors lazy too, and return its sizes, if all are known."""
    twin = deepcopy(home)
    sizes = sizes_of(twin)
    for each, waiting in zip(shared, calls, strict=True):
        make_lazy(twin, *each.place_in(twin), tuple(waiting))
    return twin, sizes


def sizes_of(module: Any) -> dict[str, Any] | None:
    """Return the sizes of a layer that follow from its tensors, if all do."""
    try:
        sizes: dict[str, Any] = module.sizes_from_parameters()
    except (AttributeError, RuntimeError):
        return None
    if hasattr(module, "become"):
        return sizes if len(sizes) == len(module.rules) else None
    module.__dict__.update(sizes)
    lazy = [name for name, _ in lazy_tensors(module)]
    shapes = module.parameter_shapes()
    return None if any(None in shapes[name] for name in lazy) else sizes


def lazy_tensors(module: Any) -> list[tuple[str, Any]]:
    """Return the lazy tensors of a layer by name."""
    return [(n, t) for n, t in members(module, PARAMETER, *BUFFERS) if is_lazy(t)]


def make_lazy(whole: Any, part: Any, name: str, calls: tuple[Recorded, ...]) -> None:
    """Make a tensor of a layer lazy again, with calls that wait for it; it knows its shape."""
    old = part.__dict__[name]
    kind = UninitializedParameter if isinstance(old, Parameter) else UninitializedBuffer
    known = {"key": old.__dict__["key"], "recorded": calls, "spec": tuple(old.shape)}
    new = revive(kind, old.dtype, old.device, old.requires_grad, known)
    part.__dict__[name] = new
    for place, tensor in enumerate(whole.__dict__.get("placeholders", ())):
        if tensor is old:
            whole.placeholders[place] = new


def drawn_by(module: Any, sizes: dict[str, Any], shared: list[Shared], size: int) -> list[Any]:
    """Initialize a lazy layer, with one size for all that are not known; return what is shared."""
    with settling(module), no_grad():
        if hasattr(module, "become"):
            module.become({**dict.fromkeys(module.rules, size), **sizes})
        else:
            shapes = module.parameter_shapes() if sizes else {}
            waiting = materialize_all(module, shapes, size)
            module.reset_parameters()
            replay(waiting)
    places = [each.place_in(module) for each in shared]
    return [part.__dict__[name] for part, name in places]


def materialize_all(module: Any, shapes: dict[str, Any], size: int) -> Calls:
    """Give all lazy tensors in a layer shapes, and return the calls that waited for them."""
    waiting: Calls = []
    for part in module.modules():
        waiting += [(part, call) for call in part.__dict__.pop("__postponed__", ())]
        for name, tensor in lazy_tensors(part):
            waiting += [(tensor, call) for call in tensor.__dict__.pop("recorded", ())]
            shape = shapes.get(name, tensor.spec) if part is module else tensor.spec
            tensor.materialize(tuple(size if n is None else n for n in shape))
    return waiting
