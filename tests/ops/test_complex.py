"""Complex numbers made of real ones, looked at as such, and their angles."""

from __future__ import annotations

from math import nan, pi

import numpy as np
import pytest

import minitorch_lazy as torch


def test_complex_takes_two_parts_that_broadcast() -> None:
    z = torch.complex(torch.tensor([1.0, 2.0]), torch.tensor(3.0))
    assert z.dtype is torch.complex64
    assert z.tolist() == [1 + 3j, 2 + 3j]
    assert torch.complex(torch.ones(0).double(), torch.ones(0).double()).dtype is torch.complex128


def test_infinite_parts_stay_apart() -> None:
    z = torch.complex(torch.tensor(1.0), torch.tensor(float("inf")))
    assert (z.real.item(), z.imag.item()) == (1, float("inf"))


def test_polar_and_angle_undo_each_other() -> None:
    size, angle = torch.tensor([1.0, 2.0]), torch.tensor([0.5, -3.0])
    z = torch.polar(size, angle)
    np.testing.assert_allclose(z.abs().numpy(), size.numpy(), rtol=1e-6)
    np.testing.assert_allclose(z.angle().numpy(), angle.numpy(), rtol=1e-6)


def test_real_numbers_point_forward_or_back() -> None:
    x = torch.tensor([2.0, -0.0, -2.0, nan], requires_grad=True)
    y = torch.angle(x)
    np.testing.assert_allclose(y.detach().numpy(), [0, 0, pi, nan], rtol=1e-6)
    y.sum().backward()
    assert x.grad.tolist() == [0, 0, 0, 0]
    assert torch.angle(torch.tensor([-1, 1])).dtype is torch.float32


def test_the_angle_of_zero_has_no_gradient() -> None:
    z = torch.tensor([0j, 1j], requires_grad=True)
    z.angle().sum().backward()
    assert z.grad.tolist() == [0, -1]


def test_isreal_looks_at_the_imaginary_part() -> None:
    assert torch.isreal(torch.tensor([1 + 0j, 1j])).tolist() == [True, False]
    assert torch.isreal(torch.tensor([1, 2])).tolist() == [True, True]
    assert torch.isreal(torch.ones(2, device="meta")).dtype is torch.bool


def test_writes_reach_what_is_looked_at() -> None:
    z = torch.zeros(2, 3, dtype=torch.complex64)
    torch.view_as_real(z.t())[..., 1] = 2
    assert (z == 2j).all()
    x = torch.zeros(3, 2)
    torch.view_as_complex(x)[0] = 1 + 2j
    assert x[0].tolist() == [1, 2]


PARTS = {
    "real": lambda z: z.real,
    "imag": lambda z: z.imag,
    "pairs": lambda z: torch.view_as_real(z)[:, 1],
    "pairs of pairs": lambda z: torch.view_as_complex(torch.view_as_real(z))[1:],
}


@pytest.mark.parametrize("part", list(PARTS))
def test_writes_to_a_part_have_both_gradients(part: str) -> None:
    def written(x: torch.Tensor, a: torch.Tensor) -> torch.Tensor:
        z = x * (1 + 2j)
        PARTS[part](z).mul_(a)
        PARTS[part](z)[:1] += a
        return z * z

    x = torch.tensor([1 + 1j, 2 - 1j], dtype=torch.complex128, requires_grad=True)
    a = torch.tensor([1.5], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(written, (x, a))
    assert torch.autograd.gradgradcheck(written, (x, a))


def test_writes_to_a_view_belong_to_the_graph() -> None:
    z = torch.tensor([1 + 1j, 2 + 2j], requires_grad=True)
    w = z * 1
    torch.view_as_real(w)[0, 1] = 5
    (w.real * w.imag).sum().backward()
    assert z.grad.tolist() == [5, 2 + 2j]


@pytest.mark.parametrize("shape", [(2,), (0, 2), (3, 0, 2)], ids=str)
def test_pairs_and_back(shape: tuple[int, ...]) -> None:
    x = torch.ones(shape)
    z = torch.view_as_complex(x)
    assert z.shape == shape[:-1]
    np.testing.assert_array_equal(torch.view_as_real(z).numpy(), x.numpy())


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (torch.tensor(1.0), "one or more dimensions"),
        (torch.ones(3), "last dimension of size 2"),
        (torch.ones(3, 2).long(), "only supported for float and double .* Long"),
        (torch.ones(2, 3).t(), "last dimension with stride 1"),
        (torch.ones(3, 3)[:, :2], "stride divisible by 2"),
    ],
    ids=["number", "odd", "integers", "apart", "odd rows"],
)
def test_what_holds_no_pairs_is_refused(x: torch.Tensor, said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        torch.view_as_complex(x)


@pytest.mark.parametrize("function", [torch.complex, torch.polar], ids=["complex", "polar"])
def test_parts_of_two_types_are_refused(function: object) -> None:
    with pytest.raises(RuntimeError, match="Expected both inputs to be Float or Double"):
        function(torch.tensor(1), torch.tensor(2))  # type: ignore[operator]
    with pytest.raises(RuntimeError, match="scalar type Float but got scalar type Double"):
        function(torch.tensor(1.0), torch.tensor(2.0).double())  # type: ignore[operator]


def test_a_real_tensor_has_no_pairs() -> None:
    with pytest.raises(RuntimeError, match="only supported for complex"):
        torch.view_as_real(torch.ones(2))
