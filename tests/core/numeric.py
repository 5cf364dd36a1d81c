"""Central differences: what a gradient has to be, found without any derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch_lazy as torch

STEP = 1e-5


def numeric_gradient(function: Callable[..., Any], *arrays: Any) -> list[Any]:
    """Differentiate a function of NumPy arrays, which returns a number, in each of them."""
    found = []
    for place, array in enumerate(arrays):
        gradient = np.zeros(array.shape)
        for index in np.ndindex(*array.shape):
            values = []
            for step in (STEP, -STEP):
                moved = [a.copy() for a in arrays]
                moved[place][index] += step
                values.append(float(function(*moved)))
            gradient[index] = (values[0] - values[1]) / (2 * STEP)
        found.append(gradient)
    return found


def without_graph(function: Callable[..., Any]) -> Callable[..., float]:
    """Return a function of tensors as one of arrays, whose steps are not recorded."""

    def plain(*arrays: Any) -> float:
        with torch.no_grad():
            return float(function(*[torch.tensor(a) for a in arrays]))

    return plain


def assert_differences_agree(function: Callable[..., Any], *arrays: Any) -> None:
    """Compare what `backward` gives for a function of tensors with central differences."""
    leaves = [torch.tensor(a, requires_grad=True) for a in arrays]
    function(*leaves).backward()
    numeric = numeric_gradient(without_graph(function), *arrays)
    for leaf, expected in zip(leaves, numeric, strict=True):
        found = np.zeros(expected.shape) if leaf.grad is None else leaf.grad.numpy()
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-7)
