"""Pooling kernels against windows cut out one by one, and against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.backends.calling import call, normal

PLAIN = {"kernel": (2, 2), "stride": (2, 2), "padding": (0, 0), "ceil_mode": False}
CASES = [
    ((2, 3, 9), ((2,), (2,), (0,), False)),
    ((2, 3, 8, 7), ((3, 2), (2, 2), (1, 0), True)),
    ((1, 2, 5, 6), ((3, 3), (1, 2), (1, 1), False)),
    ((2, 1, 4, 5, 6), ((2, 3, 2), (2, 2, 2), (1, 0, 1), True)),
    ((2, 2, 4, 4), ((4, 4), (4, 4), (0, 0), False)),
    ((2, 2, 3, 3), ((1, 1), (1, 1), (0, 0), False)),
]


def named(kernel, stride, padding, ceil_mode):
    return {"kernel": kernel, "stride": stride, "padding": padding, "ceil_mode": ceil_mode}


def count(size, kernel, stride, padding, dilation, ceil_mode):
    """Count windows: those that fit, and with ceil_mode one more that starts before the end."""
    places = 0
    while True:
        start = places * stride - padding
        end = start + dilation * (kernel - 1) + 1
        needed = ceil_mode and start < size and end - stride < size + padding
        if end > size + padding and not needed:
            return places
        places += 1


def cut(x, *, kernel, stride, padding, ceil_mode, dilation=None):
    """Yield each place, and for every axis the inputs that its window covers, pads included."""
    dilation = dilation or (1,) * len(kernel)
    sizes = [count(*args, ceil_mode) for args in
             zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)]  # fmt: skip
    for place in np.ndindex(*sizes):
        yield (
            sizes,
            place,
            [
                i * s - p + d * np.arange(k)
                for i, k, s, p, d in zip(place, kernel, stride, padding, dilation, strict=True)
            ],
        )


def inside(taps, x):
    """Keep the taps of each axis that fall on the input."""
    return np.ix_(*(t[(t >= 0) & (t < size)] for t, size in zip(taps, x.shape[2:], strict=True)))


def averages(x, count_include_pad=True, divisor=None, **window):
    y = None
    for sizes, place, taps in cut(x, **window):
        y = np.zeros((*x.shape[:2], *sizes)) if y is None else y
        seen = x[(slice(None), slice(None), *inside(taps, x))].reshape(*x.shape[:2], -1)
        padded = [(t < size + p).sum() for t, size, p in
                  zip(taps, x.shape[2:], window["padding"], strict=True)]  # fmt: skip
        whole = np.prod(padded) if count_include_pad else seen.shape[2]
        y[(..., *place)] = seen.sum(2) / (divisor or whole)
    return y


def largest(x, **window):
    """Return values and places; None where a wide window misses a small input altogether."""
    y = indices = None
    planes = np.arange(np.prod(x.shape[2:])).reshape(x.shape[2:])
    for sizes, place, taps in cut(x, **window):
        if y is None:
            y, indices = np.zeros((*x.shape[:2], *sizes)), np.zeros((*x.shape[:2], *sizes), int)
        mesh = inside(taps, x)
        if not planes[mesh].size:
            return None
        seen = x[(slice(None), slice(None), *mesh)].reshape(*x.shape[:2], -1)
        first = seen.argmax(2)
        y[(..., *place)] = seen.max(2)
        indices[(..., *place)] = planes[mesh].reshape(-1)[first]
    return y, indices


@st.composite
def windows(draw):
    """Draw the shape of an input, and a window that fits it."""
    rank = draw(st.integers(1, 3))
    kernel = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    stride = tuple(draw(st.integers(1, 4)) for _ in range(rank))
    padding = tuple(draw(st.integers(0, k // 2)) for k in kernel)
    sizes = tuple(max(1, k - 2 * p) + draw(st.integers(0, 5))
                  for k, p in zip(kernel, padding, strict=True))  # fmt: skip
    shape = (draw(st.integers(1, 3)), draw(st.integers(1, 2)), *sizes)
    return shape, named(kernel, stride, padding, draw(st.booleans()))


@given(windows(), st.booleans(), st.sampled_from([None, 3]))
def test_averages_agree_with_windows_cut_out(problem, count_include_pad, divisor):
    shape, window = problem
    window.update(count_include_pad=count_include_pad, divisor=divisor)
    x = normal(*shape)
    y = call("avg_pool", x, **window)
    np.testing.assert_allclose(y, averages(x, **window), atol=1e-12)
    g, other = normal(*y.shape, seed=1), normal(*shape, seed=2)
    gx = call("avg_pool_gradient", g, x_shape=shape, **window)
    np.testing.assert_allclose((gx * other).sum(), (g * averages(other, **window)).sum())


@given(windows(), st.integers(1, 2), st.booleans())
def test_maxima_agree_with_windows_cut_out(problem, dilation, ties):
    shape, window = problem
    window["dilation"] = tuple(
        dilation if size + 2 * pad > dilation * (k - 1) else 1
        for size, pad, k in zip(shape[2:], window["padding"], window["kernel"], strict=True)
    )
    x = np.round(normal(*shape)) if ties else normal(*shape)
    expected = largest(x, **window)
    assume(expected is not None)
    y, indices = call("max_pool", x, **window)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_array_equal(indices, expected[1])
    np.testing.assert_array_equal(call("max_pool_indices", x, **window), indices)


@pytest.mark.parametrize(("shape", "window"), CASES)
def test_pooling_runs_on_every_device(shape, window, device):
    x, static = normal(*shape), named(*window)
    y = call("avg_pool", x, device=device, **static)
    np.testing.assert_allclose(y, averages(x, **static), atol=1e-12)
    gx = call("avg_pool_gradient", y, x_shape=shape, device=device, **static)
    np.testing.assert_allclose((gx * x).sum(), (y * y).sum())
    static["dilation"] = (1,) * len(window[0])
    values, indices = call("max_pool", x, device=device, **static)
    np.testing.assert_array_equal(values, largest(x, **static)[0])
    gx = call("unpool", values, indices, shape=shape, unique=False, device=device)
    np.testing.assert_allclose((gx * x).sum(), (values * values).sum())


def test_padding_never_wins_and_the_first_of_equals_does():
    x = np.array([[[[-1.0, -2.0], [-4.0, -5.0]]]])
    y, indices = call("max_pool", x, kernel=(2, 2), stride=(1, 1), padding=(1, 1), dilation=(1, 1))
    assert y[0, 0, 1:, 1:].tolist() == [[-1.0, -2.0], [-4.0, -5.0]]
    assert indices[0, 0, 1:, 1:].tolist() == [[0, 1], [2, 3]]
    assert call("max_pool", np.zeros((1, 1, 2, 2)), dilation=(1, 1), **PLAIN)[1].tolist() == [
        [[[0]]]
    ]


def test_nan_wins_and_the_last_one_is_pointed_at():
    x = np.array([[[[np.nan, 1.0, 2.0], [np.nan, 0.0, 3.0]]]])
    y, indices = call("max_pool", x, kernel=(2, 3), stride=(1, 1), padding=(0, 0), dilation=(1, 1))
    assert np.isnan(y).all()
    assert indices.tolist() == [[[[3]]]]


def test_whole_numbers_have_maxima_too():
    x = np.array([[[5, -7, -9, -8]]])
    y, _ = call("max_pool", x, kernel=(2,), stride=(2,), padding=(1,), dilation=(1,))
    assert y.dtype == x.dtype
    assert y.tolist() == [[[5, -7, -8]]]


@pytest.mark.parametrize("padding", [(0, 0), (4, 0)])
def test_a_window_larger_than_the_input_has_no_places(padding):
    window = {"kernel": (9, 9), "stride": (2, 2), "padding": padding}
    assert call("avg_pool", normal(1, 1, 2, 2), **window).shape[3:] == (0,)
    assert call("max_pool", normal(1, 1, 2, 2), dilation=(1, 1), **window)[0].shape[3:] == (0,)


@pytest.mark.parametrize("name", ["avg_pool", "max_pool", "adaptive_avg_pool", "adaptive_max_pool"])
def test_an_empty_batch_stays_empty(name):
    static = {"output": (2, 2)} if name.startswith("adaptive") else {**PLAIN}
    if name == "max_pool":
        static["dilation"] = (1, 1)
    y = call(name, np.zeros((0, 3, 4, 4)), **static)
    assert (y[0] if isinstance(y, tuple) else y).shape == (0, 3, 2, 2)


def test_half_precision_sums_in_single():
    x = np.full((1, 1, 64, 64), 100.0, np.float16)
    assert call("avg_pool", x, **{**PLAIN, "kernel": (64, 64)}).tolist() == [[[[100.0]]]]
    assert call("adaptive_avg_pool", x, output=(1, 1)).tolist() == [[[[100.0]]]]
    assert call("adaptive_avg_pool", x, output=(3, 1)).dtype == np.float16


def test_unpooling_adds_where_places_come_twice():
    g, index = np.array([[[1.0, 2.0, 4.0]]]), np.array([[[3, 0, 3]]])
    y = call("unpool", g, index, shape=(1, 1, 4), unique=False)
    assert y.tolist() == [[[2.0, 0.0, 0.0, 5.0]]]


def bounds(size, output):
    return [(i * size // output, -(-(i + 1) * size // output)) for i in range(output)]


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(1, 6)), min_size=1, max_size=3))
def test_adaptive_windows_agree_with_windows_cut_out(axes):
    check_adaptive((2, 2, *(size for size, _ in axes)), tuple(n for _, n in axes))


@pytest.mark.parametrize("output", [(1, 1), (3, 2), (4, 7)])
def test_adaptive_pooling_runs_on_every_device(output, device):
    check_adaptive((2, 3, 6, 7), output, device=device)


def check_adaptive(shape, output, **where):
    x = np.round(normal(*shape) * 2)
    means, maxima = np.zeros((2, 2, *shape[:2], *output))[:, 0]
    shares = np.zeros(shape)
    g = normal(*shape[:2], *output, seed=1)
    for place in np.ndindex(*output):
        window = (..., *(slice(*bounds(size, n)[i]) for size, n, i in
                         zip(shape[2:], output, place, strict=True)))  # fmt: skip
        seen = x[window].reshape(*shape[:2], -1)
        means[(..., *place)], maxima[(..., *place)] = seen.mean(2), seen.max(2)
        spread = g[(..., *place)] / seen.shape[2]
        shares[window] += spread.reshape(*shape[:2], *(1,) * len(output))
    y = call("adaptive_avg_pool", x, output=output, **where)
    np.testing.assert_allclose(y, means, atol=1e-12)
    gx = call("adaptive_avg_pool_gradient", g, x_shape=shape, output=output, **where)
    np.testing.assert_allclose(gx, shares, atol=1e-12)
    values, indices = call("adaptive_max_pool", x, output=output, **where)
    np.testing.assert_array_equal(values, maxima)
    flat = np.take_along_axis(x.reshape(*shape[:2], -1), indices.reshape(*shape[:2], -1), 2)
    np.testing.assert_array_equal(flat.reshape(maxima.shape), maxima)


@pytest.mark.torch
@given(windows(), st.booleans())
def test_windows_agree_with_torch(problem, count_include_pad):
    torch = pytest.importorskip("torch")
    shape, window = problem
    rank = len(shape) - 2
    assume(rank < 3 or all(n >= k for n, k in zip(shape[2:], window["kernel"], strict=True)))
    x = np.round(normal(*shape))
    args = (window["kernel"], window["stride"], window["padding"])
    pool = getattr(torch.nn.functional, f"avg_pool{rank}d")
    y = pool(torch.from_numpy(x), *args, window["ceil_mode"], count_include_pad)
    ours = call("avg_pool", x, count_include_pad=count_include_pad, **window)
    np.testing.assert_allclose(ours, y, atol=1e-12)
    pool = getattr(torch.nn.functional, f"max_pool{rank}d")
    y, where = pool(torch.from_numpy(x), *args, 1, window["ceil_mode"], return_indices=True)
    values, indices = call("max_pool", x, dilation=(1,) * rank, **window)
    np.testing.assert_array_equal(values, y)
    np.testing.assert_array_equal(indices, where)
