"""In-place writes under the graph, next to views: right, or refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.core.numeric import assert_differences_agree, numeric_gradient

PROGRAMS = {}

X = np.linspace(0.4, 1.9, 12).reshape(4, 3)
W = np.array([0.7, -1.1, 0.3])
WEIGHTS = torch.tensor(np.linspace(-1.0, 2.0, 12).reshape(4, 3) ** 3)


def program(function):
    """Collect a function of the leaves x, of shape (4, 3), and w, of shape (3,)."""
    PROGRAMS[function.__name__] = function
    return function


def loss(*tensors):
    """Weigh all elements differently, and not linearly."""
    return sum(
        ((number + 1) * (t * t + t) * WEIGHTS.reshape(-1)[: t.numel()].reshape(t.shape)).sum()
        for number, t in enumerate(tensors)
    )


@program
def a_base_is_written_and_its_view_sees_it(x, w):
    y = x * 1
    view = y[1:]
    y.mul_(w)
    return loss(view, y)


@program
def a_view_is_written_and_its_base_sees_it(x, w):
    y = x * 1
    y[1:3].mul_(w)
    return loss(y)


@program
def a_view_of_a_view_of_a_view_is_written(x, w):
    y = x * 1
    inner = y[1:].t()[1:].unsqueeze(0)[:, :, ::2]
    inner.add_(w[:2]).mul_(3)
    return loss(y, inner)


@program
def a_view_between_base_and_written_view_sees_the_write(x, w):
    y = x * 1
    outer = y[1:]
    outer[0].copy_(w)
    return loss(outer, y)


@program
def siblings_that_overlap_see_each_other(x, w):
    y = x * 1
    first, second = y[:3], y[1:]
    first.mul_(w)
    second.add_(first[:1])
    return loss(first, second, y)


@program
def a_view_made_before_the_graph_follows_its_base(x, w):
    base = torch.zeros(4, 3, dtype=torch.float64)
    view = base.t()[1:]
    base.add_(x)
    base[0] = w
    return loss(view, base)


@program
def a_base_outside_of_the_graph_is_drawn_in_by_its_view(x, w):
    base = torch.ones(4, 3, dtype=torch.float64)
    view, other = base[:2], base[1:]
    view.mul_(w)
    return loss(other, base) + x.sum()


@program
def every_kind_of_view_can_be_written(x, w):
    y = x * 1
    y.diagonal().add_(w)
    y.select(1, 2).mul_(2)
    y.narrow(0, 1, 2).sub_(w)
    y.transpose(0, 1)[0].mul_(w[1])
    y.view(2, 6)[1, 3:].add_(w)
    y.flatten()[::5].mul_(3)
    y.movedim(0, 1).unsqueeze(1)[2].add_(w[0])
    y.unflatten(0, (2, 2))[1, 0].mul_(w)
    y.expand(4, 3).squeeze().T[1].add_(w[2])
    y.permute(1, 0)[:, 3].copy_(w)
    return loss(y)


@program
def parts_are_assigned_by_slices_and_numbers(x, w):
    y = x * 1
    y[0] = w
    y[-1, 1] = w[0]
    y[1:3, ::2] = w[:2]
    y[..., 1] = y[..., 2]
    y[None, 2] = w * 2
    return loss(y)


@program
def parts_are_assigned_by_indices_and_masks(x, w):
    y = x * 1
    y[[0, 2]] = w
    y[torch.tensor([[1, 3]]), torch.tensor([[0], [2]])] = w[:2]
    y[torch.tensor([False, True, False, False])] = w * w
    y[WEIGHTS > 1] = w[1]
    y[True] = y.clone() * w
    return loss(y)


@program
def parts_are_changed_by_operators(x, w):
    y = x * 1
    y[1:] += w
    y[:, 0] *= y[:, 1].clone()
    y[[0, 3]] -= w
    y[2] /= 1 + w * w
    return loss(y)


@program
def a_part_is_assigned_from_an_overlapping_part(x, w):
    y = x * w
    y[1:] = y[:-1]
    y.add_(y[0])
    return loss(y)


@program
def copies_are_broadcast(x, w):
    y = x * 1
    y[1:].copy_(w)
    y[:1].copy_(y[2:3].clone() * 2)
    return loss(y)


@program
def zeros_and_fills_stop_the_gradient(x, w):
    y = x * w
    y[0].zero_()
    y[1:2].fill_(0.5)
    y[2, :2].fill_(w[1])
    return loss(y)


@program
def rows_are_scaled_one_after_the_other(x, w):
    y = x * 1
    for row in range(1, 4):
        y[row] += y[row - 1].clone() * w
    return loss(y)


@program
def functions_in_place_save_what_they_need(x, w):
    y = x * 1
    y[:2].exp_()
    y[1:].sigmoid_()
    y.t()[0].pow_(2).clamp_(0.1, 0.9)
    y.masked_fill_(WEIGHTS < 0, w[0])
    return loss(y)


@program
def a_clone_is_not_touched(x, w):
    y = x * w
    before = y.clone()
    y[1:].mul_(w)
    return loss(before, y)


@program
def scattering_in_place_reaches_views(x, w):
    y = x * 1
    view = y[:2]
    y.index_add_(0, torch.tensor([0, 0, 3]), x[:3] * w)
    y.scatter_(0, torch.tensor([[1, 0, 3]]), w[None])
    view.index_fill_(1, torch.tensor([2]), 0.5)
    return loss(view, y)


@pytest.mark.parametrize("name", PROGRAMS)
def test_gradients_agree_with_central_differences(name):
    assert_differences_agree(PROGRAMS[name], X, W)


@pytest.mark.parametrize("name", PROGRAMS)
def test_second_gradients_agree_with_central_differences(name):
    def steepness(x, w):
        leaves = [torch.tensor(a, requires_grad=True) for a in (x, w)]
        found = torch.autograd.grad(
            PROGRAMS[name](*leaves), leaves, create_graph=True, materialize_grads=True
        )
        return leaves, sum((g * g).sum() for g in found)

    leaves, squares = steepness(X, W)
    found = torch.autograd.grad(squares, leaves, allow_unused=True)
    numeric = numeric_gradient(lambda x, w: steepness(x, w)[1].item(), X, W)
    for g, expected in zip(found, numeric, strict=True):
        got = np.zeros(expected.shape) if g is None else g.numpy()
        np.testing.assert_allclose(got, expected, rtol=2e-4, atol=1e-4)


def test_retained_gradients_follow_base_and_view_to_their_new_nodes():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    view = y[:1]
    y.retain_grad()
    view.retain_grad()
    view.mul_(3)
    (y * torch.tensor([2.0, 5.0])).sum().backward(retain_graph=True)
    assert y.grad.tolist() == [2, 5]
    (view * 4).sum().backward()
    assert view.grad.tolist() == [4]
    assert x.grad.tolist() == [18, 5]


def test_slicing_a_data_set_over_and_over_does_not_grow():
    data = torch.zeros(100, 2)
    for i in range(200):
        data[i % 90 : i % 90 + 10]
    tracemalloc.start()
    for i in range(20_000):
        data[i % 90 : i % 90 + 10]
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < 20_000
