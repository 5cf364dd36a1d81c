"""keyed(seed): every module draws from a stream of its own, whatever the order of the draws."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from operator import index
from typing import Any
from weakref import ref

from minitorch_lazy.core.generator import SOURCE, Generator
from minitorch_lazy.errors import refuse

__all__ = ["keyed"]


class Key:
    """The name of a module's streams: each draw has a generator of its own.

    Attributes:
        seed: of the block in which the module was built.
        ordinal: the how-manieth module of the block it is.
        draws: how many draws were made for it.
        home: a weak reference to the module, as soon as there is one.
    """

    home: ref[Any] | None = None

    def __init__(self, seed: int, ordinal: int, draws: int = 0) -> None:
        self.seed, self.ordinal, self.draws = seed, ordinal, draws

    def __getstate__(self) -> dict[str, Any]:
        return {"seed": self.seed, "ordinal": self.ordinal, "draws": self.draws}

    def owner(self) -> Any:
        """Return the module, if it still lives."""
        return None if self.home is None else self.home()

    def generator(self) -> Generator:
        """Return the generator of the next draw."""
        self.draws += 1
        return Generator.from_key(self.seed, self.ordinal, self.draws)


class Block:
    """A `with keyed(seed)` block, which numbers the modules that are built in it."""

    def __init__(self, seed: int, first: int = 0) -> None:
        self.seed = seed
        self.next = count(first).__next__


BLOCK: ContextVar[Block | None] = ContextVar("keyed", default=None)
SETTLING: ContextVar[Key | None] = ContextVar("settling", default=None)


@contextmanager
def keyed(seed: int) -> Iterator[None]:
    """Give every module that is built in the block a random stream of its own.

    Its key is (seed, ordinal of construction). What is drawn while the module is built or settled,
    in the block or later, comes from (its key, ordinal of the draw): so lazy networks and their
    eager twins get the same weights, in whatever order the layers see their first batch, on every
    device. The default generators do not move.

    Args:
        seed: an integer of 64 bits.
    Raises:
        TypeError: it is no integer.
        ValueError: it is smaller than -2**63, or larger than 2**64 - 1.

    >>> import minitorch_lazy as torch
    >>> with torch.nn.init.keyed(0):
    ...     eager = torch.nn.Linear(3, 2)
    >>> with torch.nn.init.keyed(0):
    ...     lazy = torch.nn.LazyLinear(2)
    >>> _ = lazy(torch.ones(1, 3))
    >>> torch.equal(eager.weight, lazy.weight)
    True
    """
    block, source = BLOCK.set(Block(checked(seed))), SOURCE.set(choose)
    try:
        yield
    finally:
        SOURCE.reset(source)
        BLOCK.reset(block)


def checked(seed: Any) -> int:
    """Return a seed as an integer, if it is one of 64 bits."""
    if isinstance(seed, bool) or not hasattr(seed, "__index__"):
        raise refuse(TypeError, "keyed", f"the seed must be an integer, not {type(seed).__name__}",
                     "nn.init.keyed(0)", seed=seed)  # fmt: skip
    number = index(seed)
    if not -(2**63) <= number < 2**64:
        raise refuse(ValueError, "keyed", "the seed does not fit into 64 bits",
                     "choose a seed from -2**63 to 2**64 - 1", seed=seed)  # fmt: skip
    return number


def give_key(module: Any) -> None:
    """Give a module that is being built its key; none outside of every block."""
    block = BLOCK.get()
    if block is not None:
        module.__dict__["__key__"] = Key(block.seed, block.next())
        claim(module)


def claim(module: Any) -> None:
    """Let the key of a module know whose it is, unless it is that of one that lives."""
    key = module.__dict__.get("__key__")
    if key is not None and key.owner() is None:
        key.home = ref(module)


@contextmanager
def settling(module: Any) -> Iterator[None]:
    """Let the draws in the block come from the key of a module, if it has one."""
    key = module.__dict__.get("__key__")
    token = SETTLING.set(key)
    source = SOURCE.set(choose if key is not None else SOURCE.get())
    try:
        yield
    finally:
        SOURCE.reset(source)
        SETTLING.reset(token)


@contextmanager
def aside() -> Iterator[None]:
    """Let what is built in the block take no number and no draw from any stream."""
    stream = Generator()
    block, key = BLOCK.set(None), SETTLING.set(None)
    source = SOURCE.set(lambda: stream)
    try:
        yield
    finally:
        SOURCE.reset(source)
        SETTLING.reset(key)
        BLOCK.reset(block)


def reserve(modules: int) -> None:
    """Take numbers of the block for modules that will be built later."""
    block = BLOCK.get()
    for _ in range(modules if block is not None else 0):
        block.next()  # type: ignore[union-attr]


@contextmanager
def rebuilding(key: Key | None) -> Iterator[None]:
    """Number the modules that are built in the block from that of a key on; none without a key."""
    found = None if key is None else Block(key.seed, key.ordinal)
    block, now = BLOCK.set(found), SETTLING.set(None)
    try:
        yield
    finally:
        SETTLING.reset(now)
        BLOCK.reset(block)


def choose() -> Generator | None:
    """Return the generator of a draw that names none; None for the default one."""
    key = SETTLING.get()
    if key is None and BLOCK.get() is not None:
        key = constructing()
    return None if key is None else key.generator()


def choose_for(tensor: Any) -> Generator | None:
    """Return the generator of a draw that initialises a tensor; None for the default one."""
    key = tensor.__dict__.get("key")
    return choose() if key is None else key.generator()


def constructing() -> Key | None:
    """Find the key of the innermost module whose `__init__` is running.

    Python tells a class when a construction begins but not when it ends; the frames know.
    """
    frame = sys._getframe(1)
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__init__" and code.co_argcount:
            module = frame.f_locals.get(code.co_varnames[0])
            key: Key | None = getattr(module, "__dict__", {}).get("__key__")
            if key is not None:
                return key
        frame = frame.f_back  # type: ignore[assignment]
    return None
