"""SGD, Adam and AdamW: the numbers of their rules, for small and large parameters alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt
from minitorch_lazy.optim.plan import SMALL

GRADIENTS = ([0.5, -1.0, 0.0], [0.1, 0.2, -0.3], [-1.0, 2.0, 0.7])

# Recorded from PyTorch 2.13: a float64 parameter [1, -2, 3] after the three gradients above.
RECORDED = [
    ("SGD", {"lr": 0.1}, [1.04, -2.12, 2.96]),
    ("SGD", {"lr": 0.1, "momentum": 0.9}, [0.9455, -1.967, 2.987]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.1},
     [0.8645885, -1.767077, 2.86926925]),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1},
     [0.917319646, -1.941595292, 2.709898823]),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
     [0.929204, -1.818808, 2.951197]),
    ("Adam", {"lr": 0.1}, [0.84844129071, -1.887888658178, 3.038342336873]),
    ("Adam", {"lr": 0.1, "amsgrad": True, "betas": (0.5, 0.6)},
     [0.904014079052, -1.945386646157, 3.024671525948]),
    ("Adam", {"lr": 0.1, "weight_decay": 0.1, "maximize": True},
     [1.121949108779, -2.073944841379, 2.774409928527]),
    ("Adam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.1},
     [0.821533331627, -1.830987684229, 2.948495200084]),
    ("AdamW", {"lr": 0.1}, [0.845724493802, -1.882145658783, 3.029276920194]),
    ("AdamW", {"lr": 0.1, "eps": 0.5, "amsgrad": True},
     [0.929723847889, -1.925467131184, 2.996275227127]),
]  # fmt: skip


def leaf(values: Any, dtype: Any = None) -> mt.Tensor:
    return mt.tensor(values, dtype=dtype or mt.float64, requires_grad=True)


@pytest.mark.parametrize(("name", "options", "expected"), RECORDED)
@pytest.mark.parametrize("repeats", [1, SMALL])
def test_three_steps_give_pytorchs_numbers(name, options, expected, repeats):
    parameter = leaf(np.tile([1.0, -2.0, 3.0], repeats))
    optimizer = getattr(mt.optim, name)([parameter], **options)
    for gradient in GRADIENTS:
        parameter.grad = mt.tensor(np.tile(gradient, repeats), dtype=mt.float64)
        optimizer.step()
    np.testing.assert_allclose(parameter.detach().numpy(), np.tile(expected, repeats), atol=1e-11)


@pytest.mark.parametrize(("name", "options", "expected"), RECORDED)
def test_recorded_steps_give_the_same_numbers(name, options, expected):
    parameter = leaf([1.0, -2.0, 3.0])
    moving = parameter.clone()
    optimizer = getattr(mt.optim, name)([moving], differentiable=True, **options)
    for gradient in GRADIENTS:
        moving.grad = mt.tensor(gradient, dtype=mt.float64)
        optimizer.step()
    np.testing.assert_allclose(moving.detach().numpy(), expected, atol=1e-11)


def test_gradients_flow_through_a_recorded_step():
    parameter = leaf([1.0, 2.0])
    moving = parameter.clone()
    optimizer = mt.optim.SGD([moving], lr=0.25, differentiable=True)
    (moving.grad,) = mt.autograd.grad((moving**2).sum(), moving, create_graph=True)
    optimizer.step()
    (moving**2).sum().backward()
    # q = p - 0.25 * 2p = p / 2, so d(q * q)/dp = p / 2
    np.testing.assert_allclose(parameter.grad.numpy(), [0.5, 1.0])


def test_gradients_flow_into_a_learning_rate():
    rate = leaf(0.1)
    moving = leaf([3.0]).clone()
    optimizer = mt.optim.SGD([moving], lr=rate, differentiable=True)
    moving.grad = mt.tensor([2.0], dtype=mt.float64)
    optimizer.step()
    moving.sum().backward()
    assert rate.grad.item() == -2.0


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW"])
def test_a_learning_rate_may_be_a_tensor(name):
    both = []
    for rate in (0.125, mt.tensor(0.125), mt.tensor([0.125])):
        parameter = leaf([1.0, 2.0])
        parameter.grad = mt.tensor([3.0, 4.0], dtype=mt.float64)
        getattr(mt.optim, name)([parameter], lr=rate).step()
        both.append(parameter.detach().numpy())
    np.testing.assert_array_equal(both[0], both[1])
    np.testing.assert_array_equal(both[0], both[2])


def test_betas_may_be_tensors():
    numbers = []
    for betas in ((0.5, 0.75), (mt.tensor(0.5), mt.tensor([[0.75]]))):
        parameter = leaf([1.0, 2.0])
        optimizer = mt.optim.Adam([parameter], betas=betas)
        for gradient in ([3.0, 4.0], [-1.0, 0.5]):
            parameter.grad = mt.tensor(gradient, dtype=mt.float64)
            optimizer.step()
        numbers.append(parameter.detach().numpy())
    np.testing.assert_array_equal(*numbers)


@pytest.mark.parametrize("dtype", [mt.float16, mt.float32, mt.float64])
def test_parameters_and_state_keep_their_type(dtype):
    parameter = leaf([1.0, 2.0], dtype)
    optimizer = mt.optim.Adam([parameter], lr=0.5, eps=0.01)
    parameter.grad = mt.tensor([0.5, -0.5], dtype=dtype)
    optimizer.step()
    state = optimizer.state[parameter]
    assert parameter.dtype == state["exp_avg"].dtype == state["exp_avg_sq"].dtype == dtype
    assert state["step"].dtype == mt.float32
    np.testing.assert_allclose(parameter.detach().numpy(), [0.51, 2.49], rtol=2e-3)


def test_adam_sees_complex_numbers_as_pairs_of_real_ones():
    parameter = mt.tensor([1 + 2j, -1j], requires_grad=True)
    parts = leaf([1.0, 2.0, 0.0, -1.0], mt.float32)
    optimizer = mt.optim.Adam([parameter], lr=0.1)
    pairs = mt.optim.Adam([parts], lr=0.1)
    for gradient in ([1 - 3j, 0.5 + 0j], [0.25 + 1j, 2j]):
        parameter.grad = mt.tensor(gradient)
        parts.grad = mt.tensor(np.array(gradient, np.complex64).view(np.float32))
        optimizer.step(), pairs.step()
    numbers = parameter.detach().numpy().view(np.float32)
    np.testing.assert_array_equal(numbers, parts.detach().numpy())
    assert optimizer.state[parameter]["exp_avg"].dtype == mt.complex64


def test_zero_d_and_empty_parameters_are_stepped():
    scalar, empty = leaf(2.0), leaf(np.zeros((0, 3)))
    optimizer = mt.optim.SGD([scalar, empty], lr=0.5, momentum=0.5)
    scalar.grad, empty.grad = mt.tensor(1.0, dtype=mt.float64), mt.zeros(0, 3, dtype=mt.float64)
    optimizer.step()
    assert scalar.item() == 1.5
    assert optimizer.state[empty]["momentum_buffer"].shape == (0, 3)


def test_parameters_that_are_not_contiguous_are_stepped():
    array = np.arange(60000.0).reshape(300, 200)
    parameter, twin = leaf(array.T.copy()), leaf(array.T.copy())
    parameter.data = mt.tensor(array).t()
    gradient = np.sin(array.T)
    for one, optimizer in (
        (parameter, mt.optim.AdamW([parameter], lr=0.5)),
        (twin, mt.optim.AdamW([twin], lr=0.5)),
    ):
        one.grad = mt.tensor(gradient)
        optimizer.step()
    np.testing.assert_array_equal(parameter.detach().numpy(), twin.detach().numpy())


@pytest.mark.torch
@pytest.mark.parametrize(("name", "options"), [(name, options) for name, options, _ in RECORDED])
def test_many_parameters_and_steps_follow_pytorch(name, options):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    shapes = [(3,), (), (4, 5), (200, 100), (1,), (40000,)]
    arrays = [rng.standard_normal(shape) for shape in shapes]
    ours = [leaf(array) for array in arrays]
    theirs = [torch.tensor(array, requires_grad=True) for array in arrays]
    first = getattr(mt.optim, name)(ours, **options)
    second = getattr(torch.optim, name)(theirs, **options)
    for _ in range(5):
        for p, q in zip(ours, theirs, strict=True):
            gradient = rng.standard_normal(tuple(q.shape))
            p.grad, q.grad = mt.tensor(gradient), torch.tensor(gradient)
        first.step(), second.step()
    for p, q in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), q.detach().numpy(), rtol=1e-10, atol=1e-12)
        for key, value in second.state[q].items():
            mine = first.state[p][key]
            assert tuple(mine.shape) == tuple(value.shape)
            np.testing.assert_allclose(mine.numpy(), value.numpy(), rtol=1e-10, atol=1e-12)
