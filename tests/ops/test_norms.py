"""Norms of vectors and matrices."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
from tests.ops.differences import check_gradient

X = np.random.default_rng(0).normal(size=(3, 4))
ORDERS = [0, 0.5, 1, 1.5, 2, 3, math.inf, -math.inf]


@pytest.mark.parametrize("order", ORDERS)
def test_a_vector_norm_is_numpys_with_its_gradient(order: float) -> None:
    y = torch.linalg.vector_norm(torch.tensor(X), order, 1)
    np.testing.assert_allclose(y.numpy(), np.linalg.norm(X, order, 1))
    check_gradient(lambda x: torch.linalg.vector_norm(x, order, 1, keepdim=True), X)


@pytest.mark.parametrize("order", [1, 1.5, 2, 3, math.inf])
def test_the_gradient_at_the_zero_vector_is_zero(order: float) -> None:
    x = torch.zeros(3, requires_grad=True)
    x.norm(order).backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_norm_flattens_and_keeps_as_many_dimensions_as_it_is_told() -> None:
    x = torch.tensor(X)
    assert x.norm().item() == pytest.approx(np.linalg.norm(X))
    assert tuple(torch.norm(x, keepdim=True).shape) == (1, 1)
    assert tuple(torch.norm(x, 2, dim=0, keepdim=True).shape) == (1, 4)


@pytest.mark.parametrize("order", ["fro", "nuc", 1, -1, 2, -2, math.inf, -math.inf])
def test_a_matrix_norm_is_numpys_with_its_gradient(order: object) -> None:
    y = torch.linalg.matrix_norm(torch.tensor(X), order)
    np.testing.assert_allclose(y.numpy(), np.linalg.norm(X, order))
    check_gradient(lambda x: torch.linalg.matrix_norm(x, order, (1, 0)), X)


def test_linalg_norm_without_an_order_takes_all_elements() -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    assert torch.linalg.norm(torch.tensor(x)).item() == pytest.approx(np.linalg.norm(x.ravel()))


def test_the_norm_of_complex_numbers_is_real() -> None:
    z = torch.tensor([3 + 4j, 0j], requires_grad=True)
    y = z.norm()
    y.backward()
    assert y.item() == 5
    assert z.grad.tolist() == [pytest.approx(0.6 + 0.8j), 0]


def test_integers_have_no_norm() -> None:
    with pytest.raises(RuntimeError, match="Expected a floating point or complex tensor"):
        torch.arange(3).norm()


def test_the_largest_of_nothing_is_refused() -> None:
    with pytest.raises(RuntimeError, match="cannot compute the inf norm on an empty tensor"):
        torch.linalg.vector_norm(torch.zeros(0), math.inf)


HUGE_AND_TINY = [
    ([3e30, 4e30], "float32"), ([3e-30, 4e-30], "float32"), ([3e200, -4e200], "float64"),
    ([3e-200, 4e-200], "float64"), ([0.0, 3e38], "float32"),
    ([[3e30, 1.0], [4e30, 0.0]], "float32"),
]  # fmt: skip


@pytest.mark.parametrize("order", [2, 3, 1.5, -2])
@pytest.mark.parametrize(("numbers", "kind"), HUGE_AND_TINY)
def test_norms_neither_overflow_nor_vanish(numbers, kind, order):
    x = torch.tensor(numbers, dtype=getattr(torch, kind), requires_grad=True)
    scale = max(abs(float(v)) for v in np.ravel(numbers))
    wide = np.abs(np.array(numbers, np.float64)) / scale
    with np.errstate(divide="ignore"):
        expected = scale * (wide**order).sum(0) ** (1 / order)
    found = torch.linalg.vector_norm(x, order, 0)
    np.testing.assert_allclose(found.detach().numpy(), expected.astype(kind), rtol=1e-6)
    found.sum().backward()
    assert x.grad.isfinite().all()


def test_the_gradient_of_a_huge_norm_is_its_direction():
    x = torch.tensor([3e30, 4e30], requires_grad=True)
    x.norm().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0.6, 0.8], rtol=1e-6)
    z = torch.tensor([3e30 + 4e30j], requires_grad=True)
    assert z.norm().item() == pytest.approx(5e30)


def test_infinity_nan_and_nothing_keep_their_norms():
    for numbers, expected in (([math.inf, 1.0], math.inf), ([math.nan, 1e30], math.nan), ([], 0.0),
                              ([0.0, 0.0], 0.0)):  # fmt: skip
        found = torch.tensor(numbers).norm().item()
        assert found == expected or (math.isnan(found) and math.isnan(expected))


def test_huge_gradients_are_clipped():
    p = torch.zeros(2, requires_grad=True)
    p.grad = torch.tensor([3e30, 4e30])
    total = torch.nn.utils.clip_grad_norm_([p], 1.0)
    assert total.item() == pytest.approx(5e30)
    np.testing.assert_allclose(p.grad.numpy(), [0.6, 0.8], rtol=1e-5)


@pytest.mark.parametrize("order", [2, -2, "nuc"])
def test_norms_of_singular_values_take_any_two_dimensions(order: object) -> None:
    x = np.random.default_rng(1).normal(size=(2, 3, 4))
    y = torch.linalg.norm(torch.tensor(x), order, (2, 0), keepdim=True)
    assert tuple(y.shape) == (1, 3, 1)
    np.testing.assert_allclose(y.numpy(), np.linalg.norm(x, order, (2, 0), keepdims=True))
    assert torch.norm(torch.eye(3), "nuc").item() == pytest.approx(3)


def test_norms_of_empty_matrices_are_zero() -> None:
    for order in ("fro", "nuc", 1, 2, math.inf):
        assert torch.linalg.matrix_norm(torch.zeros(0, 0), order).item() == 0


def test_dist_is_the_norm_of_the_difference() -> None:
    a, b = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([1.0, 0.0])
    assert torch.dist(a, b).item() == pytest.approx(np.sqrt(0 + 4 + 4 + 16))
    assert a.dist(b, 1).item() == 8
    assert torch.dist(a, b, float("inf")).item() == 4
    assert torch.dist(a, b, 0).item() == 3
    with pytest.raises(RuntimeError, match="floating point or complex"):
        torch.dist(torch.tensor([1]), torch.tensor([3]))


def test_the_distance_of_equals_has_no_slope() -> None:
    x = torch.ones(3, requires_grad=True)
    torch.dist(x, torch.ones(3)).backward()
    assert x.grad.tolist() == [0, 0, 0]


def test_renorm_scales_down_what_is_too_long() -> None:
    x = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    np.testing.assert_allclose(x.renorm(2, 0, 1).numpy(), [[0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    np.testing.assert_allclose(x.renorm(1, -1, 2).numpy()[:, 0], [2 * 3 / 3.3, 2 * 0.3 / 3.3],
                               rtol=1e-6)  # fmt: skip
    half = torch.full((1, 4), 200.0, dtype=torch.float16)
    assert torch.renorm(half, 2, 0, 100).tolist() == [[50, 50, 50, 50]]
    assert x.renorm_(2, 0, 1) is x


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((torch.ones(2, 2), 0, 0, 1), "non-positive-norm not supported"),
        ((torch.ones(2, 2), 1, 0, -1), "expected maxnorm to be >= 0 but got -1"),
        ((torch.ones(2), 1, 0, 1), "at least 2 dimensions, got 1 dimensions"),
        ((torch.ones(2, 2).int(), 1, 0, 1), "floating point or complex"),
    ],
    ids=["order", "limit", "vector", "integers"],
)
def test_renorm_refuses_what_has_no_slices_or_lengths(arguments: tuple, said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        torch.renorm(*arguments)
