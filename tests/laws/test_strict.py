"""Forward and backward on the stand-in for a GPU: the CPU's numbers, and no traffic on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import DEVICES
from minitorch_lazy.core.primitive import PRIMITIVES
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.running import NAMES, at, few, leaves, run, seeds_like, variables
from tests.laws.samples import SAMPLES, calls, taken
from tests.standin import stats

TRAFFIC = ("h2d", "d2h", "sync")
CLOSE = {"float16": 2e-2, "float32": 1e-4, "float64": 1e-10, "complex64": 1e-4}


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """Leave no counts behind."""
    yield
    stats.clear()


def on_device(x: Any) -> Any:
    """Move a host array, or None, to the stand-in."""
    return None if x is None else wrap(DEVICES["strict"].from_numpy(x))


def on_host(t: Any) -> Any:
    """Move the numbers of a tensor, or None, to the host."""
    return None if t is None else DEVICES[t.device.type].to_numpy(t.array)


@pytest.mark.parametrize("name", NAMES)
@few
@given(data=st.data())
def test_numbers_are_the_cpus_and_stay_on_the_device(name: str, data: Any) -> None:
    kind = data.draw(st.sampled_from(taken(name, CLOSE)))
    call = data.draw(calls(name, kind), label=name)
    CASES["strict"] += 1
    needed = variables(PRIMITIVES[name], call.arguments)
    here = leaves(call.arguments, needed)
    outputs = run(name, here, call.static)
    seeds = seeds_like(outputs, 0)
    pull(outputs, [u if u is None else wrap(u) for u in seeds])

    there, gradients = leaves(call.arguments, needed, "strict"), [on_device(u) for u in seeds]
    stats.clear()
    results = run(name, there, at(call, "strict").static)
    forward = {what: stats[what] for what in TRAFFIC}
    stats.clear()
    pull(results, gradients)
    backward = {what: stats[what] for what in TRAFFIC}

    assert SAMPLES[name].waits or not any(forward.values()), f"forward: {forward}"
    assert SAMPLES[name].waits_back or not any(backward.values()), f"backward: {backward}"
    expected = [*outputs, *(here[i].grad for i in needed)]
    found = [*results, *(there[i].grad for i in needed)]
    for right, t in zip(expected, found, strict=True):
        assert (right is None) == (t is None)
        if right is not None:
            assert t.device.type == "strict"
            assert (t.shape, t.dtype) == (right.shape, right.dtype)
            limit = CLOSE[kind]
            np.testing.assert_allclose(on_host(t), on_host(right), rtol=limit, atol=limit)


def pull(outputs: list[Any], seeds: list[Any]) -> None:
    """Run backward from the outputs that have a seed."""
    pairs = [(y, u) for y, u in zip(outputs, seeds, strict=True) if u is not None]
    if pairs:
        torch.autograd.backward([y for y, _ in pairs], [u for _, u in pairs])
