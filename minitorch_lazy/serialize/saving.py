"""save: write tensors and what is around them into a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, BinaryIO

from minitorch_lazy.errors import refuse
from minitorch_lazy.serialize.atomic import replacing
from minitorch_lazy.serialize.packing import write_archive
from minitorch_lazy.serialize.safetensors.writing import Plan
from minitorch_lazy.serialize.source import Advance, stay_silent
from minitorch_lazy.serialize.writer import Writer

DEFAULT_PROTOCOL = 2
SAFETENSORS = ".safetensors"


def save(
    obj: object,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = DEFAULT_PROTOCOL,
    _use_new_zipfile_serialization: bool = True,
    _disable_byteorder_record: bool = False,
) -> None:
    """Write a value to a file that PyTorch reads with its defaults.

    A path that ends in `.safetensors` takes a flat dict of tensors in that format. Tensors that
    share memory share it in the file, and come back sharing it; memory that none of them looks at
    is left out. A file is replaced only by a complete one: whatever fails, the old file stays.

    Args:
        obj: tensors; lists, tuples, dicts and sets; numbers, texts, bytes, sizes, dtypes, devices.
            A state dict may have lazy entries.
        f: a path, or an object that can be written to.
        pickle_module: None; there is no pickle here.
        pickle_protocol: 2.
        _use_new_zipfile_serialization: True; files of before PyTorch 1.6 are read, not written.
        _disable_byteorder_record: leave out which byte order the numbers have.
    Raises:
        RuntimeError: `obj` holds a whole module, a tensor that an operation made, tensors that see
            the same bytes as different types; or the folder of `f` does not exist.
        TypeError: `obj` holds something else than the above.

    Source: torch.save.

    >>> import io
    >>> file = io.BytesIO()
    >>> torch.save({"step": 3, "weight": torch.ones(2)}, file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    {'step': 3, 'weight': tensor([1., 1.])}
    """
    if pickle_module is not None or pickle_protocol != DEFAULT_PROTOCOL:
        raise refuse(
            ValueError, "save", "files are written in protocol 2, without any pickle module",
            "leave pickle_module and pickle_protocol out",
            pickle_module=pickle_module, pickle_protocol=pickle_protocol,
        )  # fmt: skip
    if not _use_new_zipfile_serialization:
        raise refuse(NotImplementedError, "save", "files of before PyTorch 1.6 are read but not "
                     "written", "leave _use_new_zipfile_serialization out")  # fmt: skip
    write_file(obj, f, byte_order=not _disable_byteorder_record)


def write_file(
    obj: Any, f: Any, byte_order: bool = True, advance: Advance = stay_silent,
    announce: Callable[[int], None] = stay_silent,
) -> None:  # fmt: skip
    """Write a value to a path or stream, and tell how it goes on.

    Args:
        announce: is told how many bytes of elements will be written, before the first.
    """
    if not isinstance(f, (str, os.PathLike)):
        if not hasattr(f, "write"):
            raise refuse(AttributeError, "save", "expected 'f' to be string, path, or a file-like "
                         "object with a 'write' attribute", "give a path", f=f)  # fmt: skip
        prepared(obj, "archive", byte_order, announce)(f, advance)
        return
    path = os.fspath(f)
    name = PurePath(path).name
    if name.endswith(SAFETENSORS):
        plan = Plan(obj)
        announce(plan.size)
        write: Callable[[BinaryIO, Advance], None] = plan.write
    else:
        write = prepared(obj, PurePath(path).stem or "archive", byte_order, announce)
    with replacing(path) as stream:
        write(stream, advance)


def prepared(
    obj: Any, root: str, byte_order: bool, announce: Callable[[int], None]
) -> Callable[[BinaryIO, Advance], None]:
    """Check a value, and return what writes it into a stream."""
    writer = Writer(obj)
    announce(sum(piece.flat.nbytes for piece in writer.pieces))
    return lambda stream, advance: write_archive(writer, stream, root, byte_order, advance)
