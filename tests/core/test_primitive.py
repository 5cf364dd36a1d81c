"""What a new operation may be declared as, and how its call is written."""

from __future__ import annotations

import inspect
import itertools
import traceback

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.backends import registry
from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import PRIMITIVES, primitive
from minitorch_lazy.ops.product import affine

COUNT = itertools.count()


@pytest.fixture(autouse=True)
def as_before():
    """Forget the kernels and operations of a test: other tests try all that there are."""
    kernels, operations = dict(registry.KERNELS), dict(PRIMITIVES)
    yield
    for table, known in ((registry.KERNELS, kernels), (PRIMITIVES, operations)):
        table.clear()
        table.update(known)


def named(body):
    """Register a kernel under a name that nothing else has."""
    body.__name__ = f"trial{next(COUNT)}"
    kernel(body)
    return body.__name__


@pytest.mark.parametrize("word", ["kind", "owner", "y", "out", "node", "x0", "new", "Tensor"])
def test_a_keyword_that_the_written_call_uses_is_refused(word):
    with pytest.raises(TypeError, match=f"uses the name '{word}'"):
        primitive("trial", static=word, x=lambda xp, g: g)


def test_keywords_have_the_defaults_that_were_declared():
    name = named(lambda xp, x, *, twice, power: (x * 2 if twice else x) ** power)
    op = primitive(name, static="twice=True power=3", x=lambda xp, g, x, twice, power: (
        g * power * (2.0 if twice else 1.0) ** power * x ** (power - 1)))  # fmt: skip
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert op(x).tolist() == [8, 64]
    assert op(x, power=2, twice=False).tolist() == [1, 4]
    op(x).sum().backward()
    assert x.grad.tolist() == [24, 96]
    assert torch.autograd.gradgradcheck(op, x)


@pytest.mark.parametrize("text", ["k=maybe", "k=Truth", "k=1.5"])
def test_other_defaults_are_refused(text):
    with pytest.raises((ValueError, KeyError)):
        primitive("trial", static=text, x=lambda xp, g: g)


def test_a_keyword_that_was_forgotten_is_named():
    name = named(lambda xp, *xs, scale: sum(xs) * scale)
    op = primitive(name, static="scale", rest="xs", xs=lambda xp, g, place, scale: g * scale)
    x = torch.ones(2, requires_grad=True)
    with pytest.raises(TypeError, match=r"takes the keywords scale, but got \(none\)"):
        op(x, x)
    op(x, x, scale=3.0).sum().backward()
    assert x.grad.tolist() == [6, 6]


def test_a_kernel_that_is_registered_anew_is_used_from_then_on():
    name = named(lambda xp, x: x + 1)
    op = primitive(name, x=lambda xp, g: g)
    x = torch.ones(2)
    assert op(x).tolist() == [2, 2]

    def again(xp, x):
        return x + 2

    again.__name__ = name
    kernel(again)
    assert op(x).tolist() == [3, 3]


@pytest.mark.parametrize("narrow", [torch.float32, torch.bfloat16])
def test_bfloat16_keeps_its_type_on_the_way_back(narrow):
    if narrow is torch.bfloat16:
        pytest.importorskip("ml_dtypes")
    x = torch.tensor([1.0, 2.0]).to(narrow).requires_grad_()
    ((x * 2 + 1).exp() * x).sum().backward()
    assert x.grad.dtype is narrow
    expected = np.exp(2 * np.array([1, 2]) + 1) * (1 + 2 * np.array([1, 2]))
    np.testing.assert_allclose(x.grad.float().numpy(), expected, rtol=0.03)


def test_what_is_written_for_an_operation_can_be_read():
    affine(torch.ones(2, 3), torch.ones(4, 3), None)
    source = inspect.getsource(affine)
    assert source.startswith("def call(input")
    assert "kernels[owner](x0, x1, x2)" in source


def test_a_traceback_shows_the_lines_that_were_written():
    with pytest.raises(RuntimeError) as info:
        torch.ones(2, 3) @ torch.ones(2, 3)
    lines = "".join(traceback.format_tb(info.value.__traceback__))
    assert "y = again(op, (input, other,)" in lines
