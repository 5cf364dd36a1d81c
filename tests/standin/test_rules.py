"""The stand-in's own tables say what the installed CuPy says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.standin import array, ghosts, rules, xp

DTYPES = sorted(rules.DTYPES - {"bfloat16"})
POSITIONS = sorted(rules.ATOMIC_TYPES)


@pytest.fixture
def cupy() -> Any:
    """The wheel, used without a GPU."""
    library = ghosts.library()
    if library is None:
        pytest.skip("asks the cupy wheel, which is missing, switched off, or has a real GPU")
    return library


def refused_by_cupy(name: str, *args: Any, receiver: Any = None) -> bool:
    """Ask CuPy about one call, past all of the stand-in's own checks."""
    return ghosts.judge(name, args, {}, receiver) is not None


@pytest.mark.parametrize("name", POSITIONS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_atomic_types_are_cupys(name: str, dtype: str, cupy: Any) -> None:
    args = array(4, dtype), xp.asarray([0, 1]), array(2, dtype)
    assert refused_by_cupy(name, *args) == (dtype not in rules.ATOMIC_TYPES[name])


@pytest.mark.parametrize("name", sorted({*rules.WAITS, *rules.ZERO_DIMENSIONAL, *rules.DOWNLOADS}))
def test_every_name_in_the_tables_is_cupys(name: str) -> None:
    assert name in rules.SURFACE


@pytest.mark.parametrize("dtype", ["O", "U3", "M8[s]", "longdouble"])
def test_dtypes_that_are_refused_are_refused_by_cupy(dtype: str, cupy: Any) -> None:
    assert refused_by_cupy("zeros", 3, dtype)
    with pytest.raises(ValueError, match="Unsupported dtype"):
        array(3, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_that_pass_pass_in_cupy(dtype: str, cupy: Any) -> None:
    assert not refused_by_cupy("zeros", 3, dtype)
    assert array(3, dtype).dtype == dtype


def test_ghosts_find_views_of_views_acceptable(cupy: Any) -> None:
    x = array((4, 6), "f4")[::2, ::-1].T
    assert not refused_by_cupy("add", x, x)
    assert not refused_by_cupy("ndarray.reshape", 12, receiver=x)
    assert refused_by_cupy("ndarray.reshape", 13, receiver=x)
