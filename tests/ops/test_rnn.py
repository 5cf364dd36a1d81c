"""Recurrences: derivatives where inputs depend on each other, and what a call costs the graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.backends.numpy import NUMPY
from minitorch_lazy.ops.composed import differentiated
from minitorch_lazy.ops.rnn import elman_layer, gru_layer, lstm_layer


def numbers(*shape: int) -> Any:
    draw = np.random.default_rng(sum(shape))
    return torch.tensor(draw.standard_normal(shape), requires_grad=True)


def test_an_input_may_depend_on_another_one():
    """The walk inside the rule stops at this use of an input, and at no other one."""
    w, h = numbers(2, 2), numbers(1, 2)

    def function(w: Any, h: Any) -> Any:
        x = (w * h).tanh() @ w
        return elman_layer(x, h * x[:1], w, w.T, None, None, nonlinearity="tanh", sizes=(1, 1),
                           reverse=False)[0]  # fmt: skip

    assert torch.autograd.gradcheck(function, (w, h))
    assert torch.autograd.gradgradcheck(function, (w, h))


def test_derivatives_of_the_third_order_are_those_of_differences():
    x, h, w = numbers(2, 1), numbers(1, 1), numbers(3, 1)

    def second(x: Any) -> Any:
        y = gru_layer(x, h, w, w, None, None, sizes=(1, 1), reverse=False)[1]
        (first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
        return torch.autograd.grad(first.sum(), x, create_graph=True)[0]

    assert torch.autograd.gradcheck(second, x)


def test_all_outputs_share_one_node():
    x, h, w = numbers(4, 3), numbers(2, 3), numbers(12, 3)
    outputs = lstm_layer(x, h, h, w, w, None, None, None, sizes=(2, 2), reverse=False)
    assert [y.grad_fn.name() for y in outputs] == ["LstmBackward0"] * 3
    assert len({y.node.parents[0] for y in outputs}) == 1


@pytest.mark.parametrize("reverse", [False, True])
def test_one_time_of_one_sequence_is_a_step_in_both_directions(reverse):
    x, h, w = numbers(1, 2), numbers(1, 2), numbers(2, 2)
    y, last = elman_layer(x, h, w, w, None, None, nonlinearity="relu", sizes=(1,), reverse=reverse)
    right = np.maximum(x.detach().numpy() @ w.detach().numpy().T
                       + h.detach().numpy() @ w.detach().numpy().T, 0)  # fmt: skip
    np.testing.assert_allclose(y.detach().numpy(), right)
    np.testing.assert_array_equal(last.detach().numpy(), y.detach().numpy())


def test_a_sequence_that_ends_keeps_its_state_and_in_reverse_starts_late():
    x, h, w = numbers(4, 2), numbers(3, 2), numbers(2, 2)
    y, last = elman_layer(x, h, w, w, None, None, nonlinearity="tanh", sizes=(2, 1, 1),
                          reverse=False)  # fmt: skip
    assert torch.equal(last, torch.stack([y[3], y[1], h[2]]))
    y, last = elman_layer(x, h, w, w, None, None, nonlinearity="tanh", sizes=(2, 1, 1),
                          reverse=True)  # fmt: skip
    assert torch.equal(last, torch.stack([y[0], y[1], h[2]]))
    np.testing.assert_allclose(
        y[1].detach().numpy(), np.tanh(((x[1] + h[1]) @ w.T).detach().numpy()), rtol=1e-12
    )


def test_what_no_output_depends_on_has_a_gradient_of_zero():
    a, b = np.ones(2), np.full(2, 3.0)
    found = differentiated(lambda xp, a, b: (xp.multiply(a, a),), (a, b), (np.ones(2),),
                           (True, True))  # fmt: skip
    assert [g.tolist() for g in found] == [[2, 2], [0, 0]]


def test_only_needed_gradients_are_computed():
    """An input that is data costs no product: its gradient is not there to be thrown away."""
    x, h, w = (numbers(*shape).detach().numpy() for shape in ((4, 2), (2, 2), (2, 2)))
    given = (x, h, w, w, None, None)
    static = {"nonlinearity": "tanh", "sizes": (2, 2), "reverse": False}
    y, last, cache = NUMPY.elman(*given, **static)
    needed = (False, False, False, True, False, False)
    found = NUMPY.elman_gradient(y, None, *given, cache, needed=needed, **static)
    assert [g.shape for g in found] == [(2, 2)]


def test_states_of_no_size_and_batches_of_none_have_gradients_of_their_shapes():
    for cell in (torch.nn.RNNCell, torch.nn.LSTMCell, torch.nn.GRUCell):
        for inner, size, batch in ((3, 0, 2), (0, 4, 2), (3, 4, 0)):
            layer, x = cell(inner, size), torch.ones(batch, inner, requires_grad=True)
            y = layer(x)
            (y[0] if isinstance(y, tuple) else y).sum().backward()
            for tensor in (x, *layer.parameters()):
                assert tensor.grad.shape == tensor.shape
