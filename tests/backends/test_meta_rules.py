"""The shape rules say of shape, type and layout what NumPy itself answers."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.backends.meta import META, MetaArray
from minitorch_lazy.backends.meta.choosing import NEEDING_NUMBERS
from minitorch_lazy.backends.meta.rules import RULES

Call = Callable[[Any, Any], Any]

ONE: dict[str, Call] = {
    "absolute": lambda xp, x: xp.absolute(x),
    "argmax": lambda xp, x: xp.argmax(x, -1),
    "argmin": lambda xp, x: xp.argmin(x),
    "argpartition": lambda xp, x: xp.argpartition(x, 0, 0),
    "argsort": lambda xp, x: xp.argsort(x, 0),
    "all": lambda xp, x: xp.all(x, 0, None, True),
    "amax": lambda xp, x: xp.amax(x, 0),
    "amin": lambda xp, x: xp.amin(x, -1),
    "any": lambda xp, x: xp.any(x, (0, x.ndim - 1) if x.ndim > 1 else 0),
    "array": lambda xp, x: xp.array(x),
    "asarray": lambda xp, x: xp.asarray(x, "complex128"),
    "ascontiguousarray": lambda xp, x: xp.ascontiguousarray(x),
    "broadcast_to": lambda xp, x: xp.broadcast_to(x, (3, *x.shape)),
    "clip": lambda xp, x: xp.clip(x, 0, 1),
    "concatenate": lambda xp, x: xp.concatenate([x, x], -1),
    "concatenate flat": lambda xp, x: xp.concatenate([x, x], None),
    "copy": lambda xp, x: xp.copy(x),
    "count_nonzero": lambda xp, x: xp.count_nonzero(x, 0),
    "cumprod": lambda xp, x: xp.cumprod(x, 0),
    "cumsum": lambda xp, x: xp.cumsum(x, 0, x.dtype),
    "cumsum flat": lambda xp, x: xp.cumsum(x),
    "diagonal": lambda xp, x: xp.diagonal(x, 1, -1, 0) if x.ndim > 1 else x,
    "diff": lambda xp, x: xp.diff(x),
    "divmod": lambda xp, x: xp.divmod(x, 2),
    "empty_like": lambda xp, x: xp.empty_like(x),
    "expand_dims": lambda xp, x: xp.expand_dims(x, (0, -1)),
    "flip": lambda xp, x: xp.flip(x, 0),
    "full_like": lambda xp, x: xp.full_like(x, 2),
    "imag": lambda xp, x: xp.imag(x),
    "isclose": lambda xp, x: xp.isclose(x, x),
    "logaddexp.reduce": lambda xp, x: xp.logaddexp.reduce(x, 0),
    "maximum.accumulate": lambda xp, x: xp.maximum.accumulate(x, -1),
    "max": lambda xp, x: xp.max(x, 0, None, True),
    "mean": lambda xp, x: xp.mean(x, -1),
    "median": lambda xp, x: xp.median(x, 0),
    "min": lambda xp, x: xp.min(x),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, -1),
    "nan_to_num": lambda xp, x: xp.nan_to_num(x),
    "nanmedian": lambda xp, x: xp.nanmedian(x, 0),
    "ones_like": lambda xp, x: xp.ones_like(x, "int64"),
    "pad": lambda xp, x: xp.pad(x, [(1, 2)] * x.ndim),
    "partition": lambda xp, x: xp.partition(x, 0, 0),
    "prod": lambda xp, x: xp.prod(x, 0, None, None, True),
    "ravel": lambda xp, x: xp.ravel(x),
    "real": lambda xp, x: xp.real(x),
    "repeat": lambda xp, x: xp.repeat(x, 2, 0),
    "repeat flat": lambda xp, x: xp.repeat(x, 2),
    "reshape": lambda xp, x: xp.reshape(x, (-1, x.shape[-1])),
    "roll": lambda xp, x: xp.roll(x, 1, 0),
    "round": lambda xp, x: xp.round(x, 1),
    "searchsorted": lambda xp, x: xp.searchsorted(xp.zeros(3), x),
    "sort": lambda xp, x: xp.sort(x, 0, "stable"),
    "sort flat": lambda xp, x: xp.sort(x, None),
    "split": lambda xp, x: xp.split(x, [1], -1),
    "split evenly": lambda xp, x: xp.split(x, 2),
    "squeeze": lambda xp, x: xp.squeeze(x),
    "stack": lambda xp, x: xp.stack([x, x], 1),
    "std": lambda xp, x: xp.std(x, 0),
    "sum": lambda xp, x: xp.sum(x, (0,), None, None, True),
    "swapaxes": lambda xp, x: xp.swapaxes(x, 0, -1),
    "take": lambda xp, x: xp.take(x, xp.zeros((2, 3), "int64"), 0),
    "take flat": lambda xp, x: xp.take(x, xp.zeros((2, 3), "int64")),
    "take_along_axis": lambda xp, x: xp.take_along_axis(x, xp.zeros(x.shape, "int64"), 0),
    "tile": lambda xp, x: xp.tile(x, (2, 3)),
    "trace": lambda xp, x: xp.trace(x) if x.ndim > 1 else x,
    "transpose": lambda xp, x: xp.transpose(x),
    "tril": lambda xp, x: xp.tril(x) if x.ndim > 1 else x,
    "triu": lambda xp, x: xp.triu(x, 1) if x.ndim > 1 else x,
    "var": lambda xp, x: xp.var(x, -1),
    "zeros_like": lambda xp, x: xp.zeros_like(x),
    "lib.stride_tricks.as_strided": lambda xp, x: xp.lib.stride_tricks.as_strided(
        x, (1, *x.shape), (0, *x.strides)),
    "lib.stride_tricks.sliding_window_view":
        lambda xp, x: xp.lib.stride_tricks.sliding_window_view(x, 1, 0),
}  # fmt: skip
"""Functions of one array of at least one axis and one element."""

TWO: dict[str, Call] = {
    "add": lambda xp, x: x[0] + x[1],
    "dot": lambda xp, x: xp.dot(x[0].reshape(-1), x[0].reshape(-1)),
    "inner": lambda xp, x: xp.inner(x[0], x[0]),
    "kron": lambda xp, x: xp.kron(x[0], x[0]),
    "outer": lambda xp, x: xp.outer(x[0], x[1]),
    "subtract.outer": lambda xp, x: xp.subtract.outer(x[0], x[1]),
    "tensordot": lambda xp, x: xp.tensordot(x[0], x[0], ([0], [0])),
    "vdot": lambda xp, x: xp.vdot(x[0], x[0]),
    "where": lambda xp, x: xp.where(x[0] > 0, x[0], x[1]),
    "where with a number": lambda xp, x: xp.where(x[0] > 0, 1.0, x[1]),
}  # fmt: skip
"""Functions of two arrays that broadcast."""

MATRICES: dict[str, Call] = {
    "linalg.cholesky": lambda xp, x: xp.linalg.cholesky(x),
    "linalg.det": lambda xp, x: xp.linalg.det(x),
    "linalg.eig": lambda xp, x: xp.linalg.eig(x),
    "linalg.eigh": lambda xp, x: xp.linalg.eigh(x),
    "linalg.eigvals": lambda xp, x: xp.linalg.eigvals(x),
    "linalg.eigvalsh": lambda xp, x: xp.linalg.eigvalsh(x),
    "linalg.inv": lambda xp, x: xp.linalg.inv(x),
    "linalg.lstsq": lambda xp, x: xp.linalg.lstsq(x[0], x[0])[0],
    "linalg.matrix_power": lambda xp, x: xp.linalg.matrix_power(x, 3),
    "linalg.matrix_rank": lambda xp, x: xp.linalg.matrix_rank(x),
    "linalg.norm": lambda xp, x: xp.linalg.norm(x, axis=-1),
    "linalg.pinv": lambda xp, x: xp.linalg.pinv(x[..., :2]),
    "linalg.qr": lambda xp, x: xp.linalg.qr(x[..., :2]),
    "linalg.qr raw": lambda xp, x: xp.linalg.qr(x[..., :2], "raw"),
    "linalg.qr complete": lambda xp, x: xp.linalg.qr(x[..., :2], "complete"),
    "linalg.slogdet": lambda xp, x: xp.linalg.slogdet(x),
    "linalg.solve": lambda xp, x: xp.linalg.solve(x, x[..., :2]),
    "linalg.svd": lambda xp, x: xp.linalg.svd(x[..., :2], False),
    "linalg.svd full": lambda xp, x: xp.linalg.svd(x[..., :2]),
    "linalg.svdvals": lambda xp, x: xp.linalg.svdvals(x[..., :2]),
    "einsum": lambda xp, x: xp.einsum("...ij,...jk->...ik", x, x),
    "einsum implicit": lambda xp, x: xp.einsum("aji", x),
    "matmul": lambda xp, x: xp.matmul(x[0], x),
    "matmul by a vector": lambda xp, x: xp.matmul(x, x[0, 0]),
    "fft.fft": lambda xp, x: xp.fft.fft(x),
    "fft.ifft": lambda xp, x: xp.fft.ifft(x, 6, 0),
    "fft.rfft": lambda xp, x: xp.fft.rfft(x),
    "fft.irfft": lambda xp, x: xp.fft.irfft(x),
    "fft.hfft": lambda xp, x: xp.fft.hfft(x),
    "fft.ihfft": lambda xp, x: xp.fft.ihfft(x),
    "fft.fft2": lambda xp, x: xp.fft.fft2(x),
    "fft.ifft2": lambda xp, x: xp.fft.ifft2(x),
    "fft.rfft2": lambda xp, x: xp.fft.rfft2(x),
    "fft.irfft2": lambda xp, x: xp.fft.irfft2(x),
    "fft.fftn": lambda xp, x: xp.fft.fftn(x, (3, 5), (1, 2)),
    "fft.ifftn": lambda xp, x: xp.fft.ifftn(x),
    "fft.rfftn": lambda xp, x: xp.fft.rfftn(x),
    "fft.irfftn": lambda xp, x: xp.fft.irfftn(x, (4, 5), (0, 1)),
}  # fmt: skip
"""Functions of a stack of square matrices of three rows or more."""

MAKERS: dict[str, Call] = {
    "arange": lambda xp, x: [xp.arange(5), xp.arange(1, 7, 2), xp.arange(0.0, 1.0, 0.3)],
    "empty": lambda xp, x: xp.empty((2, 3)),
    "eye": lambda xp, x: xp.eye(2, 3),
    "full": lambda xp, x: [xp.full((2,), 1.5), xp.full(3, 1, "int8")],
    "linspace": lambda xp, x: xp.linspace(0, 1, 5),
    "ones": lambda xp, x: xp.ones(4, "bool"),
    "tri": lambda xp, x: xp.tri(3),
    "zeros": lambda xp, x: xp.zeros((2, 0), "int64"),
}  # fmt: skip

TYPES = ("float32", "float64", "int64", "bool", "complex64")
WRITES = {"copyto", "put_along_axis", "shape", "ndim", "size"}
"""Functions that return no array; they are tested by what they write, or say."""

LAID_OUT_OTHERWISE = {"einsum", "einsum implicit", "linalg.eig", "linalg.eigvals", "round"}
"""Functions whose result may lie in memory otherwise than the rule says."""


@st.composite
def arrays(draw: Any, low: int = 1, high: int = 3, least: int = 1, shape: Any = None) -> Any:
    """Arrays of any type whose axes lie in memory in any order, some of them with gaps."""
    if shape is None:
        shape = draw(st.lists(st.integers(least, 4), min_size=low, max_size=high))
    order = draw(st.permutations(range(len(shape))))
    gap = draw(st.sampled_from([1, 1, 2]))
    memory = np.ones([shape[axis] * gap for axis in order], draw(st.sampled_from(TYPES)))
    return memory.transpose(np.argsort(order))[(slice(None, None, gap),) * len(shape)]


def shadow(x: Any) -> Any:
    """Return the shape-only array with the strides of a real one."""
    return MetaArray(x.shape, x.dtype, x.strides)


def facts(result: Any, layout: bool) -> Any:
    """Return all that is known of a result without its numbers."""
    if isinstance(result, (tuple, list)):
        return [facts(part, layout) for part in result]
    x = result if isinstance(result, MetaArray) else np.asarray(result)
    return x.shape, x.dtype, layout and x.flags.c_contiguous


def compare(name: str, call: Call, real: Any, meta: Any) -> None:
    """Check one call; what NumPy refuses is refused by the rule."""
    layout = name not in LAID_OUT_OTHERWISE
    try:
        with np.errstate(all="ignore"):
            expected = call(np, real)
    except (TypeError, ValueError, np.linalg.LinAlgError) as error:
        with pytest.raises((type(error), TypeError, ValueError)):
            call(META.xp, meta)
    else:
        assert facts(call(META.xp, meta), layout) == facts(expected, layout)


@pytest.mark.parametrize("name", ONE)
@given(x=arrays())
def test_functions_of_one_array(name: str, x: Any) -> None:
    compare(name, ONE[name], x, shadow(x))


@pytest.mark.parametrize("name", TWO)
@given(data=st.data())
def test_functions_of_two_arrays(name: str, data: Any) -> None:
    x = data.draw(arrays())
    shape = [n if data.draw(st.booleans()) else 1 for n in x.shape]
    y = data.draw(arrays(shape=shape))
    compare(name, TWO[name], (x, y), (shadow(x), shadow(y)))


@pytest.mark.parametrize("name", MATRICES)
@given(stack=st.integers(1, 3), size=st.integers(3, 5), kind=st.sampled_from(["f4", "f8", "c8"]))
def test_functions_of_matrices(name: str, stack: int, size: int, kind: str) -> None:
    x = np.broadcast_to(np.eye(size, dtype=kind), (stack, size, size)).copy()
    compare(name, MATRICES[name], x, shadow(x))


@pytest.mark.parametrize("name", MAKERS)
def test_functions_that_make_arrays(name: str) -> None:
    compare(name, MAKERS[name], None, None)


@pytest.mark.parametrize("name", ["sum", "max", "mean", "prod", "argmax", "cumsum", "sort", "all"])
@given(x=arrays(least=0))
def test_empty_arrays_are_reduced_or_refused_as_by_numpy(name: str, x: Any) -> None:
    with warnings.catch_warnings(action="ignore"):
        compare(name, lambda xp, a: getattr(xp, name)(a, 0), x, shadow(x))


@given(data=st.data())
def test_indexing_gives_the_shape_and_layout_of_numpy(data: Any) -> None:
    x = data.draw(arrays(high=4, least=0))
    index = data.draw(arrays(low=1, high=2)).real.astype("int64") * 0
    parts: list[Any] = []
    for size in x.shape[: data.draw(st.integers(0, x.ndim))]:
        options = [slice(None), slice(0, 2), slice(None, None, 2), slice(3, 1)]
        options += [0, -1, index] if size else []
        parts += [None] * data.draw(st.sampled_from([0, 0, 0, 1]))
        parts.append(data.draw(st.sampled_from(options)))
    if data.draw(st.booleans()):
        parts.append(Ellipsis)
    key = tuple(parts)
    compare("getitem", lambda xp, a: a[key], x, shadow(x))


@given(data=st.data())
def test_reshape_shares_memory_where_numpy_does(data: Any) -> None:
    x = data.draw(arrays(high=4))
    factors = [n for n in (2, 2, 3, 1) if data.draw(st.booleans())]
    shape = (*factors, -1)
    if x.size % np.prod(factors):
        return
    expected, found = x.reshape(shape), shadow(x).reshape(shape)
    assert (found.shape, found.flags.c_contiguous) == (expected.shape, expected.flags.c_contiguous)
    assert (found.base is not None) == np.shares_memory(expected, x)


def test_every_rule_has_a_sample() -> None:
    sampled = {name.split(" ")[0] for table in (ONE, TWO, MATRICES, MAKERS) for name in table}
    applied = {name for name in RULES if name.startswith("ufunc.")}
    assert set(RULES) - sampled - applied - WRITES - set(NEEDING_NUMBERS) == set()


@pytest.mark.parametrize("name", NEEDING_NUMBERS)
def test_what_follows_from_numbers_is_refused_by_name(name: str) -> None:
    x = MetaArray((3,), "float32")
    with pytest.raises(NotImplementedError, match=f"{name}: Cannot copy out of meta tensor"):
        getattr(META.xp, name)(x, x)


def test_a_function_without_a_rule_is_refused_by_name() -> None:
    x = MetaArray((3,), "float32")
    with pytest.raises(NotImplementedError, match=r"numpy\.gradient"):
        np.gradient(x)
    with pytest.raises(AttributeError, match=r"no shape rule for numpy\.gradient"):
        META.xp.gradient(x)


def test_writes_check_shapes() -> None:
    x, index = MetaArray((2, 3), "float32"), MetaArray((2, 1), "int64")
    META.xp.copyto(x, MetaArray((3,), "float32"))
    META.xp.put_along_axis(x, index, 1.0, 1)
    META.xp.add.at(x, (index[:, 0],), MetaArray((2, 3), "float32"))
    for value in ((2,), (4, 2, 3)):
        with pytest.raises(ValueError, match="could not broadcast"):
            META.xp.copyto(x, MetaArray(value, "float32"))
    with pytest.raises(ValueError, match="non-broadcastable output"):
        np.add(x, x, out=MetaArray((3,), "float32"))
    with pytest.raises(TypeError, match="Cannot cast"):
        np.add(x, x, out=MetaArray((2, 3), "int64"))


def test_functions_of_shapes_answer() -> None:
    x = MetaArray((2, 3), "float32")
    assert (np.shape(x), np.ndim(x), np.size(x), x.nbytes) == ((2, 3), 2, 6, 24)
