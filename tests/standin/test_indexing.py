"""Reading and writing by an index: NumPy's numbers wherever CuPy's outcome is defined."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.standin import indexing, xp

SHAPES = arrays.array_shapes(max_dims=3, max_side=4)


@st.composite
def basic(draw: st.DrawFn) -> tuple[np.ndarray, Any]:
    """An array and an index of integers, slices, None and `...`."""
    shape = draw(SHAPES)
    index = draw(arrays.basic_indices(shape, allow_newaxis=True))
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape), index


@st.composite
def advanced(draw: st.DrawFn) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """An array and one index array for some of its first dimensions."""
    shape = draw(SHAPES)
    count = draw(st.integers(1, len(shape)))
    picked = draw(arrays.array_shapes(max_dims=2, max_side=3))
    index = tuple(
        draw(arrays.arrays(np.int64, picked, elements=st.integers(-size, size - 1)))
        for size in shape[:count]
    )
    return np.arange(np.prod(shape), dtype=np.float32).reshape(shape), index


@given(basic())
def test_a_basic_index_reads_a_view(case: tuple[np.ndarray, Any]) -> None:
    host, index = case
    x = xp.asarray(host)
    view = x[index]
    np.testing.assert_array_equal(view.get(), host[index])
    assert np.shares_memory(view.host, x.host) or view.size == 0


@given(basic())
def test_a_basic_index_writes_through(case: tuple[np.ndarray, Any]) -> None:
    host, index = case
    x = xp.asarray(host)
    value = xp.asarray(-np.ones_like(host[index]))
    x[index] = value
    host[index] = -1
    np.testing.assert_array_equal(x.get(), host)


@given(advanced())
def test_index_arrays_read_a_copy(case: tuple[np.ndarray, tuple[np.ndarray, ...]]) -> None:
    host, index = case
    x = xp.asarray(host)
    picked = x[tuple(map(xp.asarray, index))]
    np.testing.assert_array_equal(picked.get(), host[index])
    assert not np.shares_memory(picked.host, x.host)


@given(advanced())
def test_index_arrays_write_unless_one_place_is_written_twice(
    case: tuple[np.ndarray, tuple[np.ndarray, ...]],
) -> None:
    host, index = case
    x = xp.asarray(host)
    places = np.broadcast_arrays(*(i % n for i, n in zip(index, host.shape, strict=False)))
    written = list(zip(*(p.ravel().tolist() for p in places), strict=True))
    value = xp.asarray(np.full_like(host[index], -1))
    if len(set(written)) < len(written):
        with pytest.raises(ValueError, match="duplicate indices"):
            x[tuple(map(xp.asarray, index))] = value
        return
    x[tuple(map(xp.asarray, index))] = value
    host[index] = -1
    np.testing.assert_array_equal(x.get(), host)


@given(advanced())
def test_add_at_sums_over_duplicates(case: tuple[np.ndarray, tuple[np.ndarray, ...]]) -> None:
    host, index = case
    x = xp.asarray(host)
    xp.add.at(x, tuple(map(xp.asarray, index)), xp.ones(host[index].shape, "f4"))
    np.add.at(host, index, 1)
    np.testing.assert_array_equal(x.get(), host)


def test_a_0d_index_array_reads_a_copy() -> None:
    x = xp.zeros(3)
    picked = x[xp.asarray(1)]
    picked += 1
    assert x.tolist() == [0, 0, 0]


def test_a_copy_onto_itself_and_a_copy_between_neighbours_are_defined() -> None:
    x = xp.asarray(np.arange(4.0))
    x[...] = x
    x[:2] = x[2:]
    assert x.tolist() == [2, 3, 2, 3]


def test_positions_number_the_elements() -> None:
    assert indexing.positions(np.zeros((2, 2))).tolist() == [[0, 1], [2, 3]]
