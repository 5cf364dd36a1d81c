"""Sorting, and the most extreme elements; nan counts as larger than every number.

Where PyTorch promises no order of equal elements, theirs is that of C++'s `std::sort` and its kin,
up to a size beyond which walking through their exchanges would take too long.
"""

from __future__ import annotations

from typing import Any

SMALL = 16
"""Elements that `std::sort` leaves to its insertion sort, which never exchanges equal ones."""


class OrderKernels:
    """Places of elements in order.

    Attributes:
        sort_limit: how many elements an array has from which on equal ones keep their order.
    """

    xp: Any
    widened: Any
    sort_limit = 1 << 15

    def argsort(self, x: Any, *, axis: int, descending: bool = False, stable: bool = True) -> Any:
        """Return the places of the elements in order; equal ones keep theirs if that is asked for.

        bfloat16 is sorted in float32: its own order does not know nan.
        """
        x = self.widened(x) if x.dtype.kind == "V" else x
        places, size = self.in_order(x, axis, descending), x.shape[axis]
        if stable or size <= SMALL or x.size >= self.sort_limit:
            return places
        from minitorch_lazy.backends.numpy.introsort import std_sort  # few programs need it

        rows, ranks, keys = self.ranked(x, places, axis)
        for row in map(tuple, self.xp.argwhere(ranks[..., -1] < size - 1)):
            order = list(range(size))
            std_sort(keys[row].tolist(), order, size)
            rows[row] = order
        return places

    def in_order(self, x: Any, axis: int, descending: bool) -> Any:
        """Return the places of the elements in order; equal ones keep theirs."""
        if not descending:
            return self.xp.argsort(x, axis, "stable")
        reverse = self.xp.argsort(self.xp.flip(x, axis), axis, "stable")
        return self.xp.flip(x.shape[axis] - 1 - reverse, axis).copy()

    def ranked(self, x: Any, places: Any, axis: int) -> tuple[Any, Any, Any]:
        """Count for each element the different ones before it: equal elements have equal ranks.

        Returns:
            `places`, the ranks in that order, and in the order of x; all with the axis last.
        """
        ordered = self.xp.moveaxis(self.xp.take_along_axis(x, places, axis), axis, -1)
        before, after = ordered[..., :-1], ordered[..., 1:]
        differ = (before != after) & ((before == before) | (after == after))
        rows, ranks = self.xp.moveaxis(places, axis, -1), self.xp.zeros(ordered.shape, "int64")
        ranks[..., 1:] = self.xp.cumsum(differ, -1)
        keys = self.xp.empty_like(ranks)
        self.xp.put_along_axis(keys, rows, ranks, -1)
        return rows, ranks, keys

    def top_places(
        self, x: Any, *, count: int, axis: int, largest: bool, ordered: bool = True
    ) -> Any:
        """Return the places of the `count` most extreme elements, the most extreme first.

        Not `ordered` they are as they were found, in arrays that are small enough.
        """
        x = self.widened(x) if x.dtype.kind == "V" else x
        if not count or x.size >= self.sort_limit:
            return self.first_places(x, count, axis, largest)
        from minitorch_lazy.backends.numpy.introsort import selected  # few programs need it

        rows, ranks, keys = self.ranked(x, self.in_order(x, axis, largest), axis)
        top, clear = rows[..., :count].copy(), min(count, x.shape[axis] - 1)
        for row in map(tuple, self.xp.argwhere((ranks[..., clear] < clear) | (not ordered))):
            top[row] = selected(keys[row].tolist(), count, ordered)
        return self.xp.moveaxis(top, -1, axis).copy()

    def first_places(self, x: Any, count: int, axis: int, largest: bool) -> Any:
        """Return the places of the most extreme elements in order; of equal ones, of any."""
        size = x.shape[axis]
        if 4 * count > size or not count:
            order = self.in_order(x, axis, largest)
            return order[(slice(None),) * axis + (slice(0, count),)].copy()
        apart = self.xp.argpartition(x, size - count if largest else count - 1, axis)
        some = slice(size - count, None) if largest else slice(0, count)
        picked = self.xp.sort(apart[(slice(None),) * axis + (some,)], axis, "stable")
        order = self.in_order(self.xp.take_along_axis(x, picked, axis), axis, largest)
        return self.xp.take_along_axis(picked, order, axis)
