"""Powers of tensors and numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.array([0.5, 1.5, 2.0])


@pytest.mark.parametrize("exponent", [2, 3, 1, 0, 0.5, -1, -2.5])
def test_a_number_as_exponent(exponent: float) -> None:
    np.testing.assert_allclose((torch.tensor(X) ** exponent).numpy(), X**exponent)
    check_gradient(lambda x: x**exponent, X)


@pytest.mark.parametrize("base", [2, 0.5, 1.0])
def test_a_number_as_base(base: float) -> None:
    np.testing.assert_allclose((base ** torch.tensor(X)).numpy(), base**X)
    check_gradient(lambda x: base**x, X)


def test_both_as_tensors() -> None:
    check_gradient(torch.pow, X, [[1.0], [-0.5]])


def test_zero_to_the_zero_is_one_with_gradient_zero() -> None:
    x = torch.zeros(1, requires_grad=True)
    y = x**0
    y.backward()
    assert (y.item(), x.grad.item()) == (1, 0)


def test_the_gradient_of_the_exponent_of_zero_is_zero() -> None:
    b = torch.tensor([0.0, 2.0], requires_grad=True)
    (0.0**b).sum().backward()
    assert b.grad.tolist() == [0, 0]


def test_integers_keep_their_type_and_refuse_a_negative_number() -> None:
    x = torch.tensor([2, -1, 0])
    assert (x**3).tolist() == [8, -1, 0]
    assert (x ** torch.tensor([-1, -3, 0])).tolist() == [0, -1, 1]
    with pytest.raises(RuntimeError, match="Integers to negative integer powers"):
        x ** -1


def test_float_power_computes_in_double_precision() -> None:
    assert torch.float_power(torch.tensor([2]), 0.5).dtype is torch.float64
    assert torch.float_power(2, torch.tensor([3])).item() == 8


def test_ldexp_multiplies_by_powers_of_two() -> None:
    x = torch.tensor([1.0, 3.0])
    assert torch.ldexp(x, torch.tensor([3, -1])).tolist() == [8, 1.5]
    assert torch.ldexp(torch.tensor([1]), torch.tensor([2])).dtype is torch.float32
    assert x.ldexp_(torch.tensor(1)) is x
    assert x.tolist() == [2, 6]
    with pytest.raises(TypeError, match="argument 'other'.* must be Tensor, not int"):
        torch.ldexp(x, 2)


@pytest.mark.parametrize(
    ("dtype", "value", "exponent"),
    [("float16", 2.0**-16, 20), ("float32", 1e-30, 200), ("float64", 1e-300, 1100)],
)
def test_ldexp_reaches_what_the_power_alone_does_not(
    dtype: str, value: float, exponent: int
) -> None:
    x = torch.tensor([value], dtype=getattr(torch, dtype))
    y = torch.ldexp(x, torch.tensor([exponent]))
    assert y.dtype is x.dtype
    assert y.item() == math.ldexp(x.item(), exponent)
