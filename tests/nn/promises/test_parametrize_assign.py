"""Assigning to a parametrized tensor, deleting it, and initialising it."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrize
from tests.nn.promises.parametrized import (
    Doubled,
    Shifted,
    Sum,
    Symmetric,
    Undecided,
    linear,
    portrait,
)
from tests.nn.promises.refusals import Bad, write_and_fail
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization


def held(layer):
    """Return the bits and identities of what an assignment may write to."""
    return [(name, id(p), p.tolist()) for name, p in layer.named_parameters()]


def originals(layer):
    return list(layer.parametrizations.weight.parameters())


@promise("3.3.1")
@pytest.mark.parametrize("kinds", [[Doubled], [Doubled, Doubled], [Sum], [Sum, Doubled]])
def test_assigning_keeps_the_originals_and_gives_the_value(kinds):
    layer = linear(*kinds)
    before = originals(layer)
    value = torch.arange(9.0).reshape(3, 3)
    layer.weight = value
    assert [id(p) for p in originals(layer)] == [id(p) for p in before]
    assert layer.weight.tolist() == value.tolist()
    assert all(p.is_leaf and p.requires_grad for p in before)
    with torch.no_grad():
        before[0].zero_()
    assert value.tolist()[2] == [6.0, 7.0, 8.0]


@promise("3.3.1")
def test_assigning_what_the_graph_made_cuts_the_graph():
    layer = linear(Doubled)
    source = torch.ones(3, 3, requires_grad=True)
    layer.weight = source * 3
    layer.weight.sum().backward()
    assert source.grad is None
    assert layer.weight.tolist() == [[3.0] * 3] * 3


@promise("3.3.1")
def test_an_optimizer_follows_through_an_assignment():
    layer = linear(Doubled)
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    layer.weight = torch.ones(3, 3)
    layer.weight.sum().backward()
    optimizer.step()
    assert layer.weight.tolist() == [[-1.0] * 3] * 3


@promise("3.3.2")
@pytest.mark.parametrize("kinds", [[Shifted], [Doubled, Shifted], [Shifted, Doubled]])
def test_without_a_right_inverse_assigning_is_refused(kinds):
    layer = linear(*kinds)
    before = portrait(layer)
    text = "^parametrization Shifted does not implement right_inverse."
    with pytest.raises(RuntimeError, match=text):
        layer.weight = torch.ones(3, 3)
    assert portrait(layer) == before


@promise("3.3.2", "3.1.10")
def test_a_right_inverse_that_is_not_implemented_raises_on_assignment():
    layer = linear(Undecided)
    before = portrait(layer)
    with pytest.raises(NotImplementedError):
        layer.weight = torch.ones(3, 3)
    assert portrait(layer) == before


class Several(Bad):
    def forward(self, a, b):
        return a + b

    def right_inverse(self, value):
        return self.back(value) if self.back else (value / 2, value / 2)


ONE = {
    "dtype": (lambda A: A.double(), "The tensor returned by `right_inverse` has dtype "
              "torch.float64 while `original` has dtype torch.float32"),
    "number": (lambda A: 3, "`right_inverse` should return a tensor. Got int"),
    "several": (lambda A: (A, A), "`right_inverse` should return a tensor. Got tuple"),
}  # fmt: skip
TWO = {
    "one tensor": (lambda A: A, "'right_inverse' must return a sequence of tensors. Got Tensor."),
    "three": (lambda A: (A, A, A), "'right_inverse' must return a sequence of tensors of length 2. "
              "Got a sequence of length 3."),
    "dtype": (lambda A: (A, A.double()), "Tensor 1 returned by `right_inverse` has dtype "
              "torch.float64 while `original1` has dtype torch.float32"),
    "element": (lambda A: (A, None), "Got element 1 of type NoneType."),
    "shape": (lambda A: (A, A[:1]), "shape|size"),
}  # fmt: skip


@promise("3.3.3")
@pytest.mark.parametrize("name", [*ONE, *(f"two: {name}" for name in TWO)])
def test_what_right_inverse_gives_is_checked_before_anything_is_written(name):
    kind, (back, text) = (Several, TWO[name[5:]]) if name[:5] == "two: " else (Bad, ONE[name])
    new = kind()
    layer = register(nn.Linear(3, 3), "weight", new)
    new.back = back
    before = held(layer)
    with pytest.raises(ValueError, match=text.replace("(", r"\(")):
        layer.weight = torch.ones(3, 3)
    assert held(layer) == before


@promise("3.3.3")
def test_a_value_of_another_dtype_is_refused_by_what_right_inverse_gives():
    layer = linear(Doubled)
    before = held(layer)
    with pytest.raises(ValueError, match="has dtype torch.float64 while `original` has dtype "):
        layer.weight = torch.ones(3, 3, dtype=torch.float64)
    assert held(layer) == before


@promise("3.3.1", "3.2.9")
def test_a_right_inverse_that_writes_and_raises_leaves_the_module():
    new = Bad()
    layer = register(nn.Linear(3, 3), "weight", new)
    new.back = write_and_fail
    before = held(layer)
    with pytest.raises(ArithmeticError):
        layer.weight = torch.ones(3, 3)
    assert held(layer) == before


@promise("3.3.4")
@pytest.mark.parametrize("kinds", [[Doubled], [Symmetric], [Sum], [Doubled, Doubled]])
@pytest.mark.parametrize("shape", [(4, 4), (3,), (1, 3), (2, 3, 3), ()])
def test_a_value_of_another_shape_is_refused_and_both_are_named(kinds, shape):
    if len(shape) < 2 and Symmetric in kinds:
        shape = (5, 5)
    layer = linear(*kinds)
    before = portrait(layer)
    with pytest.raises(ValueError, match="3, 3") as caught:
        layer.weight = torch.ones(shape)
    assert str(tuple(shape)) in str(caught.value)
    assert portrait(layer) == before


@promise("3.3.5")
@pytest.mark.parametrize("kinds", [[Doubled], [Sum]])
def test_assigning_a_parameter_assigns_its_value(kinds):
    layer = linear(*kinds)
    before = [id(p) for p in originals(layer)]
    value = nn.Parameter(torch.ones(3, 3))
    layer.weight = value
    assert layer.weight.tolist() == [[1.0] * 3] * 3
    assert [id(p) for p in originals(layer)] == before
    assert parametrize.is_parametrized(layer, "weight")
    assert "weight" not in layer._parameters
    with torch.no_grad():
        originals(layer)[0].zero_()
    assert value.tolist() == [[1.0] * 3] * 3


@promise("3.3.5")
def test_assigning_what_is_no_tensor_changes_nothing():
    layer = linear(Doubled)
    before = portrait(layer)
    for value in (3.0, None, [[1.0] * 3] * 3, np.ones((3, 3), np.float32)):
        with pytest.raises((TypeError, ValueError, RuntimeError, AttributeError)):
            layer.weight = value
        assert portrait(layer) == before


@promise("3.3.6")
def test_deleting_is_done_wholly_or_refused_with_a_mend():
    layer = linear(Doubled)
    before = portrait(layer)
    try:
        del layer.weight
    except AttributeError as error:
        refusal = str(error)
    else:
        refusal = None
    if refusal:
        assert "remove_parametrizations" in refusal
        assert portrait(layer) == before
    else:
        assert not hasattr(layer, "weight")
        assert not parametrize.is_parametrized(layer)
        assert list(layer.state_dict()) == ["bias"]
