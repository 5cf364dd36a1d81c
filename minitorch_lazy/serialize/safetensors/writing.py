"""Writing safetensors.

The format knows no shared memory: other readers find every tensor complete. What was shared, the
checksums, and the entries that are still lazy are in the header's `__metadata__`.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.serialize.lazy import take_out
from minitorch_lazy.serialize.ledger import Outgoing
from minitorch_lazy.serialize.memory import Look, looks
from minitorch_lazy.serialize.safetensors.header import (
    BLANK,
    CHECKSUM,
    CHECKSUMS,
    CODE_OF_NAME,
    METADATA,
    MODULES,
    TIED,
    sealed,
)
from minitorch_lazy.serialize.source import CHUNK, Advance


class Plan:
    """A file that is ready to be written.

    Attributes:
        size: bytes of all tensors.
    """

    def __init__(self, obj: Any) -> None:
        state, self.metadata = checked(obj)
        self.looks = looks(state.values())
        self.state = state
        order = sorted(state, key=lambda name: -state[name].dtype.itemsize)
        self.arrays = {name: stored(self.looks[id(state[name])]) for name in order}
        self.size = sum(array.nbytes for array in self.arrays.values())

    def header(self) -> bytes:
        """Return the header with all checksums, in the order of the state."""
        ends, reach = {}, 0
        for name, array in self.arrays.items():
            ends[name] = [reach, reach + array.nbytes]
            reach += array.nbytes
        checksums = {name: checksum(array) for name, array in self.arrays.items()}
        metadata = {"format": "pt", CHECKSUM: BLANK, CHECKSUMS: json.dumps(checksums)}
        if ties := dict(tied(self.state, self.looks)):
            metadata[TIED] = json.dumps(ties)
        if self.metadata is not None:
            metadata[MODULES] = json.dumps(self.metadata)
        entries: dict[str, Any] = {METADATA: metadata}
        for name, tensor in self.state.items():
            entries[name] = {"dtype": CODE_OF_NAME[tensor.dtype.name],
                             "shape": list(tensor.shape), "data_offsets": ends[name]}  # fmt: skip
        text = json.dumps(entries, separators=(",", ":")).encode()
        return sealed(text + b" " * (-len(text) % 8))

    def write(self, stream: BinaryIO, advance: Advance) -> None:
        """Write the file."""
        header = self.header()
        stream.write(struct.pack("<Q", len(header)) + header)
        for array in self.arrays.values():
            for part in parts(array):
                stream.write(part)
                advance(len(part))


def checked(obj: Any) -> tuple[Any, Any]:
    """Return a flat state and its metadata.

    Raises:
        RuntimeError: it is a whole module.
        TypeError: it is no flat dict of tensors that the format can hold.
    """
    if isinstance(obj, Module):
        raise refuse(RuntimeError, "save", f"obj is a whole {type(obj).__name__}",
                     "save(net.state_dict(), file)")  # fmt: skip
    if not isinstance(obj, dict):
        raise refuse(TypeError, "save", "a safetensors file holds a flat dict of tensors",
                     "save a dict of tensors, or to a path that ends in .pt", obj=obj)  # fmt: skip
    metadata = getattr(obj, "_metadata", None)
    state = obj
    if metadata is None and any(is_lazy(value) for value in obj.values()):
        state = Plain(obj)
        state._metadata = {}
    if metadata is not None or state is not obj:
        state, metadata = take_out(state, Outgoing())
    for name, value in state.items():
        check_entry(name, value)
    try:
        json.dumps(metadata)
    except (TypeError, ValueError):
        raise refuse(TypeError, "save", "_metadata that JSON cannot hold",
                     "save to a path that ends in .pt", metadata=metadata) from None  # fmt: skip
    return state, metadata


class Plain(dict[str, Any]):
    """A dict of lazy entries without metadata of its own."""

    _metadata: dict[str, Any]


def check_entry(name: Any, value: Any) -> None:
    """Refuse an entry that the format cannot hold."""
    mend = "save to a path that ends in .pt"
    if type(name) is not str or name == METADATA:
        raise refuse(TypeError, "save", f"a safetensors file has no entry {name!r}", mend)
    if not isinstance(value, Tensor) or value.is_meta:
        raise refuse(TypeError, "save", f"a safetensors file holds tensors only, not [{name!r}]",
                     mend, value=value)  # fmt: skip
    if value.dtype.name not in CODE_OF_NAME:
        raise refuse(TypeError, "save", f"a safetensors file cannot hold [{name!r}] of type "
                     f"{value.dtype}", mend, value=value)  # fmt: skip


def stored(look: Look) -> Any:
    """Return a tensor's elements as a little-endian array in row-major order."""
    item = look.piece.flat.itemsize
    steps = tuple(step * item for step in look.stride)
    seen = np.lib.stride_tricks.as_strided(
        look.piece.flat[look.offset :], look.size, steps, writeable=False
    )
    array = np.ascontiguousarray(seen).reshape(look.size)
    return array if array.dtype.kind == "V" else array.astype(array.dtype.newbyteorder("<"),
                                                              copy=False)  # fmt: skip


def parts(array: Any) -> Iterator[memoryview]:
    """Yield the bytes of an array piece by piece."""
    raw = array.reshape(-1).view(np.uint8) if array.size else np.empty(0, np.uint8)
    for start in range(0, raw.size, CHUNK):
        yield raw[start : start + CHUNK].data


def checksum(array: Any) -> int:
    """Return the CRC-32 of an array's bytes."""
    found = 0
    for part in parts(array):
        found = zlib.crc32(part, found)
    return found


def tied(state: Any, seen: dict[int, Look]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield how each tensor that shares memory looks at one that covers it.

    Raises:
        RuntimeError: tensors overlap, and none of them holds all elements in their order.
    """
    sharing: dict[int, list[str]] = {}
    for name, tensor in state.items():
        if tensor.numel():
            sharing.setdefault(id(seen[id(tensor)].piece), []).append(name)
    for names in sharing.values():
        if len(names) < 2:
            continue
        cover = next((n for n in names if covers(seen[id(state[n])])), None)
        if cover is None:
            raise refuse(
                RuntimeError, "save", f"{', '.join(names)} overlap in memory, and none of them "
                "holds it all: a safetensors file cannot keep that", "save to a path that ends in "
                ".pt, or clone() them first",
            )  # fmt: skip
        for name in names:
            look = seen[id(state[name])]
            if name != cover:
                yield name, {"of": cover, "offset": look.offset, "stride": list(look.stride)}


def covers(look: Look) -> bool:
    """Tell whether a tensor is all of its piece, in order."""
    whole = int(np.prod(look.size, dtype=object)) == look.piece.flat.size
    return look.offset == 0 and look.contiguous and whole
