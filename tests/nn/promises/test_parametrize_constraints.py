"""Constraints: a right inverse, a gradient, and a value that keeps to it in training."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import parametrizations, parametrize
from tests.nn.promises.classes import bits
from tests.nn.promises.parametrized import array, portrait, title
from tests.nn.promises.rows import promise

register = parametrize.register_parametrization
MASK = torch.tensor([[True, False, True], [False, True, True], [True, True, False]])
MAKERS = {
    "Symmetric": lambda: parametrizations.Symmetric(),
    "Skew": lambda: parametrizations.Skew(),
    "PositiveDefinite": lambda: parametrizations.PositiveDefinite(),
    "PositiveDefinite eps": lambda: parametrizations.PositiveDefinite(eps=0.5),
    "Positive": lambda: parametrizations.Positive(),
    "Bounded": lambda: parametrizations.Bounded(),
    "Bounded 2 5": lambda: parametrizations.Bounded(2.0, 5.0),
    "Sparse": lambda: parametrizations.Sparse(MASK),
    "Sparse float": lambda: parametrizations.Sparse(MASK.float()),
    "Stochastic": lambda: parametrizations.Stochastic(),
}
WHOLE = "Symmetric Skew PositiveDefinite Positive Bounded Stochastic".split()


def least_eigenvalue(W):
    return np.linalg.eigvalsh(W.astype(np.float64)).min()


HOLDS = {
    "Symmetric": lambda W: np.array_equal(W, W.T),
    "Skew": lambda W: np.array_equal(W, -W.T) and not np.diagonal(W).any(),
    "PositiveDefinite": lambda W: np.array_equal(W, W.T) and least_eigenvalue(W) > 0,
    "PositiveDefinite eps": lambda W: least_eigenvalue(W) > 0.499,
    "Positive": lambda W: (W > 0).all(),
    "Bounded": lambda W: (np.abs(W) <= 1).all(),
    "Bounded 2 5": lambda W: ((W >= 2) & (W <= 5)).all(),
    "Sparse": lambda W: not W[~MASK.numpy()].any(),
    "Sparse float": lambda W: not W[~MASK.numpy()].any(),
    "Stochastic": lambda W: (W >= 0).all() and np.allclose(W.sum(-1), 1, atol=1e-6),
}


def example(name):
    """Draw a value that keeps to the constraint, by a formula of its own."""
    random = np.random.default_rng(1)
    A = random.standard_normal((3, 3))
    return {
        "Symmetric": A + A.T, "Skew": A - A.T, "PositiveDefinite": A @ A.T + np.eye(3),
        "PositiveDefinite eps": A @ A.T + np.eye(3), "Positive": np.exp(3 * A),
        "Bounded": np.tanh(A), "Bounded 2 5": 3.5 + 1.4 * np.tanh(A), "Sparse": A * MASK.numpy(),
        "Sparse float": A * MASK.numpy(), "Stochastic": random.dirichlet([1.0, 2.0, 3.0], 3),
    }[name]  # fmt: skip


def constrained(name, line="Linear(3, 3)"):
    """Constrain a weight that was the identity, which all of them have a near value for."""
    layer = eval(f"nn.{line}", {"nn": nn})
    nn.init.eye_(layer.weight)
    return register(layer, "weight", MAKERS[name]())


@promise("3.7.14")
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_the_right_inverse_is_one(name, dtype):
    value = torch.tensor(example(name), dtype=dtype)
    new = MAKERS[name]()
    found = new(new.right_inverse(value))
    assert found.dtype is dtype
    tolerance = 1e-9 if dtype is torch.float64 else 2e-4
    np.testing.assert_allclose(array(found), array(value), rtol=tolerance, atol=tolerance)


@promise("3.7.14", "3.3.1")
@pytest.mark.parametrize("name", MAKERS)
def test_a_value_that_keeps_to_it_can_be_assigned(name):
    layer = constrained(name).double()
    layer.weight = torch.tensor(example(name))
    np.testing.assert_allclose(array(layer.weight), example(name), rtol=1e-9, atol=1e-9)


@promise("3.7.14")
@pytest.mark.parametrize("name", MAKERS)
def test_it_has_the_right_gradients(name):
    X = torch.tensor(np.random.default_rng(2).standard_normal((3, 3)), requires_grad=True)
    new = MAKERS[name]().double()
    assert torch.autograd.gradcheck(new, (X,))
    assert torch.autograd.gradgradcheck(new, (X,))


RULES = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.5),
    "Adam": lambda p: torch.optim.Adam(p, lr=0.1),
}


@promise("3.7.14", "N1.3")
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("line", ["Linear(3, 3)", "LazyLinear(3)"])
@pytest.mark.parametrize("start", ["drawn", "eye"])
def test_it_holds_after_every_step(name, rule, line, start):
    torch.manual_seed(0)
    layer = eval(f"nn.{line}", {"nn": nn})
    if start == "eye":
        nn.init.eye_(layer.weight)
    register(layer, "weight", MAKERS[name]())
    optimizer = RULES[rule](layer.parameters())
    x = torch.linspace(-2, 2, 12).reshape(4, 3)
    first = array(layer(x))
    assert HOLDS[name](array(layer.weight)), "at the start"
    for step in range(20):
        optimizer.zero_grad()
        ((layer(x) - x.flip(0)) ** 2).mean().backward()
        optimizer.step()
        assert np.isfinite(array(layer.weight)).all()
        assert HOLDS[name](array(layer.weight)), f"after step {step}"
    assert np.abs(array(layer(x)) - first).max() > 1e-3


@promise("3.7.14", "N1.2")
@pytest.mark.parametrize("name", MAKERS)
def test_on_a_lazy_layer_it_equals_the_eager_one(name):
    layers = []
    for line in ("LazyLinear(3)", "Linear(3, 3)"):
        with nn.init.keyed(3):
            layers.append(constrained(name, line))
        layers[-1](torch.ones(2, 3))
    assert list(bits(layers[0]).items()) == list(bits(layers[1]).items())
    assert repr(layers[0]) == repr(layers[1])
    assert title(layers[0]) == "ParametrizedLinear"


@promise("3.7.14", "0.2")
@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_it_is_copied_and_saved_with_its_layer(name, copied):
    layer = constrained(name)
    twin = copied(layer)
    assert repr(twin) == repr(layer)
    np.testing.assert_array_equal(array(twin.weight), array(layer.weight))
    other = constrained(name)
    other.load_state_dict(layer.state_dict())
    np.testing.assert_array_equal(array(other.weight), array(layer.weight))


@promise("3.7.14")
@pytest.mark.parametrize("name", ["Symmetric", "Skew", "PositiveDefinite"])
def test_matrices_come_in_batches(name):
    X = torch.tensor(np.random.default_rng(2).standard_normal((2, 4, 3, 3)))
    new = getattr(parametrizations, name)()
    found = new(X)
    assert found.shape == (2, 4, 3, 3)
    np.testing.assert_allclose(array(found[1, 2]), array(new(X[1, 2])), rtol=1e-12)
    np.testing.assert_allclose(array(new(new.right_inverse(found))), array(found), rtol=1e-8)


@promise("3.7.14", "3.2.9")
@pytest.mark.parametrize("name", ["Symmetric", "Skew", "PositiveDefinite"])
def test_a_matrix_that_is_not_square_is_refused(name):
    for layer in (nn.Linear(3, 4), nn.LazyLinear(4)):
        new = getattr(parametrizations, name)()
        before = portrait(layer, new)
        with pytest.raises((ValueError, RuntimeError)):
            register(layer, "weight", new)(torch.ones(1, 3))
        if type(layer) is nn.Linear:
            assert portrait(layer, new) == before


OUTSIDE = {
    "PositiveDefinite": -np.eye(3), "Positive": -np.ones((3, 3)), "Bounded": 2 * np.ones((3, 3)),
    "Bounded 2 5": np.zeros((3, 3)), "Stochastic": -np.ones((3, 3)),
}  # fmt: skip


@promise("3.7.14", "3.3.1")
@pytest.mark.parametrize("name", OUTSIDE)
def test_a_value_outside_is_refused_or_brought_inside_never_nan(name):
    layer = constrained(name).double()
    before = array(layer.weight)
    try:
        layer.weight = torch.tensor(OUTSIDE[name])
    except ValueError:
        np.testing.assert_array_equal(array(layer.weight), before)
    assert np.isfinite(array(layer.weight)).all()
    assert HOLDS[name](array(layer.weight))
    layer.weight.sum().backward()
    assert np.isfinite(array(layer.parametrizations.weight.original.grad)).all()


@promise("3.7.14")
@pytest.mark.parametrize("name", ["Positive", "Bounded", "Stochastic"])
@pytest.mark.parametrize("size", [1e-30, 30.0, 90.0, 1e4])
def test_large_and_small_originals_give_finite_values_and_gradients(name, size):
    new = MAKERS[name]()
    X = torch.tensor([[size, -size, 0.0]], requires_grad=True)
    value = new(X)
    assert np.isfinite(array(value)).all()
    value.sum().backward()
    assert np.isfinite(array(X.grad)).all()
    np.testing.assert_array_less(-1.0000001, array(value))


@promise("3.7.14")
@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0, 25.0, 200.0])
def test_the_inverse_of_positive_is_exact_at_both_ends(size):
    new, value = parametrizations.Positive(), torch.full((1, 2), size)
    np.testing.assert_allclose(array(new(new.right_inverse(value))), size, rtol=1e-5)


@promise("3.7.14")
@pytest.mark.parametrize(("low", "high"), [(1.0, 1.0), (2.0, -1.0), (0.0, float("nan"))])
def test_bounds_that_are_none_are_refused(low, high):
    with pytest.raises(ValueError, match="."):
        parametrizations.Bounded(low, high)


@promise("3.7.14", "3.2.9")
def test_a_mask_of_another_shape_is_refused():
    layer, new = nn.Linear(4, 4), parametrizations.Sparse(MASK)
    before = portrait(layer, new)
    with pytest.raises((ValueError, RuntimeError), match="shape|size|mask"):
        register(layer, "weight", new)
    assert portrait(layer, new) == before
    wide = nn.Linear(3, 3)
    before = portrait(wide)
    with pytest.raises((ValueError, RuntimeError)):
        register(wide, "weight", parametrizations.Sparse(torch.ones(2, 3, 3)))
    assert portrait(wide) == before


@promise("3.7.14")
@pytest.mark.parametrize("name", WHOLE)
def test_the_constraints_are_public_and_described(name):
    assert name in parametrizations.__all__
    assert issubclass(getattr(parametrizations, name), nn.Module)
    assert getattr(parametrizations, name).__doc__
