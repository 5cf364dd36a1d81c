"""Tensors print as PyTorch 2.13 prints them: recorded texts, and live ones where torch is there."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from minitorch_lazy.core import printing
from minitorch_lazy.core.printing import (
    format_scalar,
    get_printoptions,
    set_printoptions,
    tensor_text,
)

INF, NAN = float("inf"), float("nan")


@pytest.fixture(autouse=True)
def first_options():
    yield
    set_printoptions(profile="default")


def text(values, dtype="float32", **details):
    return tensor_text(np.asarray(values, dtype=dtype), dtype_name=dtype, **details)


RECORDED = [
    (3, "int64", "tensor(3)"),
    (True, "bool", "tensor(True)"),
    (2.0, "float32", "tensor(2.)"),
    (-0.0, "float32", "tensor(-0.)"),
    (NAN, "float32", "tensor(nan)"),
    (0.1, "float32", "tensor(0.1000)"),
    (1e-7, "float32", "tensor(1.0000e-07)"),
    (1 - 2.5j, "complex64", "tensor(1.-2.5000j)"),
    ([1, -20, 300], "int64", "tensor([  1, -20, 300])"),
    ([[True, False]], "bool", "tensor([[ True, False]])"),
    ([1, 2], "int32", "tensor([1, 2], dtype=torch.int32)"),
    ([1, 2.5, -3], "float32", "tensor([ 1.0000,  2.5000, -3.0000])"),
    ([0.0, -0.0, NAN, INF, -INF], "float32", "tensor([0., -0., nan, inf, -inf])"),
    ([1, NAN, -INF], "float32", "tensor([1., nan, -inf])"),
    ([1.5, NAN, -INF], "float32", "tensor([1.5000,    nan,   -inf])"),
    ([1, 1000], "float32", "tensor([   1., 1000.])"),
    ([1, 1001], "float32", "tensor([1.0000e+00, 1.0010e+03])"),
    ([1e-4, 1e-2], "float32", "tensor([1.0000e-04, 1.0000e-02])"),
    ([9.9e-5], "float32", "tensor([9.9000e-05])"),
    ([1e8], "float32", "tensor([100000000.])"),
    ([1.1e8], "float32", "tensor([1.1000e+08])"),
    (
        [1e-5, 0, NAN, -1e5],
        "float32",
        "tensor([ 1.0000e-05,  0.0000e+00,         nan, -1.0000e+05])",
    ),
    ([1e300, 1e-300], "float64", "tensor([1.0000e+300, 1.0000e-300], dtype=torch.float64)"),
    ([0.5, 2], "float16", "tensor([0.5000, 2.0000], dtype=torch.float16)"),
    (
        [1 + 2j, -0.5 - 1j, complex(NAN, -0.0)],
        "complex64",
        "tensor([ 1.0000+2.j, -0.5000-1.j,     nan-0.j])",
    ),
    (
        [1e-5 + 1j, 1 - 20j],
        "complex128",
        "tensor([1.0000e-05+1.j, 1.0000e+00-20.j], dtype=torch.complex128)",
    ),
    ([], "float32", "tensor([])"),
    (np.zeros((0, 3)), "float32", "tensor([], size=(0, 3))"),
    ([], "int64", "tensor([], dtype=torch.int64)"),
    (np.zeros((2, 0)), "bool", "tensor([], size=(2, 0), dtype=torch.bool)"),
]


@pytest.mark.parametrize(("values", "dtype", "expected"), RECORDED)
def test_values_print_as_recorded_from_torch(values, dtype, expected):
    assert text(values, dtype) == expected


def test_bfloat16_prints_its_rounded_values():
    half = pytest.importorskip("ml_dtypes").bfloat16
    shown = tensor_text(np.array([0.1, 2], dtype=half), dtype_name="bfloat16")
    assert shown == "tensor([0.1001, 2.0000], dtype=torch.bfloat16)"


def test_three_dimensions_are_set_apart_by_an_empty_line():
    assert text(np.arange(12).reshape(2, 3, 2)) == (
        "tensor([[[ 0.,  1.],\n"
        "         [ 2.,  3.],\n"
        "         [ 4.,  5.]],\n"
        "\n"
        "        [[ 6.,  7.],\n"
        "         [ 8.,  9.],\n"
        "         [10., 11.]]])"
    )


def test_a_long_row_is_broken_at_the_line_width():
    assert text(np.arange(30), "int64") == (
        "tensor([ 0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14, 15, 16, 17,\n"
        "        18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29])"
    )


def test_a_large_tensor_shows_its_corners():
    assert text(np.arange(1001), "int64") == "tensor([   0,    1,    2,  ...,  998,  999, 1000])"
    assert text(np.arange(1200).reshape(40, 30), "int64") == (
        "tensor([[   0,    1,    2,  ...,   27,   28,   29],\n"
        "        [  30,   31,   32,  ...,   57,   58,   59],\n"
        "        [  60,   61,   62,  ...,   87,   88,   89],\n"
        "        ...,\n"
        "        [1110, 1111, 1112,  ..., 1137, 1138, 1139],\n"
        "        [1140, 1141, 1142,  ..., 1167, 1168, 1169],\n"
        "        [1170, 1171, 1172,  ..., 1197, 1198, 1199]])"
    )


def test_a_short_axis_of_a_large_tensor_is_shown_whole():
    assert text(np.arange(1200).reshape(2, 600), "int64") == (
        "tensor([[   0,    1,    2,  ...,  597,  598,  599],\n"
        "        [ 600,  601,  602,  ..., 1197, 1198, 1199]])"
    )


def test_hidden_values_do_not_change_the_notation():
    values = np.ones(1001)
    values[500] = 1e30
    assert text(values) == "tensor([1., 1., 1.,  ..., 1., 1., 1.])"


def test_gradient_remarks_come_last():
    assert text([2, 2], grad_fn="MulBackward0", requires_grad=True) == (
        "tensor([2., 2.], grad_fn=<MulBackward0>)"
    )
    assert text([2], requires_grad=True) == "tensor([2.], requires_grad=True)"


def test_remarks_that_are_too_wide_start_a_new_line():
    assert text(np.full(9, 1 / 3), "float64", requires_grad=True) == (
        "tensor([0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333, 0.3333],\n"
        "       dtype=torch.float64, requires_grad=True)"
    )


def test_a_device_is_named_unless_it_is_the_cpu():
    assert text([1], device="cpu") == text([1], device="cpu:0") == "tensor([1.])"
    assert text([1], "float64", device="cuda:0") == (
        "tensor([1.], device='cuda:0', dtype=torch.float64)"
    )


def test_meta_tensors_show_their_size():
    meta = {"device": "meta", "shape_only": True}
    assert text(np.ones((2, 3)), **meta) == "tensor(..., device='meta', size=(2, 3))"
    assert text(1, "int64", **meta) == "tensor(..., device='meta', size=(), dtype=torch.int64)"


def test_the_default_dtype_is_not_named():
    assert text([1], "float64", default_dtype_name="float64") == "tensor([1.])"
    assert text([1j], "complex128", default_dtype_name="float64") == "tensor([0.+1.j])"
    assert text([1], default_dtype_name="float64") == "tensor([1.], dtype=torch.float32)"


def test_a_longer_prefix_moves_the_rows():
    assert text([[1], [2]], prefix="MyTensor(") == "MyTensor([[1.],\n          [2.]])"


OPTIONED = [
    ({"threshold": 5}, np.arange(10), "int64", "tensor([0, 1, 2,  ..., 7, 8, 9])"),
    ({"threshold": 5, "edgeitems": 0}, np.arange(10), "int64", "tensor([...], size=(10,))"),
    ({"edgeitems": 0}, np.arange(3), "int64", "tensor([0, 1, 2], size=(3,))"),
    ({"precision": 2}, [1.12345, 2], "float32", "tensor([1.12, 2.00])"),
    ({"precision": 0}, [1.12345, 2], "float32", "tensor([1, 2])"),
    ({"sci_mode": True}, [1, 2], "float32", "tensor([1.0000e+00, 2.0000e+00])"),
    ({"sci_mode": False}, [1e-6, 2], "float32", "tensor([0.0000, 2.0000])"),
    (
        {"linewidth": 20},
        np.arange(10),
        "int64",
        "tensor([0, 1, 2, 3,\n        4, 5, 6, 7,\n        8, 9])",
    ),
    ({"profile": "short"}, [1 / 3, 1], "float32", "tensor([0.33, 1.00])"),
]


@pytest.mark.parametrize(("options", "values", "dtype", "expected"), OPTIONED)
def test_options_change_the_text_as_in_torch(options, values, dtype, expected):
    set_printoptions(**options)
    assert text(values, dtype) == expected


def test_the_full_profile_shows_every_element():
    set_printoptions(profile="full")
    assert "..." not in text(np.zeros(1500))


def test_options_given_beside_a_profile_win():
    set_printoptions(profile="short", precision=6)
    assert (get_printoptions()["precision"], get_printoptions()["edgeitems"]) == (6, 2)


def test_options_left_out_stay_but_notation_goes_back_to_automatic():
    set_printoptions(precision=7, sci_mode=True)
    set_printoptions(linewidth=100)
    assert get_printoptions() == {
        "precision": 7,
        "threshold": 1000,
        "edgeitems": 3,
        "linewidth": 100,
        "sci_mode": None,
    }


def test_options_read_can_be_given_back():
    before = get_printoptions()
    set_printoptions(profile="short", sci_mode=True)
    set_printoptions(**before)
    assert get_printoptions() == before == dict(vars(printing.OPTIONS))


def test_single_numbers_take_a_format():
    assert format_scalar(np.array(2.5), ".2f") == "2.50"
    assert format_scalar(np.array(7), "04d") == "0007"
    assert format_scalar(np.array(0.1), "") == "0.1"


def test_larger_tensors_print_whole_or_refuse_a_format():
    assert format_scalar(np.array([1, 2]), "") == "[1 2]"
    with pytest.raises(TypeError, match="unsupported format string passed to ndarray.__format__"):
        format_scalar(np.array([1.0, 2.0]), ".2f")
    with pytest.raises(TypeError, match=r"tolist\(\)"):
        format_scalar(np.array(1.0), ".2f", plain=False)


def test_printing_an_extreme_range_warns_of_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shown = text([5e-324, 1.7e308], "float64")
    assert shown == "tensor([4.9407e-324, 1.7000e+308], dtype=torch.float64)"


INTEGERS = ["bool", "int8", "uint8", "int16", "int32", "int64"]
DTYPES = [*INTEGERS, "float16", "float32", "float64", "complex64", "complex128"]


@st.composite
def printed_arrays(draw):
    """Draw arrays of any dtype, 0-d and empty ones among them."""
    shape = draw(arrays.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=7))
    return draw(arrays.arrays(np.dtype(draw(st.sampled_from(DTYPES))), shape))


CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "precision": st.integers(0, 8),
        "threshold": st.sampled_from([0, 5, 50, 1000]),
        "edgeitems": st.integers(0, 4),
        "linewidth": st.integers(0, 120),
        "profile": st.sampled_from(["default", "short", "full"]),
        "sci_mode": st.booleans(),
    },
)


def compare_with_torch(torch, array, options):
    """Print one array both ways under the same options, with and without a gradient."""
    for choose in (set_printoptions, torch.set_printoptions):
        choose(profile="default")
        choose(**options)
    tensor = torch.from_numpy(array.copy())
    try:
        assert text(array, array.dtype.name) == repr(tensor)
        if array.dtype.kind in "fc":
            expected = repr(tensor.requires_grad_())
            assert text(array, array.dtype.name, requires_grad=True) == expected
    finally:
        torch.set_printoptions(profile="default")


@pytest.mark.torch
@settings(max_examples=300, deadline=None)
@given(array=printed_arrays(), options=CHOICES)
def test_any_small_array_prints_as_in_torch(array, options):
    compare_with_torch(pytest.importorskip("torch"), array, options)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", DTYPES)
def test_random_arrays_of_every_range_print_as_in_torch(dtype):
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(2023)
    shapes = [(), (3,), (50,), (1001,), (4, 5), (40, 30), (2, 3, 4), (7, 8, 20), (2, 2, 300)]
    for spread in (0, 1, 2, 4):
        for shape in shapes:
            values = random.normal(size=shape) * 10.0 ** random.uniform(-spread, spread, shape)
            for made in (values, np.round(values), values * 1e-3):
                turned = made * (0.3 - 2j) if dtype.startswith("complex") else made
                compare_with_torch(torch, np.asarray(turned).astype(dtype), {})
