"""`xp`: NumPy's module as far as CuPy has it, and the little of `cupy.cuda` a backend needs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from tests.standin import rules
from tests.standin.array import array, call, wrap
from tests.standin.memory import Memory, stats
from tests.standin.snapshot import UFUNC_METHODS


class Function:
    """A function of the namespace; a ufunc's has the methods `at`, `reduce` and their kin."""

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.__name__ = name
        self.function = function
        if isinstance(function, np.ufunc):
            for method in UFUNC_METHODS:
                bound = getattr(function, method)
                setattr(self, method, partial(invoke, f"{name}.{method}", bound))

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return call(self.__name__, self.function, args, keywords)

    def __repr__(self) -> str:
        return f"<stand-in for cupy.{self.__name__}>"


def invoke(name: str, function: Callable[..., Any], *args: Any, **keywords: Any) -> Any:
    """Call a method of a ufunc."""
    return call(name, function, args, keywords)


class Namespace:
    """A module of NumPy's, cut down to the names that CuPy has.

    Args:
        module: NumPy's module.
        prefix: where it sits below `cupy`, with a dot at the end.
        own: names that NumPy's module lacks, or has in a form that CuPy's differs from.
    """

    def __init__(self, module: ModuleType, prefix: str = "", **own: Any) -> None:
        self.module, self.prefix = module, prefix
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        full = self.prefix + name
        value = getattr(self.module, name, None)
        if isinstance(value, ModuleType):
            found: Any = Namespace(value, full + ".")
        elif name.startswith("_") or full not in rules.SURFACE:
            raise AttributeError(f"module 'cupy' has no attribute {full!r}")
        elif not hasattr(self.module, name):
            raise AttributeError(f"the stand-in has no GPU for cupy.{full}")
        elif isinstance(value, type) or not callable(value):
            found = value
        else:
            found = Function(full, value)
        self.__dict__[name] = found
        return found

    def __repr__(self) -> str:
        return f"<stand-in for cupy{'.' * bool(self.prefix)}{self.prefix.rstrip('.')}>"


class Generator:
    """CuPy's random generator: it lacks `normal`, `permutation`, `shuffle`, `choice` and others."""

    def __init__(self, source: Any, owner: str = "random.Generator") -> None:
        self.source, self.owner = source, owner

    def __getattr__(self, name: str) -> Any:
        full = f"{self.owner}.{name}"
        if full not in rules.SURFACE:
            raise AttributeError(f"cupy.{self.owner} has no attribute {name!r}")
        return partial(self.draw, full, getattr(self.source, name))

    def draw(self, name: str, function: Callable[..., Any], *args: Any, **keywords: Any) -> array:
        """Draw numbers on the device."""
        rules.permit(name, keywords)
        return wrap(function(*args, **keywords))  # type: ignore[no-any-return]


def default_rng(seed: int | None = None) -> Generator:
    """Make a generator."""
    return Generator(np.random.default_rng(seed))


def random_state(seed: int | None = None) -> Generator:
    """Make a generator of the old kind."""
    return Generator(np.random.RandomState(seed), "random.RandomState")


def asnumpy(a: Any, stream: Any = None, order: Any = "C", out: Any = None,
            blocking: bool = True) -> np.ndarray:  # fmt: skip
    """Download an array; a NumPy array stays where it is."""
    return a.get(stream, order, out, blocking) if isinstance(a, array) else np.asarray(a)


def get_array_module(*args: Any) -> Any:
    """Return `xp` if any argument is a stand-in array, NumPy otherwise."""
    return xp if any(isinstance(a, Memory) for a in args) else np


def synchronize() -> None:
    """Wait for all work that has been queued."""
    stats["sync"] += 1


class Device(nullcontext[None]):
    """The one device of the stand-in."""

    def __init__(self, device: int | None = None) -> None:
        super().__init__()
        self.id = device or 0

    def use(self) -> None:
        """Make this the current device, which it is."""

    def synchronize(self) -> None:
        """Wait for the device."""
        synchronize()


class Stream(nullcontext[None]):
    """A queue of work, done at once."""

    ptr = 0

    def __init__(self, null: bool = False, non_blocking: bool = False) -> None:
        super().__init__()

    def synchronize(self) -> None:
        """Wait for the queue."""
        synchronize()


def get_current_stream(device_id: int = 0) -> Stream:
    """Return the queue in use."""
    return Stream()


def errstate(**modes: Any) -> AbstractContextManager[None]:
    """Stand for cupyx.errstate, which is about linear algebra alone."""
    rules.permit("cupyx.errstate", modes)
    return nullcontext()


cuda = SimpleNamespace(
    Device=Device,
    Stream=Stream,
    get_current_stream=get_current_stream,
    is_available=lambda: True,
    runtime=SimpleNamespace(getDeviceCount=lambda: 1, deviceSynchronize=synchronize),
)

xp = Namespace(
    np,
    ndarray=array,
    asnumpy=asnumpy,
    cuda=cuda,
    get_array_module=get_array_module,
    is_available=lambda: True,
    random=Namespace(
        np.random, "random.", Generator=Generator, RandomState=random_state, default_rng=default_rng
    ),
)
"""The stand-in for the module `cupy`."""
