"""Devices: where a tensor's numbers live."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import DEVICES, LOADERS

INTERNED: dict[tuple[str, int | None], device] = {}


class device:  # noqa: N801 - torch's name
    """A place for tensors: `device("cpu")`, `device("cuda:0")`, `device("cuda", 1)`, `"meta"`.

    Equal devices are one object, so that `is` compares them. Making one needs no hardware.

    Raises:
        RuntimeError: the string names no known device type, or its number is none.
        TypeError: neither a string nor a number.

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
        if not isinstance(type, str):
            raise TypeError("device(): the first argument must be a string such as 'cuda:0', a "
                            f"number or a device, not {type.__class__.__name__}")  # fmt: skip
        if index is not None and index < 0:
            raise RuntimeError(f"Device index must not be negative, got {index}")
        name, colon, suffix = type.partition(":")
        if name not in DEVICES and name not in LOADERS:
            known = ", ".join(sorted({*DEVICES, *LOADERS}))
            raise RuntimeError(f"Expected one of {known} device type at start of device string: "
                               f"{type}")  # fmt: skip
        if colon:
            if index is not None:
                raise RuntimeError("type (string) must not include an index because index was "
                                   f"passed explicitly: {type}")  # fmt: skip
            if not suffix.isdecimal() or suffix != str(int(suffix)):
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
