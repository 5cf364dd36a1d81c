"""Which tensors share memory: each piece of memory is written once, and nothing beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import dtype as Dtype
from minitorch_lazy.errors import refuse


class Piece:
    """A stretch of memory that one or more tensors look at.

    Attributes:
        dtype, location: of its elements.
        flat: the elements on the host, one after the other.
    """

    def __init__(self, dtype: Dtype, location: str, flat: Any) -> None:
        self.dtype, self.location, self.flat = dtype, location, flat


class Look:
    """How a tensor looks at a piece: offset and stride in elements."""

    def __init__(self, piece: Piece, offset: int, size: Any, stride: Any) -> None:
        self.piece, self.offset, self.size, self.stride = piece, offset, size, stride

    @property
    def contiguous(self) -> bool:
        """Whether the elements lie one after the other."""
        expected = 1
        for size, step in reversed(list(zip(self.size, self.stride, strict=True))):
            if size != 1 and step != expected:
                return False
            expected *= max(size, 1)
        return True


def row_major(size: Any) -> tuple[int, ...]:
    """Return the strides, in elements, of a tensor of its own."""
    steps, step = [], 1
    for length in reversed(size):
        steps.append(step)
        step *= max(length, 1)
    return tuple(reversed(steps))


class Span:
    """A tensor's array with the stretch of memory that it covers, in bytes."""

    def __init__(self, tensor: Any) -> None:
        self.tensor, self.array = tensor, tensor.array
        backend = BACKEND[self.array.__class__]
        item = self.array.itemsize
        if any(step < 0 or step % item for step in self.array.strides):
            self.array = backend.copy(self.array)
        self.begin = backend.address(self.array)
        shape, strides = self.array.shape, self.array.strides
        reach = sum((size - 1) * step for size, step in zip(shape, strides, strict=True)) + item
        self.end = self.begin + (reach if 0 not in shape else 0)


def looks(tensors: Iterable[Any]) -> dict[int, Look]:
    """Return, by the id of each tensor, how it looks at the piece that holds its elements.

    Raises:
        RuntimeError: two tensors look at the same bytes as numbers of different types.
    """
    spans: dict[str, list[Span]] = {}
    for tensor in {id(tensor): tensor for tensor in tensors}.values():
        spans.setdefault(str(tensor.device), []).append(Span(tensor))
    return {
        id(span.tensor): look
        for location, found in spans.items()
        for group in groups(found)
        for span, look in seen(group, location)
    }


def groups(spans: list[Span]) -> Iterator[list[Span]]:
    """Yield spans that overlap, directly or through others, together."""
    ordered = sorted(spans, key=lambda span: span.begin)
    group: list[Span] = []
    end = -1
    for span in ordered:
        if span.begin == span.end:
            yield [span]
            continue
        if group and span.begin >= end:
            yield group
            group, end = [], -1
        group.append(span)
        end = max(end, span.end)
    if group:
        yield group


def seen(group: list[Span], location: str) -> Iterator[tuple[Span, Look]]:
    """Make the piece of a group, and say how each tensor looks at it."""
    first = group[0]
    item, dtype = first.array.itemsize, first.tensor.dtype
    for span in group:
        if span.tensor.dtype is not dtype or (span.begin - first.begin) % item:
            raise refuse(
                RuntimeError, "save", "Cannot save multiple tensors or storages that view the same "
                "data as different types", "clone() one of them before saving",
                first=first.tensor, second=span.tensor,
            )  # fmt: skip
    count = (max(span.end for span in group) - first.begin) // item
    piece = Piece(dtype, location, flat_elements(group, count))
    for span in group:
        steps = span.array.strides
        stride = tuple(step // item for step in steps)
        yield span, Look(piece, (span.begin - first.begin) // item, span.array.shape, stride)


def flat_elements(group: list[Span], count: int) -> Any:
    """Return the elements of a piece on the host: its memory itself where that is possible."""
    first = group[0]
    strided = np.lib.stride_tricks.as_strided
    item = first.array.itemsize
    if isinstance(first.array, np.ndarray):
        return strided(first.array, (count,), (item,), writeable=False)
    flat = np.zeros(count, first.tensor.dtype.numpy)
    for span in group:
        place = flat[(span.begin - first.begin) // item :]
        host = BACKEND[span.array.__class__].to_numpy(span.array)
        strided(place, host.shape, span.array.strides)[...] = host
    return flat
