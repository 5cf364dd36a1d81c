"""Sums and means that leave nan out."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch

NAN = float("nan")
X = [[1.0, NAN, 3.0], [NAN, NAN, NAN]]


def test_nan_counts_as_nothing_and_gets_no_gradient() -> None:
    x = torch.tensor(X, requires_grad=True)
    y = x.nansum(1)
    y.sum().backward()
    assert y.tolist() == [4, 0]
    assert x.grad.tolist() == [[1, 0, 1], [0, 0, 0]]


@pytest.mark.parametrize("keepdim", [False, True])
def test_nanmean_divides_by_how_many_numbers_there_are(keepdim: bool) -> None:
    y = torch.nanmean(torch.tensor(X), 0, keepdim)
    np.testing.assert_array_equal(y.numpy(), [[1, NAN, 3]] if keepdim else [1, NAN, 3])


def test_infinity_is_a_number() -> None:
    assert torch.nansum(torch.tensor([NAN, float("inf")])).item() == float("inf")


def test_integers_are_summed_as_by_sum() -> None:
    y = torch.nansum(torch.tensor([True, True]))
    assert (y.item(), y.dtype) == (2, torch.int64)
    assert torch.nansum(torch.ones(2), dtype=torch.float64).dtype is torch.float64


def test_nothing_sums_to_zero_and_has_no_mean() -> None:
    assert torch.nansum(torch.ones(0)).item() == 0
    assert torch.nanmean(torch.ones(0)).isnan()
    assert torch.nansum(torch.tensor(NAN)).item() == 0


@pytest.mark.parametrize("name", ["nansum", "nanmean"])
def test_complex_numbers_are_refused(name: str) -> None:
    with pytest.raises(RuntimeError, match="does not support complex inputs"):
        getattr(torch, name)(torch.tensor([1j]))


def test_integers_have_no_nanmean() -> None:
    with pytest.raises(RuntimeError, match=r"expected input to have floating point.* got Long"):
        torch.arange(3).nanmean()
