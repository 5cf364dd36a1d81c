"""Functions that pull toward 0 or replace what is small, and in-place forms of activations."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

X = np.array([-2.0, -0.5, -0.3, 0.0, 0.3, 0.5, 2.0])

FORMULAS = [
    ("hardshrink", (), np.where(abs(X) > 0.5, X, 0)),
    ("hardshrink", (-1,), X),
    ("softshrink", (), np.sign(X) * np.maximum(abs(X) - 0.5, 0)),
    ("softshrink", (0,), X),
    ("tanhshrink", (), X - np.tanh(X)),
    ("threshold", (0.3, 9), np.where(X > 0.3, X, 9)),
    ("threshold", (0.3, -math.inf), np.where(X > 0.3, X, -math.inf)),
]


@pytest.mark.parametrize(("name", "given", "expected"), FORMULAS)
@pytest.mark.parametrize("kind", ["float64", "float32", "float16"])
def test_function_follows_its_formula_in_its_own_type(name, given, expected, kind):
    x = torch.tensor(X.astype(kind))
    y = getattr(F, name)(x, *given)
    assert y.dtype is x.dtype
    np.testing.assert_allclose(y.numpy(), expected.astype(kind), rtol=2e-3, atol=2e-3)


def test_nan_stays_nan():
    for name, *given in [("hardshrink",), ("softshrink",), ("tanhshrink",), ("threshold", 1, 2)]:
        assert getattr(F, name)(torch.tensor([math.nan]), *given).isnan().all()


def test_slopes_at_and_beside_the_corners():
    for name, given, slopes in [
        ("hardshrink", (), [1, 0, 0, 0, 0, 0, 1]),
        ("softshrink", (), [1, 0, 0, 0, 0, 0, 1]),
        ("threshold", (0.3, 9), [0, 0, 0, 0, 0, 1, 1]),
    ]:
        x = torch.tensor(X, requires_grad=True)
        getattr(F, name)(x, *given).sum().backward()
        assert x.grad.tolist() == slopes


def test_threshold_of_integers_reads_numbers_as_integers():
    assert F.threshold(torch.arange(5), 2.7, 7.5).tolist() == [7, 7, 7, 3, 4]


def test_hardshrink_is_a_method_too():
    assert torch.tensor(X).hardshrink(1).tolist() == [-2, 0, 0, 0, 0, 0, 2]


IN_PLACE = [("threshold_", (0.1, 3)), ("celu_", (0.5,)), ("elu_", (0.5,)), ("selu_", ()),
            ("hardtanh_", (-1, 0.4)), ("leaky_relu_", (0.2,)), ("relu_", ())]  # fmt: skip


@pytest.mark.parametrize(("name", "given"), IN_PLACE)
def test_in_place_form_stores_its_result_and_keeps_the_gradient(name, given):
    x = torch.tensor(X, requires_grad=True)
    y = x * 1
    assert getattr(F, name)(y, *given) is y
    leaf = torch.tensor(X, requires_grad=True)
    expected = getattr(F, name[:-1])(leaf, *given)
    assert y.tolist() == expected.tolist()
    for out in (y, expected):
        (out * out).sum().backward()
    assert x.grad.tolist() == leaf.grad.tolist()
    with pytest.raises(RuntimeError, match="leaf"):
        getattr(F, name)(x, *given)


def test_elu_in_place_takes_scales():
    y = F.elu_(torch.tensor(X), 0.5, 2.0, 3.0)
    np.testing.assert_allclose(y.numpy(), np.where(X > 0, 2 * X, np.expm1(3 * np.minimum(X, 0))))


def test_softmax2d_weighs_channels():
    x = torch.tensor(X[:6]).reshape(3, 2, 1)
    y = torch.nn.Softmax2d()(x)
    np.testing.assert_allclose(y.sum(0).numpy(), 1)
    np.testing.assert_array_equal(torch.nn.Softmax2d()(x.unsqueeze(0))[0].numpy(), y.numpy())


def test_mistakes_are_refused_with_a_mend():
    x = torch.tensor(X)
    for kind, phrase, mend, wrong, right in [
        (RuntimeError, "lambda must be in range [0, 65504] for input dtype Half, but found -1",
         "not below 0", lambda: F.softshrink(x.half(), -1), lambda: F.softshrink(x.half(), 0)),
        (RuntimeError, "for input dtype Float, but found inf", "not below 0",
         lambda: F.softshrink(x.float(), math.inf), None),
        (NotImplementedError, "not implemented for 'Long'", ".float()",
         lambda: F.hardshrink(x.long()), lambda: F.hardshrink(x.float())),
        (NotImplementedError, "not implemented for 'Bool'", ".float()",
         lambda: F.threshold(x > 0, 0, 1), lambda: F.threshold((x > 0).float(), 0, 1)),
        (ValueError, "expected input to be 3D or 4D, got 1D instead", "Softmax(dim=...)",
         lambda: torch.nn.Softmax2d()(x), None),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong, right)
