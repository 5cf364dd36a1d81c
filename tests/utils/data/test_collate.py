"""Collate: what becomes of a list of samples."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from types import MappingProxyType

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.utils.data import default_collate, default_convert
from minitorch_lazy.utils.data.collate import collate, default_collate_fn_map

Point = namedtuple("Point", "x y")


def plain(value):
    """Spell tensors as (dtype, numbers), so that structures compare."""
    if isinstance(value, mt.Tensor):
        return (value.dtype, value.tolist())
    if isinstance(value, Point):
        return Point(*map(plain, value))
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return type(value)(map(plain, value)) if isinstance(value, list | tuple) else value


@pytest.mark.parametrize(
    ("batch", "expected"),
    [
        ([1, 2], (mt.int64, [1, 2])),
        ([True, False], (mt.bool, [True, False])),
        ([0.5, 1.5], (mt.float64, [0.5, 1.5])),
        ([np.float32(1), np.float32(2)], (mt.float32, [1.0, 2.0])),
        ([np.float64(1), np.float64(2)], (mt.float64, [1.0, 2.0])),
        ([np.array([1, 2]), np.array([3, 4])], (mt.int64, [[1, 2], [3, 4]])),
        (["a", "b"], ["a", "b"]),
        ([(1, "a"), (2, "b")], [(mt.int64, [1, 2]), ("a", "b")]),
        ([[1, 0.5], [2, 1.5]], [(mt.int64, [1, 2]), (mt.float64, [0.5, 1.5])]),
        ([{"x": 1, "y": (2,)}, {"x": 3, "y": (4,)}],
         {"x": (mt.int64, [1, 3]), "y": [(mt.int64, [2, 4])]}),
        ([Point(1, "a"), Point(2, "b")], Point((mt.int64, [1, 2]), ("a", "b"))),
    ],
)  # fmt: skip
def test_samples_become_a_batch(batch, expected):
    assert plain(default_collate(batch)) == expected


def test_tensors_are_stacked_with_their_graph():
    x = mt.tensor([1.0, 2.0], requires_grad=True)
    batch = default_collate([x, x * 3])
    assert batch.tolist() == [[1.0, 2.0], [3.0, 6.0]]
    batch.sum().backward()
    assert x.grad.tolist() == [4.0, 4.0]


def test_mappings_keep_their_kind_where_they_can():
    found = default_collate([OrderedDict(a=1), OrderedDict(a=2)])
    assert isinstance(found, OrderedDict)
    assert found["a"].tolist() == [1, 2]
    frozen = default_collate([MappingProxyType({"a": 1}), MappingProxyType({"a": 2})])
    assert isinstance(frozen, MappingProxyType)


@pytest.mark.parametrize(
    ("batch", "kind", "phrase"),
    [
        ([(1, 2), (3,)], RuntimeError, r"(?s)equal size.*\[1, 2\].*mend"),
        ([{1}, {2}], TypeError, r"(?s)found <class 'set'>.*collate_fn"),
        ([np.array(["a"]), np.array(["b"])], TypeError, "found <U1"),
        ([mt.zeros(2), mt.zeros(3)], RuntimeError, "equal size"),
    ],
)
def test_what_cannot_be_joined_is_refused(batch, kind, phrase):
    with pytest.raises(kind, match=phrase):
        default_collate(batch)


def test_the_map_may_learn_new_types():
    functions = {set: lambda batch, **_: set().union(*batch), **default_collate_fn_map}
    assert collate([{1}, {2}], collate_fn_map=functions) == {1, 2}


def test_conversion_reaches_into_structures():
    point = Point(np.array([1.5]), "text")
    data = {"a": [np.float32(1), 2], "b": (np.array([3]), b"x"), "c": point, "d": None}
    assert plain(default_convert(data)) == {
        "a": [(mt.float32, 1.0), 2],
        "b": [(mt.int64, [3]), b"x"],
        "c": Point((mt.float64, [1.5]), "text"),
        "d": None,
    }
    words = np.array(["a"])
    assert default_convert(words) is words
