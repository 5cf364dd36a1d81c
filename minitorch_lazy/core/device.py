"""Devices: where a tensor's numbers live."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import DEVICES, LOADERS

INTERNED: dict[tuple[str, int | None], device] = {}


class device:  # noqa: N801 - torch's name
    """A place for tensors: `device("cpu")`, `device("cuda:0")`, `device("cuda", 1)`, `"meta"`.

    Equal devices are one object, so that `is` compares them. Making one needs no hardware.

    Raises:
        RuntimeError: the string names no known device type.

    Source: torch.device.

    >>> device("cuda", 1)
    device(type='cuda', index=1)
    """

    type: str
    index: int | None

    def __new__(cls, type: str | int | device, index: int | None = None) -> device:
        if isinstance(type, device):
            return type
        if isinstance(type, int):
            return cls("cuda", type)
        name, _, suffix = type.partition(":")
        if name not in DEVICES and name not in LOADERS:
            known = ", ".join(sorted({*DEVICES, *LOADERS}))
            raise RuntimeError(f"Expected one of {known} device type at start of device string: "
                               f"{type}")  # fmt: skip
        if suffix:
            if index is not None or not suffix.isdigit():
                raise RuntimeError(f"Invalid device string: '{type}'")
            index = int(suffix)
        found = INTERNED.get((name, index))
        if found is None:
            found = INTERNED[name, index] = super().__new__(cls)
            found.type, found.index = name, index
        return found

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self) -> tuple[Any, ...]:
        return device, (self.type, self.index)
