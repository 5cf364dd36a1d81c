"""Log-odds, sinc, entropy, the normal distribution, and x ln(1 + y)."""

from __future__ import annotations

import math
from math import inf, nan

import numpy as np
import pytest

import minitorch_lazy as torch

special = torch.special


def test_logit_undoes_the_sigmoid() -> None:
    x = torch.linspace(-4, 4, 9, dtype=torch.float64)
    np.testing.assert_allclose(torch.logit(x.sigmoid()).numpy(), x.numpy(), atol=1e-12)


def test_logit_outside_of_its_domain() -> None:
    x = torch.tensor([-0.5, 0.0, 1.0, 1.5], requires_grad=True)
    y = x.logit()
    y.sum().backward()
    np.testing.assert_array_equal(y.detach().numpy(), [nan, -inf, inf, nan])
    np.testing.assert_array_equal(x.grad.numpy(), [nan, inf, inf, nan])


def test_logit_within_bounds_has_no_slope_beyond_them() -> None:
    x = torch.tensor([-1.0, 0.1, 0.5, 0.9], requires_grad=True)
    y = special.logit(x, eps=0.2)
    y.sum().backward()
    np.testing.assert_allclose(y.detach().numpy(), np.log([0.25, 0.25, 1, 4]), atol=1e-6)
    assert x.grad.tolist() == [0, 0, 4, 0]


def test_logit_in_place() -> None:
    x = torch.tensor([0.5])
    assert x.logit_() is x
    assert x.item() == 0


def test_sinc_is_numpys_and_level_at_zero() -> None:
    x = torch.tensor([-1.5, 0.0, 0.25, 2.0], dtype=torch.float64, requires_grad=True)
    y = special.sinc(x)
    np.testing.assert_allclose(y.detach().numpy(), np.sinc(x.detach().numpy()), atol=1e-15)
    y.sum().backward()
    assert x.grad[1].item() == 0
    assert torch.sinc(torch.tensor([0, 1])).dtype is torch.float32


def test_entropy_at_its_borders() -> None:
    x = torch.tensor([-1.0, 0.0, 1.0, nan, inf])
    np.testing.assert_array_equal(special.entr(x).numpy(), [-inf, 0, 0, nan, -inf])


def test_the_normal_distribution_keeps_the_digits_of_its_tail() -> None:
    x = np.array([-8.0, -1.0, 0.0, 3.0])
    right = [0.5 * math.erfc(-n / math.sqrt(2)) for n in x]
    np.testing.assert_allclose(special.ndtr(torch.tensor(x)).numpy(), right, rtol=1e-13)


def test_xlog1py_is_zero_where_the_factor_is() -> None:
    y = special.xlog1py(torch.tensor([0.0, 0.0, 2.0]), torch.tensor([-1.0, nan, 1.0]))
    np.testing.assert_allclose(y.numpy(), [0, nan, 2 * math.log(2)], rtol=1e-6)
    assert special.xlog1py(0, torch.tensor([-3.0])).item() == 0
    assert special.xlog1py(torch.tensor([2]), 0.5).item() == pytest.approx(2 * math.log(1.5))


@pytest.mark.parametrize("name", ["logit", "entr", "ndtr", "xlog1py"])
def test_complex_numbers_are_refused(name: str) -> None:
    others = [2] if name == "xlog1py" else []
    with pytest.raises(NotImplementedError, match="not implemented for 'ComplexFloat'"):
        getattr(special, name)(torch.tensor([1j]), *others)
