"""Settling: what the first batch does to a lazy layer, all of it or nothing.

One process-wide lock serves all layers: one lock a module could not be copied, and two could
deadlock when initialisers nest. Until the outermost call of a module has succeeded, a journal keeps
what every layer was before; if that call fails, its layers are as lazy as before.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock, get_ident
from types import CodeType, FrameType
from typing import Any

from minitorch_lazy.core.generator import default
from minitorch_lazy.core.mistakes import not_a_tensor
from minitorch_lazy.core.tensor import TENSORS
from minitorch_lazy.errors import locate, refuse
from minitorch_lazy.nn.hooks import NO_HOOKS, call_with_hooks, discard_empty
from minitorch_lazy.nn.keyed import settling
from minitorch_lazy.nn.recording import Recorded, replay
from minitorch_lazy.nn.registry import (
    PARAMETER,
    PARAMETRIZED,
    chains_of,
    members,
    put,
)
from minitorch_lazy.nn.replacing import announce
from minitorch_lazy.nn.sharing import calls_apart, draw_at_home, homes, own_draws, shared_tensors
from minitorch_lazy.nn.snapshot import TABLES, Snapshot, tensors_of
from minitorch_lazy.nn.uninitialized import STORAGE, is_lazy

LOCK = RLock()
"""Held while a layer settles, or is loaded."""

JOURNAL: dict[int, list[Attempt | Turn]] = {}
"""Thread -> the layers that its outermost call has settled so far, to be undone if it fails."""

WHOLE: ContextVar[tuple[list[Any], list[Any], Any]] = ContextVar("whole", default=([], [], None))
"""The layer that is being initialized: its tensors that keep their elements, its waiting calls, the
type of what waits in it."""

OWN = "minitorch_lazy.nn.modules"
"""Where the layers of this package are."""


class Attempt:
    """The settling of one layer, as long as it may have to be undone.

    Attributes:
        layers: what the layer, all inside it, and the homes of what it shares were before.
        generator: the state of the default generator before.
        versions: how often its parameters had been written in place when it was settled.
        replaced: parameters, and those that have taken their places.
    """

    def __init__(self, module: Any) -> None:
        self.module = module
        parts = [part for _, chain in chains_of(module) for part in chain.modules()]
        parts += [part for part in module.modules() if "_initialize_hook" in part.__dict__]
        written = {id(module), *map(id, parts)}
        touched = [each for part in module.modules() for each in (part, *homes(part))]
        self.layers = [Snapshot(each, elements=id(each) in written) for each in touched]
        self.generator = default().get_state()
        self.versions: list[int] = []
        self.replaced: list[tuple[Any, list[Any]]] = []

    def undo(self) -> None:
        """Make the layer what it was, and take the draws back."""
        for layer in reversed(self.layers):
            layer.restore()
        default().set_state(self.generator)
        for old, new in self.replaced:
            for place, parameter in enumerate(new):
                announce(parameter, [] if place else [old])

    def seal(self) -> None:
        """Note what the settled parameters are, so that later training is noticed."""
        self.versions = self.present()

    def present(self) -> list[int]:
        """Return how often each parameter was written in place so far."""
        own = members(self.module, PARAMETER)
        return [parameter._version for _, parameter in own if parameter is not None]


class Turn:
    """The change of a settled layer's class in its first call, as long as it may be undone."""

    versions: tuple[int, ...] = ()

    def __init__(self, module: Any) -> None:
        self.module, self.cls = module, module.__class__

    def undo(self) -> None:
        """Give the layer back its class."""
        self.module.__class__ = self.cls

    def present(self) -> tuple[int, ...]:
        """Return what training may have changed since: nothing that counts here."""
        return ()


def turn(module: Any, cls: type) -> None:
    """Make a layer that runs one of another class; if the outermost call fails, it is not."""
    with LOCK:
        if runs(type(module).__call__.__code__, sys._getframe(1)):
            JOURNAL.setdefault(get_ident(), []).append(Turn(module))
        module.__class__ = cls


def settle(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any] | None = None) -> None:
    """Initialize a lazy module from the input of its first call, as its forward pre-hook.

    Raises:
        RuntimeError: something is still lazy after `initialize_parameters`.
    """
    with LOCK:
        if "_initialize_hook" not in module.__dict__:
            return
        attempt = Attempt(module)
        try:
            initialize(module, args, kwargs or {}, attempt.replaced)
        except BaseException:
            attempt.undo()
            raise
        if is_inside_call():
            attempt.seal()
            JOURNAL.setdefault(get_ident(), []).append(attempt)
        else:
            release(module)


