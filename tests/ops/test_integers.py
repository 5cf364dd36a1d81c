"""Divisors, multiples, and places from their numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

A, B = np.random.default_rng(0).integers(-30, 30, (2, 20))


@pytest.mark.parametrize("name", ["gcd", "lcm"])
def test_divisors_and_multiples_are_numpys(name: str, device: str) -> None:
    a, b = torch.tensor(A, device=device), torch.tensor(B, device=device)
    right = getattr(np, name)(A, B)
    np.testing.assert_array_equal(getattr(torch, name)(a, b).cpu().numpy(), right)
    assert getattr(a, name + "_")(b) is a
    np.testing.assert_array_equal(a.cpu().numpy(), right)


def test_types_are_promoted_and_shapes_broadcast() -> None:
    y = torch.gcd(torch.tensor([[4], [6]], dtype=torch.int16), torch.tensor([8, 9]))
    assert y.dtype is torch.int64
    assert y.tolist() == [[4, 1], [2, 3]]


@pytest.mark.parametrize("name", ["gcd", "lcm"])
def test_what_is_no_integer_is_refused(name: str) -> None:
    function, whole = getattr(torch, name), torch.tensor([1])
    with pytest.raises(NotImplementedError, match="not implemented for 'Float'"):
        function(whole, torch.ones(1))
    with pytest.raises(NotImplementedError, match="not implemented for 'Bool'"):
        function(torch.tensor([True]), whole)
    with pytest.raises(TypeError, match="argument 'other'.* must be Tensor, not int"):
        function(whole, 3)


def test_places_are_numpys() -> None:
    numbers, shape = np.arange(24).reshape(4, 6), (2, 3, 4)
    found = torch.unravel_index(torch.tensor(numbers), shape)
    for y, right in zip(found, np.unravel_index(numbers, shape), strict=True):
        np.testing.assert_array_equal(y.numpy(), right)
    assert torch.unravel_index(torch.tensor(5), ()) == ()
    (y,) = torch.unravel_index(torch.tensor(2, dtype=torch.uint8), 300)
    assert (y.item(), y.dtype) == (2, torch.int64)


@pytest.mark.parametrize(
    ("shape", "kind", "said"),
    [
        (2.0, TypeError, "int or sequence of ints"),
        ((2.0,), TypeError, "only contain ints"),
        ((2, -1), ValueError, "cannot have negative values"),
        ((2, 0), RuntimeError, "ZeroDivisionError"),
    ],
    ids=["fraction", "fractions", "negative", "zero"],
)
def test_shapes_without_places_are_refused(shape: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        torch.unravel_index(torch.tensor([1]), shape)


def test_places_have_whole_numbers() -> None:
    with pytest.raises(TypeError, match="expected 'indices' to be integer dtype"):
        torch.unravel_index(torch.ones(1), (2,))
