"""Activations at nan, at infinities, at both zeros and at their corners: value and slope."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as mt

CASES = [
    ("elu", {}), ("elu", {"alpha": 0.5}), ("elu", {"alpha": 0.0}), ("elu", {"alpha": -1.0}),
    ("selu", {}), ("celu", {}), ("celu", {"alpha": 0.5}), ("celu", {"alpha": -2.0}),
    ("softplus", {}), ("softplus", {"beta": 2.0, "threshold": 1.0}), ("softplus", {"beta": -1.0}),
    ("softplus", {"threshold": 0.0}), ("hardtanh", {}),
    ("hardtanh", {"min_val": -2.0, "max_val": 0.5}), ("leaky_relu", {}),
    ("leaky_relu", {"negative_slope": 0.0}), ("leaky_relu", {"negative_slope": -0.5}),
    ("hardshrink", {}), ("hardshrink", {"lambd": 0.0}), ("hardshrink", {"lambd": -0.5}),
    ("softshrink", {}), ("softshrink", {"lambd": 0.0}),
    ("threshold", {"threshold": 1.0, "value": 20.0}),
    ("threshold", {"threshold": 0.0, "value": math.nan}), ("hardsigmoid", {}), ("hardswish", {}),
    ("relu", {}), ("relu6", {}), ("gelu", {}), ("gelu", {"approximate": "tanh"}), ("silu", {}),
    ("mish", {}), ("rrelu", {}), ("prelu", {"weight": 0.25}), ("prelu", {"weight": 0.0}),
]  # fmt: skip
POINTS = [math.nan, math.inf, -math.inf, 0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, -3.0, 6.0,
          -6.0, 19.5, 20.0, 20.5, -20.0, 80.0, -80.0, 1e-30, -1e-30, 1e15, -1e15]  # fmt: skip
SIGNED = ["elu", "selu", "celu", "softshrink", "leaky_relu", "hardshrink"]
"""Where the sign of a zero is PyTorch's; elsewhere the processor chooses it, for PyTorch too."""


def at(package: Any, name: str, options: dict[str, Any], points: Any, kind: str) -> Any:
    """Return the values and slopes of an activation at points."""
    dtype = getattr(package, kind)
    x = package.tensor(points, dtype=dtype, requires_grad=True)
    if "weight" in options:
        options = {"weight": package.tensor([options["weight"]], dtype=dtype)}
    y = getattr(package.nn.functional, name)(x, **options)
    y.sum().backward()
    return y.detach(), x.grad


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options"), CASES)
def test_values_and_slopes_are_pytorchs(name: str, options: dict[str, Any], kind: str) -> None:
    torch = pytest.importorskip("torch")
    for point in POINTS:
        if (name, options, kind, point) == ("gelu", {}, "float32", math.inf):
            continue  # PyTorch gives inf for one element, and nan for eight at once
        block = [point] * 64  # PyTorch's way for a few elements differs at nan
        ours, theirs = (at(package, name, options, block, kind) for package in (mt, torch))
        for mine, other in zip(ours, theirs, strict=True):
            np.testing.assert_allclose(
                mine.numpy(), other.numpy(), 2e-4 if kind == "float32" else 1e-6, 1e-8,
                err_msg=str(point),
            )  # fmt: skip
        if name in SIGNED and not ours[0][0]:
            signs = [np.signbit(y.numpy()[0]) for y in (ours[0], theirs[0])]
            assert signs[0] == signs[1], point


ZEROS = [
    ("elu", {}, [0.0, -0.0]), ("elu", {"alpha": -1.0}, [0.0, -0.0]), ("selu", {}, [0.0, -0.0]),
    ("celu", {"alpha": 0.5}, [0.0, -0.0]), ("softshrink", {}, [0.0, 0.0]),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["float32", "float64"])
@pytest.mark.parametrize(("name", "options", "expected"), ZEROS)
def test_signs_of_zeros_are_the_recorded_ones(
    name: str, options: dict[str, Any], expected: list[float], kind: str
) -> None:
    values, _ = at(mt, name, options, [0.0, -0.0], kind)
    assert values.tolist() == [0, 0]
    assert np.signbit(values.numpy()).tolist() == np.signbit(expected).tolist()


def test_the_slope_of_hardswish_at_nan_is_nan() -> None:
    assert at(mt, "hardswish", {}, [math.nan], "float32")[1].isnan().all()


@pytest.mark.parametrize("name", ["softplus", "mish"])
def test_an_exponential_of_halves_does_not_overflow(name: str) -> None:
    points = np.array([11.5, 15.0, 19.5, 20.5, 30.0])
    smooth = np.log1p(np.exp(points))
    expected = smooth if name == "softplus" else points * np.tanh(smooth)
    values, slopes = at(mt, name, {}, points.tolist(), "float16")
    np.testing.assert_allclose(values.numpy(), expected, rtol=1e-3)
    np.testing.assert_allclose(slopes.numpy(), 1, rtol=1e-3)