def initialize(
    module: Any, args: tuple[Any, ...], kwargs: dict[str, Any], replaced: list[Any]
) -> None:
    """Initialize a lazy module under its own key, and make the calls that wait for its shapes.

    Whoever calls this keeps what the module was before; `replaced` is filled as an Attempt's.
    """
    with settling(module), unparametrized(module, replaced):
        dtype, shared = waiting_dtype(module), shared_tensors(module)
        apart = calls_apart(shared)
        kept, waiting = ready_tensors(module, dtype), postponed_calls(module)
        token = WHOLE.set((kept, waiting, dtype))
        try:
            with own_draws(module):
                module.initialize_parameters(*args, **kwargs)
        except (AttributeError, IndexError) as error:
            raise misused(module, args, error) from None
        finally:
            WHOLE.reset(token)
        require_initialized(module)
        waiting += draw_at_home(shared, apart)
        with preserving(kept):
            replay(waiting)
    finish(module)


def misused(module: Any, args: tuple[Any, ...], error: Exception) -> Exception:
    """Say what is wrong with the input from which a layer of this package cannot take its sizes."""
    name, owned = type(module).__name__, type(module).__module__.startswith(OWN)
    if not owned or not args:
        return error
    if args[0].__class__ not in TENSORS:
        return not_a_tensor(name, "input", args[0], 1)
    if args[0].ndim == 0:
        return refuse(IndexError, name, "the input must have at least one dimension",
                      "give it one with input.unsqueeze(0)", input=args[0])  # fmt: skip
    return error


def settle_part(module: Any, *args: Any) -> None:
    """Initialize a lazy module inside one that is settling, and that may be undone with it.

    The calls that wait for its shapes are made when the whole is initialized, as they were made
    when the whole was built.
    """
    if "_initialize_hook" not in module.__dict__:
        return
    kept, waiting, dtype = WHOLE.get()
    shared = shared_tensors(module)
    apart = calls_apart(shared)
    with settling(module), unparametrized(module, []):
        kept += ready_tensors(module, dtype)
        waiting += postponed_calls(module)
        with own_draws(module):
            module.initialize_parameters(*args)
        require_initialized(module)
        waiting += draw_at_home(shared, apart)
    finish(module)
    release(module)


def waiting_dtype(module: Any) -> Any:
    """Return the floating-point type of what waits in a module, None if nothing does."""
    tensors = (tensor for part in module.modules() for tensor in tensors_of(part))
    return next((t.dtype for t in tensors if is_lazy(t) and t.dtype.is_floating_point), None)


def ready_tensors(module: Any, dtype: Any) -> list[tuple[Any, Any]]:
    """Return the tensors of a lazy module that do not wait, each with a type to draw it in."""
    ready = [tensor for tensor in tensors_of(module) if not is_lazy(tensor)]
    return [(tensor, dtype if tensor.is_floating_point() else None) for tensor in ready]


@contextmanager
def preserving(tensors: list[tuple[Any, Any]]) -> Iterator[None]:
    """Keep the elements of tensors that were loaded, or shared, before their layer settled.

    In the block they are copies of another type, if one is given: how many random numbers a layer
    draws depends on its type, and a tensor of another may have been loaded into it.
    """
    kept = [(tensor, STORAGE.__get__(tensor)) for tensor, _ in tensors]
    for tensor, dtype in tensors:
        STORAGE.__set__(tensor, tensor.detach().to(dtype, copy=True).array)
    try:
        yield
    finally:
        for tensor, array in kept:
            STORAGE.__set__(tensor, array)


@contextmanager
def unparametrized(module: Any, replaced: list[tuple[Any, list[Any]]]) -> Iterator[None]:
    """Let parametrized tensors that wait be plain in the block, and parametrize them at its end.

    So a lazy layer is initialized as its eager twin is: first the layer, then its parametrizations.
    """
    waiting = [(name, chain) for name, chain in chains_of(module) if chain.waiting]
    for name, chain in waiting:
        original = chain.original
        put(module, name, chain.__dict__["__registry__"]["original"], original)
    yield
    for name, chain in waiting:
        del module.__dict__[name]
        module.__dict__["__registry__"][name] = PARAMETRIZED
        original = chain.original
        try:
            chain.settle(name)
        except Exception as error:
            steps = ", ".join(type(step).__name__ for step in chain)
            error.add_note(f"  from    the parametrization of {name!r} by {steps}")
            raise
        if not chain.is_tensor:
            announce(original, chain.originals)
            replaced.append((original, chain.originals))


