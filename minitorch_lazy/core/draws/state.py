"""PyTorch's layout of the state of a generator on the CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from minitorch_lazy.core.draws.stream import Array, Stream
from minitorch_lazy.errors import refuse

WORDS = 624
"""How many words the Mersenne Twister renews at a time."""

LAYOUT = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "words", "normal", "has_normal"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", WORDS), "<f8", "<i4"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040],
        "itemsize": 5056,
    }
)
"""The fields in use. Those of older versions and of other devices lie between; they are zero."""


class Stateful(Stream):
    """A stream whose state can be read and set as bytes."""

    def get_state(self) -> Array:
        """Return the whole state as 5,056 bytes in PyTorch's layout.

        Returns:
            uint8 (5056,), a copy.

        Source: torch.Generator.get_state.
        """
        record = np.zeros(1, LAYOUT)
        with self.lock:
            engine: Any = self.engine.state["state"]
            position = 0 if self.fresh else engine["pos"]
            record["seed"], record["words"], record["seeded"] = self.start, engine["key"], 1
            record["next"], record["left"] = position, WORDS + 1 - (position or WORDS)
            if self.cached is not None:
                record["normal"], record["has_normal"] = self.cached, 1
        return record.view(np.uint8)

    def set_state(self, new_state: Any) -> None:
        """Go back to a state that `get_state` returned here, or in PyTorch.

        Args:
            new_state: uint8 (5056,).
        Raises:
            TypeError: the state does not consist of bytes.
            RuntimeError: it is not the state of a generator on the CPU.

        Source: torch.Generator.set_state.
        """
        record = unpacked(new_state)
        used_up = bool(record["left"] == 1)
        position = WORDS if used_up else int(record["next"])
        words = record["words"].astype(np.uint32)
        engine: Any = {"bit_generator": "MT19937", "state": {"key": words, "pos": position}}
        with self.lock:
            self.engine.state = engine
            self.start, self.fresh = int(record["seed"]), used_up and bool(record["next"] == 0)
            self.cached = float(record["normal"]) if record["has_normal"] else None


def unpacked(state: Any) -> Any:
    """Read 5,056 bytes as one record of the layout.

    Raises:
        TypeError: the state does not consist of bytes.
        RuntimeError: it is not the state of a generator on the CPU.
    """
    array = np.ascontiguousarray(state)
    mend = "pass what get_state() of a generator on the CPU returned"
    if array.dtype != np.uint8:
        headline = f"RNG state must be a torch.ByteTensor, not {array.dtype.name}"
        raise refuse(TypeError, "set_state", headline, mend)
    if array.size != LAYOUT.itemsize:
        headline = (
            f"Expected a CPUGeneratorImplState of size {LAYOUT.itemsize} but found the input RNG "
            f"state size to be {array.size}"
        )
        raise refuse(RuntimeError, "set_state", headline, mend)
    record = array.reshape(-1).view(LAYOUT)[0]
    if not record["seeded"] or not 0 < record["left"] <= WORDS or record["next"] > WORDS:
        raise refuse(RuntimeError, "set_state", "Invalid mt19937 state", mend)
    return record
