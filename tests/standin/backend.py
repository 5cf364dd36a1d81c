"""The strict device: the CuPy backend run on the stand-in, for tests on machines with no GPU."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.cupy import CupyBackend
from minitorch_lazy.backends.registry import DEVICES, register
from tests.standin import array, xp, xpx

DEVICE_TYPE = "strict"


class StrictBackend(CupyBackend):
    """CuPy's backend, method for method, with the stand-in where the GPU's library would be."""

    device_type = DEVICE_TYPE

    def device_of(self, x: Any) -> tuple[str, int | None]:
        """Return the one strict device, which has no number."""
        return DEVICE_TYPE, None


def install() -> None:
    """Make `device="strict"` a device like any other; a second call changes nothing."""
    if DEVICE_TYPE not in DEVICES:
        register(array, StrictBackend(xp, xpx), DEVICE_TYPE)
