"""Pooling against windows that are walked one by one, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

SPATIAL = {1: (7,), 2: (5, 6), 3: (4, 3, 5)}

# kernel, stride, padding, dilation, ceil_mode
WINDOWS = [(2, None, 0, 1, False), (3, 2, 1, 1, False), (3, 2, 1, 1, True), (2, 3, 1, 1, True),
           (2, 1, 1, 2, False), (1, 3, 0, 1, True)]  # fmt: skip


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def pool(rank, name):
    return getattr(F, f"{name}_pool{rank}d")


def count(n, k, s, p, d, up):
    """Count windows; a last one that begins in the right padding is dropped."""
    places = (n + 2 * p - d * (k - 1) - 1) / s + 1
    found = math.ceil(places) if up else math.floor(places)
    return found - 1 if up and (found - 1) * s >= n + p else found


def walk(sizes, kernel, stride, padding, dilation, up):
    """Yield (place of the output, places inside the input, size of the padded window)."""
    stride = stride or kernel
    counts = [count(n, kernel, stride, padding, dilation, up) for n in sizes]
    for out in np.ndindex(*counts):
        axes, padded = [], 1
        for n, o in zip(sizes, out, strict=True):
            start = o * stride - padding
            places = [start + i * dilation for i in range(kernel)]
            axes.append([place for place in places if 0 <= place < n])
            padded *= min(start + kernel, n + padding) - start
        yield out, np.ix_(*axes), padded


def walked(x, rank, window, reduce):
    """Apply `reduce(window, padded size)` to each window of the last axes."""
    found = list(walk(x.shape[-rank:], *window))
    shape = tuple(max(out[i] for out, _, _ in found) + 1 for i in range(rank))
    y = np.zeros((*x.shape[:-rank], *shape))
    for out, inside, padded in found:
        part = x[(..., *inside)].reshape(*x.shape[:-rank], -1)
        y[(..., *out)] = reduce(part, padded)
    return y


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("window", WINDOWS)
def test_max_pooling_takes_the_largest_of_each_window(rank, window):
    kernel, stride, padding, dilation, up = window
    x = numbers(2, 3, *SPATIAL[rank])
    y, index = pool(rank, "max")(torch.tensor(x), kernel, stride, padding, dilation, up, True)
    expected = walked(x, rank, window, lambda part, _: part.max(-1))
    np.testing.assert_array_equal(y.numpy(), expected)
    flat = x.reshape(2, 3, -1)
    picked = np.take_along_axis(flat, index.numpy().reshape(2, 3, -1), 2)
    np.testing.assert_array_equal(picked.reshape(expected.shape), expected)
    assert index.dtype is torch.int64


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("window", [w for w in WINDOWS if w[3] == 1])
@pytest.mark.parametrize("padded", [True, False])
def test_average_pooling_divides_by_the_window_with_or_without_its_padding(rank, window, padded):
    kernel, stride, padding, _, up = window
    x = numbers(2, 3, *SPATIAL[rank])
    y = pool(rank, "avg")(torch.tensor(x), kernel, stride, padding, up, padded)
    expected = walked(x, rank, window,
                      lambda part, size: part.sum(-1) / (size if padded else part.shape[-1]))
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-14)


def test_average_pooling_may_divide_by_another_number():
    x = numbers(1, 2, 4, 4)
    y = F.avg_pool2d(torch.tensor(x), 2, divisor_override=-3)
    expected = walked(x, 2, (2, None, 0, 1, False), lambda part, _: part.sum(-1) / -3)
    np.testing.assert_allclose(y.numpy(), expected)
    assert F.avg_pool3d(torch.ones(1, 2, 2, 2), 2, divisor_override=4).item() == 2


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("output", [1, 2, 4, 8])
@pytest.mark.parametrize("name", ["adaptive_avg", "adaptive_max"])
def test_adaptive_pooling_stretches_its_windows(rank, output, name):
    x = numbers(2, 3, *SPATIAL[rank])
    y = pool(rank, name)(torch.tensor(x), output).numpy()
    assert y.shape == (2, 3, *(output,) * rank)
    for place in np.ndindex(*(output,) * rank):
        part = x[(..., *(slice(i * n // output, -(-(i + 1) * n // output))
                         for i, n in zip(place, SPATIAL[rank], strict=True)))]  # fmt: skip
        part = part.reshape(2, 3, -1)
        expected = part.mean(-1) if name == "adaptive_avg" else part.max(-1)
        np.testing.assert_allclose(y[(..., *place)], expected)


def test_adaptive_pooling_keeps_a_size_that_is_none_and_tells_where_it_looked():
    x = torch.rand(2, 3, 5, 6)
    assert F.adaptive_avg_pool2d(x, (None, 4)).shape == (2, 3, 5, 4)
    y, index = F.adaptive_max_pool2d(x, (2, None), return_indices=True)
    flat = x.reshape(2, 3, -1)
    assert (flat.gather(2, index.reshape(2, 3, -1)) == y.reshape(2, 3, -1)).all()


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["max", "avg", "adaptive_max", "adaptive_avg"])
def test_a_single_input_needs_no_batch_and_an_empty_batch_stays_empty(rank, name):
    x = torch.tensor(numbers(2, 3, *SPATIAL[rank]))
    function = pool(rank, name)
    np.testing.assert_array_equal(function(x[0], 2).numpy(), function(x, 2)[0].numpy())
    assert function(x[:0], 2).shape == (0, *function(x, 2).shape[1:])


@pytest.mark.parametrize("name", ["max", "avg", "adaptive_max", "adaptive_avg"])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32])
def test_type_is_kept(name, dtype):
    y = pool(2, name)(torch.ones(1, 4, 4, dtype=dtype), 2)
    assert (y.dtype, y.unique().tolist()) == (dtype, [1.0])


# -- edges ---------------------------------------------------------------------------------------


def test_max_pooling_pads_with_minus_infinity():
    x = -torch.arange(1.0, 10).reshape(1, 3, 3)
    y, index = F.max_pool2d(x, 2, 2, 1, return_indices=True)
    assert y.tolist() == [[[-1, -2], [-4, -5]]]
    assert index.tolist() == [[[0, 1], [3, 4]]]


def test_max_pooling_passes_nan_on_and_takes_the_first_of_equals():
    x = torch.tensor([[[1.0, math.nan, 3.0, 3.0]]])
    y, index = F.max_pool1d(x, 2, return_indices=True)
    assert y.isnan().tolist() == [[[True, False]]]
    assert index.tolist() == [[[1, 2]]]
    full = torch.full((1, 1, 2), -math.inf)
    assert F.max_pool1d(full, 2, return_indices=True)[1].item() == 0


def test_the_gradient_goes_to_the_largest_and_is_shared_by_the_averaged():
    x = torch.tensor([[[1.0, 3.0, 2.0]]], requires_grad=True)
    F.max_pool1d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[0, 2, 0]]]
    x.grad = None
    F.avg_pool1d(x, 2, 1).sum().backward()
    assert x.grad.tolist() == [[[0.5, 1, 0.5]]]


def test_the_stride_may_be_left_out():
    x = torch.rand(1, 1, 4, 4)
    for stride in (None, [], ()):
        assert F.max_pool2d(x, 2, stride).shape == F.avg_pool2d(x, 2, stride).shape == (1, 1, 2, 2)


# -- refusals ------------------------------------------------------------------------------------

REFUSED = [
    ("max", {"kernel_size": 2, "padding": 2}, "pad should be at most half of effective kernel size",
     "F.pad"),
    ("avg", {"kernel_size": 2, "padding": 2}, "pad should be at most half", "F.pad"),
    ("max", {"kernel_size": 2, "padding": -1}, "pad must be non-negative", "F.pad"),
    ("max", {"kernel_size": 2, "stride": 0}, "stride should not be zero", "leave it out"),
    ("avg", {"kernel_size": 0}, "greater than zero", "1 or more"),
    ("max", {"kernel_size": 2, "dilation": 0}, "dilation should be greater than zero", "use 1"),
    ("max", {"kernel_size": (2, 2, 2)}, "kernel_size must either be a single int, or a tuple of 2",
     "one integer, or 2"),
    ("avg", {"kernel_size": 2, "divisor_override": 0}, "divisor must be not zero", "None"),
    ("max", {"kernel_size": 9}, "Output size is too small", "smaller kernel"),
    ("adaptive_avg", {"output_size": -1}, "must be greater than or equal to 0", "None"),
    ("adaptive_max", {"output_size": (1, 2, 3)}, "output_size must be 2", "one integer"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "options", "phrase", "mend"), REFUSED)
def test_windows_that_mean_nothing_are_refused(name, options, phrase, mend):
    check_mend(RuntimeError, phrase, mend, lambda: pool(2, name)(torch.rand(1, 5, 6), **options))


@pytest.mark.parametrize("name", ["max", "avg", "adaptive_max", "adaptive_avg"])
def test_other_inputs_are_refused(name):
    function = pool(2, name)
    check_mend(RuntimeError, "Expected 3D or 4D", "batch and channels",
               lambda: function(torch.rand(5, 6), 2), lambda: function(torch.rand(1, 5, 6), 2))
    check_mend(TypeError, "argument 'input' must be Tensor, not numpy.ndarray", "torch.tensor",
               lambda: function(np.ones((1, 4, 4)), 2))  # fmt: skip
    with pytest.raises(TypeError, match="must be tuple of ints, not (float|str)"):
        function(torch.rand(1, 5, 6), 1.5)


def test_the_average_of_integers_is_refused_where_it_would_be_cut_off():
    x = torch.tensor([[1, 2]])
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: F.adaptive_avg_pool1d(x, 1),
               lambda: F.adaptive_avg_pool1d(x.float(), 1))  # fmt: skip
