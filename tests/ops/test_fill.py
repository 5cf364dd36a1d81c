"""Filling with one number."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch


def test_fill_keeps_the_type_and_cuts_a_float_for_integers() -> None:
    y = torch.fill(torch.zeros(2, dtype=torch.int64), 2.7)
    assert y.dtype is torch.int64
    assert y.tolist() == [2, 2]


def test_fill_sends_no_gradient_to_the_tensor_and_all_to_the_value() -> None:
    x = torch.ones(3, requires_grad=True)
    value = torch.tensor(2.0, requires_grad=True)
    torch.fill(x, value).sum().backward()
    assert x.grad.tolist() == [0, 0, 0]
    assert value.grad.item() == 3


def test_fill_in_place_reaches_the_base_of_a_view() -> None:
    x = torch.zeros(2, 3)
    x[:, 1].fill_(5)
    np.testing.assert_array_equal(x.numpy(), [[0, 5, 0], [0, 5, 0]])


def test_fill_writes_a_repeated_element_of_an_expanded_tensor_once() -> None:
    x = torch.zeros(1)
    x.expand(4).fill_(3)
    assert x.tolist() == [3]


def test_zero_in_place_stops_the_gradient_of_what_it_overwrote() -> None:
    x = torch.ones(2, requires_grad=True)
    y = x * 3
    y.zero_()
    (y + x).sum().backward()
    assert x.grad.tolist() == [1, 1]


def test_a_leaf_that_requires_grad_is_not_filled() -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.ones(2, requires_grad=True).fill_(0)


def test_a_value_with_dimensions_is_refused() -> None:
    with pytest.raises(RuntimeError, match="only supports 0-dimension value tensor"):
        torch.fill(torch.zeros(2), torch.ones(2))


def test_a_complex_value_for_a_real_tensor_is_refused() -> None:
    with pytest.raises(RuntimeError, match="without overflow"):
        torch.zeros(2).fill_(1j)


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_likes_keep_the_order_in_memory(device) -> None:
    x = torch.ones(2, 3, 4, device=device)
    for y, strides in (
        (x, (12, 4, 1)), (x.transpose(0, 1), (4, 12, 1)), (x.permute(2, 0, 1), (1, 12, 4)),
        (x[:, ::2].transpose(0, 2), (1, 4, 8)), (x[:, :1].expand(2, 3, 4), (12, 4, 1)),
    ):  # fmt: skip
        for like in (torch.zeros_like, torch.ones_like, torch.empty_like):
            assert like(y).stride() == like(y, dtype=torch.float64).stride() == strides
        assert torch.full_like(y, 2.0).stride() == strides


def test_dropout_draws_in_the_order_in_memory() -> None:
    x = torch.ones(2, 3, 4)
    torch.manual_seed(1)
    straight = torch.nn.functional.dropout(x, 0.5)
    torch.manual_seed(1)
    turned = torch.nn.functional.dropout(x.transpose(0, 1), 0.5)
    assert torch.equal(turned.transpose(0, 1), straight)
