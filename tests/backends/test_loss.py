"""Softmax and losses of classification against their formulas, slopes, and PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.backends.numpy.loss import LossKernels
from tests.backends.calling import call, normal

IGNORED = -100
SHAPES = [(1, 1), (5, 3), (4, 6, 2), (2, 3, 2, 2), (9, 40)]


def log_softmax(x, axis):
    below = x - x.max(axis, keepdims=True)
    return below - np.log(np.exp(below).sum(axis, keepdims=True))


def targets(shape, ignored=0, seed=0):
    """Draw class numbers for scores of a shape, the first few of which do not count."""
    found = np.random.default_rng(seed).integers(0, shape[1], (shape[0], *shape[2:]))
    found.reshape(-1)[:ignored] = IGNORED
    return found


def loss_of(log, target, weight, smoothing, reduction):
    """Add up one target after the other; `log` is (N, C, *S)."""
    classes = log.shape[1]
    weight = np.ones(classes) if weight is None else weight
    losses, total = np.zeros(target.shape), 0.0
    for place in np.ndindex(*target.shape):
        c, row = target[place], log[(place[0], slice(None), *place[1:])]
        if c != IGNORED:
            even = -(weight * row).sum() * smoothing / classes
            losses[place] = -(1 - smoothing) * weight[c] * row[c] + even
            total += weight[c]
    if reduction == "none":
        return losses
    return losses.sum() / (total if reduction == "mean" else 1.0)


def slope(function, x):
    """Differentiate a number by an array, by central differences."""
    found = np.zeros_like(x)
    for place in np.ndindex(*x.shape):
        step = np.zeros_like(x)
        step[place] = 1e-6
        found[place] = (function(x + step) - function(x - step)) / 2e-6
    return found


@pytest.fixture(params=["one block", "many blocks"])
def blocks(request, monkeypatch):
    if request.param == "many blocks":
        monkeypatch.setattr(LossKernels, "loss_block", 4)


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (2, 1, 3), (7, 30)])
@pytest.mark.usefixtures("blocks")
def test_softmax_is_its_formula_along_every_axis(shape, device):
    x = normal(*shape) * 5
    for axis in range(-len(shape), len(shape)):
        expected = log_softmax(x, axis)
        found = call("log_softmax", x, axis=axis, device=device)
        np.testing.assert_allclose(found, expected, atol=1e-12)
        found = call("softmax", x, axis=axis, device=device)
        np.testing.assert_allclose(found, np.exp(expected), atol=1e-12)


def test_softmax_of_huge_scores_does_not_overflow():
    x = np.array([[1e30, 0.0, 1e30]], np.float32)
    assert call("softmax", x, axis=1).tolist() == [[0.5, 0.0, 0.5]]
    assert np.isneginf(call("log_softmax", np.array([[0.0, -np.inf]]), axis=1)).tolist() == [
        [False, True]
    ]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.usefixtures("blocks")
def test_cross_entropy_is_its_formula(shape, reduction, device):
    x, target = normal(*shape) * 3, targets(shape, ignored=shape[0] // 3)
    for weight in (None, normal(shape[1]) ** 2 + 0.1):
        for smoothing in (0.0, 0.2):
            static = {"ignore_index": IGNORED, "reduction": reduction, "device": device}
            loss, _ = call(
                "softmax_cross_entropy", x, target, weight, label_smoothing=smoothing, **static
            )
            expected = loss_of(log_softmax(x, 1), target, weight, smoothing, reduction)
            np.testing.assert_allclose(loss, expected, atol=1e-12)
        loss = call("nll", x, target, weight, **static)
        np.testing.assert_allclose(loss, loss_of(x, target, weight, 0.0, reduction), atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 2)])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.usefixtures("blocks")
def test_gradients_of_the_losses_are_their_slopes(shape, reduction, smoothing, weighted, device):
    x, target = normal(*shape), targets(shape, ignored=1)
    weight = normal(shape[1]) ** 2 + 0.1 if weighted else None
    g = normal(*target.shape, seed=1) if reduction == "none" else np.array(1.7)
    static = {"ignore_index": IGNORED, "reduction": reduction, "device": device}
    smooth = {"label_smoothing": smoothing, **static}
    cache = call("softmax_cross_entropy", x, target, weight, **smooth)[1]

    def entropy(x):
        return (g * loss_of(log_softmax(x, 1), target, weight, smoothing, reduction)).sum()

    for kept in (cache, None):
        gx = call("softmax_cross_entropy_gradient", g, x, target, weight, kept, **smooth)
        np.testing.assert_allclose(gx, slope(entropy, x), atol=1e-7)
    gx = call("nll_gradient", g, x, target, weight, **static)
    expected = slope(lambda x: (g * loss_of(x, target, weight, 0.0, reduction)).sum(), x)
    np.testing.assert_allclose(gx, expected, atol=1e-7)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_the_mean_of_no_targets_is_nan_and_has_no_slope():
    x, target = normal(2, 3), np.full(2, IGNORED)
    static = {"ignore_index": IGNORED, "reduction": "mean"}
    loss, cache = call("softmax_cross_entropy", x, target, None, label_smoothing=0.0, **static)
    assert np.isnan(loss)
    assert np.isnan(call("nll", x, target, None, **static))
    gx = call("softmax_cross_entropy_gradient", np.array(1.0), x, target, None, cache,
              label_smoothing=0.0, **static)  # fmt: skip
    assert not gx.any()


def test_scores_of_ignored_targets_may_be_anything():
    x, target = np.array([[np.inf, 0.0], [1.0, 1.0]]), np.array([IGNORED, 0])
    with np.errstate(invalid="ignore"):
        loss, _ = call("softmax_cross_entropy", x, target, None, ignore_index=IGNORED,
                       label_smoothing=0.1, reduction="none")  # fmt: skip
    np.testing.assert_allclose(loss, [0.0, np.log(2)])


def test_large_scores_lose_no_digits():
    x = np.array([[1e6, 1e6 + 1]], np.float32)
    loss, _ = call("softmax_cross_entropy", x, np.array([0]), None, ignore_index=IGNORED,
                   label_smoothing=0.0, reduction="mean")  # fmt: skip
    np.testing.assert_allclose(loss, np.log1p(np.exp(1.0)), rtol=1e-6)


def test_half_precision_is_computed_in_single():
    x, target = normal(70, 300).astype(np.float16), targets((70, 300))
    loss, cache = call("softmax_cross_entropy", x, target, None, ignore_index=IGNORED,
                       label_smoothing=0.0, reduction="sum")  # fmt: skip
    expected = loss_of(log_softmax(x.astype(float), 1), target, None, 0.0, "sum")
    np.testing.assert_allclose(float(loss), expected, rtol=1e-3)
    gx = call("softmax_cross_entropy_gradient", np.array(1.0, np.float16), x, target, None, cache,
              ignore_index=IGNORED, label_smoothing=0.0, reduction="sum")  # fmt: skip
    assert loss.dtype == gx.dtype == call("softmax", x, axis=1).dtype == np.float16


def test_an_empty_batch_has_no_losses():
    x, target = np.zeros((0, 3)), np.zeros(0, int)
    loss, _ = call("softmax_cross_entropy", x, target, None, ignore_index=IGNORED,
                   label_smoothing=0.0, reduction="none")  # fmt: skip
    assert loss.shape == (0,)
    assert call("softmax", x, axis=1).shape == (0, 3)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 200))
def test_blocks_of_any_size_give_the_same_softmax(batch, classes, length, block):
    x = normal(batch, classes, length)

    class Kernels(LossKernels):
        xp, loss_block = np, block

        def widened(self, x):
            return x

    np.testing.assert_allclose(Kernels().log_softmax(x, axis=1), log_softmax(x, 1), atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("ignored", [0, 1])
def test_cross_entropy_agrees_with_torch(shape, reduction, smoothing, weighted, ignored):
    torch = pytest.importorskip("torch")
    x, target = normal(*shape) * 3, targets(shape, ignored)
    weight = normal(shape[1]) ** 2 + 0.1 if weighted else None
    static = {"label_smoothing": smoothing, "reduction": reduction}
    leaf = torch.from_numpy(x).requires_grad_()
    y = torch.nn.functional.cross_entropy(
        leaf, torch.from_numpy(target), torch.from_numpy(weight) if weighted else None, **static
    )
    g = torch.ones_like(y)
    (expected,) = torch.autograd.grad(y, leaf, g)
    static["ignore_index"] = IGNORED
    with np.errstate(invalid="ignore", divide="ignore"):
        loss, cache = call("softmax_cross_entropy", x, target, weight, **static)
        gx = call("softmax_cross_entropy_gradient", g.numpy(), x, target, weight, cache, **static)
    np.testing.assert_allclose(loss, y.detach(), atol=1e-12)
    np.testing.assert_allclose(gx, expected, atol=1e-12)
