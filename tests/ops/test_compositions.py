"""Functions made of others: gradients twice, every device, narrow types, PyTorch's values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch

STREAM = np.random.default_rng(0)
X, Y = STREAM.uniform(-2, 2, (2, 3, 5))
PAIRS = STREAM.uniform(-2, 2, (3, 2))
PART = np.where(STREAM.random((3, 5)) < 0.3, np.nan, X)
CHANCES = STREAM.uniform(0.1, 0.9, (3, 5))
PLACES = np.cumsum(STREAM.uniform(0.2, 1, 5))
INDEX = STREAM.integers(0, 3, (3, 5))
ROWS = np.array([2, 0, 2])

CASES: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "nansum": (lambda T, x: T.nansum(x, 1), [PART]),
    "nansum of all": (lambda T, x: T.nansum(x), [PART]),
    "nanmean": (lambda T, x: T.nanmean(x, (0, 1), True), [PART]),
    "logit": (lambda T, x: T.logit(x), [CHANCES]),
    "logit within bounds": (lambda T, x: T.logit(x, 0.3), [CHANCES]),
    "vdot": (lambda T, x, y: T.vdot(x, y), [X[0], Y[0]]),
    "dist": (lambda T, x, y: T.dist(x, y), [X, Y[0]]),
    "dist of the largest": (lambda T, x, y: T.dist(x, y, float("inf")), [X, Y]),
    "dist by threes": (lambda T, x, y: x.dist(y, 3), [X, Y]),
    "cov": (lambda T, x: T.cov(x), [X]),
    "cov of one": (lambda T, x: T.cov(x, correction=0), [X[0]]),
    "corrcoef": (lambda T, x: T.corrcoef(x), [X]),
    "trapezoid": (lambda T, y: T.trapezoid(y, dx=0.5, dim=0), [X]),
    "trapezoid at places": (lambda T, y, x: T.trapezoid(y, x), [X, PLACES]),
    "trapezoid with places of each": (lambda T, y, x: T.trapz(y, x, dim=0), [X, Y]),
    "cumulative_trapezoid": (lambda T, y, x: T.cumulative_trapezoid(y, x), [X, PLACES]),
    "gradient": (lambda T, x: T.stack(T.gradient(x)), [X]),
    "gradient of second order at the ends": (
        lambda T, x: T.gradient(x, spacing=0.5, dim=1, edge_order=2)[0], [X]),
    "gradient at places": (lambda T, x, at: T.gradient(x, spacing=[at], dim=1)[0], [X, PLACES]),
    "gradient at places, second order": (
        lambda T, x, at: T.gradient(x, spacing=[at], dim=-1, edge_order=2)[0], [X, PLACES]),
    "sinc": (lambda T, x: T.sinc(x), [X]),
    "ldexp": (lambda T, x, y: T.ldexp(x, y), [X, Y]),
    "block_diag": (lambda T, x, y, z: T.block_diag(x, y[0], z[0, 0]), [X, Y, Y]),
    "renorm": (lambda T, x: T.renorm(x, 2, 0, 1.0), [X]),
    "renorm by ones": (lambda T, x: x.renorm(1, 1, 1.5), [X]),
    "angle": (lambda T, x: T.angle(x), [X]),
    "sum_to_size": (lambda T, x: x.sum_to_size(3, 1), [X]),
    "sum_to_size of fewer dimensions": (lambda T, x: x.sum_to_size((5,)), [X]),
    "xlog1py": (lambda T, x, y: T.special.xlog1py(x, y), [X, CHANCES]),
    "xlog1py of a number": (lambda T, y: T.special.xlog1py(2.5, y), [CHANCES]),
    "entr": (lambda T, x: T.special.entr(x), [CHANCES]),
    "ndtr": (lambda T, x: T.special.ndtr(x), [X]),
}  # fmt: skip

COMPLEX: dict[str, tuple[Callable[..., Any], list[Any]]] = {
    "complex": (lambda T, x, y: T.complex(x, y), [X, Y[0]]),
    "polar": (lambda T, x, y: T.polar(x, y), [CHANCES, Y[:1]]),
    "angle of complex numbers": (lambda T, x, y: T.angle(T.complex(x, y)), [X, Y]),
    "view_as_complex": (lambda T, x: T.view_as_complex(x) ** 2, [PAIRS]),
    "view_as_real": (lambda T, x, y: T.view_as_real(T.complex(x, y) ** 2), [X, Y]),
    "cov of complex numbers": (lambda T, x, y: T.cov(T.complex(x, y)), [X, Y]),
    "corrcoef of complex numbers": (lambda T, x, y: T.corrcoef(T.complex(x, y)), [X, Y]),
    "vdot of complex numbers": (
        lambda T, x, y: T.vdot(T.complex(x, y), T.complex(y, x)), [X[0], Y[0]]),
}  # fmt: skip


def reducing(reduce: str, own: bool) -> dict[str, Any]:
    """Return the cases of one reduction into places."""
    named = f"{reduce}{'' if own else ' without self'}"
    return {
        f"scatter_reduce {named}": (lambda T, x, y, index: T.scatter_reduce(
            x, 0, index, y, reduce, include_self=own), [X, Y, INDEX]),
        f"index_reduce {named}": (lambda T, x, y, index: T.index_reduce(
            x, 0, index, y, reduce if reduce != "sum" else "mean", include_self=own),
            [X, Y, ROWS]),
    }  # fmt: skip


for reduction in ("sum", "prod", "mean", "amax", "amin"):
    for own in (True, False):
        CASES |= reducing(reduction, own)

EVERY = CASES | COMPLEX


def tensors(
    T: Any, arrays: list[Any], dtype: Any = None, device: str = "cpu", requires_grad: bool = False
) -> list[Any]:
    """Make a tensor of each array, floating-point ones in one type; indices need no gradient."""
    return [
        T.tensor(array, dtype=dtype or T.float64, device=device, requires_grad=requires_grad)
        if array.dtype.kind == "f" else T.tensor(array, device=device)
        for array in arrays
    ]  # fmt: skip


@pytest.mark.parametrize("case", list(EVERY))
def test_first_and_second_gradients_are_those_of_differences(case: str) -> None:
    function, arrays = EVERY[case]
    inputs = tensors(torch, arrays, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *x: function(torch, *x), inputs)
    assert torch.autograd.gradgradcheck(lambda *x: function(torch, *x), inputs)


@pytest.mark.parametrize("case", list(EVERY))
def test_every_device_gives_the_numbers_of_the_cpu(case: str, device: str) -> None:
    function, arrays = EVERY[case]
    found = []
    for place in ("cpu", device):
        inputs = tensors(torch, arrays, device=place, requires_grad=True)
        y = function(torch, *inputs)
        (y.abs() if y.is_complex() else y).sum().backward()
        found.append([y, *(x.grad for x in inputs if x.requires_grad)])
    for right, other in zip(*found, strict=True):
        assert other.device.type == device
        np.testing.assert_allclose(other.detach().cpu().numpy(), right.detach().numpy(),
                                   rtol=1e-10, atol=1e-12)  # fmt: skip


@pytest.mark.parametrize("case", list(EVERY))
def test_shapes_and_types_need_no_numbers(case: str) -> None:
    function, arrays = EVERY[case]
    right = function(torch, *tensors(torch, arrays))
    dry = function(torch, *tensors(torch, arrays, device="meta"))
    assert (dry.shape, dry.dtype, dry.device.type) == (right.shape, right.dtype, "meta")


@pytest.mark.parametrize("case", list(CASES))
@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_narrow_types_stay_narrow_and_near(case: str, kind: str) -> None:
    if kind == "bfloat16":
        pytest.importorskip("ml_dtypes", reason="bfloat16 needs ml_dtypes")
    function, arrays = CASES[case]
    inputs = tensors(torch, arrays, getattr(torch, kind), requires_grad=True)
    y = function(torch, *inputs)
    y.sum().backward()
    assert y.dtype is getattr(torch, kind)
    assert all(x.grad.dtype is x.dtype for x in inputs if x.requires_grad)
    right = function(torch, *(x.detach().double() if x.requires_grad else x for x in inputs))
    largest = max(1.0, np.nanmax(np.abs(right.numpy())))
    limit = largest * {"float16": 2.0**-7, "bfloat16": 2.0**-4}[kind]
    np.testing.assert_allclose(y.detach().double().numpy(), right.numpy(), atol=limit)


@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:index_reduce")
@pytest.mark.parametrize("case", list(EVERY))
def test_pytorch_gives_the_same(case: str) -> None:
    real = pytest.importorskip("torch")
    function, arrays = EVERY[case]
    found = []
    for T in (real, torch):
        inputs = tensors(T, arrays, requires_grad=True)
        y = function(T, *inputs)
        (y.abs() if y.is_complex() else y).sum().backward()
        found.append([y.detach(), *(x.grad for x in inputs if x.requires_grad)])
    for right, mine in zip(*found, strict=True):
        assert str(right.dtype) == str(mine.dtype)
        np.testing.assert_allclose(mine.numpy(), right.numpy(), rtol=1e-9, atol=1e-10)
