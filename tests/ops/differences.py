"""Gradients by central differences: the reference for what has no formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import minitorch_lazy as torch

STEP = 1e-5


def slopes(function: Callable[..., Any], *arrays: Any) -> list[Any]:
    """Differentiate the weighted sum of a function's elements by steps in both directions."""

    def loss() -> float:
        y = function(*(torch.tensor(a) for a in arrays)).numpy()
        return float((y * weights(y.shape)).sum())

    found = []
    for array in arrays:
        slope = np.zeros_like(array)
        for place in np.ndindex(array.shape):
            value = array[place]
            array[place] = value + STEP
            above = loss()
            array[place] = value - STEP
            slope[place] = (above - loss()) / (2 * STEP)
            array[place] = value
        found.append(slope)
    return found


def weights(shape: tuple[int, ...]) -> Any:
    """Return a weight for each element, none like the other."""
    return np.cos(np.arange(np.prod(shape, dtype=int))).reshape(shape) + 1.5


def check_gradient(function: Callable[..., Any], *arrays: Any) -> None:
    """Compare the gradients of a function of float64 arrays with its slopes."""
    made = [np.array(a, dtype=np.float64) for a in arrays]
    leaves = [torch.tensor(a, requires_grad=True) for a in made]
    y = function(*leaves)
    y.backward(torch.tensor(weights(tuple(y.shape))))
    for leaf, slope in zip(leaves, slopes(function, *made), strict=True):
        np.testing.assert_allclose(leaf.grad.numpy(), slope, rtol=1e-5, atol=1e-7)
