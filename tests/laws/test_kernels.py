"""Every kernel that the NumPy backend replaces by a method computes what the generic body does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.backends.numpy import NUMPY
from minitorch_lazy.backends.registry import KERNELS
from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.reading import CALLERS
from tests.laws.running import few, gradients, leaves, run, seeds_like, variables
from tests.laws.samples import calls

REPLACED = sorted(name for name in KERNELS if hasattr(type(NUMPY), name))
"""Kernels of which there are two texts."""

CLOSE = {"float64": 1e-10, "float32": 1e-4}


@contextmanager
def overheard(name: str) -> Iterator[list[Any]]:
    """Collect the calls of a kernel: arguments, keywords and result."""
    method, heard = getattr(NUMPY, name), []

    def listen(*arrays: Any, **static: Any) -> Any:
        result = method(*arrays, **static)
        heard.append((arrays, static, result))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NUMPY, name, listen, raising=False)
        if name in PRIMITIVES:
            patch.setitem(PRIMITIVES[name].kernels, np.ndarray, listen)
        yield heard


def results(value: Any, count: int) -> list[Any]:
    """Return the first results of a kernel; what follows them is a cache."""
    return list(value)[:count] if isinstance(value, (tuple, list)) else [value]


def outputs_of(name: str, value: Any) -> int:
    """Return how many results of a kernel are numbers that both texts must agree on."""
    op = PRIMITIVES.get(name)
    return op.outputs if op is not None else len(value) if isinstance(value, tuple) else 1


def test_every_replaced_kernel_is_run_by_a_primitive() -> None:
    assert [name for name in REPLACED if not CALLERS[name]] == []


@pytest.mark.parametrize("name", REPLACED)
def test_a_replacement_computes_what_the_body_does(name: str) -> None:
    compared = 0

    @few
    @given(data=st.data())
    def compare(data: Any) -> None:
        nonlocal compared
        caller = data.draw(st.sampled_from(CALLERS[name]))
        kind = data.draw(st.sampled_from(sorted(CLOSE)))
        call = data.draw(calls(caller, kind), label=caller)
        CASES["kernels"] += 1
        with overheard(name) as heard:
            needed = variables(PRIMITIVES[caller], call.arguments)
            inputs = leaves(call.arguments, needed)
            outputs = run(caller, inputs, call.static)
            seeds = [u if u is None else wrap(u) for u in seeds_like(outputs, 0)]
            gradients(outputs, [inputs[i] for i in needed], seeds)
        for arrays, static, result in heard:
            body = KERNELS[name](NUMPY, *arrays, **static)
            count = outputs_of(name, result)
            for found, right in zip(results(result, count), results(body, count), strict=True):
                if found is None or right is None:  # a gradient that was not asked for
                    assert found is right
                    continue
                limit = CLOSE[kind]
                np.testing.assert_allclose(found, right, rtol=limit, atol=limit)
                assert np.asarray(found).dtype == np.asarray(right).dtype
            compared += 1

    compare()
    assert compared
