"""Columns of sliding blocks against windows that are walked one by one, and back."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

# kernel_size, dilation, padding, stride
BLOCKS = [(2, 1, 0, 1), ((2, 3), 1, 1, 2), (2, 2, 1, (2, 1)), ((3, 1), (1, 2), (0, 2), 1),
          (1, 1, 0, 1)]  # fmt: skip


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pair(value):
    return (value, value) if isinstance(value, int) else value


def walked(x, blocks):
    """Copy the blocks of (N, C, H, W) one by one."""
    (kh, kw), (dh, dw), (ph, pw), (sh, sw) = map(pair, blocks)
    x = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    rows = range(0, x.shape[2] - dh * (kh - 1), sh)
    columns = range(0, x.shape[3] - dw * (kw - 1), sw)
    found = [
        x[:, :, i : i + dh * (kh - 1) + 1 : dh, j : j + dw * (kw - 1) + 1 : dw].reshape(len(x), -1)
        for i, j in itertools.product(rows, columns)
    ]
    return np.stack(found, 2)


@pytest.mark.parametrize("blocks", BLOCKS)
def test_unfold_copies_every_block_into_a_column(blocks):
    x = numbers(2, 3, 5, 6)
    y = F.unfold(torch.tensor(x), *blocks)
    np.testing.assert_array_equal(y.numpy(), walked(x, blocks))
    np.testing.assert_array_equal(F.unfold(torch.tensor(x[0]), *blocks).numpy(), y.numpy()[0])


@pytest.mark.parametrize("blocks", BLOCKS)
def test_fold_is_the_adjoint_of_unfold(blocks):
    x = numbers(2, 3, 5, 6)
    columns = walked(x, blocks)
    g = numbers(*columns.shape)
    y = F.fold(torch.tensor(g), (5, 6), *blocks)
    assert y.shape == x.shape
    np.testing.assert_allclose((columns * g).sum(), (x * y.numpy()).sum())
    np.testing.assert_array_equal(F.fold(torch.tensor(g[0]), (5, 6), *blocks).numpy(), y.numpy()[0])


@pytest.mark.parametrize("blocks", BLOCKS)
def test_gradients_are_the_other_way_round_and_second_gradients_hold(blocks):
    x = torch.tensor(numbers(1, 2, 4, 5), requires_grad=True)
    y = F.unfold(x, *blocks)
    g = torch.tensor(numbers(*y.shape))
    y.backward(g)
    np.testing.assert_allclose(x.grad.numpy(), F.fold(g, (4, 5), *blocks).numpy())
    assert torch.autograd.gradgradcheck(lambda t: F.unfold(t, *blocks) ** 2, x)
    columns = y.detach().clone().requires_grad_()
    assert torch.autograd.gradgradcheck(lambda t: F.fold(t, (4, 5), *blocks) ** 2, columns)


def test_a_convolution_is_a_product_with_the_columns():
    x, w = torch.tensor(numbers(2, 3, 5, 6)), torch.tensor(numbers(4, 3, 2, 3))
    y = (w.reshape(4, -1) @ F.unfold(x, (2, 3), padding=1, stride=2)).reshape(2, 4, 3, 3)
    np.testing.assert_allclose(y.numpy(), F.conv2d(x, w, padding=1, stride=2).numpy())


def test_the_result_never_shares_memory_with_the_input():
    x = torch.zeros(1, 1, 2, 2)
    F.unfold(x, 1).add_(1)
    F.unfold(x, 2).add_(1)
    F.fold(x.reshape(1, 1, 4), 2, 1).add_(1)
    assert not x.any()


def test_an_empty_batch_and_other_types_pass():
    assert F.unfold(torch.ones(0, 2, 3, 3), 2).shape == (0, 8, 4)
    assert F.fold(torch.ones(0, 8, 4), 3, 2).shape == (0, 2, 3, 3)
    for dtype in (torch.float16, torch.complex64, torch.bool):
        assert F.unfold(torch.ones(1, 2, 2, dtype=dtype), 2).dtype is dtype
    assert F.fold(torch.ones(8, 4, device="meta"), 3, 2).shape == (2, 3, 3)


def test_blocks_that_do_not_fit_are_refused():
    x = torch.rand(1, 2, 3, 3)
    check_mend(RuntimeError, "calculated shape of the array of sliding blocks as (0, 0)",
               "smaller kernel", lambda: F.unfold(x, 4), lambda: F.unfold(x, 3))  # fmt: skip
    check_mend(RuntimeError, "kernel size should be greater than zero, but got kernel_height: 0 "
               "kernel_width: 1", "1 or more", lambda: F.unfold(x, (0, 1)))  # fmt: skip
    check_mend(RuntimeError, "padding should be non-negative", "0 or more",
               lambda: F.unfold(x, 2, padding=-1))  # fmt: skip
    check_mend(RuntimeError, "stride should be greater than zero", "1 or more",
               lambda: F.fold(torch.rand(8, 4), 3, 2, stride=0))  # fmt: skip
    check_mend(RuntimeError, "Expected 3D or 4D (batch mode) tensor", "channels",
               lambda: F.unfold(torch.rand(3, 3), 2))  # fmt: skip
    check_mend(RuntimeError, "Expected 2D or 3D (batch mode) tensor", "blocks",
               lambda: F.fold(torch.rand(4), 3, 2))  # fmt: skip
    check_mend(
        RuntimeError,
        "to be divisible by the product of kernel_size, but got input.size(1)=3",
        "multiple of 4",
        lambda: F.fold(torch.rand(3, 4), 3, 2),
    )
    check_mend(RuntimeError, "calculated number of sliding blocks 2 * 2 = 4, but got "
               "input.size(2)=5", "unfold", lambda: F.fold(torch.rand(4, 5), 3, 2))  # fmt: skip
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: F.unfold(torch.ones(1, 3, 3).long(), 2))  # fmt: skip


@pytest.mark.torch
def test_values_and_gradients_are_torch_s():
    oracle = pytest.importorskip("torch")
    x = numbers(2, 3, 6, 7)
    for blocks in itertools.product([1, (2, 3)], [1, 2], [0, (1, 0)], [1, (2, 1)]):
        found = []
        for package in (torch, oracle):
            functional, t = package.nn.functional, package.tensor(x, requires_grad=True)
            columns = functional.unfold(t, *blocks)
            y = functional.fold(columns * columns, (6, 7), *blocks)
            (y * y).sum().backward()
            found.append([columns.detach().numpy(), y.detach().numpy(), t.grad.numpy()])
        for mine, other in zip(*found, strict=True):
            np.testing.assert_allclose(mine, other, rtol=1e-12)
