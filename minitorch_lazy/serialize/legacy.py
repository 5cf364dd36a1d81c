"""Reading files of before PyTorch 1.6: several values of opcodes, then the storages."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from typing import Any

from minitorch_lazy.serialize.archive import LONGEST_OPCODES
from minitorch_lazy.serialize.constructors import storage
from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.machine import Machine
from minitorch_lazy.serialize.records import Storage
from minitorch_lazy.serialize.source import Content, Source

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
PARTS = ("magic number", "protocol version", "system info", "value", "storage keys")


def read_legacy(source: Source) -> Content:
    """Describe what a file of PyTorch's first format holds."""
    code = source.read(0, min(source.size, LONGEST_OPCODES))
    storages: dict[str, Storage] = {}

    def persistent(identity: Any) -> Storage:
        found = storage(identity)
        known = storages.setdefault(found.key, found)
        if (known.kind, known.nbytes) != (found.kind, found.nbytes):
            raise CheckpointError("a storage that is described in two ways", found.key)
        return found

    parts = values(code, persistent)
    if next(parts)[0] != MAGIC:
        raise CheckpointError("no checkpoint: it is neither a zip file, nor safetensors, nor one "
                              "of PyTorch before 1.6")  # fmt: skip
    if next(parts)[0] != PROTOCOL or type(next(parts)[0]) is not dict:
        raise CheckpointError("a protocol that PyTorch never had", "protocol version")
    value, opcodes, _ = next(parts)
    keys, _, end = next(parts)
    if type(keys) is not list or not all(type(key) is str for key in keys):
        raise CheckpointError("keys of storages that are no list of texts", "storage keys")
    if len(set(keys)) != len(keys) or not set(storages) <= set(keys):
        raise CheckpointError("keys of storages that do not fit the value", "storage keys")
    places = dict(measure(source, keys, storages, end))
    return Content(source, value, opcodes, places, sys.byteorder != "little", "value")


def values(code: bytes, persistent: Any) -> Iterator[tuple[Any, int, int]]:
    """Yield each value with its number of opcodes and where it ends."""
    position = 0
    for part in PARTS:
        machine = Machine(code, position, persistent)
        try:
            value = machine.run()
        except CheckpointError as error:
            error.record = error.record or part
            raise
        position = machine.position
        yield value, machine.opcodes, position


def measure(
    source: Source, keys: list[str], storages: dict[str, Storage], offset: int
) -> Iterator[tuple[str, tuple[int, int, None]]]:
    """Yield where each storage is; the format keeps no checksums."""
    for key in keys:
        if key not in storages:
            raise CheckpointError("a storage that no tensor looks at", key)
        (count,) = struct.unpack("<q", source.read(offset, 8, key))
        kind = storages[key].kind
        nbytes = count * (kind.itemsize if kind else 1)
        if count < 0 or offset + 8 + nbytes > source.size:
            raise CheckpointError(f"a storage of {count} elements, beyond the file's end", key)
        yield key, (offset + 8, nbytes, None)
        offset += 8 + nbytes
