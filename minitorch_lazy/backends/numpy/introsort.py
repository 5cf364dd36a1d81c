"""How C++'s library sorts, step by step: it decides where PyTorch's CPU leaves equal elements.

`std::sort` is an introsort. It parts the elements around the median of three, again and again,
until no part has more than 16 of them; should that take suspiciously many rounds, a part is sorted
by a heap. One insertion sort over everything ends it, which never exchanges equal elements. But
parting does, so the order of equal ones depends on every exchange before, and only the same
exchanges give the same order.

A function here is given integers that are compared, `keys`, and moves `places` along with them:
where each element stood at first. Ranges are half open, from `first` up to `last`.

Source: Musser, "Introspective sorting and selection algorithms" (1997); libstdc++'s bits/stl_algo.h
and bits/stl_heap.h.
"""

from __future__ import annotations

from minitorch_lazy.backends.numpy.order import SMALL

Numbers = list[int]


def std_sort(keys: Numbers, places: Numbers, last: int) -> None:
    """Sort the first elements as `std::sort` does."""
    parts = [(0, last, 2 * (last.bit_length() - 1))]
    while parts:
        first, end, depth = parts.pop()
        while end - first > SMALL and len({*keys[first:end]}) < end - first:
            if not depth:
                partial_sort(keys, places, first, end, end)
                break
            depth -= 1
            cut = part(keys, places, first, end)
            parts.append((cut, end, depth))
            end = cut
    insertion_sort(keys, places, 0, last)


def nth_element(keys: Numbers, places: Numbers, nth: int) -> None:
    """Bring the n-th smallest element to its place, and none larger before it."""
    first, last = 0, len(keys)
    depth = 2 * (last.bit_length() - 1)
    while last - first > 3:
        if not depth:
            heap_select(keys, places, first, nth + 1, last)
            exchange(keys, places, first, nth)
            return
        depth -= 1
        cut = part(keys, places, first, last)
        first, last = (cut, last) if cut <= nth else (first, cut)
    insertion_sort(keys, places, first, last)


def partial_sort(keys: Numbers, places: Numbers, first: int, middle: int, last: int) -> None:
    """Sort the smallest elements of a range into its beginning, up to `middle`, by a heap."""
    heap_select(keys, places, first, middle, last)
    for end in range(middle - 1, first, -1):
        pop_heap(keys, places, first, end, end)


def selected(keys: Numbers, count: int, ordered: bool) -> Numbers:
    """Return the places of the smallest elements as PyTorch's `topk` finds them."""
    places = list(range(len(keys)))
    if 64 * count <= len(keys):
        partial_sort(keys, places, 0, count, len(keys))
    else:
        nth_element(keys, places, count - 1)
        if ordered:
            std_sort(keys, places, count - 1)
    return places[:count]


def exchange(keys: Numbers, places: Numbers, i: int, j: int) -> None:
    """Exchange two elements."""
    keys[i], keys[j] = keys[j], keys[i]
    places[i], places[j] = places[j], places[i]


def part(keys: Numbers, places: Numbers, first: int, last: int) -> int:
    """Part a range around the median of three elements; return where the larger ones begin.

    Elements equal to the median stop the search from both sides, and are exchanged too.
    """
    exchange(keys, places, first, median(keys, first + 1, (first + last) // 2, last - 1))
    low, high, middle = first + 1, last - 1, keys[first]
    while True:
        while keys[low] < middle:
            low += 1
        while middle < keys[high]:
            high -= 1
        if low >= high:
            return low
        exchange(keys, places, low, high)
        low, high = low + 1, high - 1


def median(keys: Numbers, a: int, b: int, c: int) -> int:
    """Return which of three places has the median; of equal ones the choice is libstdc++'s."""
    if keys[a] < keys[b]:
        return b if keys[b] < keys[c] else c if keys[a] < keys[c] else a
    return a if keys[a] < keys[c] else c if keys[b] < keys[c] else b


def insertion_sort(keys: Numbers, places: Numbers, first: int, last: int) -> None:
    """Sort a range so that equal elements keep their order."""
    order = sorted(range(first, last), key=keys.__getitem__)
    keys[first:last], places[first:last] = [keys[i] for i in order], [places[i] for i in order]


# -- heaps: element i lies above 2 i + 1 and 2 i + 2, and none is larger than the one above it -----


def heap_select(keys: Numbers, places: Numbers, first: int, middle: int, last: int) -> None:
    """Make a heap of the smallest elements of a range at its beginning, up to `middle`."""
    size = middle - first
    for i in reversed(range(size // 2)):
        sift(keys, places, first, i, size, keys[first + i], places[first + i])
    for i in range(middle, last):
        if keys[i] < keys[first]:
            pop_heap(keys, places, first, middle, i)


def pop_heap(keys: Numbers, places: Numbers, first: int, last: int, i: int) -> None:
    """Exchange the largest element of a heap with one outside, and restore the heap."""
    key, place = keys[i], places[i]
    keys[i], places[i] = keys[first], places[first]
    sift(keys, places, first, 0, last - first, key, place)


def sift(keys: Numbers, places: Numbers, first: int, hole: int, size: int, key: int,
         place: int) -> None:  # fmt: skip
    """Let a hole sink to the bottom of a heap, then an element rise from there."""
    top = hole
    while 2 * hole + 1 < size:
        child = 2 * hole + 2
        if child == size or keys[first + child] < keys[first + child - 1]:
            child -= 1
        hole = move(keys, places, first, child, hole)
    while hole > top and keys[first + (hole - 1) // 2] < key:
        hole = move(keys, places, first, (hole - 1) // 2, hole)
    keys[first + hole], places[first + hole] = key, place


def move(keys: Numbers, places: Numbers, first: int, source: int, target: int) -> int:
    """Move an element of a heap; return where it was."""
    keys[first + target], places[first + target] = keys[first + source], places[first + source]
    return source
