"""Samples of products, convolutions, pooling, norms and losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.laws.samples.source import Shape, Source
from tests.laws.samples.table import Call, call, sample


@sample("matmul", complex=True)
def product(s: Source) -> Call:
    """Draw all six combinations of vector, matrix and stack, with stacks that broadcast."""
    left, right = s.together(2, 0, 2)
    n, m, k = s.pick(2, 1, 3), s.pick(3, 2, 1), s.pick(2, 0, 1)
    a = s.pick((*left, n, m), (m,), (n, m))
    b = s.pick((*right, m, k), (m,), (m, k))
    return call(s.between(a), s.between(b))


@sample("linear")
def affine(s: Source) -> Call:
    inner, outer = s.pick(3, 1, 2), s.pick(2, 1)
    x = s.between((*s.shape(0, 2), inner))
    if s.pick(True, True, False):
        bias = s.between((outer,)) if s.pick(True, False) else None
        return call(x, s.between((outer, inner)), bias)
    return call(x, s.between((inner,)), None)


# -- windows ---------------------------------------------------------------------------------


def convolution(s: Source) -> tuple[Shape, Shape, Shape, dict[str, Any]]:
    """Choose the shapes of input, weight and output, and the static keywords."""
    rank, groups = s.pick(1, 2), s.pick(1, 2)
    channels, filters = groups * s.pick(1, 2), groups * s.pick(1, 2)
    spatial, kernel, static = [], [], {"stride": [], "padding": [], "dilation": []}
    seen = []
    for _ in range(rank):
        size, k, step = s.pick(3, 4, 2, 5), s.pick(2, 1, 3), s.pick(1, 2)
        before, after, dilation = s.pick(0, 1, -1), s.pick(0, 1), s.pick(1, 2)
        reach = dilation * (k - 1) + 1
        size = max(size, reach - before - after)
        spatial, kernel = [*spatial, size], [*kernel, k]
        seen.append((size + before + after - reach) // step + 1)
        for name, value in zip(static, (step, (before, after), dilation), strict=True):
            static[name].append(value)
    batch = s.pick(1, 2, 0)
    fixed = {name: tuple(values) for name, values in static.items()} | {"groups": groups}
    return (
        (batch, channels, *spatial), (filters, channels // groups, *kernel),
        (batch, filters, *seen), fixed,
    )  # fmt: skip


@sample("convolution")
def convolved(s: Source) -> Call:
    x, w, _, static = convolution(s)
    bias = s.between(w[:1]) if s.pick(True, False) else None
    return call(s.between(x), s.between(w), bias, **static)


@sample("conv_input")
def spread_back(s: Source) -> Call:
    x, w, y, static = convolution(s)
    return call(s.between(y), s.between(w), x_shape=x, **static)


@sample("conv_weight")
def correlated(s: Source) -> Call:
    x, w, y, static = convolution(s)
    return call(s.between(x), s.between(y), w_shape=w, **static)


def window(s: Source, rank: int) -> dict[str, Any]:
    """Choose the window of a pooling layer."""
    kernel = tuple(s.pick(2, 1, 3) for _ in range(rank))
    stride = tuple(s.pick(k, 1, 2) for k in kernel)
    padding = tuple(s.pick(0, k // 2) for k in kernel)
    return {
        "kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": s.pick(False, True)
    }  # fmt: skip


def pooled(s: Source) -> tuple[Shape, dict[str, Any]]:
    """Choose the input and the window of average pooling."""
    rank = s.pick(1, 2)
    sizes = tuple(s.pick(3, 4, 5) for _ in range(rank))
    counted = {"count_include_pad": s.pick(True, False), "divisor": s.pick(None, 3)}
    return (s.pick(1, 2), s.pick(2, 1), *sizes), window(s, rank) | counted


@sample("avg_pool")
def averaged(s: Source) -> Call:
    shape, static = pooled(s)
    return call(s.between(shape), **static)


@sample("avg_pool_gradient")
def averaged_back(s: Source) -> Call:
    from minitorch_lazy.backends.numpy import NUMPY

    shape, static = pooled(s)
    seen = NUMPY.avg_pool(NUMPY.zeros(shape, "float64"), **static).shape
    return call(s.between(seen), x_shape=shape, **static)


@sample("max_pool")
def largest(s: Source) -> Call:
    rank = s.pick(1, 2)
    shape = (s.pick(1, 2), s.pick(2, 1), *(s.pick(3, 4, 5) for _ in range(rank)))
    static = window(s, rank)
    dilation = tuple(2 if k == 2 and s.pick(False, True) else 1 for k in static["kernel"])
    return call(s.distinct(shape), dilation=dilation, **static)


def adapted(s: Source) -> tuple[Shape, Shape]:
    """Choose the input and the output sizes of adaptive pooling."""
    rank = s.pick(1, 2)
    sizes = tuple(s.pick(3, 4, 5) for _ in range(rank))
    return (s.pick(1, 2), s.pick(2, 1), *sizes), tuple(s.pick(2, 1, 3, 5) for _ in range(rank))


@sample("adaptive_avg_pool")
def adaptive_average(s: Source) -> Call:
    shape, output = adapted(s)
    return call(s.between(shape), output=output)


@sample("adaptive_avg_pool_gradient")
def adaptive_average_back(s: Source) -> Call:
    shape, output = adapted(s)
    return call(s.between((*shape[:2], *output)), x_shape=shape, output=output)


@sample("adaptive_max_pool")
def adaptive_largest(s: Source) -> Call:
    shape, output = adapted(s)
    return call(s.distinct(shape), output=output)


# -- norms and losses ------------------------------------------------------------------------


@sample("batch_norm", retypes=True)
def batch_normal(s: Source) -> Call:
    share = s.pick(1, 2)
    shape = (s.pick(3, 2), s.pick(2, 1) * share, *s.shape(0, 2, least=1))
    weight, bias = (s.between(shape[1:2]) if s.pick(True, False) else None for _ in range(2))
    return call(s.distinct(shape), weight, bias, eps=s.pick(1e-5, 0.1), share=share)


@sample("layer_norm")
def layer_normal(s: Source) -> Call:
    own = s.shape(1, 2, least=1)
    shape = (*s.shape(0, 2), *own)
    weight, bias = (s.between(own) if s.pick(True, False) else None for _ in range(2))
    static = {"count": len(own), "eps": s.pick(1e-5, 0.1), "center": s.pick(True, False)}
    return call(s.distinct(shape), weight, bias, **static)


def classified(s: Source) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Choose scores, class numbers of which some are ignored, weights and static keywords."""
    batch, classes, rest = s.pick(2, 3, 1), s.pick(3, 2, 1), s.shape(0, 1, least=1)
    target = s.integers((batch, *rest), 0, classes)
    ignored = s.pick(-100, 0)
    target[s.stream.random(target.shape) < 0.3] = ignored
    target.flat[0] = classes - 1 if classes > 1 else 0
    weight = s.between((classes,), 0.2, 2.0) if s.pick(True, False) else None
    static = {"ignore_index": ignored if classes > 1 else -100,
              "reduction": s.pick("mean", "sum", "none")}  # fmt: skip
    return s.between((batch, classes, *rest)), target, weight, static


