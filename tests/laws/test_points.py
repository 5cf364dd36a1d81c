"""Gradients where mathematics leaves a choice, and PyTorch has made one."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

LN2 = 0.6931471805599453
MASK = [True, False]

POINTS: dict[str, tuple[Callable[..., Any], list[Any], list[Any]]] = {
    "max of all shares among ties": (
        lambda T, x: x.max(), [[1.0, 3.0, 3.0]], [[0.0, 0.5, 0.5]]),
    "max along a dimension gives all to the place it names": (
        lambda T, x: x.max(0).values, [[1.0, 3.0, 3.0]], [[0.0, 1.0, 0.0]]),
    "amax shares among ties": (lambda T, x: x.amax(0), [[1.0, 3.0, 3.0]], [[0.0, 0.5, 0.5]]),
    "amin shares among ties": (lambda T, x: x.amin(0), [[1.0, 1.0, 3.0]], [[0.5, 0.5, 0.0]]),
    "maximum halves a tie": (
        lambda T, a, b: T.maximum(a, b), [[1.0, 2.0], [1.0, 3.0]], [[0.5, 0.0], [0.5, 1.0]]),
    "minimum halves a tie": (
        lambda T, a, b: T.minimum(a, b), [[1.0, 2.0], [1.0, 3.0]], [[0.5, 1.0], [0.5, 0.0]]),
    "clamp counts both bounds": (
        lambda T, x: x.clamp(0, 2), [[-1.0, 0.0, 1.0, 2.0, 3.0]], [[0.0, 1.0, 1.0, 1.0, 0.0]]),
    "relu at 0, and at nan": (
        lambda T, x: T.relu(x), [[0.0, -0.0, nan, -1.0]], [[0.0, 0.0, 1.0, 0.0]]),
    "leaky_relu at 0 has the slope": (
        lambda T, x: T.nn.functional.leaky_relu(x, 0.1), [[0.0]], [[0.1]]),
    "hardtanh at its bounds": (
        lambda T, x: T.nn.functional.hardtanh(x), [[-1.0, 1.0]], [[0.0, 0.0]]),
    "relu6 at its bounds": (lambda T, x: T.nn.functional.relu6(x), [[0.0, 6.0]], [[0.0, 0.0]]),
    "abs at 0": (lambda T, x: T.abs(x), [[-2.0, 0.0, 2.0]], [[-1.0, 0.0, 1.0]]),
    "sqrt at 0": (lambda T, x: T.sqrt(x), [[0.0]], [[inf]]),
    "x ** 0": (lambda T, x: x**0, [[0.0, 2.0]], [[0.0, 0.0]]),
    "x ** 2 at 0": (lambda T, x: x**2, [[0.0]], [[0.0]]),
    "x ** 1 at 0": (lambda T, x: x**1, [[0.0]], [[1.0]]),
    "0 to a positive power": (
        lambda T, a, b: T.pow(a, b), [[0.0, 2.0], [2.0, 3.0]], [[0.0, 12.0], [0.0, 8 * LN2]]),
    "norm of the zero vector": (lambda T, x: x.norm(), [[0.0, 0.0]], [[0.0, 0.0]]),
    "3-norm of the zero vector": (lambda T, x: x.norm(p=3), [[0.0, 0.0]], [[0.0, 0.0]]),
    "prod with one zero": (lambda T, x: x.prod(), [[2.0, 0.0, 3.0]], [[0.0, 6.0, 0.0]]),
    "prod with two zeros": (lambda T, x: x.prod(), [[0.0, 0.0, 3.0]], [[0.0, 0.0, 0.0]]),
    "cumprod with zeros": (
        lambda T, x: x.cumprod(0), [[0.0, 2.0, 0.0, 4.0]], [[3.0, 0.0, 0.0, 0.0]]),
    "where keeps the nan of a branch not taken": (
        lambda T, x: T.where(x > 0, x.sqrt(), 0.0), [[-1.0, 4.0]], [[nan, 0.25]]),
    "where lets no nan of a constant through": (
        lambda T, x: T.where(T.tensor(MASK), x, nan), [[1.0, 2.0]], [[1.0, 0.0]]),
    "masked_fill stops at filled places": (
        lambda T, x: x.masked_fill(T.tensor(MASK), -inf).exp(), [[1.0, 0.0]], [[0.0, 1.0]]),
    "sign, floor, round and ceil": (
        lambda T, x: x.sign() + x.floor() + x.round() + x.ceil(), [[0.5, 0.0]], [[0.0, 0.0]]),
    "remainder in both": (lambda T, a, b: T.remainder(a, b), [[7.0], [2.0]], [[1.0], [-3.0]]),
    "std of a constant": (lambda T, x: x.std(), [[2.0, 2.0]], [[0.0, 0.0]]),
    "median gives all to one": (
        lambda T, x: x.median(), [[3.0, 1.0, 4.0, 2.0]], [[0.0, 0.0, 0.0, 1.0]]),
    "topk gives to the chosen": (
        lambda T, x: x.topk(2).values, [[1.0, 3.0, 2.0]], [[0.0, 1.0, 1.0]]),
    "an index that repeats": (lambda T, x: x[[0, 0, 2]], [[1.0, 2.0, 3.0]], [[2.0, 0.0, 1.0]]),
    "expand sums back": (lambda T, x: x.expand(2, 3), [[1.0, 2.0, 3.0]], [[2.0, 2.0, 2.0]]),
    "sigmoid far out": (lambda T, x: T.sigmoid(x), [[1000.0, -1000.0]], [[0.0, 0.0]]),
    "softplus far out": (
        lambda T, x: T.nn.functional.softplus(x), [[1000.0, -1000.0]], [[1.0, 0.0]]),
    "logsigmoid far out": (
        lambda T, x: T.nn.functional.logsigmoid(x), [[1000.0, -1000.0]], [[0.0, 1.0]]),
    "log_softmax of large scores": (
        lambda T, x: x.log_softmax(1)[:, 0], [[[1e4, 0.0]]], [[[0.0, 0.0]]]),
    "atan2 at (0, 1)": (lambda T, a, b: T.atan2(a, b), [[0.0], [1.0]], [[1.0], [-0.0]]),
    "xlogy at 0": (lambda T, a, b: T.xlogy(a, b), [[0.0], [2.0]], [[LN2], [0.0]]),
    "logsumexp of nothing but -inf": (
        lambda T, x: x.logsumexp(0), [[-inf, -inf]], [[nan, nan]]),
}  # fmt: skip


def check(T: Any, point: str, graph: bool) -> None:
    """Compare the gradients that a package gives at a point with the recorded ones."""
    function, points, expected = POINTS[point]
    inputs = [T.tensor(x, dtype=T.float64, requires_grad=True) for x in points]
    found = T.autograd.grad(function(T, *inputs).sum(), inputs, create_graph=graph)
    for g, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(g.detach().numpy(), right, rtol=1e-12)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("graph", [False, True], ids=["arrays", "tensors"])
def test_the_gradient_is_pytorchs(point: str, graph: bool) -> None:
    check(torch, point, graph)


@pytest.mark.torch
@pytest.mark.parametrize("point", POINTS)
def test_pytorch_still_gives_it(point: str) -> None:
    check(pytest.importorskip("torch"), point, graph=False)
