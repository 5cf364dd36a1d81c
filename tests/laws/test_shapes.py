"""Broadcasting, sizes of 0, no dimensions, and every order of memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.running import NAMES, few, gradients, run, seeds_like, variables
from tests.laws.samples import SAMPLES, calls
from tests.laws.samples.source import Array

BROADCASTING = sorted(name for name, sample in SAMPLES.items() if sample.broadcasts)


def in_columns(x: Array) -> Array:
    """Lay the first axis out innermost."""
    return np.array(x, order="F")


def with_gaps(x: Array) -> Array:
    """Lay elements out with room between them."""
    wide = np.full(tuple(2 * n for n in x.shape), 77, x.dtype)
    seen = wide[tuple(slice(None, None, 2) for _ in x.shape)] if x.ndim else wide
    seen[...] = x
    return seen


def backwards(x: Array) -> Array:
    """Lay elements out from the last to the first."""
    return np.asarray(np.flip(np.flip(x).copy()))


def off_the_start(x: Array) -> Array:
    """Lay elements out behind others in the same memory."""
    return np.concatenate([np.full(3, 77, x.dtype), x.reshape(-1)])[3:].reshape(x.shape)


LAYOUTS = (in_columns, with_gaps, backwards, off_the_start)


def results(name: str, arrays: list[Any], static: Any, needed: list[int]) -> list[Any]:
    """Return outputs and gradients of tensors over these very arrays."""
    inputs = [x if x is None else wrap(x) for x in arrays]
    for place in needed:
        inputs[place].requires_grad_()
    outputs = run(name, inputs, static)
    pulled = gradients(outputs, [inputs[i] for i in needed], [
        u if u is None else wrap(u) for u in seeds_like(outputs, 0)
    ])  # fmt: skip
    for g, place in zip(pulled, needed, strict=True):
        assert g is None or g.array.shape == arrays[place].shape
    return [None if t is None else t.array for t in (*outputs, *pulled)]


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_the_order_of_memory_changes_nothing(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    layouts = [data.draw(st.sampled_from(LAYOUTS)) for _ in call.arguments]
    CASES["layouts"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    laid = [
        x if x is None else lay(x) for lay, x in zip(layouts, call.arguments, strict=True)
    ]  # fmt: skip
    expected = results(name, [x if x is None else x.copy() for x in call.arguments], call.static,
                       needed)  # fmt: skip
    for found, right in zip(results(name, laid, call.static, needed), expected, strict=True):
        assert (found is None) == (right is None)
        if right is not None:
            assert (found.shape, found.dtype) == (right.shape, right.dtype)
            np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", BROADCASTING)
@few
@given(data=st.data())
def test_a_broadcast_argument_gets_the_sum_of_what_its_copies_get(name: str, data: Any) -> None:
    call = data.draw(calls(name), label=name)
    CASES["broadcasts"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    whole = np.broadcast_shapes(*(x.shape for x in call.arguments if x is not None))
    wide = [x if x is None else np.broadcast_to(x, whole).copy() for x in call.arguments]
    found = results(name, list(call.arguments), call.static, needed)
    expected = results(name, wide, call.static, needed)
    first = len(found) - len(needed)
    for place, g, copies in zip(needed, found[first:], expected[first:], strict=True):
        shape = call.arguments[place].shape
        lost = len(whole) - len(shape)
        axes = (*range(lost), *(lost + i for i, n in enumerate(shape) if n == 1))
        summed = copies.sum(axes, keepdims=True).reshape(shape)
        np.testing.assert_allclose(g, summed, rtol=1e-12, atol=1e-13)
