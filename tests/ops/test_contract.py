"""Products of tensors along dimensions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

DRAW = np.random.default_rng(0)
A, B = DRAW.normal(size=(2, 3, 4)), DRAW.normal(size=(4, 3, 5))


@pytest.mark.parametrize("dims", [1, ((2,), (0,)), ((1, 2), (1, 0)), 0])
def test_tensordot_is_numpys(dims: object) -> None:
    y = torch.tensordot(torch.tensor(A), torch.tensor(B), dims)
    np.testing.assert_allclose(y.numpy(), np.tensordot(A, B, dims))


def test_tensordot_has_a_gradient_and_names_sizes_that_do_not_match() -> None:
    check_gradient(lambda a, b: torch.tensordot(a, b, ((1, 2), (1, 0))), A, B)
    with pytest.raises(RuntimeError, match="contracted dimensions need to match"):
        torch.tensordot(torch.tensor(A), torch.tensor(B), ((0,), (0,)))


def test_inner_and_kron_are_numpys() -> None:
    a, b = torch.tensor(A), torch.tensor(B)
    np.testing.assert_allclose(torch.inner(a, torch.tensor(A[0])).numpy(), np.inner(A, A[0]))
    np.testing.assert_allclose(torch.kron(a, b).numpy(), np.kron(A, B))
    assert torch.inner(torch.tensor(2.0), torch.tensor([3.0])).tolist() == [6]


def test_cross_follows_the_right_hand() -> None:
    u, v = DRAW.normal(size=(2, 5, 3))
    y = torch.cross(torch.tensor(u), torch.tensor(v), dim=1)
    np.testing.assert_allclose(y.numpy(), np.cross(u, v))
    check_gradient(lambda u, v: torch.linalg.cross(u, v), u, v[:1])
    with pytest.raises(RuntimeError, match="must have length 3"):
        torch.cross(torch.ones(2), torch.ones(2), dim=0)


@pytest.mark.parametrize("p", [0.0, 1.0, 2.0, 3.5, float("inf")])
def test_cdist_is_the_norm_of_every_difference(p: float) -> None:
    x, y = A[0], DRAW.normal(size=(5, 4))
    found = torch.cdist(torch.tensor(x), torch.tensor(y), p)
    expected = np.linalg.norm(x[:, None] - y[None], p, axis=-1)
    np.testing.assert_allclose(found.numpy(), expected)


def test_the_distance_of_equal_points_has_gradient_zero() -> None:
    x = torch.ones(1, 3, requires_grad=True)
    torch.cdist(x, torch.ones(1, 3)).sum().backward()
    assert x.grad.tolist() == [[0, 0, 0]]


def test_bilinear_sums_over_both_inputs() -> None:
    x, y, w, b = (DRAW.normal(size=s) for s in ((6, 2), (6, 3), (4, 2, 3), (4,)))
    found = torch.bilinear(*(torch.tensor(v) for v in (x, y, w, b)))
    np.testing.assert_allclose(found.numpy(), np.einsum("ni,oij,nj->no", x, w, y) + b)


def test_bilinear_takes_any_number_of_batch_dimensions() -> None:
    w = torch.tensor(DRAW.normal(size=(4, 2, 3)))
    for batch in ((), (0,), (2, 5)):
        x, y = (torch.tensor(DRAW.normal(size=(*batch, n))) for n in (2, 3))
        expected = np.einsum("...i,oij,...j->...o", x.numpy(), w.numpy(), y.numpy())
        np.testing.assert_allclose(torch.bilinear(x, y, w).numpy(), expected)


@pytest.mark.parametrize(
    ("shapes", "phrase"),
    [
        (((5, 2), (4, 3), (4, 2, 3)), "input batch dimensions do not match at dim 0: got 5 and 4"),
        (((5, 2), (3,), (4, 2, 3)), "input dimensions do not match: got 2 and 1"),
        (((), (), (4, 2, 3)), "input dimensions do not match"),
        (((5, 3), (5, 3), (4, 2, 3)), "input1 size does not match weight size: got 3 but expected"),
        (((5, 2), (5, 2), (4, 2, 3)), "input2 size does not match weight size: got 2 but expected"),
        (((5, 2), (5, 3), (2, 3)), "expected weight to be 3-D"),
        (((5, 2), (5, 3), (4, 2, 3), (3,)), "bias size does not match weight size"),
    ],
)
def test_bilinear_names_the_sizes_that_do_not_fit(shapes: Any, phrase: str) -> None:
    with pytest.raises(RuntimeError, match=phrase):
        torch.bilinear(*(torch.ones(shape) for shape in shapes))


def test_bilinear_refuses_mixed_types_and_arrays() -> None:
    x, y, w = torch.ones(2), torch.ones(3), torch.ones(4, 2, 3)
    with pytest.raises(RuntimeError, match="All tensors must have the same dtype, got input1: flo"):
        torch.bilinear(x.double(), y, w)
    with pytest.raises(TypeError, match="'input2' .position 2. must be Tensor, not numpy"):
        torch.bilinear(x, y.numpy(), w)  # type: ignore[arg-type]


def test_vdot_conjugates_the_first_vector() -> None:
    a, b = np.array([1 + 2j, 3j]), np.array([2j, 1 - 1j])
    y = torch.vdot(torch.tensor(a), torch.tensor(b))
    np.testing.assert_allclose(y.item(), np.vdot(a, b))
    assert torch.tensor([1, 2]).vdot(torch.tensor([3, 4])).item() == 11
    assert torch.vdot(torch.ones(0), torch.ones(0)).item() == 0


def test_vdot_takes_two_vectors_of_one_length_and_type() -> None:
    with pytest.raises(RuntimeError, match="1D tensors expected, but got 2D and 1D tensors"):
        torch.vdot(torch.ones(1, 1), torch.ones(1))
    with pytest.raises(RuntimeError, match="inconsistent tensor size, expected tensor"):
        torch.vdot(torch.ones(2), torch.ones(3))
    with pytest.raises(RuntimeError, match="same dtype"):
        torch.vdot(torch.ones(2), torch.ones(2).long())
