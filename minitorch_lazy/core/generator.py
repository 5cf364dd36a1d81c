"""Generators: who owns the state of random numbers on the host."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, SupportsInt

import numpy as np

from minitorch_lazy.core.device import device as torch_device
from minitorch_lazy.core.draws.choice import ChoiceDraws
from minitorch_lazy.core.draws.integer import IntegerDraws
from minitorch_lazy.core.draws.normal import NormalDraws
from minitorch_lazy.core.draws.state import Stateful
from minitorch_lazy.core.draws.stream import Array, Stream
from minitorch_lazy.errors import refuse

FIRST_SEED = 67280421310721
"""What a generator is seeded with until it is told otherwise, as in PyTorch."""


class Generator(NormalDraws, IntegerDraws, ChoiceDraws, Stateful):
    """A stream of random numbers on the host, equal to PyTorch's on the CPU.

    Draws return new NumPy arrays. They equal PyTorch 2.13's bit for bit on x86-64 with AVX2,
    but for float64 ones of more than 4,096 elements, where a logarithm or an angle may be off
    by an ulp. Threads may share a generator: each draw holds its lock once.

    Args:
        device: a device or its name; only the CPU has such a stream.
    Raises:
        RuntimeError: the device is not the CPU.

    Source: torch.Generator.

    >>> generator = Generator().manual_seed(0)
    >>> generator.uniform((3,))
    array([0.4962566 , 0.7682218 , 0.08847743], dtype=float32)
    >>> generator.permutation(4)
    array([0, 2, 3, 1])
    """

    def __init__(self, device: Any = "cpu") -> None:
        require_cpu(device)
        super().__init__(FIRST_SEED)

    @classmethod
    def from_key(cls, seed: int, *path: int) -> Generator:
        """Make a generator whose stream is named by a seed and a path of whole numbers.

        Streams of different keys are independent of each other and of every `manual_seed`.

        Args:
            seed: any integer of 64 bits.
            path: integers of 64 bits, such as the ordinal of a module and of a draw.
        Source: numpy.random.SeedSequence, which hashes the key into the words of the state.
        """
        halves = [half for step in path for half in (step >> 32 & 0xFFFFFFFF, step & 0xFFFFFFFF)]
        key = np.random.SeedSequence(in_64_bits(seed), spawn_key=halves)
        generator = cls.__new__(cls)
        Stream.__init__(generator, in_64_bits(seed), np.random.MT19937(key))
        generator.fresh = False
        return generator

    @property
    def device(self) -> torch_device:
        """The device on which the numbers are drawn."""
        return torch_device("cpu")

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream of a seed.

        Args:
            seed: an integer of 64 bits; a negative one counts back from 2**64. Only its low
                32 bits choose the stream.
        Returns:
            this generator.
        Raises:
            RuntimeError: `seed` is not an integer.
            ValueError: `seed` does not fit into 64 bits.

        Source: torch.Generator.manual_seed.
        """
        if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)):
            kind = type(seed).__name__
            headline = f"manual_seed expected a long, but got {kind}"
            raise refuse(RuntimeError, "manual_seed", headline, "pass an int", seed=seed)
        start = in_64_bits(int(seed))
        with self.lock:
            if "engine" in self.__dict__:
                np.random.RandomState(self.engine).seed(start & 0xFFFFFFFF)
            self.start, self.cached, self.fresh = start, None, True
        return self

    def seed(self) -> int:
        """Start a stream that nobody can foretell, and return its seed."""
        start = int.from_bytes(os.urandom(8), "little") >> 11
        self.manual_seed(start)
        return start

    def initial_seed(self) -> int:
        """Return the seed that the stream was started with."""
        return self.start

    def clone_state(self) -> Generator:
        """Return a new generator that is in the same state."""
        twin = type(self)(self.device)
        twin.set_state(self.get_state())
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.device,), self.get_state()

    def __setstate__(self, state: Array) -> None:
        self.set_state(state)

    def __repr__(self) -> str:
        return f"Generator(device='{self.device}', initial_seed={self.start})"


def require_cpu(device: Any) -> None:
    """Refuse a device that has no stream of its own here.

    Raises:
        RuntimeError: the device is not the CPU.
    """
    if device != "cpu" and torch_device(device).type != "cpu":
        raise refuse(
            RuntimeError,
            "Generator",
            f"Cannot get a generator of random numbers for device {device}",
            mend='Generator(device="cpu"), and move what it draws with .to(device)',
        )


def in_64_bits(seed: int) -> int:
    """Return a seed as PyTorch stores it: modulo 2**64.

    Raises:
        ValueError: it has more bits.
    """
    if not -(1 << 63) <= seed < 1 << 64:
        raise refuse(
            ValueError,
            "manual_seed",
            "Overflow when unpacking long long",
            mend="choose a seed from -2**63 to 2**64 - 1",
            seed=seed,
        )
    return seed % (1 << 64)


default_generator = Generator()
default_generator.seed()

DEFAULTS: dict[tuple[str, int], Generator] = {("cpu", 0): default_generator}
"""The generator that draws where none is passed, by device type and index."""


def default(device_type: str = "cpu", index: int | None = None) -> Generator:
    """Return the default generator of a device.

    Raises:
        RuntimeError: the device has none.
    """
    found = DEFAULTS.get((device_type, index or 0))
    if found is None:
        raise refuse(
            RuntimeError,
            "default_generator",
            f"there is no generator of random numbers for device {device_type}",
            mend="draw on the CPU, and move the numbers with .to(device)",
        )
    return found


SOURCE: ContextVar[Callable[[], Generator | None] | None] = ContextVar("source", default=None)
"""What chooses the generator of a draw that names none: a keyed block, or a loader's worker."""


def chosen() -> Generator:
    """Return the generator of a draw that names none; the default one as a rule."""
    choose = SOURCE.get()
    return (choose() if choose is not None else None) or default()


def chosen_for(tensor: Any) -> Generator:
    """Return the generator of a draw into a tensor that names none: the tensor's own, if any."""
    key = tensor.__dict__.get("key")
    return chosen() if key is None else key.generator()


def manual_seed(seed: SupportsInt) -> Generator:
    """Start the streams of all default generators with one seed.

    Args:
        seed: an integer of 64 bits, or what `int` makes one of.
    Returns:
        the default generator of the CPU.
    Raises:
        ValueError: `seed` does not fit into 64 bits.

    Source: torch.manual_seed.
    """
    for generator in DEFAULTS.values():
        generator.manual_seed(int(seed))
    return default_generator
