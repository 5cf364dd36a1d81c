"""The stand-in refuses what CuPy refuses, one misuse after the other."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.standin import array, xp, xpx

pytestmark = pytest.mark.usefixtures("judged_by")

Misuse = Callable[[Any], Any]


CONVERSIONS: dict[str, Misuse] = {
    "asarray": np.asarray,
    "index": lambda a: range(xp.asarray(3)),
    "slice bound": lambda a: a[: xp.asarray(3)],
    "operator.index": lambda a: operator.index(xp.asarray(3)),
    "hash": hash,
    "float of many": float,
    "bool of many": bool,
    "membership": lambda a: 1.0 in a,
    "ctypes": lambda a: a.ctypes,
    "buffer": memoryview,
}

HOST_OPERANDS: dict[str, Misuse] = {
    "array + numpy": lambda a: a + np.ones(5, np.float32),
    "numpy * array": lambda a: np.ones(5, np.float32) * a,
    "numpy += array": lambda a: operator.iadd(np.ones(5, np.float32), a),
    "array += numpy": lambda a: operator.iadd(a, np.ones(5, np.float32)),
    "0-d numpy": lambda a: a * np.array(2.0),
    "concatenate": lambda a: np.concatenate([a, np.ones(3)]),
    "sum of numpy": lambda a: xp.sum(np.ones(3)),
    "where": lambda a: xp.where(np.ones(5, bool), a, a),
    "out": lambda a: xp.add(a, a, out=np.empty(5, np.float32)),
    "keyword": lambda a: xp.average(a, weights=np.ones(5)),
    "zeros_like": lambda a: xp.zeros_like(np.ones(3)),
    "copyto": lambda a: xp.copyto(a, np.ones(5, np.float32)),
    "set item": lambda a: operator.setitem(a, slice(None), np.ones(5)),
    "set item list": lambda a: operator.setitem(a, slice(0, 2), [1.0, 2.0]),
    "add.at": lambda a: xp.add.at(a, xp.asarray([1]), np.ones(1)),
}

HOST_INDICES: dict[str, Misuse] = {
    "numpy": lambda a: a[np.array([0, 1])],
    "list": lambda a: a[[0, 1]],
    "in a tuple": lambda a: a[None, np.array([0, 1])],
    "numpy mask": lambda a: a[np.ones(5, bool)],
    "set": lambda a: operator.setitem(a, np.array([0, 1]), 0.0),
    "take": lambda a: xp.take(a, [0, 1]),
    "take method": lambda a: a.take(np.array([0, 1])),
    "add.at": lambda a: xp.add.at(a, np.array([0]), a[:1]),
    "add.at list": lambda a: xp.add.at(a, [0], a[:1]),
    "put": lambda a: xp.put(a, [0], a[:1]),
    "float index": lambda a: a[xp.asarray([0.0])],
}

LISTS: dict[str, Misuse] = {
    "list + array": lambda a: [1, 2, 3, 4, 5] + a,
    "array + tuple": lambda a: a + (1, 2, 3, 4, 5),
    "exp": lambda a: xp.exp([1.0, 2.0]),
    "sum": lambda a: xp.sum([1, 2]),
    "dot": lambda a: xp.dot(a, [1, 2, 3, 4, 5]),
    "where": lambda a: xp.where([True] * 5, a, a),
}

NAMES: dict[str, Misuse] = {
    "einsum_path": lambda a: xp.einsum_path("i,i", a, a),
    "block": lambda a: xp.block([a, a]),
    "vecdot": lambda a: xp.vecdot(a, a),
    "insert": lambda a: xp.insert(a, 0, 1.0),
    "geomspace": lambda a: xp.geomspace(1, 10),
    "errstate": lambda a: xp.errstate(all="ignore"),
    "nditer": lambda a: xp.nditer(a),
    "vector_norm": lambda a: xp.linalg.vector_norm(a),
    "svdvals": lambda a: xp.linalg.svdvals(a),
    "nanquantile": lambda a: xp.nanquantile(a, 0.5),
    "SeedSequence": lambda a: xp.random.SeedSequence(),
    "resize": lambda a: a.resize(6),
    "setflags": lambda a: a.setflags(write=False),
    "writeable": lambda a: a.flags.writeable,
    "array namespace": lambda a: a.__array_namespace__(),
    "numpy function": lambda a: np.insert(a, 0, 1.0),
}

KEYWORDS: dict[str, Misuse] = {
    "ufunc where": lambda a: xp.add(a, a, where=True),
    "sum where": lambda a: xp.sum(a, where=True),
    "sum method where": lambda a: a.sum(where=True),
    "max initial": lambda a: xp.max(a, initial=0),
    "max method initial": lambda a: a.max(initial=0),
    "var correction": lambda a: a.var(correction=1),
    "clip min": lambda a: xp.clip(a, min=0),
    "reshape shape": lambda a: xp.reshape(a, shape=(5, 1)),
    "argsort stable": lambda a: xp.argsort(a, stable=True),
    "take mode": lambda a: xp.take(a, 0, mode="clip"),
    "zeros device": lambda a: xp.zeros(3, device="cpu"),
    "as_strided writeable": lambda a: xp.lib.stride_tricks.as_strided(a, writeable=False),
    "cholesky upper": lambda a: xp.linalg.cholesky(a, upper=True),
    "numpy where": lambda a: np.sum(a, where=True),
}

UFUNC_METHODS: dict[str, Misuse] = {
    "maximum.reduce": lambda a: xp.maximum.reduce(a),
    "maximum.accumulate": lambda a: xp.maximum.accumulate(a),
    "logical_and.reduce": lambda a: xp.logical_and.reduce(a),
    "logaddexp.accumulate": lambda a: np.logaddexp.accumulate(a),
    "multiply.reduceat": lambda a: xp.multiply.reduceat(a, xp.asarray([0, 1])),
    "multiply.at": lambda a: xp.multiply.at(a, xp.asarray([0]), 2.0),
}

SORTS: dict[str, Misuse] = {
    "quicksort": lambda a: xp.sort(a, kind="quicksort"),
    "positional": lambda a: xp.sort(a, -1, "heapsort"),
    "mergesort": lambda a: xp.argsort(a, kind="mergesort"),
    "method": lambda a: a.argsort(kind="quicksort"),
    "in place": lambda a: a.sort(kind="quicksort"),
}

WRITES: dict[str, Misuse] = {
    "duplicate": lambda a: operator.setitem(a, xp.asarray([0, 0]), a[:2]),
    "negative twin": lambda a: operator.setitem(a, xp.asarray([0, -5]), a[:2]),
    "tuple of arrays": lambda a: operator.setitem(
        a.reshape(5, 1), (xp.asarray([1, 1]), xp.asarray([0, 0])), a[:2]
    ),
    "array and slice": lambda a: operator.setitem(
        a.reshape(1, 5), (slice(None), xp.asarray([2, 2])), a[:2]
    ),
    "array and number": lambda a: operator.setitem(a.reshape(5, 1), (xp.asarray([3, 3]), 0), a[:2]),
    "broadcast": lambda a: operator.setitem(
        a.reshape(5, 1), (xp.asarray([[1], [1]]), xp.asarray([0])), a[:2].reshape(2, 1)
    ),
    "increment": lambda a: operator.setitem(a, xp.asarray([1, 1]), a[xp.asarray([1, 1])] + 1),
    "put": lambda a: xp.put(a, xp.asarray([0, 0]), a[:2]),
    "put method": lambda a: a.put(xp.asarray([0, 0]), a[:2]),
    "put_along_axis": lambda a: xp.put_along_axis(a, xp.asarray([0, 0]), a[:2], 0),
    "overlap": lambda a: operator.setitem(a, slice(1, None), a[:-1]),
    "two masks": lambda a: a.reshape(5, 1)[a > 0, xp.asarray([True])],
    "in-place matmul": lambda a: operator.imatmul(a, a),
}

NUMBERS: dict[str, Misuse] = {
    "object": lambda a: xp.zeros(3, dtype=object),
    "text": lambda a: xp.asarray(["a", "b"]),
    "longdouble": lambda a: a.astype(np.longdouble),
    "Generator.normal": lambda a: xp.random.default_rng(0).normal(),
    "Generator.permutation": lambda a: xp.random.default_rng(0).permutation(3),
    "RandomState.get_state": lambda a: xp.random.RandomState(0).get_state(),
}

REFUSED = {
    f"{family}: {name}": misuse
    for family, cases in (
        ("conversion", CONVERSIONS), ("host operand", HOST_OPERANDS), ("host index", HOST_INDICES),
        ("list", LISTS), ("name", NAMES), ("keyword", KEYWORDS), ("method", UFUNC_METHODS),
        ("sort", SORTS), ("write", WRITES), ("number", NUMBERS),
    )
    for name, misuse in cases.items()
}  # fmt: skip


@pytest.mark.parametrize("misuse", REFUSED.values(), ids=REFUSED.keys())
def test_misuse_is_refused(misuse: Misuse, a: array) -> None:
    with pytest.raises((TypeError, ValueError, AttributeError, NotImplementedError, IndexError)):
        misuse(a)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int16", "uint8", "complex64"])
def test_scatter_add_refuses_dtypes_without_atomics(dtype: str) -> None:
    target, index = xp.zeros(4, dtype), xp.asarray([1, 1])
    for add in (xpx.scatter_add, xp.add.at):
        with pytest.raises(TypeError, match="only supports"):
            add(target, index, xp.ones(2, dtype))


def test_scatter_add_refuses_bfloat16() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    with pytest.raises(TypeError, match="only supports"):
        xpx.scatter_add(xp.zeros(4, bfloat16), xp.asarray([1]), xp.ones(1, bfloat16))


def test_batched_bfloat16_products_are_refused() -> None:
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x = xp.ones((2, 3, 3), bfloat16)
    with pytest.raises(TypeError, match="bfloat16"):
        x @ x
    assert (x[0] @ x[0]).shape == (3, 3)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint32", "uint64", "f2", "f4", "f8"])
def test_scatter_add_counts_every_duplicate(dtype: str) -> None:
    target = xp.zeros(4, dtype)
    xpx.scatter_add(target, xp.asarray([1, 1, 3]), xp.ones(3, dtype))
    assert target.tolist() == [0, 2, 0, 1]


def test_scatter_add_at_slices_and_masks_takes_any_dtype() -> None:
    target = xp.zeros(3, "int8")
    xpx.scatter_add(target, slice(0, 2), xp.ones(2, "int8"))
    xpx.scatter_add(target, xp.asarray([False, True, True]), xp.ones(2, "int8"))
    assert target.tolist() == [1, 2, 1]


def test_scatter_max_refuses_float16() -> None:
    with pytest.raises(TypeError, match="only supports"):
        xpx.scatter_max(xp.zeros(4, "f2"), xp.asarray([1]), xp.ones(1, "f2"))
