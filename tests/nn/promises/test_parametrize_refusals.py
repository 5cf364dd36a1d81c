"""Registrations that are refused leave module and parametrization bit for bit."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import Doubled, Sum, Symmetric, array, linear, portrait
from tests.nn.promises.refusals import FIRST, NEXT, Bad, named
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization


def refused(layer, new, case, name="weight"):
    """Register, expect the error of a case, and expect nothing else to have happened."""
    layer.eval()
    before = portrait(layer, new)
    for _ in range(2):
        with pytest.raises(case.error, match=case.text):
            register(layer, name, new)
        assert portrait(layer, new) == before
    new.broken = False
    register(layer, name, new)
    assert layer.parametrizations.weight[-1] is new


@promise("3.2.2", "3.2.3", "3.2.4", "3.2.5", "3.2.6", "3.2.9", "N13.1", "R3")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_a_first_registration_is_refused_and_nothing_happened(case):
    refused(linear(), Bad(case.forward, case.inverse), case)


@promise("3.2.7", "3.2.9", "N13.1", "R3")
@pytest.mark.parametrize("case", NEXT, ids=named)
@pytest.mark.parametrize("kind", [Doubled, Sum])
def test_a_second_registration_is_refused_and_nothing_happened(case, kind):
    layer = linear(kind)
    value = array(layer.weight)
    with torch.no_grad():
        refused(layer, Bad(case.forward, case.inverse), case)
    assert value.tolist() == (array(layer.weight) / 2).tolist()


@promise("3.2.9", "N13.1")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_a_refusal_keeps_what_an_optimizer_and_a_gradient_hold(case):
    layer = linear()
    weight = layer.weight
    layer(torch.ones(1, 3)).sum().backward()
    optimizer = torch.optim.SGD(layer.parameters(), lr=1.0)
    grad = weight.grad
    with pytest.raises(case.error):
        register(layer, "weight", Bad(case.forward, case.inverse))
    assert layer.weight is weight
    assert weight.grad is grad
    before = array(weight)
    optimizer.step()
    assert (array(layer.weight) == before - 1).all()


@promise("3.2.9", "N13.1")
@pytest.mark.parametrize("case", FIRST, ids=named)
def test_a_refusal_on_a_buffer_leaves_it(case):
    norm = nn.BatchNorm1d(3)
    norm.register_buffer("square", torch.arange(9.0).reshape(3, 3))
    new = Bad(case.forward, case.inverse)
    before = portrait(norm, new)
    with pytest.raises(case.error, match=case.text):
        register(norm, "square", new)
    assert portrait(norm, new) == before


@promise("3.2.1", "1.37", "N13.1")
@pytest.mark.parametrize("kinds", [[], [Doubled]])
@pytest.mark.parametrize("name", ["foo", "in_features", "forward", "", "Weight"])
def test_an_unknown_name_is_refused(kinds, name):
    layer, new = linear(*kinds), Doubled().eval()
    before = portrait(layer, new)
    with pytest.raises(ValueError, match="does not have a parameter, a buffer, or a") as caught:
        register(layer, name, new)
    assert str(caught.value).startswith(
        f"Module '{layer!r}' does not have a parameter, a buffer, or a parametrized element "
        f"with name '{name}'")  # fmt: skip
    assert portrait(layer, new) == before


@promise("N13.2")
@pytest.mark.parametrize("line", ["Linear(3, 3, bias=False)", "LazyLinear(3, bias=False)"])
def test_a_bias_that_is_none_is_refused(line):
    layer, new = eval(f"nn.{line}", {"nn": nn}), Doubled().eval()
    before = portrait(layer, new)
    with pytest.raises(ValueError, match="bias"):
        register(layer, "bias", new)
    assert portrait(layer, new) == before
    assert layer.bias is None


@promise("N13.1", "0.1")
@pytest.mark.parametrize("attribute", [property(lambda self: 3.0), None, 3.0])
@pytest.mark.parametrize("make", [lambda: nn.Linear(3, 3), lambda: nn.LazyLinear(3)])
def test_a_name_that_a_class_attribute_hides_is_refused(attribute, make):
    layer, new = make(), Doubled().eval()
    layer.__class__ = type("Shadowed", (type(layer),), {"weight": attribute})
    before = portrait(layer, new)
    with pytest.raises(ValueError, match="weight"):
        register(layer, "weight", new)
    assert portrait(layer, new) == before


@promise("N13.5")
@pytest.mark.parametrize("kind", [Doubled, Sum])
def test_what_takes_several_is_refused_on_a_parametrized_tensor(kind):
    layer, new = linear(kind), Sum().eval()
    before = portrait(layer, new)
    for unsafe in (False, True):
        with pytest.raises(ValueError, match=".") as caught:
            register(layer, "weight", new, unsafe=unsafe)
        assert "weight" in str(caught.value) or "right_inverse" in str(caught.value)
        assert portrait(layer, new) == before


@promise("N13.5", "3.7.1")
def test_weight_norm_is_refused_on_a_parametrized_tensor():
    weight_norm = nn.utils.parametrizations.weight_norm
    for layer in (linear(Doubled), weight_norm(linear())):
        before = portrait(layer)
        with pytest.raises(ValueError, match="weight"):
            weight_norm(layer)
        assert portrait(layer) == before


@promise("3.2.8")
def test_a_list_without_modules_is_refused():
    with pytest.raises(ValueError, match="^ParametrizationList requires one or more modules."):
        parametrize.ParametrizationList([], nn.Parameter(torch.ones(2)))


@promise("1.35", "3.2.9")
def test_a_list_may_be_made_by_hand():
    original = nn.Parameter(torch.ones(2, 2))
    found = parametrize.ParametrizationList([Doubled(), Symmetric()], original)
    assert found.original is original
    assert original.tolist()[0] == [0.5, 0.5]
    assert found().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    with pytest.raises(TypeError, match="positional argument"):
        parametrize.ParametrizationList([Bad(lambda a, b: a)], original)
    assert original.tolist()[0] == [0.5, 0.5]


@promise("3.2.1", "3.2.9")
def test_what_is_no_module_is_refused_and_nothing_happened():
    layer = linear()
    before = portrait(layer)
    for wrong in (3, None, Doubled, torch.relu):
        with pytest.raises((TypeError, ValueError, AttributeError)):
            register(layer, "weight", wrong)
        assert portrait(layer) == before