@sample("nll")
def picked_loss(s: Source) -> Call:
    x, target, weight, static = classified(s)
    return call(x, target, weight, **static)


@sample("softmax_cross_entropy")
def cross_entropy(s: Source) -> Call:
    x, target, weight, static = classified(s)
    return call(x, target, weight, label_smoothing=s.pick(0.0, 0.1), **static)


@sample("attention")
def attended(s: Source) -> Call:
    """Draw shared and own heads, masks of all widths that may hide all keys, and noise."""
    first, second, third = s.together(3, 0, 2)
    queries, keys, size, width = s.pick(2, 3, 1, 0), s.pick(3, 2, 1, 0), s.pick(2, 1), s.pick(2, 1)
    q, k, v = s.between((*first, queries, size)), s.between((*second, keys, size)), s.between(
        (*third, keys, width))  # fmt: skip
    batch = np.broadcast_shapes(first, second)
    mask = s.pick(None, (queries, keys), (1, keys), (*batch, queries, keys), (*batch, 1, keys))
    if mask is not None:
        mask = s.between(mask)
        mask[s.stream.random(mask.shape) < 0.4] = -np.inf
    noise = s.flags((*batch, queries, keys)).astype(s.dtype) * 2 if s.pick(False, True) else None
    static = {"scale": s.pick(0.5, -1.0), "causal": s.pick(False, True)}
    return call(q, k, v, mask, noise, **static)
