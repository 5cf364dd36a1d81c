"""What is composed runs on CuPy's stand-in and on shapes alone, as on the host."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy.nn.functional as F
from minitorch_lazy.backends.registry import DEVICES, backend_of
from minitorch_lazy.core.tensor import wrap
from tests.standin import stats
from tests.standin.backend import install

install()
DRAW = np.random.default_rng(0)
IMAGE = DRAW.standard_normal((2, 4, 6, 6)).astype("float32")
COLUMNS = IMAGE.reshape(2, 4, 36)
SAMPLES = DRAW.random((2, 4, 2)).astype("float32")
PLACES = DRAW.uniform(-1, 1, (2, 3, 3, 2)).astype("float32")
THETA = DRAW.standard_normal((2, 2, 3)).astype("float32")
TABLE = DRAW.standard_normal((6, 3)).astype("float32")
INDEX, OFFSETS = np.array([0, 1, 2, 3, 2, 2, 5]), np.array([0, 2, 2, 5])
ROWS = INDEX[:6].reshape(2, 3)
MAXIMA = DRAW.permuted(np.broadcast_to(np.arange(144), (2, 4, 144)), axis=2)[..., :36].reshape(
    2, 4, 6, 6
)

CASES: dict[str, tuple[Any, ...]] = {
    "unfold": (lambda x: F.unfold(x, 2, 2, 1, 2), IMAGE),
    "fold": (lambda x: F.fold(x, 7, 2), COLUMNS),
    "pixel_shuffle": (lambda x: F.pixel_shuffle(x, 2), IMAGE),
    "pixel_unshuffle": (lambda x: F.pixel_unshuffle(x, 2), IMAGE),
    "channel_shuffle": (lambda x: F.channel_shuffle(x, 2), IMAGE),
    "nearest": (lambda x: F.interpolate(x, (3, 9)), IMAGE),
    "bilinear": (lambda x: F.interpolate(x, (3, 9), mode="bilinear"), IMAGE),
    "bicubic": (lambda x: F.interpolate(x, (3, 9), mode="bicubic", antialias=True), IMAGE),
    "area": (lambda x: F.interpolate(x, (3, 9), mode="area"), IMAGE),
    "lp_pool": (lambda x: F.lp_pool2d(x, 3, 2), np.abs(IMAGE)),
    "unpool": (lambda x, i: F.max_unpool2d(x, i, 2), IMAGE, MAXIMA),
    "fractional": (lambda x, u: F.fractional_max_pool2d(x, 2, 3, _random_samples=u.detach()),
                   IMAGE, SAMPLES),
    "grid": (lambda x, g: F.grid_sample(x, g, "bilinear", "reflection", False), IMAGE, PLACES),
    "cubic grid": (lambda x, g: F.grid_sample(x, g, "bicubic", "border", True), IMAGE, PLACES),
    "nearest grid": (lambda x, g: F.grid_sample(x, g, "nearest", "zeros", True), IMAGE, PLACES),
    "affine": (lambda t: F.affine_grid(t, (2, 1, 3, 4), True), THETA),
    "bags": (lambda i, t, o: F.embedding_bag(i, t, o, padding_idx=2), INDEX, TABLE, OFFSETS),
    "largest bags": (lambda i, t: F.embedding_bag(i, t, mode="max", padding_idx=2), ROWS, TABLE),
    "rows": (lambda i, t: F.embedding_bag(i, t, mode="sum"), ROWS, TABLE),
}  # fmt: skip


def given(name: str, device: str) -> list[Any]:
    """Return the arguments of a case on a device; those with fractions require grad."""
    made = [wrap(backend_of(device).from_numpy(a.copy())) for a in CASES[name][1:]]
    return [t.requires_grad_() if t.is_floating_point() else t for t in made]


@pytest.mark.parametrize("name", CASES)
def test_numbers_are_the_host_s_and_are_never_waited_for(name: str) -> None:
    here, there = given(name, "cpu"), given(name, "strict")
    expected = CASES[name][0](*here)
    stats.clear()
    found = CASES[name][0](*there)
    found.sum().backward()
    assert (stats["d2h"], stats["sync"]) == (0, 0)
    expected.sum().backward()
    pairs = [(found, expected), *((a.grad, b.grad) for a, b in zip(there, here, strict=True))]
    for device, host in pairs:
        assert (device is None) == (host is None)
        if host is not None:
            moved = DEVICES["strict"].to_numpy(device.detach().array)
            np.testing.assert_allclose(moved, host.detach().numpy(), rtol=1e-4, atol=1e-5)
    stats.clear()


@pytest.mark.parametrize("name", CASES)
def test_shapes_alone_give_shapes(name: str) -> None:
    arguments = given(name, "meta")
    y = CASES[name][0](*arguments)
    assert y.is_meta
    assert y.shape == CASES[name][0](*given(name, "cpu")).shape
    y.sum().backward()
    for t in arguments:
        assert t.grad is None or t.grad.shape == t.shape
