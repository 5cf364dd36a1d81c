"""Medians, distinct elements, counts, and places among boundaries."""

from __future__ import annotations

from typing import Any


class SetKernels:
    """Functions whose answer depends on comparing elements with each other."""

    xp: Any
    add_at: Any
    widened: Any
    argsort: Any

    def median(self, x: Any, *, skip_nan: bool) -> Any:
        """Return the lower median of all elements; nan where there is one that is not skipped."""
        if x.dtype.kind == "V":
            return self.median(self.widened(x), skip_nan=skip_nan).astype(x.dtype)
        if not x.size:
            return self.xp.full((), float("nan") if x.dtype.kind == "f" else 0, x.dtype)
        ascending = self.xp.sort(x.reshape(-1), 0, "stable")
        if x.dtype.kind != "f":
            return ascending[(x.size - 1) // 2]
        if skip_nan:
            count = self.xp.sum(ascending == ascending)
            return self.xp.take(ascending, (self.xp.maximum(count, 1) - 1) // 2)
        last = ascending[-1]
        return self.xp.where(last == last, ascending[(x.size - 1) // 2], last)

    def running_place(self, x: Any, *, axis: int, larger: bool) -> Any:
        """Return the place of the extreme up to each element: the last of equals, or a nan."""
        size = x.shape[axis]
        shape = [1] * x.ndim
        shape[axis] = size
        values = x.copy()
        places = self.xp.broadcast_to(self.xp.arange(size).reshape(shape), x.shape).copy()
        step = 1
        while step < size:
            head = (slice(None),) * axis + (slice(None, -step),)
            tail = (slice(None),) * axis + (slice(step, None),)
            before, here = values[head], values[tail]
            ahead = here >= before if larger else here <= before
            stay = (here != here) | ((before == before) & ahead)
            new_values = self.xp.where(stay, here, before)
            new_places = self.xp.where(stay, places[tail], places[head])
            values[tail], places[tail] = new_values, new_places
            step *= 2
        return places

    def unique(self, x: Any, *, axis: int | None) -> tuple[Any, Any, Any]:
        """Return distinct elements or slices, the place of each in them, and how often each is."""
        if axis is None:
            flat = x.reshape(-1)
            return self.from_sorted(flat, self.argsort(flat, axis=0))
        found, places, counts = self.xp.unique(x, False, True, True, axis, equal_nan=False)
        return found, places.reshape(-1), counts

    def from_sorted(self, flat: Any, order: Any) -> tuple[Any, Any, Any]:
        """Find runs of equal elements in a vector that is sorted by `order`."""
        found, places, counts = self.unique_consecutive(flat[order], axis=None)
        inverse = self.xp.empty_like(places)
        inverse[order] = places
        return found, inverse, counts

    def unique_consecutive(self, x: Any, *, axis: int | None) -> tuple[Any, Any, Any]:
        """Return the first of each run, the run of each element, and how long each run is."""
        rows = x.reshape(-1) if axis is None else self.xp.moveaxis(x, axis, 0)
        count = rows.shape[0]
        if not count:
            nothing = self.xp.zeros((0,), "int64")
            return (rows if axis is None else x), nothing, nothing
        differ = rows[1:] != rows[:-1]
        if differ.ndim > 1:
            differ = self.xp.any(differ, tuple(range(1, differ.ndim)))
        new = self.xp.concatenate([self.xp.ones((1,), "bool"), differ])
        starts = self.xp.nonzero(new)[0]
        found = rows[starts]
        ends = self.xp.concatenate([starts[1:], self.xp.full((1,), count, starts.dtype)])
        places = self.xp.cumsum(new.astype("int64")) - 1
        return (found if axis is None else self.xp.moveaxis(found, 0, axis)), places, ends - starts

    def searchsorted(self, boundaries: Any, x: Any, sorter: Any, *, right: bool) -> Any:
        """Return places in sorted vectors, one vector for all or one for each row of x."""
        side = "right" if right else "left"
        if x.dtype.kind == "V":
            boundaries, x = self.widened(boundaries), self.widened(x)
        if sorter is not None:
            boundaries = self.xp.take_along_axis(boundaries, sorter, -1)
        if boundaries.ndim == 1:
            return self.xp.searchsorted(boundaries, x, side).astype("int64")
        rows = boundaries.reshape(-1, boundaries.shape[-1]) if boundaries.size else []
        values = x.reshape(-1, x.shape[-1]) if x.size else []
        out = self.xp.zeros((len(values), x.shape[-1]), "int64")
        for place, (row, value) in enumerate(zip(rows, values, strict=False)):
            out[place] = self.xp.searchsorted(row, value, side)
        return out.reshape(x.shape)

    def bincount(self, x: Any, weights: Any, *, length: int) -> Any:
        """Count the non-negative integers of a vector, or add up their weights."""
        if not x.size:
            return self.xp.zeros((length,), "int64" if weights is None else weights.dtype)
        found = self.xp.bincount(x, weights, length)
        return found if weights is None else found.astype(weights.dtype)

    def histc(self, x: Any, *, bins: int, low: float, high: float) -> Any:
        """Count elements in bins of equal width."""
        if low == high:
            low, high = (self.xp.min(x), self.xp.max(x)) if x.size else (low, high)
            alone = self.xp.where(self.xp.asarray(low == high), 1.0, 0.0).astype(x.dtype)
            low, high = low - alone, high + alone
        inside = (x >= low) & (x <= high)
        places = self.xp.minimum((x - low) / (high - low) * bins, bins - 1)
        counts = self.xp.zeros((bins + 1,), "int64")
        places = self.xp.where(inside, places, bins).astype("int64")
        self.add_at(counts, (places,), self.xp.ones_like(places))
        return counts[:bins].astype(x.dtype)
