"""From descriptions to tensors: storages are read once, and placed where they belong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.backends.registry import backend_of
from minitorch_lazy.core.device import device
from minitorch_lazy.core.tensor import Tensor, wrap
from minitorch_lazy.errors import refuse
from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.records import Storage, TensorRecord
from minitorch_lazy.serialize.source import Advance, Content

FREE_EXPANSION = 1 << 26
"""Bytes that tensors with shared elements may stand for in any file, however small."""

EXPANSION = 4
"""How many times the file's size such tensors may stand for."""


class Placement:
    """Where each storage goes.

    Args:
        map_location: what `load` was given.
    """

    def __init__(self, map_location: Any) -> None:
        self.chosen = map_location
        if isinstance(map_location, (str, int, device)):
            self.chosen = device(map_location)
        elif map_location is not None and not isinstance(map_location, dict) and not callable(
            map_location
        ):  # fmt: skip
            raise refuse(TypeError, "load", "map_location must be a device, a string, a dict or a "
                         f"function, not {type(map_location).__name__}",
                         "give 'cpu'", map_location=map_location)  # fmt: skip

    def of(self, location: str, memory: Callable[[], Any]) -> device:
        """Return the device for what was saved from a location.

        Args:
            memory: makes the tensor that a function as map_location is asked about.
        """
        if isinstance(self.chosen, device):
            return self.chosen
        if isinstance(self.chosen, dict):
            return known(str(self.chosen.get(location, location)))
        answer = self.chosen(memory(), location) if self.chosen is not None else None
        if answer is None:
            return known(location)
        if isinstance(answer, Tensor):
            return answer.device
        if not isinstance(answer, (str, device)):
            raise refuse(TypeError, "load", "the function given as map_location must return a "
                         f"tensor, a device or None, not {type(answer).__name__}",
                         "lambda storage, location: storage", answer=answer)  # fmt: skip
        return device(answer)


def known(location: str) -> device:
    """Return the device of a location that a file names."""
    try:
        found = device(location)
    except (RuntimeError, ValueError):
        raise CheckpointError(f"a storage from the device {location!r}, which is none here",
                              mend="load(file, map_location='cpu')") from None  # fmt: skip
    try:
        backend_of(found.type)
    except Exception as error:
        raise refuse(
            RuntimeError, "load", f"Attempting to deserialize object on a {found.type.upper()} "
            f"device but torch.{found.type}.is_available() is False: {error}",
            "load(file, map_location='cpu')", location=found,
        ) from None  # fmt: skip
    return found


class Storages:
    """The storages of one file, each read when the first tensor looks at it."""

    def __init__(self, content: Content, placement: Placement, advance: Advance) -> None:
        self.content, self.placement, self.advance = content, placement, advance
        self.raw: dict[str, Any] = {}
        self.flat: dict[tuple[str, str], Any] = {}
        self.budget = max(FREE_EXPANSION, EXPANSION * content.source.size)

    def check(self, record: TensorRecord) -> None:
        """Refuse a tensor whose storage does not fit, or that stands for too many bytes."""
        if record.storage is None:
            return
        self.content.check(record.storage.key, record.storage.nbytes)
        if record.nbytes > record.storage.nbytes:
            self.budget -= record.nbytes
            if self.budget < 0:
                raise CheckpointError(
                    f"tensors that stand for more than {EXPANSION} times the file's bytes",
                    record.storage.key,
                )

    def tensor(self, record: TensorRecord) -> Any:
        """Make the tensor that a record describes."""
        if record.storage is None:
            return look_at(empty_of(record, device("meta")), record)
        if self.unread:
            return look_at(empty_of(record, device("meta")), record)
        return look_at(self.elements(record), record)

    @property
    def unread(self) -> bool:
        """Whether all tensors go to the meta device, so that no number is read."""
        return isinstance(self.placement.chosen, device) and self.placement.chosen.type == "meta"

    def verify(self) -> None:
        """Verify the checksums of storages that no tensor looks at: other readers may use them."""
        for key in () if self.unread else self.content.places:
            if key not in self.raw:
                self.content.raw(key, self.advance)

    def elements(self, record: TensorRecord) -> Any:
        """Return the whole storage of a record as a flat tensor of its kind."""
        storage, kind = record.storage, record.kind
        assert storage is not None  # noqa: S101 - the caller asked
        place = (storage.key, kind.name)
        if place not in self.flat:
            raw = self.bytes_of(storage)
            usable = raw[: raw.size - raw.size % kind.itemsize]
            if usable.ctypes.data % kind.itemsize:
                usable = usable.copy()
            if self.content.swapped and kind.word > 1:
                words = usable.view(f"u{kind.word}")
                usable = words.byteswap().view(usable.dtype)
            try:
                host = wrap(kind.elements(usable))
            except CheckpointError as error:
                error.record = storage.key
                raise
            home = self.placement.of(storage.location, lambda: host)
            self.flat[place] = host.to(home)  # type: ignore[attr-defined]
        return self.flat[place]

    def bytes_of(self, storage: Storage) -> Any:
        """Return the bytes of a storage, read once."""
        if storage.key not in self.raw:
            self.raw[storage.key] = self.content.raw(storage.key, self.advance)
        return self.raw[storage.key]


def empty_of(record: TensorRecord, home: device) -> Any:
    """Return a flat tensor without numbers that a record can look at."""
    xp = backend_of(home.type).xp
    return wrap(xp.empty((max(record.reach, 1),), dtype=record.kind.dtype.numpy))


def look_at(flat: Any, record: TensorRecord) -> Any:
    """Return the tensor that sees a flat one with a record's sizes."""
    array = flat.array
    start = array[record.offset :] if 0 not in record.size else array[:0]
    steps = tuple(step * array.itemsize for step in record.stride)
    xp = backend_of(flat.device.type).xp
    out = wrap(xp.lib.stride_tricks.as_strided(start, record.size, steps))
    out.memory = flat.shared()
    return out
