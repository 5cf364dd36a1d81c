"""Where the bytes of a file come from: a stream, or a mapping of a file into memory."""

from __future__ import annotations

import mmap
import os
import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np

from minitorch_lazy.serialize.failure import CheckpointError

CHUNK = 1 << 24
"""Bytes that are read, checked or written in one go."""

Advance = Callable[[int], None]
"""Is told how many bytes were done, for progress bars."""


def stay_silent(count: int) -> None:
    """Tell nobody."""


class Source:
    """The bytes from a stream's position to its end.

    Attributes:
        name: what messages call it.
        size: how many bytes there are.
    """

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.stream, self.name = stream, name
        self.start = stream.tell()
        self.size = stream.seek(0, os.SEEK_END) - self.start

    def read(self, offset: int, count: int, record: str = "") -> bytes:
        """Return some bytes.

        Raises:
            CheckpointError: there are fewer.
        """
        if not (offset >= 0 and count >= 0 and offset + count <= self.size):
            raise CheckpointError(f"it ends after {self.size} bytes, before byte "
                                  f"{offset + count} that it should have", record)  # fmt: skip
        self.stream.seek(self.start + offset)
        found = self.stream.read(count)
        if len(found) < count:
            raise CheckpointError("it became shorter while it was read", record)
        return found

    def array(
        self, offset: int, count: int, record: str, advance: Advance = stay_silent
    ) -> tuple[Any, int]:
        """Return some bytes as a writable array of their own, with their CRC-32."""
        if offset + count > self.size:
            self.read(offset, count, record)
        out, checksum = np.empty(count, np.uint8), 0
        for start in range(0, count, CHUNK):
            piece = out[start : start + CHUNK]
            self.fill(offset + start, piece, record)
            checksum = zlib.crc32(piece.data, checksum)
            advance(piece.size)
        return out, checksum

    def fill(self, offset: int, piece: Any, record: str) -> None:
        """Read some bytes into an array; streams that can write there themselves save a copy."""
        self.stream.seek(self.start + offset)
        readinto = getattr(self.stream, "readinto", None)
        if readinto is None or readinto(piece.data) != piece.size:
            piece[:] = np.frombuffer(self.read(offset, piece.size, record), np.uint8)


class MappedSource(Source):
    """A file mapped into memory: writes to its arrays are seen by nobody else."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        super().__init__(stream, name)
        self.bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_COPY) if self.size else b""

    def array(
        self, offset: int, count: int, record: str, advance: Advance = stay_silent
    ) -> tuple[Any, int]:
        """Return some bytes as an array over the mapping, with their CRC-32."""
        if not count or offset + count > self.size:
            return super().array(offset, count, record, advance)
        out, checksum = np.frombuffer(self.bytes, np.uint8, count, offset), 0
        for start in range(0, count, CHUNK):
            piece = out[start : start + CHUNK]
            checksum = zlib.crc32(piece.data, checksum)
            advance(piece.size)
        return out, checksum


class Content:
    """The first step's result: what a file describes, and how to get at its storages.

    Attributes:
        value: the description; records in containers.
        opcodes: how much the file said, which bounds how large the value may unfold.
        swapped: whether numbers have the other byte order than this machine's.
        places: storage key -> (offset, bytes, CRC-32 or None) in the source.
        record: the part of the file that describes the value.
    """

    def __init__(
        self, source: Source, value: Any, opcodes: int, places: dict[str, tuple[int, int, Any]],
        swapped: bool, record: str,
    ) -> None:  # fmt: skip
        self.source, self.value, self.opcodes, self.record = source, value, opcodes, record
        self.places, self.swapped = places, swapped

    @property
    def nbytes(self) -> int:
        """Bytes of all storages."""
        return sum(size for _, size, _ in self.places.values())

    def check(self, key: str, nbytes: int) -> None:
        """Refuse a storage that is missing, or of another length than it was described."""
        if key not in self.places:
            raise CheckpointError("a storage that is not in the file", key)
        if self.places[key][1] != nbytes:
            raise CheckpointError(f"a storage has {self.places[key][1]} bytes, its description "
                                  f"says {nbytes}", key)  # fmt: skip

    def raw(self, key: str, advance: Advance) -> Any:
        """Return the bytes of a storage, once their checksum is right."""
        offset, size, expected = self.places[key]
        found, checksum = self.source.array(offset, size, key, advance)
        if expected is not None and checksum != expected:
            raise CheckpointError(
                f"its checksum is {checksum:08x}, it should be {expected:08x}: its numbers were "
                "changed after it was saved", key, mend="get the file again from where it came",
            )  # fmt: skip
        return found
