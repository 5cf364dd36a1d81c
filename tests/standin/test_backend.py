"""Tensors of the package on the strict device: the CPU's numbers, and no traffic on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.backends.registry import BACKEND, DEVICES
from tests.standin import array, stats
from tests.standin.backend import StrictBackend, install


@pytest.fixture(autouse=True)
def strict() -> None:
    """Make sure that the device is there."""
    install()


def numbers(*shape: int) -> np.ndarray:
    """Return random float32."""
    return np.random.default_rng(len(shape)).standard_normal(shape).astype(np.float32)


def leaves(device: str) -> list[Any]:
    """Return the parameters of a small net on a device."""
    shapes = (4, 8), (8,), (8, 3), (3,)
    tensors = [torch.from_numpy(numbers(*shape)).to(device) for shape in shapes]
    return [tensor.detach().requires_grad_() for tensor in tensors]


def loss(x: Any, w: Any, b: Any, v: Any, c: Any) -> Any:
    """Run a small net."""
    hidden = torch.tanh(x @ w + b) * torch.exp(-(b**2))
    scores = torch.maximum(hidden @ v + c, x[:, :3])
    return (scores - scores.mean(dim=1, keepdim=True)).abs().sum()


def test_a_second_install_changes_nothing() -> None:
    before = DEVICES["strict"]
    install()
    assert DEVICES["strict"] is before is BACKEND[array]
    assert isinstance(before, StrictBackend)


def test_a_tensor_goes_there_and_back() -> None:
    x = torch.from_numpy(numbers(2, 3))
    y = x.to("strict")
    assert type(y.array) is array
    assert y.device == torch.device("strict")
    np.testing.assert_array_equal(y.to("cpu").numpy(), x.numpy())


def test_numbers_and_gradients_are_the_cpus() -> None:
    results = []
    for device in ("cpu", "strict"):
        weights = leaves(device)
        value = loss(torch.from_numpy(numbers(5, 4)).to(device), *weights)
        value.backward()
        results.append([t.detach().to("cpu").numpy() for t in (value, *(w.grad for w in weights))])
    for on_cpu, on_strict in zip(*results, strict=True):
        np.testing.assert_allclose(on_strict, on_cpu, rtol=1e-5, atol=1e-6)


def test_a_training_step_neither_moves_data_nor_waits() -> None:
    x, weights = torch.from_numpy(numbers(5, 4)).to("strict"), leaves("strict")
    stats.clear()
    loss(x, *weights).backward()
    with torch.no_grad():
        for weight in weights:
            weight -= 0.1 * weight.grad
    assert stats["calls"] > 20
    assert stats["h2d"] == stats["d2h"] == stats["sync"] == 0


def test_devices_are_not_mixed() -> None:
    with pytest.raises(RuntimeError, match="same device"):
        torch.ones(3, device="strict") + torch.ones(3)


def test_numpy_gets_no_tensor_of_the_strict_device() -> None:
    with pytest.raises(TypeError):
        torch.ones(3, device="strict").numpy()


def test_the_device_fixture_names_a_device_that_computes(device: str) -> None:
    x = torch.ones(3, device=device)
    assert x.device.type == device
    assert (x + x).sum().item() == 6