def require_initialized(module: Any) -> None:
    """Refuse to go on with a module that its `initialize_parameters` left lazy."""
    if module.has_uninitialized_params():
        raise RuntimeError(f"module {module._get_name()} has not been fully initialized")


def postponed_calls(module: Any) -> list[tuple[Any, Recorded]]:
    """Take the calls that wait for the shapes of a module, those of its tensors among them."""
    waiting = [(module, call) for call in module.__dict__.pop("__postponed__", ())]
    for tensor in tensors_of(module):
        waiting += [(tensor, call) for call in tensor.__dict__.pop("recorded", ())]
    return waiting


def finish(module: Any) -> None:
    """Make a module whose tensors are all initialized an ordinary one; its hooks go last."""
    target = getattr(module, "cls_to_become", None)
    module.__dict__.pop("__postponed__", None)
    module.__dict__.pop("cls_to_become", None)
    if target is not None:
        module.__class__ = target
    for name in ("_load_hook", "_initialize_hook"):
        handle = module.__dict__.pop(name, None)
        if handle is not None:
            handle.remove()
    for table in TABLES:
        discard_empty(module, table)


# -- the journal ---------------------------------------------------------------------------------


def commit(module: Any) -> None:
    """Note that a call of a module has succeeded; the outermost one ends the journal."""
    if get_ident() in JOURNAL and is_outermost():
        for attempt in JOURNAL.pop(get_ident()):
            release(attempt.module)


def guard(module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Keep what another thread has settled: this one is about to compute with it.

    It is the last pre-hook of a layer from its birth to the end of the outermost call that settles
    it. Where that call has failed in the meantime, the layer is lazy again and settles here.
    """
    with LOCK:
        again = lazy_hook(module)
        if again is not None:
            again(module, args, kwargs)
        elif not any(attempt.module is module for attempt in JOURNAL.get(get_ident(), ())):
            for attempts in list(JOURNAL.values()):
                attempts[:] = [attempt for attempt in attempts if attempt.module is not module]
            release(module)


def lazy_hook(module: Any) -> Any:
    """Return the hook that settles a module, if it is still there."""
    handle = module.__dict__.get("_initialize_hook")
    if handle is None:
        return None
    return module.__hooks__.get("forward_pre", NO_HOOKS).get(handle.id)


def release(module: Any) -> None:
    """Take the guard of a layer away: it is settled for good."""
    module.__dict__.get("__hooks__", {}).pop("last", None)
    discard_empty(module, "__hooks__")


def unwind(error: BaseException, module: Any) -> None:
    """Say where in the net an error came from; the outermost call undoes what it settled."""
    if isinstance(error, Exception):
        locate(error, module)
        if hasattr(error, "uninitialized"):
            list_lazy(error, module)
    if get_ident() in JOURNAL and is_outermost():
        undo()


def list_lazy(error: Exception, module: Any, most: int = 8) -> None:
    """Note on an error that came from a lazy tensor what a net still waits for, by its paths."""
    names = module.uninitialized()
    more = f" and {len(names) - most} more" if len(names) > most else ""
    notes = [note for note in error.__notes__ if not note.startswith("  lazy ")]
    error.__notes__ = [*notes, f"  lazy    {', '.join(names[:most])}{more}"]


def undo() -> None:
    """Make this thread's layers lazy again, the last one first, but for those trained since."""
    with LOCK:
        for attempt in reversed(JOURNAL.pop(get_ident())):
            if attempt.present() == attempt.versions:
                attempt.undo()
            else:
                release(attempt.module)


def is_inside_call() -> bool:
    """Tell whether a module is being called, rather than its hook by somebody else."""
    return runs(call_with_hooks.__code__, sys._getframe(2))


def is_outermost() -> bool:
    """Tell whether the call of a module that asks is inside no other call of a module."""
    asking = sys._getframe(2)
    return not runs(asking.f_code, asking.f_back)


def runs(code: CodeType, frame: FrameType | None) -> bool:
    """Tell whether some code is running in a frame or in one of its callers."""
    while frame is not None:
        if frame.f_code is code:
            return True
        frame = frame.f_back
    return False
