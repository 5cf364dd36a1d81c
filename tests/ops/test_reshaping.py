"""Views that replace the tensor itself."""

from __future__ import annotations

import pytest

import minitorch_lazy as torch


def test_the_shape_changes_and_the_memory_stays() -> None:
    x = torch.zeros(1, 3)
    same = x
    assert x.squeeze_(0) is x
    assert tuple(same.shape) == (3,)
    x.unsqueeze_(1)
    x.transpose_(0, 1)
    assert tuple(x.shape) == (1, 3)
    assert tuple(x.t_().shape) == (3, 1)
    assert tuple(x.swapaxes_(0, 1).shape) == (1, 3)


def test_gradients_flow_through_the_new_shape() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    y.t_()
    (y * torch.arange(6.0).reshape(3, 2)).sum().backward()
    assert x.grad.tolist() == [[0, 4, 8], [2, 6, 10]]


def test_views_made_before_still_share_memory_and_graph() -> None:
    x = torch.ones(2, 3, requires_grad=True)
    y = x * 2
    row = y[0]
    y.unsqueeze_(0)
    y.mul_(3)
    row.sum().backward()
    assert row.tolist() == [6, 6, 6]
    assert x.grad.tolist() == [[6, 6, 6], [0, 0, 0]]


def test_a_leaf_that_requires_grad_keeps_its_shape() -> None:
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        torch.ones(1, 2, requires_grad=True).squeeze_()
