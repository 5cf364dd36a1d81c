"""Regions, indices and scatters."""

from __future__ import annotations

from math import prod
from typing import Any

Key = tuple[Any, ...]
WHOLE = slice(None)

FEW = 256
"""Up to so many elements it does not pay to work out where in memory they lie."""


def restore(key: Key) -> Key:
    """Turn the hashable spelling of a basic index into the one that arrays take.

    A slice is spelled `(start, stop, step)`; numbers, None and Ellipsis stay as they are.
    """
    return tuple(slice(*part) if part.__class__ is tuple else part for part in key)


class IndexKernels:
    """Reading and writing parts of arrays."""

    xp: Any
    add_into: Any
    copy: Any

    def getitem(self, x: Any, *, key: Key) -> Any:
        """Look at a region: numbers, slices, None and Ellipsis.

        A closing Ellipsis keeps a single element an array that looks at the memory.
        """
        return x[restore(key if Ellipsis in key else (*key, Ellipsis))]

    def place(self, g: Any, *, key: Key, shape: tuple[int, ...]) -> Any:
        """Put a region into zeros: what `getitem` pulls back."""
        out = self.xp.zeros(shape, g.dtype)
        out[restore(key)] = g
        return out

    def add_region(self, buffer: Any, g: Any, *, key: Key) -> None:
        """Add to a region of a buffer."""
        buffer[restore(key)] += g

    def region(self, base: Any, value: Any, *, recipe: Any) -> Any:
        """Return a copy of the base with the region that a recipe looks at replaced."""
        out = self.copy(base)
        self.seen(out, recipe)[...] = value
        return out

    def erase(self, g: Any, *, recipe: Any) -> Any:
        """Return a copy with the region that a recipe looks at set to zero."""
        return self.region(g, 0, recipe=recipe)

    def extract(self, g: Any, *, recipe: Any) -> Any:
        """Copy the region that a recipe looks at."""
        return self.seen(g, recipe).copy()

    def embed(self, g: Any, *, recipe: Any, shape: tuple[int, ...], dtype: Any) -> Any:
        """Put a region into zeros: what `extract` pulls back."""
        return self.region(self.xp.zeros(shape, dtype), g, recipe=recipe)

    def seen(self, array: Any, recipe: Any) -> Any:
        """Apply the steps of a recipe to an array."""
        for op, static in recipe:
            array = op.kernels[array.__class__](array, **dict(static))
        return array

    def take(self, x: Any, *indices: Any, key: Key) -> Any:
        """Copy the elements that index arrays pick; `key` says where each index stands."""
        return x[self.merged(key, indices)]

    def merged(self, key: Key, indices: tuple[Any, ...]) -> Key:
        """Put the index arrays into their places in a key, where it says `"index"`."""
        found = iter(indices)
        return restore(tuple(next(found) if part == "index" else part for part in key))

    def put(self, x: Any, value: Any, *indices: Any, key: Key, accumulate: bool = False) -> Any:
        """Return a copy with the picked elements replaced, or added to."""
        out = self.copy(x)
        self.put_into(out, value, *indices, key=key, accumulate=accumulate)
        return out

    def put_into(
        self, x: Any, value: Any, *indices: Any, key: Key, accumulate: bool = False
    ) -> None:
        """Replace the picked elements, or add to them, in place."""
        where = self.merged(key, indices)
        if accumulate:
            self.add_at(x, where, value)
        else:
            x[where] = value

    def add_at(self, x: Any, where: Any, value: Any) -> None:
        """Add at indices, repeats included: by their places in memory where that is faster."""
        many = getattr(value, "size", 1) > FEW and x.flags.c_contiguous
        found = self.spots(x, where) if many else None
        if found is None:
            self.xp.add.at(x, where, value)
            return
        shape, places = found
        wide = self.xp.broadcast_to(value, shape).reshape(-1)
        self.xp.add.at(x.reshape(-1), places.reshape(-1), wide.astype(x.dtype, copy=False))

    def spots(self, x: Any, where: Key) -> tuple[tuple[int, ...], Any] | None:
        """Return the shape of a picked region and its elements' places in dense memory.

        None where the key is more than index arrays side by side among whole axes.
        """
        kinds = "".join("i" if hasattr(k, "dtype") else "a" if k == WHOLE else "x" for k in where)
        before, _, after = kinds.partition(kinds.strip("a"))
        if "x" in kinds or "a" in kinds.strip("a"):
            return None
        first, last = len(before), len(kinds) - len(after)
        middle: Any = 0
        for index, size in zip(where[first:last], x.shape[first:last], strict=True):
            wide = index.astype("int64", copy=False)
            middle = middle * size + (self.xp.where(wide < 0, wide + size, wide))
        inner = prod(x.shape[last:])
        rows = self.xp.arange(prod(x.shape[:first])).reshape(-1, 1, 1)
        places = (rows * prod(x.shape[first:last]) + middle.reshape(1, -1, 1)) * inner
        shape = (*x.shape[:first], *middle.shape, *x.shape[last:])
        return shape, places + self.xp.arange(inner) if inner != 1 else places

    def nonzero(self, x: Any) -> tuple[Any, ...]:
        """Return the places of elements that are not 0, as one int64 array for each axis."""
        return tuple(self.xp.nonzero(x))

    def take_along_axis(self, x: Any, index: Any, *, axis: int, distinct: bool = False) -> Any:
        """Pick one element per place of the index, along one axis; others count along."""
        if x.ndim == 1:
            return x[index]
        where = self.along(index, axis)
        if index.size <= FEW or not x.flags.c_contiguous:
            return x[where]
        return self.xp.take(x.reshape(-1), self.numbered(x.shape, where))

    def numbered(self, shape: tuple[int, ...], mesh: Key) -> Any:
        """Return the places in dense memory that an open mesh of indices names."""
        steps = [prod(shape[axis + 1 :]) for axis in range(len(shape))]
        parts = [p if step == 1 else p * step for p, step in zip(mesh, steps, strict=True)]
        parts = sorted(parts, key=lambda part: part.size)
        return sum(parts[1:], parts[0])

    def along(self, index: Any, axis: int) -> Key:
        """Return the open mesh in which `index` stands at `axis`."""
        mesh: list[Any] = []
        for place, size in enumerate(index.shape):
            shape = [1] * index.ndim
            shape[place] = size
            mesh.append(index if place == axis else self.xp.arange(size).reshape(shape))
        return tuple(mesh)

    def scatter(
        self, x: Any, index: Any, value: Any, *, axis: int, accumulate: bool = False
    ) -> Any:
        """Return a copy with elements along one axis replaced, or added to."""
        out = self.copy(x)
        where = self.along(index, axis)
        if accumulate:
            self.add_at(out, where, value)
        else:
            out[where] = value
        return out

    def scatter_multiply(self, x: Any, index: Any, value: Any, *, axis: int) -> Any:
        """Return a copy with elements along one axis multiplied by others, repeats included."""
        out = self.copy(x)
        self.xp.multiply.at(out, self.along(index, axis), value)
        return out

    def scatter_extreme(self, x: Any, index: Any, value: Any, *, axis: int, largest: bool) -> Any:
        """Return a copy with elements along one axis raised, or lowered, to others."""
        out = self.copy(x)
        extreme = self.xp.maximum if largest else self.xp.minimum
        extreme.at(out, self.along(index, axis), value)
        return out

    def scatter_zeros(
        self, g: Any, index: Any, *, axis: int, shape: tuple[int, ...], distinct: bool = False
    ) -> Any:
        """Add elements into zeros along one axis: what `take_along_axis` pulls back.

        Places that are promised to be distinct are written, which is many times faster.
        """
        out = self.xp.zeros(shape, g.dtype)
        where = self.along(index, axis)
        if distinct or index.shape[axis] == 1:
            out.reshape(-1)[self.numbered(shape, where)] = g
        else:
            self.add_at(out, where, g)
        return out

    def index_zeros(self, g: Any, *indices: Any, key: Key, shape: tuple[int, ...]) -> Any:
        """Add elements into zeros at indices: what `take` pulls back."""
        out = self.xp.zeros(shape, g.dtype)
        self.add_at(out, self.merged(key, indices), g)
        return out
