"""What the first step of reading makes: descriptions that hold no tensor and can do nothing."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import Any

from minitorch_lazy.serialize.failure import CheckpointError
from minitorch_lazy.serialize.kinds import Kind

MOST_DIMENSIONS = 64


class Global:
    """A name that a file asks for: `collections.OrderedDict`; it stays a name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


class Storage:
    """A piece of memory that a file holds.

    Attributes:
        key: its name in the file.
        kind: of the elements; None where they are bytes and each tensor says its own.
        nbytes: how long the file says it is.
        location: where it was when it was saved.
        offset: for a part of another storage, where in that it begins, in elements.
    """

    __slots__ = ("key", "kind", "nbytes", "location", "offset")

    def __init__(
        self, key: str, kind: Kind | None, nbytes: int, location: str, offset: int = 0
    ) -> None:
        self.key, self.kind, self.nbytes = key, kind, nbytes
        self.location, self.offset = location, offset


class TensorRecord:
    """A tensor that a file describes, with sizes that were checked.

    Attributes:
        storage: the memory that it looks at; None on the meta device.
        kind, offset, size, stride: how it looks at it; offset and stride in elements.
        role: `"Tensor"`, `"Parameter"` or `"Buffer"`.
        attributes: what Python code had set on it.
    """

    __slots__ = ("storage", "kind", "offset", "size", "stride", "requires_grad", "role",
                 "attributes")  # fmt: skip

    def __init__(
        self, storage: Storage | None, kind: Kind, offset: int, size: tuple[int, ...],
        stride: tuple[int, ...], requires_grad: bool = False,
    ) -> None:  # fmt: skip
        self.storage, self.kind, self.offset = storage, kind, offset
        self.size, self.stride, self.requires_grad = size, stride, requires_grad
        self.role = "Tensor"
        self.attributes: Any = None
        self.check()

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, were each of them there."""
        return math.prod(self.size) * self.kind.itemsize

    @property
    def reach(self) -> int:
        """One more than the highest element that it looks at, counted in its storage."""
        if 0 in self.size:
            return 0
        steps = zip(self.size, self.stride, strict=True)
        return self.offset + sum((size - 1) * step for size, step in steps) + 1

    def check(self) -> None:
        """Refuse sizes that are none, and tensors that look outside of their storage."""
        numbers = (self.offset, *self.size, *self.stride)
        if not all(type(number) is int and 0 <= number < 2**63 for number in numbers):
            raise CheckpointError(f"a tensor of size {self.size}, stride {self.stride} and offset "
                                  f"{self.offset}")  # fmt: skip
        if len(self.size) != len(self.stride) or len(self.size) > MOST_DIMENSIONS:
            raise CheckpointError(f"a tensor of {len(self.size)} sizes and {len(self.stride)} "
                                  "strides")  # fmt: skip
        if math.prod(max(size, 1) for size in self.size) * self.kind.itemsize >= 2**63:
            raise CheckpointError(f"a tensor of size {self.size}, more than any memory holds")
        if self.storage is not None and self.reach * self.kind.itemsize > self.storage.nbytes:
            raise CheckpointError(
                f"a tensor looks at byte {self.reach * self.kind.itemsize} of a storage of "
                f"{self.storage.nbytes} bytes", self.storage.key,
            )  # fmt: skip


class LazyRecord:
    """A tensor without a shape, as PyTorch writes it."""

    __slots__ = ("role", "arguments")

    def __init__(self, role: str, arguments: tuple[Any, ...]) -> None:
        self.role, self.arguments = role, arguments


class State(OrderedDict[Any, Any]):
    """An OrderedDict that may carry the `_metadata` of a state dict."""

    metadata: Any = None


SCALARS = (str, int, float, bool, bytes, complex, type(None))


def check_key(key: Any) -> Any:
    """Return a key of a dict or an element of a set if it is a number, a text, or a few of them."""
    parts = key if type(key) is tuple else (key,)
    if not all(type(part) in SCALARS for part in parts):
        raise CheckpointError(f"a dictionary with keys of type {type(key).__name__}")
    return key
