"""Parametrizations held beside PyTorch: keys, texts, counts and numbers, where both are alike."""

from __future__ import annotations

import numpy as np
import pytest

from tests.nn.promises.parametrized import (
    Counting,
    Doubled,
    One,
    Shifted,
    Squared,
    Sum,
    Symmetric,
    Undecided,
    array,
    linear,
    of,
    packages,
    tools,
)
from tests.nn.promises.refusals import FIRST, NEXT
from tests.nn.promises.rows import promise

pytestmark = pytest.mark.torch
CHAINS = [[Symmetric], [Doubled], [Shifted], [Squared], [Sum], [One], [Undecided],
          [Doubled, Doubled], [Sum, Doubled], [Doubled, Shifted], [Symmetric, Squared]]  # fmt: skip


def chained(kinds):
    return "-".join(kind.__name__ for kind in kinds)


def bad(package, case):
    """Make a parametrization that does what a case says, on the modules of a package."""

    class Bad(package.nn.Module):
        def forward(self, *parts):
            return case.forward(*parts) if case.forward else parts[0] * 2

        def right_inverse(self, value):
            return case.inverse(value) if case.inverse else value / 2

    if case.name in ("wrong arity", "takes two", "too many tensors"):
        Bad.forward = lambda self, *parts: case.forward(*parts)
    return Bad()


def outcome(package, case, kinds):
    """Return the type and text of the error that a registration ends with."""
    layer = linear(*kinds, package=package)
    try:
        tools(package).register_parametrization(layer, "weight", bad(package, case))
    except Exception as error:
        return type(error).__name__, str(error)
    return "accepted", ""


OTHERWISE = {"wrong device", "inverse on another device", "takes two", "no tensors at all",
             "forward writes and raises", "inverse writes and raises",
             "inverse writes and gives None"}  # fmt: skip


@promise("3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.7")
@pytest.mark.parametrize(
    ("case", "kinds"),
    [(c, []) for c in FIRST if c.name not in OTHERWISE or c.name == "inverse on another device"]
    + [(c, [Doubled]) for c in NEXT if c.name not in OTHERWISE],
    ids=lambda value: value.name if hasattr(value, "name") else chained(value),
)
def test_a_refusal_has_the_type_and_begins_with_the_text_of_torch(case, kinds):
    ours, due = (outcome(package, case, kinds) for package in packages())
    assert due[0] != "accepted"
    assert ours[0] == due[0]
    assert ours[1].startswith(due[1].replace("bad.<locals>.", "")) or "positional" in due[1]


@promise("3.1.1", "3.1.4", "3.1.5", "3.1.6", "3.1.9")
@pytest.mark.parametrize("kinds", CHAINS, ids=chained)
def test_a_chain_shows_holds_and_computes_what_it_does_in_torch(kinds):
    found = []
    for package in packages():
        layer = linear(*kinds, package=package)
        x = package.ones(2, 3)
        ((layer(x) - 1) ** 2).sum().backward()
        named = list(layer.named_parameters())
        found.append((
            repr(layer), list(layer.state_dict()), [name for name, _ in named],
            [name for name, _ in layer.named_modules()], [p.requires_grad for _, p in named],
            layer.parametrizations.weight.is_tensor, layer.parametrizations.weight.ntensors,
            [array(p) for _, p in named] + [array(p.grad) for _, p in named]
            + [array(layer.weight), array(layer(x))],
        ))  # fmt: skip
    ours, due = found
    assert ours[:-1] == due[:-1]
    for one, other in zip(ours[-1], due[-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@promise("3.4.1", "3.4.2", "3.4.3", "3.4.4", "3.4.5")
@pytest.mark.parametrize("kinds", CHAINS, ids=chained)
@pytest.mark.parametrize("leave", [True, False])
def test_a_removal_ends_as_in_torch(kinds, leave):
    found = []
    for package in packages():
        layer = linear(*kinds, package=package)
        try:
            tools(package).remove_parametrizations(layer, "weight", leave_parametrized=leave)
        except ValueError as error:
            found.append((str(error), repr(layer), list(layer.state_dict()), array(layer.weight)))
        else:
            found.append((layer.weight.requires_grad, repr(layer), list(layer.state_dict()),
                          array(layer.weight)))  # fmt: skip
    ours, due = found
    if isinstance(due[0], str):
        assert ours[0].startswith(due[0])
        ours, due = ours[1:], due[1:]
    assert ours[:-1] == due[:-1]
    np.testing.assert_allclose(ours[-1], due[-1], rtol=1e-6)


@promise("3.3.1", "3.3.2", "3.3.3")
@pytest.mark.parametrize("kinds", CHAINS, ids=chained)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_assignment_ends_as_in_torch(kinds, dtype):
    found = []
    for package in packages():
        layer = linear(*kinds, package=package)
        try:
            layer.weight = package.arange(9.0, dtype=getattr(package, dtype)).reshape(3, 3)
        except Exception as error:
            found.append((type(error).__name__, str(error), array(layer.weight)))
        else:
            found.append(("done", "", array(layer.weight)))
    ours, due = found
    assert ours[0] == due[0]
    assert ours[1].startswith(due[1])
    np.testing.assert_allclose(ours[2], due[2], rtol=1e-6)


@promise("3.6.3")
@pytest.mark.parametrize("unsafe", [True, False])
def test_the_counts_of_calls_are_those_of_torch(unsafe):
    found = []
    for package in packages():
        first, second, counts = of(package, Counting), of(package, Counting), []
        P = tools(package)

        def note(first=first, second=second, counts=counts):
            counts.append((first.calls, first.inverses, second.calls, second.inverses))

        layer = linear(package=package)
        P.register_parametrization(layer, "weight", first, unsafe=unsafe)
        note()
        P.register_parametrization(layer, "weight", second, unsafe=unsafe)
        note()
        for _ in range(2):
            layer(package.ones(1, 3))
        note()
        with P.cached():
            for _ in range(3):
                layer(package.ones(1, 3))
            note()
        layer.weight = package.ones(3, 3)
        note()
        P.remove_parametrizations(layer, "weight")
        note()
        found.append(counts)
    assert found[0] == found[1]


@promise("3.2.1", "3.4.4", "3.1.7")
@pytest.mark.parametrize("name", ["foo", "in_features", "forward"])
def test_an_unknown_name_is_refused_as_in_torch(name):
    found = []
    for package in packages():
        with pytest.raises(ValueError, match="does not have a parameter") as first:
            tools(package).register_parametrization(linear(package=package), name,
                                                    of(package, Doubled))  # fmt: skip
        with pytest.raises(ValueError, match="does not have a parametrization") as second:
            tools(package).remove_parametrizations(linear(package=package), name)
        found.append((str(first.value), str(second.value)))
    for one, other in zip(*found, strict=True):
        assert one.startswith(other)
