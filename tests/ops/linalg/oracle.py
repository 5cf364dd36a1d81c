"""PyTorch as the reference: values, gradients and second gradients of one function of both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

CLOSE = {"rtol": 1e-8, "atol": 1e-9}


def matrices(*shape: int, complex: bool = False, seed: int = 0) -> Any:
    """Draw matrices of no special kind."""
    stream = np.random.default_rng(seed)
    x = stream.normal(size=shape)
    return x + 1j * stream.normal(size=shape) if complex else x


def hermitian(*shape: int, complex: bool = False, seed: int = 0) -> Any:
    """Draw Hermitian matrices with positive eigenvalues."""
    x = matrices(*shape, complex=complex, seed=seed)
    return x @ np.conj(np.swapaxes(x, -2, -1)) + np.diag(np.arange(1.0, shape[-1] + 1))


def weighed(T: Any, y: Any) -> Any:
    """Make one real number of a tensor, to which each element contributes otherwise."""
    numbers = np.cos(np.arange(float(np.prod(tuple(y.shape))))).reshape(tuple(y.shape)) + 1.5
    return (abs(y + 0.5) ** 2 * T.tensor(numbers)).sum()


def studied(T: Any, function: Callable[..., Any], arrays: Any) -> list[Any]:
    """Return results, gradients and gradients of the gradients as arrays."""
    leaves = [T.tensor(a, requires_grad=True) for a in arrays]
    found = function(T, *leaves)
    outputs = list(found) if isinstance(found, (tuple, list)) else [found]
    loss = sum(weighed(T, y) for y in outputs)
    first = T.autograd.grad(loss, leaves, create_graph=True)
    second = T.autograd.grad(sum(weighed(T, g) for g in first), leaves)
    return [(t.detach() * 1).numpy() for t in (*outputs, *first, *second)]


def compare(function: Callable[..., Any], *arrays: Any) -> None:
    """Compare our results and two orders of gradients with PyTorch's."""
    oracle = pytest.importorskip("torch")
    ours, theirs = studied(torch, function, arrays), studied(oracle, function, arrays)
    for found, right in zip(ours, theirs, strict=True):
        assert found.shape == right.shape
        assert found.dtype == right.dtype
        np.testing.assert_allclose(found, right, **CLOSE)
