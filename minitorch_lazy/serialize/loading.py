"""load: read what save, here or in PyTorch, has written."""

from __future__ import annotations

import os
from typing import Any, BinaryIO

from minitorch_lazy.errors import refuse
from minitorch_lazy.serialize.archive import read_archive
from minitorch_lazy.serialize.building import Builder
from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.legacy import read_legacy
from minitorch_lazy.serialize.placing import Placement
from minitorch_lazy.serialize.safetensors.reading import read_safetensors
from minitorch_lazy.serialize.saving import SAFETENSORS
from minitorch_lazy.serialize.source import Advance, Content, MappedSource, Source, stay_silent

ZIP_START = b"PK"
OPCODES_START = b"\x80"


def load(
    f: Any, map_location: Any = None, pickle_module: Any = None, *,
    weights_only: bool | None = None, mmap: bool | None = None, **pickle_load_args: Any,
) -> Any:  # fmt: skip
    """Read a file of PyTorch's, old or new, or one of safetensors.

    No code of the file is run: what it names is text, and only tensors, numbers, texts and their
    containers are made. Checksums are verified. Nothing is made before everything is checked.
    Types of elements that are not offered here (uint16, uint32, uint64, 8-bit floats) come in a
    wider type with the same numbers, with a warning.

    Args:
        f: a path, or a binary stream that can be read and sought.
        map_location: where tensors go: a device; a dict from saved to wanted locations; or a
            function `(flat tensor, location)` that returns a tensor or device there, or None to
            keep the location. Where they were when they were saved, if not given.
        pickle_module: None; there is no pickle here.
        weights_only: True or None; other files are never read.
        mmap: map the file into memory instead of copying it; writes stay in this process.
        pickle_load_args: none are known.
    Raises:
        CheckpointError: the file is damaged, hostile, or no checkpoint; a RuntimeError that names
            file, record and reason.
        RuntimeError: it holds tensors of a device that is not here; or `mmap` of an old file.
        ValueError: `weights_only=False`, a pickle module, or `mmap` of a stream.

    Source: torch.load.
    """
    if weights_only is False or pickle_module is not None:
        raise refuse(
            ValueError, "load", "only files of tensors are read, by a reader that runs no code",
            "leave weights_only and pickle_module out; a file that needs more has to be opened in "
            "PyTorch, and its state_dict() saved again",
            weights_only=weights_only, pickle_module=pickle_module,
        )  # fmt: skip
    if pickle_load_args:
        raise TypeError(f"load() got an unexpected keyword argument '{min(pickle_load_args)}'")
    return read_file(f, map_location, bool(mmap))


def read_file(
    f: Any, map_location: Any = None, mmap: bool = False, advance: Advance = stay_silent
) -> Any:
    """Read a file, and tell how it goes on."""
    placement = Placement(map_location)
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as stream:
            return read_stream(stream, os.fspath(f), placement, mmap, advance)
    if mmap:
        raise refuse(ValueError, "load", "f must be a file path in order to use the mmap argument",
                     "give the path instead of the stream", f=f)  # fmt: skip
    for name in ("read", "seek", "tell"):
        if not hasattr(f, name):
            raise refuse(
                AttributeError, "load", f"'{type(f).__name__}' object has no attribute '{name}'. "
                "You can only torch.load from a file that is seekable.",
                "pre-load the data into a buffer like io.BytesIO", f=f,
            )  # fmt: skip
    return read_stream(f, f"a {type(f).__name__}", placement, False, advance)


def read_stream(
    stream: BinaryIO, name: str, placement: Placement, mmap: bool, advance: Advance
) -> Any:
    """Read a stream from its position on; a CheckpointError learns the file's name."""
    record = ""
    try:
        content = describe(stream, name, mmap)
        record = content.record
        return Builder(content, placement, advance).run()
    except CheckpointError as error:
        error.file, error.record = name, error.record or record
        raise


def describe(stream: BinaryIO, name: str, mmap: bool = False) -> Content:
    """Take the first step: describe what a file holds.

    Raises:
        CheckpointError: it is none of the known formats, or damaged.
    """
    source = MappedSource(stream, name) if mmap else Source(stream, name)
    start = source.read(0, min(source.size, 9))
    if not start:
        raise CheckpointError("the file is empty")
    if start[8:] == b"{" or str(name).endswith(SAFETENSORS):
        return read_safetensors(source)
    if start.startswith(ZIP_START):
        return read_archive(source)
    if not start.startswith(OPCODES_START):
        raise CheckpointError("no checkpoint: it is neither a zip file, nor safetensors, nor one "
                              "of PyTorch before 1.6")  # fmt: skip
    if mmap:
        raise refuse(RuntimeError, "load", "mmap can only be used with files saved with "
                     "`torch.save(_use_new_zipfile_serialization=True)`",
                     "leave mmap out, or save the file again", f=name)  # fmt: skip
    return read_legacy(source)
