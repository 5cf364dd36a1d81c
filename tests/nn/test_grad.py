"""Gradients of convolutions as functions, against those of backward."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn
from tests.nn.functional.mending import check_mend

PLACES = {1: (7,), 2: (5, 6), 3: (4, 5, 3)}
OPTIONS = [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 2, "groups": 2}]


def numbers(*shape):
    return torch.tensor(np.random.default_rng(sum(shape)).standard_normal(shape))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("options", OPTIONS)
def test_they_are_what_backward_gives(rank, options):
    groups = options.get("groups", 1)
    x = numbers(2, 4, *PLACES[rank]).requires_grad_()
    w = numbers(6, 4 // groups, *(2,) * rank).requires_grad_()
    y = getattr(nn.functional, f"conv{rank}d")(x, w, **options)
    g = numbers(*y.shape)
    y.backward(g)
    gx = getattr(nn.grad, f"conv{rank}d_input")(x.shape, w.detach(), g, **options)
    gw = getattr(nn.grad, f"conv{rank}d_weight")(x.detach(), w.shape, g, **options)
    np.testing.assert_allclose(gx.numpy(), x.grad.numpy())
    np.testing.assert_allclose(gw.numpy(), w.grad.numpy())


def test_they_have_gradients_of_their_own():
    g = numbers(1, 2, 3, 3).requires_grad_()
    w, x = numbers(2, 1, 2, 2).requires_grad_(), numbers(1, 1, 4, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda w, g: nn.grad.conv2d_input((1, 1, 4, 4), w, g), (w, g))
    assert torch.autograd.gradcheck(lambda x, g: nn.grad.conv2d_weight(x, (2, 1, 2, 2), g), (x, g))


def test_a_gradient_of_another_shape_is_refused():
    w, g = torch.rand(2, 3, 2, 2), torch.rand(1, 2, 4, 4)
    check_mend(RuntimeError, "Expected a gradient of shape [1, 2, 5, 5], but got [1, 2, 4, 4]",
               "output", lambda: nn.grad.conv2d_input((1, 3, 6, 6), w, g),
               lambda: nn.grad.conv2d_input((1, 3, 5, 5), w, g))  # fmt: skip
    check_mend(RuntimeError, "Expected 4-dimensional input for 4-dimensional weight", "batch",
               lambda: nn.grad.conv2d_weight(torch.rand(3, 5, 5), (2, 3, 2, 2), g))  # fmt: skip
    with pytest.raises(TypeError, match="argument 'grad_output' must be Tensor"):
        nn.grad.conv2d_input((1, 3, 5, 5), w, None)


@pytest.mark.parametrize(("input", "weight", "groups", "phrase"), [
    ((1, 2, 5, 5), (3, 4, 2, 2), 1, "to have 4 channels, but got 2 channels instead"),
    ((1, 4, 5, 5), (3, 2, 2, 2), 2, "weight to be divisible by 2 at dimension 0"),
])  # fmt: skip
def test_channels_that_do_not_fit_are_refused_by_name(input, weight, groups, phrase):
    grad_output = torch.ones(1, 3, 4, 4)
    with pytest.raises(RuntimeError, match=f"conv2d_input: .*{phrase}"):
        torch.nn.grad.conv2d_input(input, torch.ones(weight), grad_output, groups=groups)
    with pytest.raises(RuntimeError, match=f"conv2d_weight: .*{phrase}"):
        torch.nn.grad.conv2d_weight(torch.ones(input), weight, grad_output, groups=groups)
