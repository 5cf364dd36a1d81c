"""Checkpoint files at the command line: what is in one, and one format turned into the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any

from minitorch_lazy.demo.console import Console, Progress
from minitorch_lazy.serialize.building import survey
from minitorch_lazy.serialize.failure import short
from minitorch_lazy.serialize.lazy import LAZY
from minitorch_lazy.serialize.loading import describe, read_file
from minitorch_lazy.serialize.records import LazyRecord, State, TensorRecord
from minitorch_lazy.serialize.saving import write_file
from minitorch_lazy.serialize.source import CHUNK

__all__ = ["convert_file", "show_summary"]

STEP = CHUNK
LARGE = 4 * STEP
"""Files of fewer bytes need no bar."""


def show_summary(path: str, console: Console) -> None:
    """Write what a file holds, from its description alone: no tensor is made or read.

    Raises:
        CheckpointError: it is no checkpoint that could be loaded.
    """
    with open(path, "rb") as stream:
        content = describe(stream, path)
        tensors = survey(content.value, content.opcodes)
        for record in tensors:
            if record.storage is not None:
                content.check(record.storage.key, record.storage.nbytes)
    rows = list(named(content.value, ""))
    console.table([("entry", "type", "shape", "bytes"), *rows], right=(3,))
    size = os.path.getsize(path)
    console.result(f"{len(tensors)} tensors in {len(content.places)} storages of "
                   f"{content.nbytes:,} bytes, file of {size:,} bytes")  # fmt: skip


def named(value: Any, path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for everything that a description holds."""
    if isinstance(value, TensorRecord):
        place = value.storage.location if value.storage else "meta"
        where = "" if place == "cpu" else f" on {short(place, 20)}"
        yield path, value.kind.name + where, shown(value.size), f"{value.nbytes:,}"
    elif isinstance(value, LazyRecord):
        yield path, "lazy", "?", ""
    elif isinstance(value, (dict, list, tuple)):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, part in pairs:
            name = short(str(key), 80)
            yield from named(part, f"{path}.{name}" if path else name)
        if isinstance(value, State) and isinstance(value.metadata, dict):
            yield from lazy_rows(value.metadata, path)
    else:
        yield path, type(value).__name__, short(str(value), 30), ""


def lazy_rows(metadata: dict[Any, Any], path: str) -> Iterator[tuple[str, str, str, str]]:
    """Yield a row for each lazy entry that the metadata of a state dict describe."""
    for prefix, local in metadata.items():
        entries = local.get(LAZY) if isinstance(local, dict) else None
        for name, entry in (entries if isinstance(entries, dict) else {}).items():
            known = entry if isinstance(entry, dict) else {}
            key = ".".join(short(str(part), 80) for part in (path, prefix, name) if part)
            yield key, f"lazy {short(str(known.get('dtype')), 20)}", shown(known.get("shape")), ""


def shown(shape: Any) -> str:
    """Show a shape, with `?` for what is not known."""
    if not isinstance(shape, (tuple, list)):
        return "?"
    return f"({', '.join('?' if size is None else str(size) for size in shape[:8])})"


def convert_file(source: str, target: str, console: Console) -> None:
    """Write what one file holds to another one, in the format of its suffix.

    Raises:
        CheckpointError: the source is no checkpoint.
        TypeError: the target's format cannot hold what the source does.
    """
    reading = Meter(console, "read ", os.path.getsize(source))
    value = read_file(source, "cpu", advance=reading.advance)
    reading.finish(source)
    writing = Meter(console, "write", 0)
    write_file(value, target, advance=writing.advance, announce=writing.announce)
    writing.finish(target)
    console.result(f"{source} → {target}  {os.path.getsize(target):,} bytes")


class Meter:
    """Turns bytes that were done into steps of a bar, which large files have."""

    def __init__(self, console: Console, label: str, size: int) -> None:
        self.console, self.label = console, label
        self.done = 0
        self.bar: Progress | None = None
        self.announce(size)

    def announce(self, size: int) -> None:
        """Learn how many bytes there will be."""
        if size >= LARGE:
            self.bar = self.console.progress(self.label, -(-size // STEP))

    def advance(self, count: int) -> None:
        """Count bytes."""
        self.done += count
        while self.bar and self.bar.done < min(self.done // STEP, self.bar.total):
            self.bar.advance()

    def finish(self, details: str) -> None:
        """Write the line that stays."""
        if self.bar:
            while self.bar.done < self.bar.total:
                self.bar.advance()
            self.bar.finish(details)


def run_files(command: str, files: Sequence[str], console: Console) -> None:
    """Run one of the commands.

    Raises:
        ValueError: it is given too many or too few files.
    """
    wanted = {"summary": ("FILE",), "convert": ("A", "B")}[command]
    if len(files) != len(wanted):
        raise ValueError(f"{command} needs {' '.join(wanted)}, got {len(files)} files")
    if command == "summary":
        show_summary(files[0], console)
    else:
        convert_file(files[0], files[1], console)
