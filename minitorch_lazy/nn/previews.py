"""Settling a lazy network from shapes, and asking for its shapes without settling it."""

from __future__ import annotations

from typing import Any, TypeVar

from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.core.size import Size
from minitorch_lazy.core.tensor import TENSORS
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.rehearsal import Rehearsal, known_in_all, rehearse, shape_of
from minitorch_lazy.nn.settling import LOCK, Attempt, lazy_hook
from minitorch_lazy.nn.uninitialized import is_lazy

__all__ = ["dry_run", "shapes"]

Net = TypeVar("Net", bound=Module)
Shapes = dict[str, tuple[tuple[int | None, ...], Dtype]]
StateShapes = dict[str, tuple[Any, Dtype]]


def dry_run(net: Net, *args: Any, **kwargs: Any) -> Net:
    """Settle a lazy network from the shapes of its input, without computing anything.

    The forward pass is walked on shapes alone. Then the lazy layers that it reached are initialized
    in the order in which it reached them, with real numbers, on the devices that they have. Nothing
    else changes: running statistics, modes, gradients and random numbers are as if only the
    initialization had run, no hook of a user is called, and where something fails every layer is
    as lazy as before.

    Args:
        net: a network.
        args, kwargs: what `forward` takes; tensors, of which only shape and type are read, or
            specs.
    Returns:
        The network.
    Raises:
        RuntimeError: a parameter would take its shape from a size that is not known.

    >>> net = nn.Sequential(nn.LazyConv2d(4, 3), nn.Flatten(), nn.LazyLinear(2))
    >>> nn.dry_run(net, torch.spec((None, 1, 8, 8)))[2]
    Linear(in_features=144, out_features=2, bias=True)
    """
    with LOCK:
        runs = rehearse(net, args, kwargs, settled_layers)
        if len(runs) > 1:
            check_known(*rehearse(net, args, kwargs, state_shapes))
        settle_all(net, runs[0])
    return net


def shapes(net: Module, *args: Any, **kwargs: Any) -> Shapes:
    """Tell the shape and type that every parameter and buffer has, or will have; settle nothing.

    Args:
        net: a network, lazy or not.
        args, kwargs: as `dry_run` takes them.
    Returns:
        The names of `state_dict` with pairs (shape, dtype); None for a size that cannot be known.

    >>> nn.shapes(nn.Sequential(nn.LazyLinear(3)), torch.spec((None, 5)))["0.weight"]
    (torch.Size([3, 5]), torch.float32)
    """
    runs = rehearse(net, args, kwargs, state_shapes)
    found: Shapes = {}
    for name, (_, dtype) in runs[0].items():
        sizes = known_in_all([run[name][0] for run in runs])
        complete = [n for n in sizes if n is not None]
        found[name] = (Size(complete) if len(complete) == len(sizes) else sizes, dtype)
    return found


def state_shapes(rehearsal: Rehearsal) -> StateShapes:
    """Return shape and type of everything that `state_dict` holds; None for what is still lazy."""
    state = rehearsal.net.state_dict(keep_vars=True)
    return {
        name: (value.spec or (None,) if is_lazy(value) else shape_of(value), value.dtype)
        for name, value in state.items()
        if value.__class__ in TENSORS
    }


def settled_layers(rehearsal: Rehearsal) -> list[tuple[Any, tuple[Any, ...], dict[str, Any]]]:
    """Return path, or module where it has none, and arguments of each lazy layer reached."""
    paths = rehearsal.paths()
    return [
        (paths.get(id(module), module), args, kwargs) for module, args, kwargs in rehearsal.reached
    ]


def settle_all(net: Module, layers: list[tuple[Any, tuple[Any, ...], dict[str, Any]]]) -> None:
    """Initialize layers in order: all of them, or none if one fails."""
    attempts: list[Attempt] = []
    try:
        for place, args, kwargs in layers:
            module = net.get_submodule(place) if isinstance(place, str) else place
            settle = lazy_hook(module)
            if settle is not None:
                attempts.append(Attempt(module))
                settle(module, args, kwargs)
    except BaseException:
        for attempt in reversed(attempts):
            attempt.undo()
        raise


def check_known(first: StateShapes, second: StateShapes) -> None:
    """Refuse to settle a parameter whose shape differs with the stand-in for an unknown size."""
    for name, (sizes, _) in first.items():
        if sizes != second[name][0]:
            raise RuntimeError(
                f"dry_run: the shape of {name} depends on a size of the input that is not known\n"
                "  mend    give that size in the spec"
            )
