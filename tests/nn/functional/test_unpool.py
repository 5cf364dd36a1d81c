"""Power-average pooling against plain norms, unpooling as the inverse of pooling."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

PLACES = {1: (6,), 2: (4, 6), 3: (4, 2, 6)}


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pool(rank, name):
    return getattr(F, f"{name}{rank}d")


def in_windows(x, rank):
    """Reshape to windows of two along each of the last axes: (N, C, *out, window)."""
    sizes = [n for size in x.shape[2:] for n in (size // 2, 2)]
    split = x.reshape(*x.shape[:2], *sizes)
    order = (0, 1, *range(2, 2 + 2 * rank, 2), *range(3, 3 + 2 * rank, 2))
    return split.transpose(order).reshape(*x.shape[:2], *(n // 2 for n in x.shape[2:]), -1)


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("p", [1, 2, 3.5, math.inf, -math.inf])
def test_power_pooling_takes_the_norm_of_each_window(rank, p):
    x = np.abs(numbers(2, 3, *PLACES[rank]))
    y = pool(rank, "lp_pool")(torch.tensor(x), p, 2)
    np.testing.assert_allclose(y.numpy(), np.linalg.norm(in_windows(x, rank), p, -1))
    np.testing.assert_array_equal(pool(rank, "lp_pool")(torch.tensor(x[0]), p, 2).numpy(), y[0])


def test_power_pooling_counts_windows_that_hang_over_as_whole_ones():
    x = torch.tensor([[[3.0, 4.0, 5.0]]])
    y = F.lp_pool1d(x, 2, 2, ceil_mode=True)
    np.testing.assert_allclose(y.numpy(), [[[5, 5 * math.sqrt(2)]]], rtol=1e-6)


def test_the_gradient_of_a_norm_is_zero_where_it_is_zero():
    x = torch.zeros(1, 1, 4, requires_grad=True)
    F.lp_pool1d(x, 2, 2).sum().backward()
    assert x.grad.tolist() == [[[0, 0, 0, 0]]]
    x = torch.tensor(np.abs(numbers(1, 2, 4, 4)) + 0.1, requires_grad=True)
    assert torch.autograd.gradcheck(lambda t: F.lp_pool2d(t, 3, 2), x)
    assert torch.autograd.gradgradcheck(lambda t: F.lp_pool2d(t, 3, 2), x)


def test_a_power_of_zero_is_refused():
    check_mend(ZeroDivisionError, "division by zero", "such as 2",
               lambda: F.lp_pool1d(torch.rand(1, 1, 4), 0, 2),
               lambda: F.lp_pool1d(torch.rand(1, 1, 4), 2, 2))  # fmt: skip


# -- unpooling -----------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_unpooling_puts_the_largest_back_among_zeros(rank):
    x = torch.tensor(np.abs(numbers(2, 3, *PLACES[rank])))
    y, indices = pool(rank, "max_pool")(x, 2, return_indices=True)
    back = pool(rank, "max_unpool")(y, indices, 2)
    assert back.shape == x.shape
    kept = back != 0
    assert kept.sum().item() == y.numel()
    assert back[kept].equal(x[kept])
    assert pool(rank, "max_pool")(back, 2).equal(y)
    single = pool(rank, "max_unpool")(y[0], indices[0], 2)
    assert single.equal(back[0])


def test_an_output_size_chooses_among_those_that_pool_alike():
    x = torch.arange(1.0, 26).reshape(1, 5, 5)
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    assert F.max_unpool2d(y, indices, 2, output_size=(5, 5)).shape == x.shape
    assert F.max_unpool2d(y.unsqueeze(0), indices.unsqueeze(0), 2, output_size=(1, 1, 5, 5)).equal(
        F.max_unpool2d(y, indices, 2, output_size=[5, 5]).unsqueeze(0)
    )


def test_of_several_for_one_place_the_last_is_kept_and_all_get_the_gradient():
    x = torch.tensor([[[1.0, 2.0, 3.0]]], requires_grad=True)
    y = F.max_unpool1d(x, torch.tensor([[[0, 0, 1]]]), 2)
    assert y.tolist() == [[[2, 3, 0, 0, 0, 0]]]
    y.backward(torch.arange(1.0, 7).reshape(1, 1, 6))
    assert x.grad.tolist() == [[[1, 1, 2]]]


def test_gradients_of_unpooling_pick_what_was_put():
    x = torch.tensor(numbers(2, 2, 4, 4))
    y, indices = F.max_pool2d(x, 2, return_indices=True)
    y = y.clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda t: F.max_unpool2d(t, indices, 2), y)
    assert torch.autograd.gradgradcheck(lambda t: F.max_unpool2d(t, indices, 2) ** 2, y)


def test_what_no_pooling_returned_is_refused():
    y, indices = F.max_pool2d(torch.rand(1, 2, 4, 4), 2, return_indices=True)
    unpool = F.max_unpool2d
    check_mend(
        RuntimeError,
        "should be type int64 but got: Int",
        ".long()",
        lambda: unpool(y, indices.int(), 2),
        lambda: unpool(y, indices.int().long(), 2),
    )
    check_mend(RuntimeError, "Expected shape of indices to be same as that of the input tensor",
               "one max pooling", lambda: unpool(y, indices[:, :1], 2))  # fmt: skip
    check_mend(RuntimeError, "Found an invalid max index: 1", "output_size",
               lambda: unpool(y, indices + 96, 2))  # fmt: skip
    check_mend(RuntimeError, "should be a 3d or 4d Tensor, but got a tensor with 2 dimensions",
               "channels", lambda: unpool(y[0, 0], indices[0, 0], 2))  # fmt: skip
    check_mend(ValueError, 'invalid output_size "(6, 5)" (dim 0 must be between 2 and 6)',
               "pooled", lambda: unpool(y, indices, 2, output_size=(6, 5)),
               lambda: unpool(y, indices, 2, output_size=(4, 4)))  # fmt: skip
    check_mend(ValueError, "containing 2 or 4 elements", "pooled",
               lambda: unpool(y, indices, 2, output_size=(1, 5, 5)))  # fmt: skip
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: unpool(y.long(), indices, 2))  # fmt: skip
    check_mend(RuntimeError, "Expected input to have non-zero size for non-batch", "batch",
               lambda: unpool(y[:, :0], indices[:, :0], 2),
               lambda: unpool(y[:0], indices[:0], 2))  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("rank", [1, 2, 3])
def test_values_and_gradients_are_torch_s(rank):
    oracle = pytest.importorskip("torch")
    for p in (2, 1.5, math.inf):
        found = []
        for package in (torch, oracle):
            functional = package.nn.functional
            x = package.tensor(numbers(2, 3, *PLACES[rank]), requires_grad=True)
            y = getattr(functional, f"lp_pool{rank}d")(x, p, 2, 1)
            pooled, indices = getattr(functional, f"max_pool{rank}d")(x, 2, return_indices=True)
            back = getattr(functional, f"max_unpool{rank}d")(pooled, indices, 2)
            ((y * y).sum() + (back**3).sum()).backward()
            found.append([y.detach().numpy(), back.detach().numpy(), x.grad.numpy()])
        for mine, other in zip(*found, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-10)
