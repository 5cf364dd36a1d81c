"""Normalisation of each sample by itself, and by neighbours: formulas, statistics, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from minitorch_lazy.autograd import gradcheck, gradgradcheck
from tests.nn.functional.mending import check_mend

SHAPES = [(4, 3, 2), (2, 3, 4, 2), (1, 3, 2, 2, 2)]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape) * 2 + 1


def positive(*shape):
    return abs(numbers(*shape)) + 0.1


def tensors(*arrays, **options):
    return [torch.tensor(a, **options) for a in arrays]


def wide(part, x):
    return part.reshape(1, -1, *(1,) * (x.ndim - 2))


def places(x):
    return tuple(range(2, x.ndim))


# -- instance_norm -------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_instance_norm_standardises_each_channel_of_each_sample(shape):
    x, w, b = numbers(*shape), numbers(3), numbers(3)
    mean, variance = x.mean(places(x), keepdims=True), x.var(places(x), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 0.1)
    found = F.instance_norm(torch.tensor(x), eps=0.1)
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-12)
    found = F.instance_norm(torch.tensor(x), None, None, *tensors(w, b), eps=0.1)
    np.testing.assert_allclose(found.numpy(), expected * wide(w, x) + wide(b, x), atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
def test_running_statistics_move_toward_the_mean_of_the_samples(shape):
    x, mean, variance = numbers(*shape), numbers(3), positive(3)
    running = tensors(mean, variance)
    F.instance_norm(torch.tensor(x), *running, momentum=0.3)
    own = x.var(places(x), ddof=1).mean(0)
    np.testing.assert_allclose(running[0].numpy(), 0.7 * mean + 0.3 * x.mean(places(x)).mean(0))
    np.testing.assert_allclose(running[1].numpy(), 0.7 * variance + 0.3 * own)


@pytest.mark.parametrize("shape", [*SHAPES, (2, 3)])
def test_without_the_input_s_statistics_the_running_ones_are_used_and_left(shape):
    x, mean, variance, w, b = numbers(*shape), numbers(3), positive(3), numbers(3), numbers(3)
    running = tensors(mean, variance)
    y = F.instance_norm(torch.tensor(x), *running, *tensors(w, b), use_input_stats=False)
    expected = (x - wide(mean, x)) / np.sqrt(wide(variance, x) + 1e-5) * wide(w, x) + wide(b, x)
    np.testing.assert_allclose(y.numpy(), expected)
    assert running[0].tolist() == mean.tolist()
    assert running[1].tolist() == variance.tolist()


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0)])
def test_an_empty_input_stays_empty_and_moves_nothing(shape):
    running = torch.zeros(3), torch.ones(3)
    assert F.instance_norm(torch.rand(shape), *running).shape == shape
    assert (running[0].tolist(), running[1].tolist()) == ([0.0] * 3, [1.0] * 3)
    assert F.group_norm(torch.rand(shape), 3).shape == shape


def test_instance_norm_refuses_what_does_not_fit():
    x, three, four = torch.rand(2, 3, 4), torch.ones(3), torch.ones(4)
    exact = three.double()
    for place, name in enumerate(("running_mean", "running_var", "weight", "bias")):
        parts = [three] * place + [four] + [three] * (3 - place)
        for own in (False, True):
            check_mend(RuntimeError, f"{name} should contain 3 elements not 4", "3 channels",
                       lambda p=parts, o=own: F.instance_norm(x, *p, use_input_stats=o),
                       lambda: F.instance_norm(x, three, three, three, three))  # fmt: skip
    for shape in ((2, 3), (2, 3, 1), (3,)):
        check_mend(ValueError, "Expected more than 1 spatial element when training, got input size "
                   f"torch.Size({list(shape)})", "more places",
                   lambda s=shape: F.instance_norm(torch.rand(s)))  # fmt: skip
    check_mend(RuntimeError, "Expected running_mean and running_var to be defined when "
               "use_input_stats=False", "use_input_stats=True",
               lambda: F.instance_norm(x, use_input_stats=False),
               lambda: F.instance_norm(x, use_input_stats=True))  # fmt: skip
    check_mend(ValueError, "running_mean and running_var must either both be None or neither be "
               "None", "give both", lambda: F.instance_norm(x, three))  # fmt: skip
    check_mend(RuntimeError, "mixed dtype", "float64", lambda: F.instance_norm(x, weight=exact),
               lambda: F.instance_norm(x.double(), weight=exact))  # fmt: skip
    check_mend(NotImplementedError, "\"instance_norm\" not implemented for 'Long'", ".float()",
               lambda: F.instance_norm(x.long()))  # fmt: skip
    check_mend(TypeError, "Tensor, not numpy.ndarray", "torch.tensor",
               lambda: F.instance_norm(np.ones((2, 3, 4))))  # fmt: skip


# -- gradients of both, by finite differences ----------------------------------------------------


def check_gradients(function, *arrays):
    leaves = tensors(*arrays, requires_grad=True)
    assert gradcheck(function, leaves)
    assert gradgradcheck(function, leaves)


@pytest.mark.parametrize("groups", [1, 2, 4])
def test_gradients_of_group_norm_are_its_slopes_twice(groups):
    check_gradients(lambda x, w, b: F.group_norm(x, groups, w, b, 0.1),
                    numbers(2, 4, 3), numbers(4), numbers(4))  # fmt: skip


@pytest.mark.parametrize("own", [True, False])
def test_gradients_of_instance_norm_are_its_slopes_twice(own):
    mean, variance = tensors(numbers(2), positive(2))
    check_gradients(lambda x, w, b: F.instance_norm(x, mean, variance, w, b, own, 0.0),
                    numbers(3, 2, 4), numbers(2), numbers(2))  # fmt: skip


def test_gradients_of_rms_norm_and_local_response_norm_are_their_slopes_twice():
    check_gradients(lambda x, w: F.rms_norm(x, (2, 3), w, 0.1), numbers(2, 2, 3), numbers(2, 3))
    check_gradients(lambda x: F.local_response_norm(x, 3, 0.5, 0.6, 2.0), numbers(2, 4, 3))


@pytest.mark.parametrize("name", ["batch_norm", "layer_norm", "rms_norm", "group_norm",
                                  "instance_norm"])  # fmt: skip
def test_float32_parameters_of_halves_get_float32_gradients(name):
    def run(x, w):
        options = {"layer_norm": ((4,), w), "rms_norm": ((4,), w), "group_norm": (2, w),
                   "batch_norm": (None, None, w, None, True), "instance_norm": (None, None, w)}
        return (getattr(F, name)(x, *options[name]).double() ** 2).sum()

    array = np.float16(numbers(3, 4, 4))
    x = torch.tensor(array, requires_grad=True)
    w = torch.tensor(np.float32(numbers(4)), requires_grad=True)
    run(x, w).backward()
    assert (x.grad.dtype, w.grad.dtype) == (torch.float16, torch.float32)
    exact = w.detach().double().requires_grad_()
    run(torch.tensor(array).double(), exact).backward()
    np.testing.assert_allclose(w.grad.numpy(), exact.grad.numpy(), rtol=1e-2)


# -- local_response_norm -------------------------------------------------------------------------


def answered(x, size, alpha, beta, k):
    """Divide, one channel at a time."""
    y = np.empty_like(x)
    for c in range(x.shape[1]):
        first = c - size // 2
        seen = x[:, max(0, first) : max(0, first + size)]
        y[:, c] = x[:, c] / (k + alpha / size * (seen**2).sum(1)) ** beta
    return y


@pytest.mark.parametrize("shape", [(2, 5, 3), (2, 5, 3, 2), (1, 5, 2, 1, 3), (1, 5, 2, 1, 1, 3)])
@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_local_response_norm_divides_by_its_neighbours(shape, size):
    x = numbers(*shape)
    found = F.local_response_norm(torch.tensor(x), size, 0.5, 0.6, 2.0)
    np.testing.assert_allclose(found.numpy(), answered(x, size, 0.5, 0.6, 2.0))
    found = F.local_response_norm(torch.tensor(x), size)
    np.testing.assert_allclose(found.numpy(), answered(x, size, 1e-4, 0.75, 1.0))


def test_local_response_norm_of_nothing_is_nothing():
    assert F.local_response_norm(torch.rand(0, 3, 2), 2).shape == (0, 3, 2)


def test_local_response_norm_refuses_what_it_cannot_read():
    check_mend(ValueError, "Expected 3D or higher dimensionality input (got 2 dimensions)",
               "(N, C, *)", lambda: F.local_response_norm(torch.rand(2, 3), 2),
               lambda: F.local_response_norm(torch.rand(2, 3, 1), 2))  # fmt: skip
    for size in (0, -1):
        check_mend(RuntimeError, f"greater than zero, but got {size}", "1 or more",
                   lambda s=size: F.local_response_norm(torch.rand(2, 3, 1), s),
                   lambda: F.local_response_norm(torch.rand(2, 3, 1), 1))  # fmt: skip
    check_mend(TypeError, "argument 'input' must be Tensor, not numpy.ndarray", "torch.tensor",
               lambda: F.local_response_norm(np.ones((2, 3, 4)), 2))  # fmt: skip


# -- beside PyTorch ------------------------------------------------------------------------------


@pytest.mark.torch
@pytest.mark.parametrize("shape", [*SHAPES, (8, 3, 9, 11), (40, 3, 5)])
@pytest.mark.parametrize("name", ["group_norm", "instance_norm"])
def test_float32_results_gradients_and_statistics_are_torch_s(shape, name):
    oracle = pytest.importorskip("torch")
    x, g, w, b = (np.float32(numbers(*s)) for s in (shape, shape, (3,), (3,)))
    found = []
    for package in (torch, oracle):
        leaves = [package.tensor(a, requires_grad=True) for a in (x, w, b)]
        running = [package.zeros(3), package.ones(3)]
        f = package.nn.functional
        y = (f.group_norm(leaves[0], 3, *leaves[1:]) if name == "group_norm" else
             f.instance_norm(leaves[0], *running, *leaves[1:]))  # fmt: skip
        y.backward(package.tensor(g))
        found.append([y.detach(), *[leaf.grad for leaf in leaves], *running])
    for mine, other in zip(*found, strict=True):
        np.testing.assert_allclose(mine.numpy(), other.numpy(), rtol=1e-4, atol=1e-4)
