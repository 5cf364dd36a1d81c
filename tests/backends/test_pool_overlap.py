"""Overlapping windows of large planes: gradients that meet at one element are added."""

import numpy as np

import minitorch_lazy as torch
from minitorch_lazy.nn import functional as F


def expected(x: np.ndarray, kernel: int, stride: int) -> np.ndarray:
    """Count for each element in how many windows it is the largest."""
    counts = np.zeros_like(x)
    for top in range(0, x.shape[2] - kernel + 1, stride):
        for left in range(0, x.shape[3] - kernel + 1, stride):
            window = x[:, :, top : top + kernel, left : left + kernel]
            for n, c in np.ndindex(*x.shape[:2]):
                place = np.unravel_index(window[n, c].argmax(), (kernel, kernel))
                counts[n, c, top + place[0], left + place[1]] += 1
    return counts


def test_gradients_of_overlapping_windows_are_added_in_large_planes():
    values = np.random.default_rng(0).standard_normal((2, 3, 41, 37))
    x = torch.tensor(values, requires_grad=True)
    F.max_pool2d(x, 3, stride=2).sum().backward()
    np.testing.assert_array_equal(x.grad.numpy(), expected(values, 3, 2))


def test_gradients_of_adaptive_windows_are_added_in_large_volumes():
    values = np.random.default_rng(1).standard_normal((2, 3, 5, 6, 7))
    x = torch.tensor(values, requires_grad=True)
    y = F.adaptive_max_pool3d(x, (3, None, 3))
    y.sum().backward()
    assert float(x.grad.sum()) == y.numel()
    assert bool((x.grad[x.grad > 0] >= 1).all())
