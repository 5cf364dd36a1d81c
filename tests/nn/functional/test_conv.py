"""Convolutions against sums written out, and what they refuse."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from minitorch_lazy.ops.conv import spread_back
from tests.nn.functional.mending import check_mend

FUNCTIONS = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d, 3: F.conv_transpose3d}

# shape of input, shape of weight, stride, padding, dilation, groups
CASES = [
    ((2, 3, 7), (4, 3, 3), (1,), (0,), (1,), 1),
    ((2, 4, 9), (6, 2, 2), (2,), (1,), (3,), 2),
    ((2, 3, 5, 6), (4, 3, 3, 2), (1, 1), (0, 0), (1, 1), 1),
    ((1, 4, 6, 7), (4, 1, 3, 3), (2, 1), (1, 2), (1, 2), 4),
    ((3, 2, 4, 4), (5, 2, 1, 1), (3, 2), (0, 1), (1, 1), 1),
    ((1, 2, 3, 4, 5), (2, 1, 2, 3, 2), (1, 2, 1), (1, 0, 1), (1, 1, 2), 2),
]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def windows(x_shape, w_shape, stride, padding, dilation):
    """Yield (place of the output, place of the kernel, place of the padded input)."""
    sizes = [(n + 2 * p - d * (k - 1) - 1) // s + 1 for n, k, s, p, d in
             zip(x_shape[2:], w_shape[2:], stride, padding, dilation, strict=True)]  # fmt: skip
    for out in np.ndindex(*sizes):
        for tap in np.ndindex(*w_shape[2:]):
            yield out, tap, tuple(o * s + t * d for o, t, s, d in
                                  zip(out, tap, stride, dilation, strict=True))  # fmt: skip


def correlate(x, w, stride, padding, dilation, groups):
    """Sum products one tap at a time."""
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    places = list(windows(x.shape, w.shape, stride, padding, dilation))
    y = np.zeros((len(x), len(w), *(max(p[0][i] for p in places) + 1 for i in range(x.ndim - 2))))
    rows, inner = len(w) // groups, w.shape[1]
    for (out, tap, source), o in itertools.product(places, range(len(w))):
        first = o // rows * inner
        taken = padded[(slice(None), slice(first, first + inner), *source)]
        y[(slice(None), o, *out)] += taken @ w[(o, slice(None), *tap)]
    return y


@pytest.mark.parametrize("case", CASES)
def test_convolution_sums_products_over_windows(case):
    x_shape, w_shape, stride, padding, dilation, groups = case
    x, w, b = numbers(*x_shape), numbers(*w_shape), numbers(w_shape[0])
    function = FUNCTIONS[len(stride)]
    expected = correlate(x, w, stride, padding, dilation, groups)
    tensors = torch.tensor(x), torch.tensor(w)
    y = function(*tensors, None, stride, padding, dilation, groups)
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)
    y = function(*tensors, torch.tensor(b), stride, padding, dilation, groups)
    expected = expected + b.reshape(1, -1, *(1,) * len(stride))
    np.testing.assert_allclose(y.numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("extra", [0, 1])
def test_transposed_convolution_spreads_what_convolution_gathers(case, extra):
    """It is the transpose: (convolve x) . y = x . (spread y) for all x and y."""
    x_shape, w_shape, stride, padding, dilation, groups = case
    more = tuple(extra * (s > 1 or d > 1) for s, d in zip(stride, dilation, strict=True))
    w = numbers(*w_shape)
    y = numbers(*correlate(np.zeros(x_shape), w, stride, padding, dilation, groups).shape)
    spread = TRANSPOSED[len(stride)](torch.tensor(y), torch.tensor(w), None, stride, padding, more,
                                     groups, dilation).numpy()  # fmt: skip
    sizes = tuple((n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, s, p, d, k, e in
                  zip(y.shape[2:], stride, padding, dilation, w_shape[2:], more,
                      strict=True))  # fmt: skip
    assert spread.shape == (*x_shape[:2], *sizes)
    x = numbers(*spread.shape)
    gathered = correlate(x, w, stride, padding, dilation, groups)
    gathered = gathered[tuple(slice(n) for n in y.shape)]
    np.testing.assert_allclose((gathered * y).sum(), (x * spread).sum())


def test_the_kernel_is_not_flipped():
    x, w = torch.tensor([[[1.0, 2.0, 3.0]]]), torch.tensor([[[1.0, 0.0]]])
    assert F.conv1d(x, w).tolist() == [[[1.0, 2.0]]]


def test_a_single_image_needs_no_batch():
    x, w, b = (torch.tensor(numbers(*s)) for s in ((3, 5, 6), (4, 3, 2, 2), (4,)))
    y = F.conv2d(x, w, b, 2)
    np.testing.assert_array_equal(y.numpy(), F.conv2d(x[None], w, b, 2)[0].numpy())
    x = torch.tensor(numbers(4, 5, 6))
    assert F.conv_transpose2d(x, w).shape == (3, 6, 7)
    assert F.conv1d(torch.rand(2, 5), torch.rand(3, 2, 2)).shape == (3, 4)


def test_same_pads_the_odd_one_at_the_end():
    x, w = torch.ones(1, 1, 1, 4), torch.tensor([[[[1.0, 2.0]]]])
    assert F.conv2d(x, w, padding="same").tolist() == [[[[3.0, 3.0, 3.0, 1.0]]]]
    x, w = torch.rand(2, 3, 7, 8), torch.rand(4, 3, 3, 4)
    assert F.conv2d(x, w, padding="same", dilation=2).shape == (2, 4, 7, 8)
    np.testing.assert_array_equal(F.conv2d(x, w, padding="valid").numpy(), F.conv2d(x, w).numpy())


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_type_is_kept(dtype):
    x, w = torch.ones(1, 2, 3, 3, dtype=dtype), torch.ones(1, 2, 3, 3, dtype=dtype)
    y = F.conv2d(x, w, torch.ones(1, dtype=dtype))
    assert (y.dtype, y.item()) == (dtype, 19.0)


def test_an_empty_batch_gives_an_empty_batch():
    assert F.conv2d(torch.rand(0, 3, 5, 5), torch.rand(4, 3, 2, 2)).shape == (0, 4, 4, 4)
    assert F.conv_transpose1d(torch.rand(0, 3, 5), torch.rand(3, 4, 2)).shape == (0, 4, 6)


def test_numbers_lists_and_integers_of_numpy_are_sizes():
    x, w = torch.rand(1, 1, 5, 5), torch.rand(1, 1, 3, 3)
    expected = F.conv2d(x, w, None, 2, 1).tolist()
    for two, one in (([2, 2], (1, 1)), ((2,), [1]), (np.int64(2), np.int32(1))):
        assert F.conv2d(x, w, None, two, one).tolist() == expected


# -- refusals ------------------------------------------------------------------------------------

IMAGE, FILTERS = torch.rand(2, 4, 5, 6), torch.rand(6, 4, 3, 3)

REFUSED = [
    ({"stride": 0}, "non-positive stride is not supported", "1 or more"),
    ({"dilation": 0}, "non-positive dilation is not supported", "1 or more"),
    ({"padding": -1}, "negative padding is not supported", "F.pad"),
    ({"groups": 0}, "non-positive groups is not supported", "1 or more"),
    ({"groups": 4}, "divisible by groups=4", "multiple of groups"),
    ({"padding": "same", "stride": 2}, "padding='same' is not supported for strided convolutions",
     "padding=1"),
    ({"padding": "full"}, "Invalid padding string: 'full'", "'same'"),
    ({"stride": (1, 2, 3)}, "expected stride to be a single integer value or a list of 2 values to "
     "match the convolution dimensions, but got stride=[1, 2, 3]", "one integer, or 2"),
    ({"padding": (1, 2, 3)}, "but got padding=[1, 2, 3]", "one integer, or 2"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "phrase", "mend"), REFUSED)
def test_sizes_that_mean_nothing_are_refused(options, phrase, mend):
    check_mend(RuntimeError, phrase, mend, lambda: F.conv2d(IMAGE, FILTERS, **options))


@pytest.mark.parametrize("value", [1.5, "a", (1, 2.5), None])
def test_sizes_that_are_no_integers_are_a_type_error(value):
    check_mend(TypeError, "argument 'stride' must be tuple of ints", "one integer",
               lambda: F.conv2d(IMAGE, FILTERS, stride=value))  # fmt: skip


def test_shapes_that_do_not_fit_are_named_with_a_mend():
    check_mend(RuntimeError, "weight of size [6, 4, 3, 3], expected input[2, 3, 5, 6] to have 4 "
               "channels, but got 3 channels instead", "Conv2d(3",
               lambda: F.conv2d(IMAGE[:, :3], FILTERS))  # fmt: skip
    check_mend(RuntimeError, "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got "
               "input of size: [5, 6]", "channels", lambda: F.conv2d(IMAGE[0, 0], FILTERS),
               lambda: F.conv2d(IMAGE[:1], FILTERS))  # fmt: skip
    check_mend(RuntimeError, "expected bias to be 1-dimensional with 6 elements, but got bias of "
               "size [5]", "each output channel", lambda: F.conv2d(IMAGE, FILTERS, torch.rand(5)),
               lambda: F.conv2d(IMAGE, FILTERS, torch.rand(6)))  # fmt: skip
    with pytest.raises(RuntimeError, match="Kernel size can't be greater than actual input size"):
        F.conv2d(IMAGE[:, :, :2], FILTERS)
    with pytest.raises(RuntimeError, match="conv2d: input and weight must have"):
        F.conv2d(IMAGE, FILTERS.double())


def test_what_is_no_tensor_is_refused_by_name():
    arguments = {"input": IMAGE, "weight": FILTERS, "bias": torch.rand(6)}
    for name, value in arguments.items():
        wrong = {**arguments, name: value.numpy()}
        for function in (F.conv2d, F.conv_transpose2d):
            with pytest.raises(TypeError, match=f"'{name}' must be Tensor, not numpy.ndarray"):
                function(**wrong)


def test_transposed_convolution_refuses_what_cannot_be():
    x, w = torch.rand(1, 2, 3), torch.rand(2, 1, 2)
    check_mend(RuntimeError, "output padding must be smaller than either stride or dilation",
               "below the stride", lambda: F.conv_transpose1d(x, w, None, 2, 0, 2),
               lambda: F.conv_transpose1d(x, w, None, 2, 0, 1))  # fmt: skip
    check_mend(RuntimeError, "negative output_padding is not supported", "0 or more",
               lambda: F.conv_transpose1d(x, w, None, 2, 0, -1),
               lambda: F.conv_transpose1d(x, w, None, 2, 0, 0))  # fmt: skip
    check_mend(RuntimeError, "Output size is too small", "reduce the padding",
               lambda: F.conv_transpose1d(x, w, padding=3))  # fmt: skip
    check_mend(TypeError, "argument 'padding' must be tuple of ints", "one integer",
               lambda: F.conv_transpose1d(x, w, padding="same"))  # fmt: skip
    check_mend(RuntimeError, "expected bias to be 1-dimensional with 1 elements", "each output",
               lambda: F.conv_transpose1d(x, w, torch.rand(2)))  # fmt: skip
    check_mend(RuntimeError, "Given transposed=1, weight of size [2, 1, 2], expected input"
               "[1, 3, 3] to have 2 channels, but got 3 channels instead",
               "nn.ConvTranspose1d(3, 1, ...), or nn.LazyConvTranspose1d(1, ...)",
               lambda: F.conv_transpose1d(torch.rand(1, 3, 3), w))  # fmt: skip


def test_the_argument_of_another_type_is_named():
    check_mend(RuntimeError, "conv2d: input and bias must have the same dtype, but got Float and "
               "Double", "bias.to(torch.float32)",
               lambda: F.conv2d(IMAGE, FILTERS, torch.rand(6, dtype=torch.float64)),
               lambda: F.conv2d(IMAGE, FILTERS, torch.rand(6)))  # fmt: skip
    check_mend(RuntimeError, "input and weight must have the same dtype", "weight.to(",
               lambda: F.conv2d(IMAGE, FILTERS.double()),
               lambda: F.conv2d(IMAGE, FILTERS.double().float()))  # fmt: skip


def test_a_kernel_larger_than_its_input_says_by_how_much():
    x, w = torch.rand(1, 1, 2, 4), torch.rand(1, 1, 5, 3)
    check_mend(RuntimeError, "Calculated padded input size per channel: (2 x 4). Kernel size: "
               "(5 x 3). Kernel size can't be greater than actual input size", "2 more padding",
               lambda: F.conv2d(x, w), lambda: F.conv2d(x, w, padding=2))  # fmt: skip


WRONG = [
    ("channels", lambda x, w: (x[:, :1], w, None)),
    ("type of weight", lambda x, w: (x, w.double(), None)),
    ("no elements", lambda x, w: (x[:, :, :0], w, None)),
]


@pytest.mark.parametrize(("what", "wrong"), WRONG)
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("name", ["conv", "conv_transpose"])
def test_errors_name_the_function_that_was_called_and_its_arguments(name, rank, what, wrong):
    x, w = torch.ones(2, 3, *(4,) * rank), torch.ones(3, 3, *(2,) * rank)
    with pytest.raises(RuntimeError) as caught:
        getattr(F, f"{name}{rank}d")(*wrong(x, w), padding=0)
    headline, *lines = str(caught.value).split("\n")
    assert headline.startswith(f"{name}{rank}d: ")
    told = [line.split()[0] for line in lines]
    assert told[0] == "input"
    assert told[-1] == "mend"
    assert {*told} <= {"input", "weight", "bias", "stride", "padding", "dilation", "groups", "mend"}


@pytest.mark.parametrize(("padding", "shown"), [("same", "'same'"), ((1, 2), "(1, 2)")])
def test_errors_show_padding_as_it_was_given(padding, shown):
    with pytest.raises(RuntimeError, match="padding") as caught:
        F.conv2d(torch.ones(1, 2, 5, 5), torch.ones(3, 4, 2, 2), padding=padding)
    assert f"  padding   {shown}\n" in str(caught.value)


def test_errors_of_layers_name_the_function_and_the_layer():
    net = torch.nn.Sequential(torch.nn.Conv1d(3, 4, 3))
    with pytest.raises(RuntimeError, match="conv1d: Given groups=1") as caught:
        net(torch.ones(2, 5, 9))
    assert "0 (Conv1d)" in "".join(caught.value.__notes__)


def test_a_failure_within_the_transposed_kernel_speaks_of_its_arguments(monkeypatch):
    def failing(*arrays, **static):
        raise ValueError("no room")

    monkeypatch.setitem(spread_back.op.kernels, np.ndarray, failing)
    with pytest.raises(RuntimeError, match="conv_transpose2d: no room") as caught:
        F.conv_transpose2d(torch.ones(1, 2, 3, 3), torch.ones(2, 1, 2, 2), None, 2, 1, 1)
    told = [line.split() for line in str(caught.value).split("\n")[1:]]
    assert [line[0] for line in told] == [
        "input", "weight", "stride", "padding", "dilation", "groups", "output_padding"]  # fmt: skip
    assert told[3][1:] == ["(1,", "1)"] == told[6][1:]
