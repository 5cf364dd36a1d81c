"""Reading PyTorch's zip format: one record of opcodes, and one of bytes for every storage."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from typing import Any

from minitorch_lazy.serialize.constructors import storage
from minitorch_lazy.serialize.failure import SAVE_AGAIN, CheckpointError
from minitorch_lazy.serialize.machine import Machine
from minitorch_lazy.serialize.source import Content, Source

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
END_RECORD = struct.Struct("<4s4H2LH")
MANY = 0xFFFF
"""The number of entries where it is told elsewhere."""

LONGEST_OPCODES = 1 << 26
LONGEST_MARK = 64
MARKS = ("byteorder", "version", ".format_version", ".storage_alignment", ".data/serialization_id")
"""Short records beside the opcodes and the storages."""

ZIP_DAMAGE = (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OverflowError,
              EOFError, IndexError)  # fmt: skip


class Archive:
    """The directory of a zip file, checked.

    Attributes:
        places: record -> (offset, bytes, CRC-32) in the file.
        root: the folder that all records are in, with its slash.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.places: dict[str, tuple[int, int, int]] = {}
        reach = 0
        for entry in sorted(directory(source), key=lambda entry: entry.header_offset):
            if entry.filename in self.places:
                raise CheckpointError("a record that is there twice", entry.filename)
            start = self.start_of(entry)
            if entry.header_offset < reach:
                raise CheckpointError("a record that overlaps another one", entry.filename)
            reach = start + entry.file_size
            if reach > source.size:
                raise CheckpointError("a record that reaches beyond the file", entry.filename)
            self.places[entry.filename] = (start, entry.file_size, entry.CRC)
        self.root = self.find_root()

    def start_of(self, entry: Any) -> int:
        """Return where the bytes of a record begin."""
        name = entry.filename
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 0x2041:
            raise CheckpointError("a record that is compressed or encrypted", name)
        if entry.compress_size != entry.file_size:
            raise CheckpointError("a stored record of two sizes", name)
        head = self.source.read(entry.header_offset, LOCAL_HEADER.size, name)
        signature, *_, name_length, extra_length = LOCAL_HEADER.unpack(head)
        start = entry.header_offset + LOCAL_HEADER.size + name_length + extra_length
        local = self.source.read(entry.header_offset + LOCAL_HEADER.size, name_length, name)
        if signature != b"PK\x03\x04" or local != entry.orig_filename.encode():
            raise CheckpointError("a record whose own header has another name", name)
        return start

    def find_root(self) -> str:
        """Return the folder of the opcodes."""
        found = [name for name in self.places if name.partition("/")[2] == "data.pkl"]
        if len(found) != 1:
            raise CheckpointError("a zip file that is no checkpoint: it has not one data.pkl")
        root = found[0].removesuffix("data.pkl")
        if root + "constants.pkl" in self.places:
            raise CheckpointError("a TorchScript program, which is code",
                                  root + "constants.pkl", mend=SAVE_AGAIN)  # fmt: skip
        for name in self.places:
            known = name.removeprefix(root)
            storages = known.startswith("data/") and "/" not in known[5:]
            if not name.startswith(root) or not (storages or known in ("data.pkl", *MARKS)):
                raise CheckpointError("a record that checkpoints do not have", name)
        return root

    def read(self, record: str, longest: int) -> bytes:
        """Return a small record, once its checksum is right."""
        offset, size, expected = self.places[record]
        if size > longest:
            raise CheckpointError(f"{size} bytes; at most {longest} are read", record)
        found = self.source.read(offset, size, record)
        if zlib.crc32(found) != expected:
            raise CheckpointError("its checksum is wrong: it was changed after it was saved",
                                  record, mend="get the file again from where it came")  # fmt: skip
        return found

    def byte_order(self) -> str:
        """Return the byte order of the numbers; files that do not say it are little-endian."""
        marks = {mark: self.read(self.root + mark, LONGEST_MARK)
                 for mark in MARKS if self.root + mark in self.places}  # fmt: skip
        order = marks.get("byteorder", b"little")
        if order not in (b"little", b"big"):
            raise CheckpointError("a byte order that is none", self.root + "byteorder")
        return order.decode()


def directory(source: Source) -> list[zipfile.ZipInfo]:
    """Return the entries of a zip file's directory."""
    try:
        with zipfile.ZipFile(Window(source)) as found:  # type: ignore[arg-type]
            entries = found.infolist()
    except ZIP_DAMAGE as error:
        raise CheckpointError(f"a damaged zip file: {error}") from None
    signature, _, _, here, total, *_, comment = END_RECORD.unpack(
        source.read(source.size - END_RECORD.size, END_RECORD.size)
    )
    known = {here, total} <= {len(entries), MANY}
    if signature != b"PK\x05\x06" or comment or not known:
        raise CheckpointError("a zip file whose last bytes do not fit its directory")
    return entries


class Window:
    """A source as the seekable stream that `zipfile` wants."""

    mode = "rb"

    def __init__(self, source: Source) -> None:
        self.source, self.position = source, 0

    def seekable(self) -> bool:
        """Say that any byte may be read next."""
        return True

    def tell(self) -> int:
        """Return which byte is next."""
        return self.position

    def seek(self, offset: int, whence: int = 0) -> int:
        """Choose which byte is next."""
        self.position = offset + (0, self.position, self.source.size)[whence]
        if self.position < 0:
            raise ValueError("a place before the file")
        return self.position

    def read(self, count: int = -1) -> bytes:
        """Return the next bytes, fewer at the end."""
        left = max(self.source.size - self.position, 0)
        found = self.source.read(self.position, left if count < 0 else min(count, left)) if left \
            else b""  # fmt: skip
        self.position += len(found)
        return found

    def close(self) -> None:
        """Leave the source open."""


def read_archive(source: Source) -> Content:
    """Describe what a file of PyTorch's zip format holds."""
    archive = Archive(source)
    order = archive.byte_order()
    record = archive.root + "data.pkl"
    machine = Machine(archive.read(record, LONGEST_OPCODES), 0, storage)
    try:
        value = machine.run()
    except CheckpointError as error:
        error.record = error.record or record
        raise
    prefix = archive.root + "data/"
    places = {name.removeprefix(prefix): place for name, place in archive.places.items()
              if name.startswith(prefix)}  # fmt: skip
    return Content(source, value, machine.opcodes, places, order != sys.byteorder, record)
