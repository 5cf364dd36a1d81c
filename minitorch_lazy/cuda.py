"""What torch offers under `torch.cuda`, as far as it has a meaning here."""

from __future__ import annotations

from minitorch_lazy.backends.cupy import device_count, is_available
from minitorch_lazy.backends.registry import backend_of
from minitorch_lazy.core.generator import manual_seed as start

__all__ = ["device_count", "is_available", "manual_seed", "manual_seed_all", "synchronize"]


def synchronize() -> None:
    """Wait until the GPU has done all that it was asked to.

    Raises:
        RuntimeError: there is no GPU; the message says what is missing.
    """
    backend_of("cuda").xp.cuda.Device().synchronize()


def manual_seed(seed: int) -> None:
    """Start the streams of random numbers with a seed."""
    start(seed)


manual_seed_all = manual_seed
