"""Running a network on shapes alone: nothing is computed, and afterwards everything is as it was.

While a rehearsal runs, every parameter and buffer of the network is shape-only, whatever device it
lives on, and so is the input. The forward pass is the real one; hooks of users are not called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from minitorch_lazy.backends.registry import backend_of
from minitorch_lazy.core.generator import default
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.nn.hooks import WATCH, hooks_of
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.settling import LOCK, lazy_hook
from minitorch_lazy.nn.sharing import homes
from minitorch_lazy.nn.snapshot import Snapshot, tensors_of
from minitorch_lazy.nn.uninitialized import STORAGE
from minitorch_lazy.ops.spec import STAND_INS, Spec

Found = TypeVar("Found")


class Rehearsal:
    """One forward pass on shapes.

    Attributes:
        net: the network.
        reached: (module, args, kwargs) of every lazy layer, in the order in which they settled.
        outputs: (module, result) of every call that has ended.
    """

    def __init__(self, net: Module) -> None:
        self.net = net
        self.reached: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []
        self.outputs: list[tuple[Any, Any]] = []

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Call the network on shape-only arguments."""
        token = WATCH.set(self.watch)
        try:
            with no_grad():
                self.net(*args, **kwargs)
        except NotImplementedError as error:
            error.add_note("  mend    this forward reads numbers: call the net on a real batch")
            raise
        finally:
            WATCH.reset(token)

    def watch(self, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Stand for one call of a module: settle it if it is lazy, and note what comes out."""
        settle = lazy_hook(module)
        if settle is not None:
            self.reached.append((module, args, kwargs))
            settle(module, args, kwargs)
        result = module.forward(*args, **kwargs)
        self.outputs.append((module, result))
        return result

    def paths(self) -> dict[int, str]:
        """Return the path of every module of the network by its id."""
        return {id(module): path for path, module in self.net.named_modules()}


def rehearse(
    net: Module, args: tuple[Any, ...], kwargs: dict[str, Any], look: Callable[[Rehearsal], Found]
) -> list[Found]:
    """Run a network on shapes and return what `look` makes of it, before all is put back.

    Where a size of the input is not known there are two runs, with different stand-ins for it.

    Args:
        args, kwargs: tensors, of which only shape and type are read, or specs.
    """
    runs = []
    check_given(args)
    for size in STAND_INS[: 2 if any_unknown((args, kwargs)) else 1]:
        with LOCK:
            rehearsal = Rehearsal(net)
            every = [part for module in net.modules() for part in (module, *homes(module))]
            layers = [Snapshot(module) for module in every]
            generator = default().get_state()
            try:
                hide_numbers(net)
                rehearsal.run(shape_only(args, size), shape_only(kwargs, size))
                runs.append(look(rehearsal))
            finally:
                for layer in reversed(layers):
                    layer.restore()
                default().set_state(generator)
    return runs


def check_given(args: tuple[Any, ...]) -> None:
    """Refuse a plain shape where an input is due."""
    for value in args:
        if isinstance(value, tuple) and value and all(n is None or type(n) is int for n in value):
            raise TypeError(f"{value} is no input, but the shape of one\n"
                            f"  mend    torch.spec({value})")  # fmt: skip


def hide_numbers(net: Module) -> None:
    """Make every tensor of a network shape-only, and have every call of a module watched."""
    like = backend_of("meta").like
    for module in net.modules():
        hooks_of(module, "__hooks__", "watched")
        for tensor in tensors_of(module):
            STORAGE.__set__(tensor, like(STORAGE.__get__(tensor)))
            tensor.memory = tensor.origin = None


def any_unknown(value: Any) -> bool:
    """Tell whether a spec with an unknown size is among some arguments."""
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return any(map(any_unknown, value))
    return isinstance(value, Spec) and None in value.sizes


def shape_only(value: Any, size: int) -> Any:
    """Replace every tensor among some arguments by its shape; `size` stands for unknown sizes."""
    if isinstance(value, Spec):
        return value.standing_in(size)
    if value.__class__ in TENSORS:
        return wrap(backend_of("meta").like(value.array))
    if isinstance(value, dict):
        return {name: shape_only(part, size) for name, part in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*[shape_only(part, size) for part in value])
    if isinstance(value, tuple | list):
        return type(value)(shape_only(part, size) for part in value)
    return value


def known_in_all(shapes: list[tuple[int, ...]]) -> tuple[int | None, ...]:
    """Merge the shapes of several runs: None for each size that differs."""
    first = shapes[0]
    if any(len(shape) != len(first) for shape in shapes):
        return (None,) * len(first)
    return tuple(
        n if all(m == n for m in sizes) else None for n, *sizes in zip(*shapes, strict=True)
    )


def shape_of(tensor: Tensor) -> tuple[int, ...]:
    """Return the sizes of an array that may be shape-only, as a plain tuple."""
    return tuple(tensor.array.shape)
