"""Nothing is kept but what rules name, caches stay raw, and gradients share no memory."""

from __future__ import annotations

import weakref
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minitorch_lazy as torch
from minitorch_lazy.backends.numpy import NUMPY
from minitorch_lazy.core.primitive import PRIMITIVES, Operation
from minitorch_lazy.core.tensor import wrap
from tests.laws.counting import CASES
from tests.laws.running import DIFFERENTIABLE, chosen, few, leaves, run, seeds_like
from tests.laws.samples import calls

CACHED = sorted(name for name, op in PRIMITIVES.items() if op.cached)


def named(op: Operation, needed: list[int]) -> set[str]:
    """Return the names that the rules of the needed arguments ask for."""
    joint = set(op.joint.saved) if op.joint is not None else set()
    if not op.ruled:
        return joint
    shapes = {name for name in joint if name.endswith("_shape")}
    return shapes.union(*(op.rule(place).saved for place in needed))


def node_of(outputs: list[Any]) -> Any:
    """Return the node that recorded a call: the only parent of the pieces of several outputs."""
    node = next(y.node for y in outputs if y.requires_grad)
    return node.parents[0] if node.pick is not None else node


def arrays_in(value: Any) -> list[Any]:
    """Return the arrays in what a node keeps."""
    parts = value if isinstance(value, (tuple, list)) else (value,)
    return [part for part in parts if isinstance(part, np.ndarray)]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_only_what_a_rule_names_is_kept(name: str, data: Any) -> None:
    call, op = data.draw(calls(name), label=name), PRIMITIVES[name]
    needed = chosen(op, call)
    CASES["saved"] += 1
    inputs = leaves(call.arguments, needed)
    outputs = run(name, inputs, call.static)
    if not any(y.requires_grad for y in outputs):
        return
    node, wanted = node_of(outputs), named(op, needed)
    places = {op.names(len(inputs))[i]: x.array for i, x in enumerate(inputs) if x is not None}
    sources = {"y": outputs, "ys": outputs, op.rest: inputs[len(op.arguments) :]}
    for what, value in zip(op.saved, node.values[: op.size], strict=True):
        if what not in wanted:
            assert value is None, f"{what} is kept, and no rule of {needed} asks for it"
        elif what in op.arguments:
            assert value is places.get(what)
        elif what in sources:
            expected = [t.array for t in sources[what]]
            assert [id(a) for a in arrays_in(value)] == [id(a) for a in expected]
        elif what != "cache":
            assert not arrays_in(value)


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_arrays_that_no_rule_names_die_with_their_tensors(name: str, data: Any) -> None:
    call, op = data.draw(calls(name), label=name), PRIMITIVES[name]
    needed = chosen(op, call)
    CASES["saved"] += 1
    inputs = leaves(call.arguments, needed)
    outputs = run(name, inputs, call.static)
    if not any(y.requires_grad for y in outputs):
        return
    node, wanted = node_of(outputs), named(op, needed)
    spared = any(
        np.may_share_memory(x.array, y.array) for x in inputs if x is not None for y in outputs
    ) and bool(wanted & {"y", "ys"})  # fmt: skip
    refs = [
        (what, weakref.ref(x.array))
        for what, x in zip(op.names(len(inputs)), inputs, strict=True)
        if x is not None and what not in wanted
    ]
    cached = [id(a) for value in node.values[: op.size] for a in arrays_in(value)]
    refs += [
        ("y", weakref.ref(y.array)) for y in outputs
        if not wanted & {"y", "ys"} and id(y.array) not in cached
    ]  # fmt: skip
    del inputs, outputs
    alive = [what for what, ref in refs if ref() is not None]
    assert spared or not alive, f"{node} keeps {alive}"


@pytest.mark.parametrize("name", DIFFERENTIABLE)
@few
@given(data=st.data())
def test_gradients_are_dense_and_share_memory_with_nothing(name: str, data: Any) -> None:
    call, op = data.draw(calls(name), label=name), PRIMITIVES[name]
    needed = chosen(op, call)
    CASES["memory"] += 1
    inputs = leaves(call.arguments, needed)
    outputs = run(name, inputs, call.static)
    live = [y for y in outputs if y.requires_grad]
    if not live:
        return
    seeds = [wrap(u) for u in seeds_like(live, 0)]
    kept = [a for value in node_of(outputs).values for a in arrays_in(value)]
    torch.autograd.backward(live, seeds, retain_graph=True)
    found = [inputs[i].grad.array for i in needed if inputs[i].grad is not None]
    others = [t.array for t in (*inputs, *outputs, *seeds) if t is not None] + kept
    for place, g in enumerate(found):
        assert g.flags.c_contiguous
        assert g.flags.writeable
        for other in (*others, *found[:place]):
            assert not np.shares_memory(g, other)


@pytest.mark.parametrize("name", CACHED)
@few
@given(data=st.data())
def test_a_cache_changes_no_number_and_is_not_there_on_tensors(name: str, data: Any) -> None:
    call, op = data.draw(calls(name), label=name), PRIMITIVES[name]
    needed = chosen(op, call)
    CASES["caches"] += 1
    outputs = run(name, leaves(call.arguments, needed), call.static)
    node = node_of(outputs)
    place = op.saved.index("cache")
    assert op.rebuild(node)[place] is None
    seed = seeds_like(outputs[:1], 0)[0]
    g = seed if op.outputs == 1 else [seed, *[None] * (op.outputs - 1)]
    mask = [parent is not None for parent in node.parents]
    bare = tuple(None if i == place else value for i, value in enumerate(node.values))
    with_cache = op.pull(NUMPY, node, g, node.values, mask)
    for left, right in zip(with_cache, op.pull(NUMPY, node, g, bare, mask), strict=True):
        assert (left is None) == (right is None)
        if left is not None:
            np.testing.assert_allclose(left, right, rtol=1e-10, atol=1e-12)
