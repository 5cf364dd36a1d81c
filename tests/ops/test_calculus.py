"""Trapezoids and differences, by NumPy's formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

STREAM = np.random.default_rng(0)
X = STREAM.normal(size=(3, 4, 5))
PLACES = np.cumsum(STREAM.uniform(0.2, 1, 4))
trapezoid_of_numpy = getattr(np, "trapezoid", None) or np.trapz  # noqa: NPY201 - its older name


@pytest.mark.parametrize("dim", [0, 1, -1])
def test_trapezoid_with_even_steps_is_numpys(dim: int) -> None:
    y = torch.trapezoid(torch.tensor(X), dx=0.3, dim=dim)
    np.testing.assert_allclose(y.numpy(), trapezoid_of_numpy(X, dx=0.3, axis=dim))


def test_places_are_a_vector_for_all_or_broadcast() -> None:
    y = torch.tensor(X)
    right = trapezoid_of_numpy(X, PLACES, axis=1)
    np.testing.assert_allclose(torch.trapz(y, torch.tensor(PLACES), dim=1).numpy(), right)
    wide = torch.tensor(PLACES).reshape(4, 1)
    np.testing.assert_allclose(torch.trapezoid(y, wide, dim=1).numpy(), right)


def test_the_last_running_integral_is_the_integral() -> None:
    y, x = torch.tensor(X), torch.tensor(PLACES)
    running = torch.cumulative_trapezoid(y, x, dim=1)
    assert running.shape == (3, 3, 5)
    np.testing.assert_allclose(running[:, -1].numpy(), torch.trapezoid(y, x, dim=1).numpy())


def test_no_sample_and_one_sample_have_no_area() -> None:
    assert torch.trapezoid(torch.ones(3, 0)).tolist() == [0, 0, 0]
    assert torch.trapezoid(torch.ones(3, 1)).tolist() == [0, 0, 0]
    assert torch.cumulative_trapezoid(torch.ones(3, 1)).shape == (3, 0)


@pytest.mark.parametrize("function", [torch.trapezoid, torch.cumulative_trapezoid],
                         ids=["trapezoid", "cumulative_trapezoid"])  # fmt: skip
def test_integrals_of_what_has_none_are_refused(function: Any) -> None:
    y = torch.ones(3)
    with pytest.raises(TypeError, match="both say how far"):
        function(y, y, dx=1)
    with pytest.raises(RuntimeError, match="received a bool input"):
        function(y.bool())
    with pytest.raises(RuntimeError, match="only support dx as a real number"):
        function(y, dx=1j)
    with pytest.raises(RuntimeError, match="one `x` value for each sample point"):
        function(y, torch.ones(4))
    with pytest.raises(IndexError, match="tensor has no dimensions"):
        function(torch.tensor(1.0))


@pytest.mark.parametrize("edge_order", [1, 2])
def test_gradient_is_numpys(edge_order: int) -> None:
    x = X[:, :, :3]
    for found, right in zip(
        torch.gradient(torch.tensor(x), edge_order=edge_order),
        np.gradient(x, edge_order=edge_order), strict=True,
    ):  # fmt: skip
        np.testing.assert_allclose(found.numpy(), right)
    (found,) = torch.gradient(torch.tensor(X), spacing=(torch.tensor(PLACES),), dim=1,
                              edge_order=edge_order)  # fmt: skip
    right = np.gradient(X, PLACES, axis=1, edge_order=edge_order)
    np.testing.assert_allclose(found.numpy(), right)


def test_each_dimension_may_have_its_own_spacing() -> None:
    found = torch.gradient(torch.tensor(X), spacing=(0.5, 2.0), dim=(2, 0))
    for y, right in zip(found, np.gradient(X, 0.5, 2.0, axis=(2, 0)), strict=True):
        np.testing.assert_allclose(y.numpy(), right)


def test_integers_have_fractional_slopes() -> None:
    (y,) = torch.gradient(torch.tensor([1, 2, 4]))
    assert y.tolist() == [1, 1.5, 2]
    assert torch.gradient(torch.ones(3), dim=()) == ()


@pytest.mark.parametrize(
    ("x", "arguments", "said"),
    [
        (torch.ones(3), {"edge_order": 3}, "only supports edge_order=1 and edge_order=2"),
        (torch.ones(3, 1), {}, r"at least edge_order\+1"),
        (torch.ones(2), {"edge_order": 2}, r"at least edge_order\+1"),
        (torch.ones(3, 3), {"spacing": [1.0]}, "scalar or a list of length 2"),
        (torch.ones(3, 3), {"spacing": [1.0], "dim": (0, 1)}, "to have the same length"),
        (torch.ones(3), {"spacing": (torch.tensor(1.0),)}, "to have one dimension"),
        (torch.ones(3, 3), {"dim": (0, 0)}, "appears multiple times"),
        (torch.ones(3).to(torch.uint8), {}, "does not support uint8"),
    ],
    ids=["order", "short", "short of three", "spacings", "dims", "number", "twice", "uint8"],
)
def test_what_has_no_differences_is_refused(x: Any, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        torch.gradient(x, **arguments)
