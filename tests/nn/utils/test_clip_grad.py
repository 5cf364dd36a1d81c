"""Clipping gradients and moving parameters through one vector."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from minitorch_lazy.nn.utils import (
    clip_grad_norm_,
    clip_grad_value_,
    clip_grads_with_norm_,
    get_total_norm,
    parameters_to_vector,
    vector_to_parameters,
)

SHAPES = [(2, 3), (4,), (), (0, 2)]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def trained(*gradients):
    """Return parameters with the given gradients, None for one without."""
    found = []
    for gradient in gradients:
        array = np.zeros(3) if gradient is None else gradient
        found.append(torch.tensor(np.ones_like(array), requires_grad=True))
        found[-1].grad = None if gradient is None else torch.tensor(gradient)
    return found


def joined(arrays):
    return np.concatenate([np.ravel(array) for array in arrays])


def gradients_of(parameters):
    return [p.grad.numpy() for p in parameters]


@pytest.mark.parametrize("order", [0.5, 1, 2.0, 3, math.inf, "inf"])
@pytest.mark.parametrize("largest", [0.1, 100.0])
def test_gradients_are_shortened_together_and_never_lengthened(order, largest):
    arrays = [numbers(*shape) for shape in SHAPES if 0 not in shape]
    parameters = trained(*arrays)
    total = clip_grad_norm_(parameters, largest, order)
    flat = joined(arrays)
    expected = (abs(flat) ** float(order)).sum() ** (1 / float(order))
    expected = abs(flat).max() if math.isinf(float(order)) else expected
    assert isinstance(total, torch.Tensor)
    assert total.item() == pytest.approx(expected)
    scale = min(1.0, largest / (expected + 1e-6))
    np.testing.assert_allclose(joined(gradients_of(parameters)), flat * scale)


def test_the_same_gradient_tensors_are_written_in_place():
    parameters = trained(numbers(3), numbers(2))
    before = [p.grad for p in parameters]
    versions = [g._version for g in before]
    clip_grad_norm_(parameters, 0.1)
    assert all(p.grad is g for p, g in zip(parameters, before, strict=True))
    assert [g._version for g in before] == [version + 1 for version in versions]
    assert [p.tolist() for p in parameters] == [[1.0] * 3, [1.0] * 2]


def test_a_single_tensor_a_generator_and_a_net_are_taken():
    net = nn.Linear(3, 2)
    net(torch.ones(4, 3)).sum().backward()
    norm = joined(gradients_of(net.parameters()))
    expected = np.sqrt((norm**2).sum())
    assert clip_grad_norm_(net.parameters(), 1.0).item() == pytest.approx(expected)
    assert get_total_norm([p.grad for p in net.parameters()]).item() == pytest.approx(1.0)
    single = trained(numbers(3))[0]
    assert clip_grad_norm_(single, 0.5).item() == pytest.approx(np.linalg.norm(numbers(3)))
    assert single.grad.norm().item() == pytest.approx(0.5, rel=1e-4)


def test_parameters_without_gradients_count_nothing():
    parameters = trained(None, np.array([3.0, 4.0]), None)
    assert clip_grad_norm_(parameters, 1.0).item() == 5.0
    assert parameters[0].grad is None
    for nothing in ([], trained(None), nn.LazyLinear(3).parameters()):
        total = clip_grad_norm_(nothing, 1.0)
        assert (total.item(), total.dtype) == (0.0, torch.float32)


def test_empty_gradients_have_norm_zero():
    assert clip_grad_norm_(trained(np.zeros((0, 2))), 1.0).item() == 0


@pytest.mark.parametrize("order", [("float32", "float64"), ("float64", "float32")])
def test_gradients_of_several_types_keep_theirs(order):
    parameters = trained(*[np.array([3.0, 4.0], dtype) for dtype in order])
    total = clip_grad_norm_(parameters, 1.0)
    assert total.dtype is torch.float64
    assert total.item() == pytest.approx(math.sqrt(50))
    assert [str(g.dtype) for g in gradients_of(parameters)] == list(order)


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_is_refused_where_that_is_asked_for(value):
    parameters = trained(np.array([1.0, value]), np.array([2.0]))
    with pytest.raises(RuntimeError, match="norm of order 2.0 .* set `error_if_nonfinite=False`"):
        clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    np.testing.assert_array_equal(parameters[0].grad.numpy(), [1.0, value])
    total = clip_grad_norm_(parameters, 1.0)
    np.testing.assert_array_equal(total.item(), value)
    assert parameters[1].grad.item() == 0 or math.isnan(value)


def test_a_largest_norm_of_zero_stops_the_training():
    parameters = trained(numbers(3))
    clip_grad_norm_(parameters, 0.0)
    assert not parameters[0].grad.any()


def test_foreach_changes_no_number():
    found = []
    for foreach in (None, True, False):
        parameters = trained(numbers(3), numbers(2, 2))
        clip_grad_norm_(parameters, 0.3, foreach=foreach)
        clip_grad_value_(parameters, 0.1, foreach=foreach)
        found.append(joined(gradients_of(parameters)).tolist())
    assert found[0] == found[1] == found[2]


def test_clipping_is_not_recorded():
    x = torch.tensor([3.0, 4.0], requires_grad=True)
    (gradient,) = torch.autograd.grad((x**2).sum(), x, create_graph=True)
    x.grad = gradient.clone()
    assert not clip_grad_norm_(x, 1.0).requires_grad


def test_a_norm_that_is_known_may_be_given():
    parameters = trained(np.array([3.0, 4.0]))
    clip_grads_with_norm_(parameters, 1.0, torch.tensor(10.0))
    np.testing.assert_allclose(parameters[0].grad.numpy(), [0.3, 0.4], rtol=1e-6)
    clip_grads_with_norm_(parameters[0], 1.0, torch.tensor(0.2))
    np.testing.assert_allclose(parameters[0].grad.numpy(), [0.3, 0.4], rtol=1e-6)


@pytest.mark.parametrize("bound", [0.5, 1, 10.0])
def test_every_element_is_cut_off(bound):
    arrays = [numbers(2, 3) * 3, numbers(4) * 3]
    parameters = trained(*arrays, None)
    assert clip_grad_value_(parameters, bound) is None
    for p, array in zip(parameters, arrays, strict=False):
        np.testing.assert_array_equal(p.grad.numpy(), np.clip(array, -bound, bound))
    clip_grad_value_(parameters[0], 0.0)
    assert not parameters[0].grad.any()


# -- one vector ----------------------------------------------------------------------------------


def test_parameters_become_a_vector_and_come_back():
    parameters = trained(*[numbers(*shape) for shape in SHAPES])
    with torch.no_grad():
        for p, shape in zip(parameters, SHAPES, strict=True):
            p.copy_(torch.tensor(numbers(*shape)))
    vector = parameters_to_vector(p for p in parameters)
    np.testing.assert_array_equal(
        vector.detach().numpy(), joined([numbers(*shape) for shape in SHAPES])
    )
    objects = [id(p) for p in parameters]
    vector_to_parameters(vector.detach() * 2, parameters)
    assert [id(p) for p in parameters] == objects
    for p, shape in zip(parameters, SHAPES, strict=True):
        np.testing.assert_array_equal(p.detach().numpy(), numbers(*shape) * 2)
        assert p.is_leaf


def test_the_vector_carries_gradients_to_the_parameters():
    net = nn.Linear(2, 2)
    (parameters_to_vector(net.parameters()) ** 2).sum().backward()
    np.testing.assert_allclose(net.weight.grad.numpy(), 2 * net.weight.detach().numpy())


def test_what_is_no_vector_is_refused():
    with pytest.raises(TypeError, match="expected torch.Tensor, but got: list"):
        vector_to_parameters([1.0], [])
    with pytest.raises(RuntimeError, match="is invalid for input of size 3"):
        vector_to_parameters(torch.ones(3), trained(np.ones((2, 2))))
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        parameters_to_vector(nn.LazyLinear(3).parameters())
