"""Attention kernels against their formula and finite differences, in blocks of all sizes."""

from __future__ import annotations

import numpy as np
import pytest

from minitorch_lazy.backends.numpy.attention import AttentionKernels
from tests.backends.calling import call, normal
from tests.backends.test_norm import slopes

BLOCKS = {"single scores": 1, "some queries": 12, "some heads": 45, "everything": 1 << 17}


@pytest.fixture(params=BLOCKS)
def blocks(request, monkeypatch):
    monkeypatch.setattr(AttentionKernels, "attention_block", BLOCKS[request.param])


def attend(q, k, v, mask=None, noise=1.0, scale=0.5, causal=False):
    """Attend by the definition; what may attend to nothing gives zeros."""
    scores = scale * q @ k.swapaxes(-1, -2)
    scores = scores if mask is None else scores + mask
    if causal:
        later = np.arange(k.shape[-2]) > np.arange(q.shape[-2])[:, None]
        scores = np.where(later, -np.inf, scores)
    raised = np.exp(scores - np.maximum(scores.max(-1, keepdims=True), -1e300))
    total = raised.sum(-1, keepdims=True)
    return raised / np.where(total == 0, 1, total) * noise @ v


def samples(batch=(2, 3)):
    """Draw queries, keys, values, a mask that hides one query's keys, and noise."""
    q, k, v = normal(*batch, 4, 2), normal(*batch, 5, 2, seed=1), normal(*batch, 5, 3, seed=2)
    mask = normal(*batch, 4, 5, seed=3)
    mask[..., 1, :], mask[..., 2, 3] = -np.inf, -np.inf
    return q, k, v, mask, (normal(*batch, 4, 5, seed=4) > 0) * 2.0


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("batch", [(), (3,), (2, 3)])
def test_attention_is_its_formula(causal, masked, noisy, batch, device):
    q, k, v, mask, noise = samples(batch)
    mask, noise = mask if masked else None, noise if noisy else None
    y, _ = call("attention", q, k, v, mask, noise, scale=0.5, causal=causal, device=device)
    expected = attend(q, k, v, mask, 1.0 if noise is None else noise, causal=causal)
    np.testing.assert_allclose(y, expected, atol=1e-12)
    if masked:
        assert not y[..., 1, :].any()


@pytest.mark.usefixtures("blocks")
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("cached", [False, True])
def test_its_gradient_is_that_of_differences(causal, noisy, cached, device):
    q, k, v, mask, noise = samples((2,))
    noise, g = noise if noisy else None, normal(2, 4, 3, seed=5)
    static = {"scale": 0.5, "causal": causal, "device": device}
    _, cache = call("attention", q, k, v, mask, noise, **static)
    found = call("attention_gradient", g, q, k, v, mask, noise, cache if cached else None,
                 masked=True, **static)  # fmt: skip
    free = np.where(np.isinf(mask), 0.0, mask)

    def value(q, k, v, added):
        hidden = np.where(np.isinf(mask), mask, added)
        return attend(q, k, v, hidden, 1.0 if noise is None else noise, causal=causal)

    for mine, right in zip(found, slopes(value, [q, k, v, free], g), strict=True):
        np.testing.assert_allclose(mine, right, atol=1e-7)


@pytest.mark.usefixtures("blocks")
def test_heads_that_lie_apart_or_are_shared_give_the_same(device):
    q, k, v, mask, _ = samples((2, 3))
    apart = [np.ascontiguousarray(x.transpose(2, 0, 1, 3)).transpose(1, 2, 0, 3) for x in (q, k, v)]
    static = {"scale": 0.5, "causal": False, "device": device}
    y, _ = call("attention", *apart, mask[:1, :, :1], None, **static)
    np.testing.assert_allclose(y, attend(q, k, v, mask[:1, :, :1]), atol=1e-12)
    y, _ = call("attention", q, k[0], v[0, 0], mask[:, :1], None, **static)
    np.testing.assert_allclose(y, attend(q, k[0], v[0, 0], mask[:, :1]), atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_large_scores_cost_no_digits_of_the_gradient(dtype):
    """Here the largest scores are in the hundreds; a logarithm of their sum would be too coarse."""
    q, k, v = (normal(8, 6, 4, seed=i) * 20 for i in range(3))
    g = normal(8, 6, 4, seed=3)
    static = {"scale": 0.5, "causal": False, "masked": False}
    right = call("attention_gradient", g, q, k, v, None, None, None, **static)
    rounded = [x.astype(dtype) for x in (g, q, k, v)]
    exact = call("attention_gradient", *(x.astype("float64") for x in rounded), None, None, None,
                 **static)  # fmt: skip
    found = call("attention_gradient", *rounded, None, None, None, **static)
    small = np.finfo(dtype).eps * 20
    for mine, wide, other in zip(found, exact, right, strict=True):
        assert mine.dtype == dtype
        scale = abs(wide).max()
        np.testing.assert_allclose(mine, wide, atol=small * scale)
        np.testing.assert_allclose(wide, other, atol=1e-3 * scale)


def test_memory_does_not_grow_with_queries_times_keys():
    q = normal(1, 3000, 4, dtype=np.float32)
    _, cache = call("attention", q, q, q, None, None, scale=0.5, causal=True)
    assert sum(part.nbytes for part in cache) == 2 * 3000 * 4


@pytest.mark.parametrize(("queries", "keys", "size"), [(0, 3, 2), (3, 0, 2), (3, 2, 0)])
def test_nothing_to_attend_with_or_to_is_an_answer(queries, keys, size):
    q, k, v = normal(2, queries, size), normal(2, keys, size), normal(2, keys, 3)
    static = {"scale": 1.0, "causal": False}
    y, cache = call("attention", q, k, v, None, None, **static)
    expected = np.broadcast_to(v.mean(1, keepdims=True), (2, queries, 3)) if keys else np.zeros(
        (2, queries, 3))  # fmt: skip
    np.testing.assert_allclose(y, expected)
    found = call("attention_gradient", np.ones_like(y), q, k, v, None, None, cache, masked=False,
                 **static)  # fmt: skip
    assert [g.shape for g in found] == [x.shape for x in (q, k, v)]
