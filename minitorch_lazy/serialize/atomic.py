"""Files that are whole at every moment: the old one until the new one is complete on the disk."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from typing import BinaryIO

from minitorch_lazy.errors import refuse

try:
    import fcntl
except ImportError:  # not on this system: temporary files that a crash left are not removed
    fcntl = None  # type: ignore[assignment]

SUFFIX = ".saving"


@contextlib.contextmanager
def replacing(path: str) -> Iterator[BinaryIO]:
    """Open a stream whose content takes the place of a file once all of it is on the disk.

    It is written to a temporary file beside it, flushed to the disk, and renamed; then the folder
    is flushed, so that the new name lasts too. If anything fails, the old file is as it was. What
    killed processes left behind is removed.

    Raises:
        RuntimeError: there is no such folder.
    """
    target = os.path.realpath(path)
    folder, name = os.path.split(target)
    if not os.path.isdir(folder):
        raise refuse(RuntimeError, "save", f"Parent directory {folder} does not exist.",
                     "make it first, for example with os.makedirs", f=path)  # fmt: skip
    if os.path.exists(target) and not os.path.isfile(target):
        with open(target, "wb") as stream:
            yield stream
        return
    remove_stale(folder, name)
    handle, temporary = open_temporary(folder, name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            if os.path.exists(target):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))
            os.fsync(stream.fileno())
            os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    flush_folder(folder)


def open_temporary(folder: str, name: str) -> tuple[int, str]:
    """Make a new file and lock it for as long as it is open: what is locked is not stale."""
    while True:
        path = os.path.join(folder, f".{name}.{secrets.token_hex(4)}{SUFFIX}")
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0),
                         0o666)  # fmt: skip
        if fcntl is None:
            return handle, path
        with contextlib.suppress(OSError):  # some network disks have no locks
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(handle).st_nlink:
            return handle, path
        os.close(handle)  # another process took it for stale before it was locked


def remove_stale(folder: str, name: str) -> None:
    """Remove temporary files of this name that no living process holds."""
    if fcntl is None:
        return
    for entry in os.listdir(folder):
        middle = entry.removeprefix(f".{name}.").removesuffix(SUFFIX)
        if entry != f".{name}.{middle}{SUFFIX}" or not is_token(middle):
            continue
        path = os.path.join(folder, entry)
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(path)
            finally:
                os.close(handle)


def is_token(text: str) -> bool:
    """Tell whether a text is the random part of a temporary name."""
    return len(text) == 8 and set(text) <= set("0123456789abcdef")


def flush_folder(folder: str) -> None:
    """Make a renaming last."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
