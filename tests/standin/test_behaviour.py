"""What the stand-in computes, shares and counts."""

from __future__ import annotations

import copy
import operator
import pickle
import reprlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.standin import array, asnumpy, ghosts, stats, xp, xpx

pytestmark = pytest.mark.usefixtures("judged_by")

Wait = Callable[[Any], Any]


def device(*shape: int) -> array:
    """Return random float32 on the stand-in."""
    return xp.asarray(np.random.default_rng(0).standard_normal(shape).astype(np.float32))


def test_operators_give_what_numpy_gives(a: array) -> None:
    b = device(5) * 2 - 1
    expected = np.exp(a.get()) / (1 + b.get() ** 2)
    np.testing.assert_array_equal((xp.exp(a) / (1 + b**2)).get(), expected)


def test_matmul_and_einsum_give_what_numpy_gives() -> None:
    x, w = device(4, 3), device(3, 5)
    np.testing.assert_array_equal((x @ w).get(), x.get() @ w.get())
    np.testing.assert_allclose(
        xp.einsum("ij,jk->ik", x, w, optimize=True).get(), x.get() @ w.get(), rtol=1e-5
    )


def test_reductions_answer_with_0d_arrays(a: array) -> None:
    for result in (a.sum(), xp.max(a), np.mean(a), xp.allclose(a, a), xp.count_nonzero(a), a[0]):
        assert type(result) is array
        assert result.shape == ()


def test_an_element_is_a_view() -> None:
    x = xp.zeros((2, 3))
    x[0, 1][...] = 7
    assert x.tolist() == [[0, 7, 0], [0, 0, 0]]


def test_basic_slices_share_memory_and_index_arrays_copy() -> None:
    x = xp.zeros(4)
    view, picked = x[1:3], x[xp.asarray([0, 1])]
    x += 1
    assert view.tolist() == [1, 1]
    assert picked.tolist() == [0, 0]


def test_views_know_the_array_that_owns_their_memory() -> None:
    x = xp.zeros((2, 3), "complex64")
    assert x.base is None
    views = x[0], x[0][1:], x.T, x.reshape(3, 2), xp.broadcast_to(x, (4, 2, 3)), x.real
    assert all(view.base is x for view in views)
    assert (x + 1).base is None
    assert xp.sort(x, axis=0, kind="stable").base is None


def test_uploads_copy() -> None:
    source = np.zeros(3)
    x = xp.asarray(source)
    source += 1
    assert x.tolist() == [0, 0, 0]


def test_in_place_operators_keep_the_object(a: array) -> None:
    before = a
    a += 1
    a *= xp.ones(5, "f4")
    assert a is before
    assert xp.add(a, 1, out=a) is a
    assert a.astype("f4", copy=False) is a
    assert xp.asarray(a) is a


def test_new_results_have_row_major_order() -> None:
    x = device(3, 4).T
    assert not x.flags.c_contiguous
    assert (x + 1).flags.c_contiguous
    assert xp.exp(x).flags.c_contiguous


def test_unwritten_memory_holds_no_zeros() -> None:
    assert np.isnan(xp.empty(3).get()).all()
    assert (xp.empty_like(xp.zeros(3, int)).get() != 0).all()


def test_scalars_assigned_to_duplicate_indices_are_defined(a: array) -> None:
    a[xp.asarray([1, 1])] = 0.0
    assert a[1].item() == 0


def test_sorts_are_stable() -> None:
    assert xp.argsort(xp.asarray([1, 0] * 20)).tolist() == [*range(1, 40, 2), *range(0, 40, 2)]


def test_uploads_and_downloads_are_counted(a: array) -> None:
    stats.clear()
    b = xp.asarray(np.ones(5))
    xp.asarray(2.0)
    xp.zeros(3)
    assert stats["h2d"] == 2
    a.get(), asnumpy(b), a.tobytes()
    assert stats["d2h"] == 3
    b.set(np.zeros(5))
    assert stats["h2d"] == 3


def test_a_scalar_assigned_through_an_index_array_is_an_upload(a: array) -> None:
    index = xp.asarray([0, 2])
    stats.clear()
    a[index] = 1.0
    a[1:3] = 1.0
    assert stats["h2d"] == 1


@pytest.mark.parametrize(
    "wait",
    [
        float, int, complex, bool, repr, array.item, array.tolist, "{:.2f}".format, xp.nonzero,
        xp.unique, xp.argwhere, lambda x: x[x > 0], lambda x: xp.where(x),
        lambda x: xp.bincount(x.astype("int64")), lambda x: operator.setitem(x, x > 0, 0.0),
        lambda x: xp.cuda.get_current_stream().synchronize(),
    ],
)  # fmt: skip
def test_every_wait_for_the_device_is_counted_once(wait: Wait) -> None:
    x = xp.ones(1)
    stats.clear()
    wait(x)
    assert stats["sync"] == 1


def test_arithmetic_neither_moves_data_nor_waits(a: array) -> None:
    w = device(5, 5)
    stats.clear()
    y = xp.maximum(a @ w, 0.0)
    e = xp.exp(y - y.max(axis=-1, keepdims=True))
    a -= 0.1 * (e / e.sum())
    assert stats["calls"] > 5
    assert stats["h2d"] == stats["d2h"] == stats["sync"] == 0


def test_ghosts_judge_where_the_wheel_is_installed(a: array, judged_by: str) -> None:
    stats.clear()
    a + a
    assert stats["ghost"] == (judged_by == "ghosts" and ghosts.library() is not None)


def test_a_ghost_is_asked_once_for_each_kind_of_call(
    a: array, judged_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(ghosts, "judge", lambda name, *rest: asked.append(name))
    monkeypatch.setattr(ghosts, "VERDICTS", {})
    for _ in range(3):
        a @ device(5, 2)
    a @ device(5, 3)
    assert asked == ["matmul", "matmul"] * (ghosts.library() is not None)


def test_copies_and_pickles_are_new_arrays(a: array) -> None:
    for other in (copy.copy(a), copy.deepcopy(a), pickle.loads(pickle.dumps(a))):
        assert type(other) is array
        assert other.tolist() == a.tolist()
        assert not np.shares_memory(other.host, a.host)


def test_numpy_scalars_promote_and_python_numbers_do_not(a: array) -> None:
    assert (a * 2.0).dtype == "float32"
    assert (a * np.float64(2.0)).dtype == "float64"


def test_erf_of_float16_is_float64_as_in_cupy() -> None:
    assert xpx.scipy.special.erf(xp.zeros(2, "f2")).dtype == "float64"
    assert xpx.scipy.special.erf(xp.zeros(2, "f4")).dtype == "float32"


def test_pytest_can_show_an_array_that_failed(a: array) -> None:
    assert reprlib.repr(a).startswith("strict([")
