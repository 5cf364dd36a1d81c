"""Convolution kernels against sums written out, against each other, and against PyTorch."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minitorch_lazy.backends.numpy.conv import plan as plans
from minitorch_lazy.backends.numpy.conv.cost import schemes
from minitorch_lazy.backends.numpy.windows import tiles
from tests.backends.calling import call, normal

PLAIN = {"stride": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1), "groups": 1}
CASES = [
    ((2, 3, 9), (4, 3, 3), ((2,), ((1, 2),), (2,), 1)),
    ((3, 4, 7, 6), (6, 2, 3, 3), ((1, 1), ((1, 1), (1, 1)), (1, 1), 2)),
    ((2, 3, 8, 9), (4, 3, 3, 2), ((1, 2), ((0, 1), (2, 0)), (1, 2), 1)),
    ((2, 4, 6, 5), (4, 1, 3, 3), ((1, 1), ((1, 1), (1, 1)), (1, 1), 4)),
    ((2, 4, 9, 9), (8, 4, 1, 1), ((2, 2), ((0, 0), (0, 0)), (1, 1), 1)),
    ((40, 3, 2, 2), (5, 3, 1, 1), ((1, 1), ((0, 0), (0, 0)), (1, 1), 1)),
    ((1, 2, 12, 12), (3, 2, 2, 2), ((2, 3), ((0, 0), (0, 0)), (1, 1), 1)),
    ((2, 2, 4, 5, 3), (3, 2, 3, 2, 2), ((1, 2, 1), ((1, 1), (0, 0), (1, 0)), (1, 1, 1), 1)),
    ((1, 2, 5, 5), (1, 2, 5, 5), ((1, 1), ((0, 0), (0, 0)), (1, 1), 1)),
]


def named(stride, padding, dilation, groups):
    return {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}


def correlate(x, w, *, stride, padding, dilation, groups):
    """Sum over each window, one output place at a time."""
    x = np.pad(x, ((0, 0), (0, 0), *padding))
    reach = [d * (k - 1) + 1 for d, k in zip(dilation, w.shape[2:], strict=True)]
    sizes = [(s - r) // t + 1 for s, r, t in zip(x.shape[2:], reach, stride, strict=True)]
    y = np.zeros((x.shape[0], w.shape[0], *sizes), x.dtype)
    for place in np.ndindex(*sizes):
        window = x[(..., *(slice(i * t, i * t + r, d) for i, t, r, d in
                           zip(place, stride, reach, dilation, strict=True)))]  # fmt: skip
        for group in range(groups):
            inputs = np.array_split(window, groups, 1)[group]
            outputs = slice(group * len(w) // groups, (group + 1) * len(w) // groups)
            axes = (tuple(range(1, x.ndim)),) * 2
            y[(slice(None), outputs, *place)] = np.tensordot(inputs, w[outputs], axes)
    return y


@st.composite
def problems(draw):
    """Draw shapes of input and weight, and statics that fit them."""
    rank = draw(st.integers(1, 3))
    groups = draw(st.sampled_from([1, 1, 2, 3]))

    def sizes(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(rank))

    kernel, stride, dilation = sizes(1, 4), sizes(1, 3), sizes(1, 2)
    padding = tuple(zip(sizes(0, 2), sizes(0, 2), strict=True))
    spatial = tuple(
        max(1, d * (k - 1) + 1 - before - after) + more
        for k, d, (before, after), more in zip(kernel, dilation, padding, sizes(0, 5), strict=True)
    )
    inputs, outputs = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    x_shape = (draw(st.integers(1, 4)), inputs * groups, *spatial)
    w_shape = (outputs * groups, inputs, *kernel)
    return x_shape, w_shape, named(stride, padding, dilation, groups)


def check_trio(x_shape, w_shape, static, **where):
    """Compare with the sums, and the gradients by <g, conv(x, w)> = <gx, x> = <gw, w>."""
    x, w = normal(*x_shape), normal(*w_shape, seed=1)
    y = call("conv", x, w, **static, **where)
    np.testing.assert_allclose(y, correlate(x, w, **static), rtol=1e-9, atol=1e-9)
    g = normal(*y.shape, seed=2)
    gx = call("conv_input", g, w, x_shape=x_shape, **static, **where)
    gw = call("conv_weight", x, g, w_shape=w_shape, **static, **where)
    other_x, other_w = normal(*x_shape, seed=3), normal(*w_shape, seed=4)
    total = (g * correlate(other_x, w, **static)).sum()
    np.testing.assert_allclose((gx * other_x).sum(), total, rtol=1e-9, atol=1e-9)
    total = (g * correlate(x, other_w, **static)).sum()
    np.testing.assert_allclose((gw * other_w).sum(), total, rtol=1e-9, atol=1e-9)


@given(problems())
def test_the_trio_agrees_with_the_sums_for_any_sizes(problem):
    check_trio(*problem)


@pytest.mark.parametrize(("x_shape", "w_shape", "statics"), CASES)
def test_the_trio_runs_on_every_device(x_shape, w_shape, statics, device):
    check_trio(x_shape, w_shape, named(*statics), device=device)


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("choice", range(5))
@pytest.mark.parametrize("scatters", [False, True])
def test_every_way_of_computing_gives_the_same(choice, last, scatters, monkeypatch):
    used = []

    def chosen(problem, scatter=False):
        found = schemes(problem, scatter)
        used.append(found[min(choice, len(found) - 1)])
        return used[-1], last

    plans.plan.cache_clear()
    monkeypatch.setattr(plans, "cheapest", chosen)
    kernels = "minitorch_lazy.backends.numpy.conv.kernels"
    monkeypatch.setattr(kernels + ".pulls_by_scatter", lambda p: scatters or set(p.stride) != {1})
    monkeypatch.setattr(kernels + ".ConvKernels.conv_workspace", 2048)
    for x_shape, w_shape, statics in CASES:
        check_trio((5, *x_shape[1:2], *(n + 8 for n in x_shape[2:])), w_shape, named(*statics))
    plans.plan.cache_clear()
    assert used


def test_even_kernels_may_be_padded_on_one_side_alone():
    x = np.array([[[[1.0, 2.0, 3.0]]]])
    w = np.ones((1, 1, 1, 2))
    y = call("conv", x, w, **{**PLAIN, "padding": ((0, 0), (0, 1))})
    assert y.tolist() == [[[[3.0, 5.0, 3.0]]]]


def test_the_kernel_is_not_flipped():
    x = np.array([[[1.0, 2.0, 3.0]]])
    w = np.array([[[1.0, 0.0]]])
    y = call("conv", x, w, **named((1,), ((0, 0),), (1,), 1))
    assert y.tolist() == [[[1.0, 2.0]]]


def test_a_bias_is_added_to_each_output_channel():
    for kernel in (1, 3):
        x, w, b = normal(2, 3, 6, 6), normal(4, 3, kernel, kernel), normal(4)
        y = call("convolution", x, w, b, **PLAIN)
        np.testing.assert_allclose(y, correlate(x, w, **PLAIN) + b[:, None, None])


def test_whole_numbers_stay_whole():
    x = np.random.default_rng(0).integers(-9, 9, (8, 32, 16, 16)).astype(np.float32)
    w = np.random.default_rng(1).integers(-9, 9, (32, 32, 3, 3)).astype(np.float32)
    static = {**PLAIN, "padding": ((1, 1), (1, 1))}
    exact = correlate(x.astype(int), w.astype(int), **static)
    np.testing.assert_array_equal(call("conv", x, w, **static), exact)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("channels", "groups"), [(1, 1), (16, 1), (8, 8)])
@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_infinite_numbers_reach_only_the_windows_that_see_them(channels, groups, value):
    x, w = np.ones((2, channels, 12, 12)), np.ones((channels, channels // groups, 3, 3))
    x[1, 0, 6, 5] = value
    static = {**PLAIN, "padding": ((1, 1), (1, 1)), "groups": groups}
    y = call("conv", x, w, **static)
    seen = np.zeros(y.shape, bool)
    seen[1, : 1 if groups > 1 else None, 5:8, 4:7] = True
    np.testing.assert_array_equal(np.isfinite(y), ~seen)
    np.testing.assert_array_equal(y[seen], np.full(seen.sum(), value))
    gx = call("conv_input", x, w, x_shape=x.shape, **static)
    np.testing.assert_array_equal(np.isfinite(gx), ~seen)


@pytest.mark.parametrize("dtype", ["float16", "float32", "complex64", "complex128", "int64"])
def test_every_type_of_number_is_kept(dtype):
    x, w = normal(2, 4, 6, 6) * 3, normal(4, 4, 3, 3, seed=1) * 3
    if dtype.startswith("complex"):
        x, w = x + 1j * normal(*x.shape, seed=2), w - 1j * normal(*w.shape, seed=3)
    x, w = x.astype(dtype), w.astype(dtype)
    exact = correlate(x.astype(complex), w.astype(complex), **PLAIN)
    y = call("conv", x, w, **PLAIN)
    gx = call("conv_input", y, w, x_shape=x.shape, **PLAIN)
    gw = call("conv_weight", x, y, w_shape=w.shape, **PLAIN)
    assert y.dtype == gx.dtype == gw.dtype == x.dtype
    np.testing.assert_allclose(y, exact, rtol=2e-3 if dtype == "float16" else 1e-4, atol=1e-2)


def test_half_precision_accumulates_in_single():
    x = np.full((1, 4096, 2, 2), 0.5, np.float16)
    w = np.full((1, 4096, 1, 1), 0.5, np.float16)
    assert (call("conv", x, w, **PLAIN) == 1024).all()


def test_bfloat16_is_computed_in_float32():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x, w = normal(2, 3, 5, 5).astype(bfloat16), normal(4, 3, 3, 3).astype(bfloat16)
    y = call("conv", x, w, **PLAIN)
    exact = correlate(x.astype(np.float32), w.astype(np.float32), **PLAIN)
    assert y.dtype == bfloat16
    np.testing.assert_array_equal(y, exact.astype(bfloat16))


@pytest.mark.parametrize("shape", [(0, 3, 5, 5), (2, 0, 5, 5)])
def test_nothing_convolved_is_zeros(shape):
    x, w = np.zeros(shape), np.zeros((4, shape[1], 3, 3))
    y = call("convolution", x, w, np.ones(4), **PLAIN)
    assert y.shape == (shape[0], 4, 3, 3)
    assert (y == 1).all()
    assert call("conv_input", y, w, x_shape=shape, **PLAIN).shape == shape
    assert not call("conv_weight", x, y, w_shape=w.shape, **PLAIN).any()


def test_negative_padding_crops():
    x, w = normal(2, 3, 9, 9), normal(4, 3, 3, 3)
    static = {**PLAIN, "padding": ((-1, 2), (0, -3))}
    cropped = np.pad(x[:, :, 1:, :-3], ((0, 0), (0, 0), (0, 2), (0, 0)))
    y = call("conv", x, w, **static)
    np.testing.assert_allclose(y, correlate(cropped, w, **PLAIN))
    gx = call("conv_input", y, w, x_shape=x.shape, **static)
    assert not gx[:, :, :1].any()
    assert not gx[..., -3:].any()


def test_inputs_need_not_be_contiguous():
    x, w = normal(6, 6, 3, 2).transpose(3, 2, 0, 1), normal(3, 3, 3, 4).transpose(3, 2, 1, 0)
    np.testing.assert_allclose(call("conv", x, w, **PLAIN), correlate(x, w, **PLAIN))


def test_a_kernel_larger_than_the_input_is_refused():
    with pytest.raises(RuntimeError, match="Kernel size can't be greater than actual input size"):
        call("conv", normal(1, 1, 2, 2), normal(1, 1, 3, 3), **PLAIN)


@pytest.mark.parametrize("w_shape", [(2, 2, 1, 1), (2, 2, 3, 3), (2, 4, 3)])
def test_channels_that_do_not_fit_are_refused(w_shape):
    with pytest.raises(RuntimeError, match="expected input"):
        call("conv", normal(1, 4, 5, 5), normal(*w_shape), **PLAIN)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(RuntimeError, match="its gradient has"):
        call("conv_input", normal(1, 2, 4, 4), normal(2, 3, 3, 3), x_shape=(1, 3, 5, 5), **PLAIN)


@given(st.lists(st.integers(0, 7), min_size=1, max_size=3), st.integers(1, 40))
def test_tiles_cover_a_box_once(sizes, limit):
    count = np.zeros(sizes, int)
    for tile in tiles(tuple(sizes), limit):
        count[tile] += 1
        assert count[tile].size <= limit
    assert (count == 1).all()


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("x_shape", "w_shape", "statics"),
    [*CASES, ((4, 16, 15, 17), (32, 16, 3, 3), ((1, 1), ((1, 1), (1, 1)), (1, 1), 1)),
     ((9, 1, 28, 28), (6, 1, 5, 5), ((1, 1), ((2, 2), (2, 2)), (1, 1), 1)),
     ((9, 6, 14, 14), (16, 6, 5, 5), ((1, 1), ((0, 0), (0, 0)), (1, 1), 1))],
)  # fmt: skip
def test_the_trio_agrees_with_torch(x_shape, w_shape, statics, dtype):
    torch = pytest.importorskip("torch")
    stride, padding, dilation, groups = statics
    x, w = normal(*x_shape, dtype=dtype), normal(*w_shape, dtype=dtype)
    ours = call("conv", x, w, **named(*statics))
    g = normal(*ours.shape, dtype=dtype, seed=5)
    tx, tw = (torch.from_numpy(part).requires_grad_() for part in (x, w))
    padded = torch.nn.functional.pad(tx, list(itertools.chain(*reversed(padding))))
    conv = getattr(torch.nn.functional, f"conv{x.ndim - 2}d")
    y = conv(padded, tw, None, stride, 0, dilation, groups)
    gx, gw = torch.autograd.grad(y, (tx, tw), torch.from_numpy(g))
    loose = {"rtol": 1e-4, "atol": 1e-4} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-9}
    np.testing.assert_allclose(ours, y.detach(), **loose)
    found = call("conv_input", g, w, x_shape=x_shape, **named(*statics))
    np.testing.assert_allclose(found, gx, **loose)
    found = call("conv_weight", x, g, w_shape=w_shape, **named(*statics))
    np.testing.assert_allclose(found, gw, **loose)
