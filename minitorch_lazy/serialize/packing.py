"""Writing PyTorch's zip format."""

from __future__ import annotations

import struct
import sys
import zipfile
from collections.abc import Iterable
from typing import Any, BinaryIO

import numpy as np

from minitorch_lazy.serialize.memory import Piece
from minitorch_lazy.serialize.source import CHUNK, Advance
from minitorch_lazy.serialize.writer import Writer

ALIGNMENT = 64
FIRST_DATE = (1980, 1, 1, 0, 0, 0)
ZIP64_EXTRA = 20
"""Bytes that `zipfile` adds before a record that may be longer than 2 GB."""

LARGE = 1 << 30


def seekable(stream: Any) -> bool:
    """Tell whether a stream can go back to what was written."""
    answer = getattr(stream, "seekable", None)
    return bool(answer()) if answer is not None else hasattr(stream, "seek")


def chunks(flat: Any) -> Iterable[memoryview]:
    """Yield the bytes of a flat array piece by piece."""
    raw = flat.view(np.uint8) if flat.size else np.empty(0, np.uint8)
    for start in range(0, raw.size, CHUNK):
        yield np.ascontiguousarray(raw[start : start + CHUNK]).data


class Onward:
    """A stream that can only be written to, as `zipfile` wants one."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, part: Any) -> int:
        """Write some bytes and count them."""
        self.stream.write(part)
        return len(part)

    def flush(self) -> None:
        """Write what the stream holds back, if it does so."""
        if hasattr(self.stream, "flush"):
            self.stream.flush()


class Packer:
    """A zip file whose records begin at multiples of 64 bytes, as PyTorch's `mmap=True` wants.

    The record `.format_version` is left out: with it PyTorch would compute where records begin
    from how its own writer lays them out, instead of reading it.
    """

    def __init__(self, stream: BinaryIO, root: str) -> None:
        target: Any = stream if seekable(stream) else Onward(stream)
        self.zip = zipfile.ZipFile(target, "w", zipfile.ZIP_STORED)
        self.root = root

    def add(self, name: str, size: int, content: Iterable[Any], advance: Advance) -> None:
        """Write one record."""
        entry = zipfile.ZipInfo(f"{self.root}/{name}", FIRST_DATE)
        entry.file_size = size
        large = size >= LARGE
        head = 30 + len(entry.filename.encode()) + (ZIP64_EXTRA if large else 0)
        position = self.zip.fp.tell()  # type: ignore[union-attr]
        padding = -(position + head) % ALIGNMENT
        if padding:
            padding += ALIGNMENT if padding < 4 else 0
            entry.extra = b"FB" + struct.pack("<H", padding - 4) + b"Z" * (padding - 4)
        with self.zip.open(entry, "w", force_zip64=large) as record:
            for part in content:
                record.write(part)
                advance(len(part))


def write_archive(
    writer: Writer, stream: BinaryIO, root: str, byte_order: bool, advance: Advance
) -> None:
    """Write a value and its storages.

    Args:
        root: the folder of all records in the file.
        byte_order: whether the file says which byte order it has.
    """
    packer = Packer(stream, root)
    with packer.zip:
        records: dict[str, bytes] = {"data.pkl": bytes(writer.code)}
        records[".storage_alignment"] = str(ALIGNMENT).encode()
        if byte_order:
            records["byteorder"] = sys.byteorder.encode()
        for name, content in records.items():
            packer.add(name, len(content), [content], advance)
        for key, piece in enumerate(writer.pieces):
            packer.add(f"data/{key}", nbytes(piece), chunks(piece.flat), advance)
        packer.add("version", 2, [b"3\n"], advance)


def nbytes(piece: Piece) -> int:
    """Return the length of a storage."""
    return int(piece.flat.size) * piece.dtype.itemsize
