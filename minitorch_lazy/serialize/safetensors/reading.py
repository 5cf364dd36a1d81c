"""Reading safetensors: every claim of the header is checked before anything is allocated."""

from __future__ import annotations

import struct
import sys
from typing import Any

from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.memory import row_major
from minitorch_lazy.serialize.records import State, Storage, TensorRecord
from minitorch_lazy.serialize.safetensors.header import (
    CHECKSUMS,
    KIND_OF_CODE,
    LONGEST_HEADER,
    METADATA,
    MODULES,
    RECORD,
    TIED,
    check_seal,
    parse,
)
from minitorch_lazy.serialize.source import Content, Source


def read_safetensors(source: Source) -> Content:
    """Describe what a safetensors file holds."""
    (length,) = struct.unpack("<Q", source.read(0, 8, "header length"))
    if length > min(LONGEST_HEADER, source.size - 8):
        raise CheckpointError(f"a header of {length} bytes in a file of {source.size}",
                              "header length")  # fmt: skip
    header = source.read(8, length, RECORD)
    if not header.startswith(b"{"):
        raise CheckpointError("a header that does not begin with {", RECORD)
    entries = parse(header)
    metadata = texts(entries.pop(METADATA, {}))
    check_seal(header, metadata)
    places: dict[str, tuple[int, int, Any]] = {}
    value = State()
    for name, entry in entries.items():
        value[name], places[name] = tensor(name, entry, 8 + length)
    check_layout(places, 8 + length, source.size)
    add_checksums(places, metadata)
    tie(value, metadata)
    if MODULES in metadata:
        value.metadata = parse(metadata[MODULES].encode(), MODULES)
    return Content(source, value, length, places, sys.byteorder != "little", RECORD)


def texts(metadata: Any) -> dict[str, str]:
    """Return the header's own entry, which maps texts to texts."""
    if type(metadata) is not dict or not all(type(text) is str for text in metadata.values()):
        raise CheckpointError("__metadata__ that is not made of texts", RECORD)
    return metadata


def tensor(name: str, entry: Any, start: int) -> tuple[TensorRecord, tuple[int, int, Any]]:
    """Describe one tensor, and say where its bytes are."""
    match entry:
        case {"dtype": str(code), "shape": list(shape), "data_offsets": [int(begin), int(end)],
              **others}:  # fmt: skip
            pass
        case _:
            raise CheckpointError("an entry without dtype, shape or data_offsets", name)
    if others or code not in KIND_OF_CODE:
        raise CheckpointError(f"an entry of dtype {code} with {len(others)} unknown fields", name)
    if type(begin) is bool or type(end) is bool or not 0 <= begin <= end < 2**63:
        raise CheckpointError(f"bytes from {begin} to {end}", name)
    kind = KIND_OF_CODE[code]
    storage = Storage(name, kind, end - begin, "cpu")
    sizes = tuple(shape)
    if not all(type(size) is int for size in sizes):
        raise CheckpointError("a shape that is not made of integers", name)
    try:
        found = TensorRecord(storage, kind, 0, sizes, row_major(sizes))
    except CheckpointError as error:
        error.record = name
        raise
    if found.nbytes != end - begin:
        raise CheckpointError(f"{end - begin} bytes for a {kind.name} tensor of shape {shape}",
                              name)  # fmt: skip
    return found, (start + begin, end - begin, None)


def check_layout(places: dict[str, tuple[int, int, Any]], start: int, size: int) -> None:
    """Refuse bytes that belong to no tensor, or to two."""
    reach = start
    for name, (offset, nbytes, _) in sorted(places.items(), key=lambda item: item[1][:2]):
        if offset != reach:
            what = "overlaps another" if offset < reach else "begins after a gap"
            raise CheckpointError(f"a tensor that {what}", name)
        reach += nbytes
    if reach != size:
        raise CheckpointError(f"tensors end at byte {reach}, the file at byte {size}")


def add_checksums(places: dict[str, tuple[int, int, Any]], metadata: dict[str, str]) -> None:
    """Say which checksum each tensor's bytes must have, in files that keep them."""
    if CHECKSUMS not in metadata:
        return
    found = parse(metadata[CHECKSUMS].encode(), CHECKSUMS)
    if set(found) != set(places) or not all(type(value) is int for value in found.values()):
        raise CheckpointError("checksums that are not one for each tensor", CHECKSUMS)
    for name, (offset, nbytes, _) in places.items():
        places[name] = (offset, nbytes, found[name])


def tie(value: State, metadata: dict[str, str]) -> None:
    """Let tensors that shared memory when they were saved share it again."""
    if TIED not in metadata:
        return
    for name, how in parse(metadata[TIED].encode(), TIED).items():
        match how:
            case {"of": str(other), "offset": int(offset), "stride": list(stride)}:
                pass
            case _:
                raise CheckpointError("a tie that does not say to what", name)
        if name not in value or other not in value or value[name].kind != value[other].kind:
            raise CheckpointError("a tie between tensors that are not there, or differ in type",
                                  name)  # fmt: skip
        first = value[other]
        value[name] = TensorRecord(first.storage, first.kind, offset, value[name].size,
                                   tuple(stride))  # fmt: skip
