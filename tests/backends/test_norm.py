"""Normalisation kernels against their formulas, finite differences, and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.backends.numpy.norm import NormKernels
from tests.backends.calling import call, normal

EPS = 1e-5
SHAPES = [(3, 4), (5, 2, 3), (2, 3, 4, 5), (2, 2, 3, 1, 2), (40, 7), (2, 3, 40)]


def batch_normal(x, weight, bias):
    axes = (0, *range(2, x.ndim))
    shape = (1, -1, *(1,) * (x.ndim - 2))
    y = (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + EPS)
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def shared_normal(x, weight, bias, share):
    """Normalise channels that have their statistics together: those of a wider one."""
    parts = x.reshape(x.shape[0], -1, share, *x.shape[2:])
    y = batch_normal(parts, None, None).reshape(x.shape)
    shape = (1, -1, *(1,) * (x.ndim - 2))
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def layer_normal(x, weight, bias, count, center=True):
    axes = tuple(range(x.ndim - count, x.ndim))
    x = x - x.mean(axes, keepdims=True) if center else x
    y = x / np.sqrt((x * x).mean(axes, keepdims=True) + EPS)
    y = y if weight is None else y * weight
    return y if bias is None else y + bias


def slopes(function, arrays, g):
    """Differentiate sum(g * function(*arrays)) by each array, by central differences."""
    found = []
    for array in arrays:
        slope = np.zeros_like(array)
        for place in np.ndindex(*array.shape):
            ends = []
            for step in (1e-6, -1e-6):
                kept = array[place]
                array[place] = kept + step
                ends.append((g * function(*arrays)).sum())
                array[place] = kept
            slope[place] = (ends[0] - ends[1]) / 2e-6
        found.append(slope)
    return found


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request, monkeypatch):
    if request.param == "many blocks":
        monkeypatch.setattr(NormKernels, "norm_block", 8)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.usefixtures("blocks")
def test_batch_norm_is_its_formula(shape, device):
    x, weight, bias = normal(*shape) * 3 + 2, normal(shape[1], seed=1), normal(shape[1], seed=2)
    for w, b in ((weight, bias), (weight, None), (None, bias), (None, None)):
        y, mean, var, _ = call("batch_norm", x, w, b, eps=EPS, device=device)
        np.testing.assert_allclose(y, batch_normal(x, w, b), atol=1e-12)
    axes = (0, *range(2, x.ndim))
    np.testing.assert_allclose(mean, x.mean(axes))
    np.testing.assert_allclose(var, x.var(axes))


@pytest.mark.parametrize("shape", [(4, 3), (3, 2, 3), (2, 2, 2, 2)])
@pytest.mark.usefixtures("blocks")
def test_the_gradient_of_batch_norm_is_its_slope(shape, device):
    x, w, b, g = (normal(*s, seed=i) for i, s in enumerate((shape, shape[1:2], shape[1:2], shape)))
    expected = slopes(batch_normal, [x, w, b], g)
    cache = call("batch_norm", x, w, b, eps=EPS, device=device)[3]
    for kept in (cache, None):
        found = call("batch_norm_gradient", g, x, w, kept, eps=EPS, device=device)
        for ours, slope in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, slope, atol=1e-6)
    plain = call("batch_norm_gradient", g, x, None, cache, eps=EPS, device=device)[0]
    expected = slopes(lambda x: batch_normal(x, None, None), [x], g)[0]
    np.testing.assert_allclose(plain, expected, atol=1e-6)


@pytest.mark.parametrize(("shape", "share"), [((3, 4), 2), ((2, 6, 3), 3), ((1, 8, 2, 40), 4),
                                              ((3, 4, 2), 4)])  # fmt: skip
@pytest.mark.usefixtures("blocks")
def test_neighbouring_channels_may_have_their_statistics_together(shape, share, device):
    x, weight, bias = normal(*shape) * 3 + 2, normal(shape[1], seed=1), normal(shape[1], seed=2)
    for w, b in ((weight, bias), (weight, None), (None, bias), (None, None)):
        y, mean, var, _ = call("batch_norm", x, w, b, eps=EPS, share=share, device=device)
        np.testing.assert_allclose(y, shared_normal(x, w, b, share), atol=1e-12)
    parts = x.reshape(shape[0], shape[1] // share, -1)
    np.testing.assert_allclose(mean, parts.mean((0, 2)))
    np.testing.assert_allclose(var, parts.var((0, 2)))


@pytest.mark.parametrize(("shape", "share"), [((4, 4), 2), ((2, 6, 2), 3), ((1, 4, 2, 2), 4)])
@pytest.mark.usefixtures("blocks")
def test_the_gradient_of_shared_statistics_is_their_slope(shape, share, device):
    x, w, b, g = (normal(*s, seed=i) for i, s in enumerate((shape, shape[1:2], shape[1:2], shape)))
    static = {"eps": EPS, "share": share, "device": device}
    expected = slopes(lambda *arrays: shared_normal(*arrays, share), [x, w, b], g)
    cache = call("batch_norm", x, w, b, **static)[3]
    for kept in (cache, None):
        found = call("batch_norm_gradient", g, x, w, kept, **static)
        for ours, slope in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, slope, atol=1e-6)
    plain = call("batch_norm_gradient", g, x, None, cache, **static)[0]
    expected = slopes(lambda x: shared_normal(x, None, None, share), [x], g)[0]
    np.testing.assert_allclose(plain, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "count"), [((6, 5), 1), ((3, 4, 5), 1), ((3, 4, 5), 2), ((7,), 1)]
)
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.usefixtures("blocks")
def test_layer_norm_is_its_formula(shape, count, center, device):
    x, parts = normal(*shape) * 3 + 2, shape[len(shape) - count :]
    weight, bias = normal(*parts, seed=1), normal(*parts, seed=2)
    for w, b in ((weight, bias), (weight, None), (None, bias), (None, None)):
        y, _ = call("layer_norm", x, w, b, count=count, eps=EPS, center=center, device=device)
        np.testing.assert_allclose(y, layer_normal(x, w, b, count, center), atol=1e-12)


@pytest.mark.parametrize(("shape", "count"), [((4, 3), 1), ((2, 2, 3), 2), ((3,), 1)])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.usefixtures("blocks")
def test_the_gradient_of_layer_norm_is_its_slope(shape, count, center, device):
    parts = shape[len(shape) - count :]
    x, w, b, g = (normal(*s, seed=i) for i, s in enumerate((shape, parts, parts, shape)))
    static = {"count": count, "eps": EPS, "center": center, "device": device}
    expected = slopes(lambda *arrays: layer_normal(*arrays, count, center), [x, w, b], g)
    cache = call("layer_norm", x, w, b, **static)[1]
    for kept in (cache, None):
        found = call("layer_norm_gradient", g, x, w, kept, **static)
        for ours, slope in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, slope, atol=1e-6)
    plain = call("layer_norm_gradient", g, x, None, cache, **static)[0]
    expected = slopes(lambda x: layer_normal(x, None, None, count, center), [x], g)[0]
    np.testing.assert_allclose(plain, expected, atol=1e-6)


@given(st.integers(1, 70), st.integers(1, 5), st.integers(1, 70), st.integers(1, 300))
def test_blocks_of_any_size_give_the_same_statistics(batch, channels, length, block):
    x = normal(batch, channels, length, dtype=np.float32) + 3

    class Kernels(NormKernels):
        xp, norm_block = np, block

    mean, var = Kernels().channel_statistics(x)
    wide = x.astype(np.float64)
    np.testing.assert_allclose(mean, wide.mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(var, wide.var((0, 2)), rtol=1e-5, atol=1e-7)


def test_statistics_stay_exact_far_from_zero():
    x = (normal(64, 3, 50) + 1000).astype(np.float32)
    _, mean, var, _ = call("batch_norm", x, None, None, eps=EPS)
    np.testing.assert_allclose(mean, x.astype(np.float64).mean((0, 2)), rtol=1e-6)
    np.testing.assert_allclose(var, x.astype(np.float64).var((0, 2)), rtol=1e-3)


def test_half_precision_is_computed_in_single():
    x = (normal(600, 2) + 100).astype(np.float16)
    y, mean, _, cache = call("batch_norm", x, None, None, eps=EPS)
    assert y.dtype == np.float16
    np.testing.assert_allclose(mean, x.astype(np.float64).mean(0), rtol=1e-5)
    assert [part.dtype for part in call("batch_norm_gradient", y, x, None, cache, eps=EPS)] == [
        np.float16
    ] * 3
    y, cache = call("layer_norm", x, None, None, count=1, eps=EPS)
    assert y.dtype == call("layer_norm_gradient", y, x, None, cache, count=1, eps=EPS)[0].dtype


def test_an_empty_batch_stays_empty():
    x = np.zeros((0, 3, 4), np.float32)
    assert call("layer_norm", x, None, None, count=1, eps=EPS)[0].shape == x.shape
    assert call("layer_norm_gradient", x, x, None, None, count=2, eps=EPS)[0].shape == x.shape


@pytest.mark.torch
@pytest.mark.parametrize("shape", [*SHAPES, (8, 16, 9, 11)])
def test_batch_norm_agrees_with_torch(shape):
    torch = pytest.importorskip("torch")
    x, g = normal(*shape, dtype=np.float32) * 3 + 2, normal(*shape, dtype=np.float32, seed=1)
    w, b = (normal(shape[1], dtype=np.float32, seed=i) for i in (2, 3))
    leaves = [torch.from_numpy(part).requires_grad_() for part in (x, w, b)]
    y = torch.nn.functional.batch_norm(leaves[0], None, None, *leaves[1:], training=True)
    expected = torch.autograd.grad(y, leaves, torch.from_numpy(g))
    ours, _, _, cache = call("batch_norm", x, w, b, eps=EPS)
    np.testing.assert_allclose(ours, y.detach(), atol=1e-4)
    found = call("batch_norm_gradient", g, x, w, cache, eps=EPS)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-3)


@pytest.mark.torch
@pytest.mark.parametrize(("shape", "count"), [((6, 50), 1), ((3, 4, 5), 2), ((300, 8), 1)])
def test_layer_norm_agrees_with_torch(shape, count):
    torch = pytest.importorskip("torch")
    parts = shape[len(shape) - count :]
    x, g = normal(*shape, dtype=np.float32) * 3 + 2, normal(*shape, dtype=np.float32, seed=1)
    w, b = (normal(*parts, dtype=np.float32, seed=i) for i in (2, 3))
    leaves = [torch.from_numpy(part).requires_grad_() for part in (x, w, b)]
    y = torch.nn.functional.layer_norm(leaves[0], parts, *leaves[1:])
    expected = torch.autograd.grad(y, leaves, torch.from_numpy(g))
    ours, cache = call("layer_norm", x, w, b, count=count, eps=EPS)
    np.testing.assert_allclose(ours, y.detach(), atol=1e-5)
    found = call("layer_norm_gradient", g, x, w, cache, count=count, eps=EPS)
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("needed", [(i == 0, i == 1, i == 2) for i in range(3)])
@pytest.mark.parametrize(("name", "static"), [
    ("batch_norm", {"eps": EPS}), ("layer_norm", {"count": 1, "eps": EPS}),
])  # fmt: skip
def test_only_the_gradients_that_are_needed_are_computed(name, static, needed):
    x, g, w = normal(4, 3), normal(4, 3, seed=1), normal(3, seed=2)
    cache = call(name, x, w, w, **static)[-1]
    every = call(f"{name}_gradient", g, x, w, cache, **static)
    found = call(f"{name}_gradient", g, x, w, cache, **static, needed=needed)
    for mine, right, wanted in zip(found, every, needed, strict=True):
        assert (mine is not None) == wanted
        assert not wanted or np.array_equal(mine, right)
