"""Special functions against Python's own, against 40-digit values, and at the edges."""

import math
import warnings

import numpy as np
import pytest

from minitorch_lazy.backends.numpy.smooth import SmoothKernels
from tests import standin


class Special(SmoothKernels):
    """The functions alone, on one array module."""

    def __init__(self, xp=np):
        self.xp = xp


special = Special()
FUNCTIONS = ["digamma", "erf", "erfc", "erfinv", "gelu", "i0", "lgamma", "sigmoid", "silu"]
GRADIENTS = ["gelu_gradient", "silu_gradient"]

# Computed by mpmath with 40 digits.
ERFINV = {
    1e-10: 8.862269254527581e-11, 0.1: 0.08885599049425769, 0.25: 0.2253120550121781,
    0.5: 0.4769362762044699, 0.75: 0.8134198475976185, 0.9: 1.1630871536766743,
    0.99: 1.8213863677184494, 0.999999: 3.458910737275499, -0.3: -0.2724627147267543,
    1 - 2.0**-24: 3.832506856900711, 1 - 2.0**-53: 5.8635847487551676,
}  # fmt: skip
DIGAMMA = {
    1e-3: -1000.5755719318103, 0.25: -4.2274535333762655, 0.5: -1.9635100260214235,
    1.0: -0.5772156649015329, 1.4616321449683622: -9.241265521729427e-17,
    1.5: 0.03648997397857652, 3.0: 0.9227843350984671, 3.5: 1.103156640645243,
    4.0: 1.2561176684318005, 10.0: 2.251752589066721, 1e6: 13.815510057964191,
    -1.25: 3.714139120213528, -10.75: -0.7208957601671612,
}  # fmt: skip
LGAMMA = {
    1e-3: 6.907178885383853, 0.25: 1.2880225246980774, 0.5: 0.5723649429247001,
    0.999: 0.0005780385328913802, 1.001: -0.0005763935982833062, 1.999: -0.0004224618006921073,
    2.5: 0.2846828704729192, 3.4: 1.0923280598027414, 3.6: 1.3129233085764163,
    10.0: 12.801827480081469, 1e6: 12815504.569147611, 1e300: 6.897755278982137e302,
    -0.25: 1.589575312551186, -10.75: -15.403074503504817,
}  # fmt: skip
I0 = {
    0.0: 1.0, 0.5: 1.0634833707413236, 2.0: 2.2795853023360673, 7.5: 268.16131151518937,
    8.5: 683.1619269901156, 20.0: 43558282.559553534, -3.0: 4.8807925858650245,
}  # fmt: skip
ERFC_TAIL = {
    5.0: 1.537459794428035e-12, 10.0: 2.088487583762545e-45, 20.0: 5.395865611607901e-176,
    26.0: 5.663192408856143e-296,
}  # fmt: skip


def spread(dtype, reach=6.0, count=4001):
    """Return numbers of both signs, evenly spaced and down to the tiniest."""
    even = np.linspace(-reach, reach, count)
    tiny = 10.0 ** np.linspace(-30, 0, count // 4)
    return np.concatenate([even, tiny, -tiny]).astype(dtype)


def each(function, x):
    """Apply a function of Python floats to every element."""
    return np.array([function(v) for v in x.ravel().tolist()]).reshape(x.shape)


def ulps(result, reference):
    """Return the largest error in units of the last digit of the reference in that dtype."""
    spacing = np.spacing(np.abs(reference).astype(result.dtype)).astype(np.float64)
    return float(np.max(np.abs(result.astype(np.float64) - reference) / spacing))


def normal_share(x):
    """Return the share of the normal distribution below x."""
    return 0.5 * math.erfc(-x / math.sqrt(2))


def gelu_slope(x):
    """Return the derivative of x * normal_share(x)."""
    return normal_share(x) + x * math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def gelu_tanh(x):
    """Return the tanh approximation of x * normal_share(x)."""
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def logistic(x):
    """Return 1 / (1 + exp(-x)) without overflow."""
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


@pytest.fixture(autouse=True)
def no_warning_of_numpy():
    """Infinities are answers here, as they are in the package."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@pytest.mark.parametrize("name", ["erf", "erfc"])
@pytest.mark.parametrize(("dtype", "limit"), [("float16", 0.51), ("float32", 2.1), ("float64", 4)])
def test_error_functions_are_right_to_the_last_digits(name, dtype, limit):
    x = spread(dtype)
    assert ulps(getattr(special, name)(x), each(getattr(math, name), x)) <= limit


def test_erf_of_float64_is_right_to_two_units_of_the_last_digit():
    x = spread("float64", reach=7, count=20001)
    assert ulps(special.erf(x), each(math.erf, x)) <= 2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_erfc_keeps_its_digits_in_the_tail(dtype):
    x = np.linspace(0, 9 if dtype == "float32" else 26, 5001).astype(dtype)
    assert ulps(special.erfc(x), each(math.erfc, x)) <= 5


def test_erfc_keeps_its_digits_far_out():
    result = special.erfc(np.array(list(ERFC_TAIL)))
    np.testing.assert_allclose(result, list(ERFC_TAIL.values()), rtol=1e-15)


@pytest.mark.parametrize(
    ("name", "table"), [("erfinv", ERFINV), ("digamma", DIGAMMA), ("i0", I0), ("lgamma", LGAMMA)]
)
def test_functions_agree_with_forty_digits(name, table):
    result = getattr(special, name)(np.array(list(table)))
    np.testing.assert_allclose(result, list(table.values()), rtol=1.5e-15)


def test_erfinv_undoes_erf():
    y = np.linspace(-3, 3, 2001)
    np.testing.assert_allclose(special.erfinv(each(math.erf, y)), y, rtol=1e-11)


def test_erfinv_of_float32_is_right_to_four_units_of_the_last_digit():
    y = special.erfinv(np.linspace(-0.9999, 0.9999, 4001, dtype="float32"))
    exact = special.erfinv(np.linspace(-0.9999, 0.9999, 4001, dtype="float32").astype("float64"))
    assert ulps(y, exact) <= 4


def test_lgamma_is_right_to_the_last_digits():
    x = np.concatenate([np.linspace(0.01, 20, 4001), 10.0 ** np.linspace(-300, 300, 601)])
    np.testing.assert_allclose(special.lgamma(x), each(math.lgamma, x), rtol=1.5e-15, atol=5e-15)


def test_lgamma_is_right_left_of_zero():
    x = np.linspace(-20.003, -0.003, 2001)
    np.testing.assert_allclose(special.lgamma(x), each(math.lgamma, x), rtol=1e-14, atol=1e-13)


def test_digamma_climbs_by_the_reciprocal():
    x = np.linspace(-15.3, 15.4, 3001)
    x = x[np.abs(x - np.rint(x)) > 1e-3]
    climb = special.digamma(x + 1) - special.digamma(x)
    np.testing.assert_allclose(climb, 1 / x, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("dtype", "limit"), [("float16", 0.51), ("float32", 4), ("float64", 3)])
def test_sigmoid_keeps_its_digits_in_both_tails(dtype, limit):
    x = spread(dtype, reach=8 if dtype == "float16" else 80)
    assert ulps(special.sigmoid(x), each(logistic, x)) <= limit


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_sigmoid_of_a_thousand_neither_overflows_nor_warns(dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = special.sigmoid(np.array([1000, -1000], dtype))
    assert result.dtype == dtype
    assert result.tolist() == [1, 0]


def test_sigmoid_of_complex_numbers_is_the_formula():
    x = np.array([0.5 + 1j, -2 + 3j, 4 - 0.25j, 1j])
    np.testing.assert_allclose(special.sigmoid(x), 1 / (1 + np.exp(-x)), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_silu_is_x_times_sigmoid(dtype):
    x = spread(dtype, reach=30)
    assert ulps(special.silu(x), each(lambda v: v * logistic(v), x)) <= 5


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 2e-7), ("float64", 4e-16)])
def test_silu_gradient_is_g_times_the_slope(dtype, limit):
    x = spread(dtype, reach=30)
    g = np.random.default_rng(0).standard_normal(x.shape).astype(dtype)
    slope = each(lambda v: logistic(v) * (1 + v * (1 - logistic(v))), x)
    error = np.abs(special.silu_gradient(g, x) - g.astype("float64") * slope)
    assert np.max(error / (np.abs(g) * (1 + np.abs(x)))) <= limit


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 2.5e-7), ("float64", 5e-16)])
@pytest.mark.parametrize(
    ("approximate", "exact"), [("none", lambda v: v * normal_share(v)), ("tanh", gelu_tanh)]
)
def test_gelu_is_right_to_the_last_digits_of_x(approximate, exact, dtype, limit):
    x = spread(dtype, reach=9)
    x = x[x != 0]
    error = np.abs(special.gelu(x, approximate=approximate) - each(exact, x))
    assert np.max(error / np.abs(x)) <= limit


@pytest.mark.parametrize(("dtype", "limit"), [("float32", 4e-7), ("float64", 1e-15)])
def test_gelu_gradient_is_g_times_the_slope(dtype, limit):
    x = spread(dtype, reach=9)
    g = np.random.default_rng(0).standard_normal(x.shape).astype(dtype)
    exact = g.astype("float64") * each(gelu_slope, x)
    error = np.abs(special.gelu_gradient(g, x, approximate="none") - exact)
    assert np.max(error / np.abs(g)) <= limit


@pytest.mark.parametrize("approximate", ["none", "tanh"])
def test_gelu_gradient_is_the_limit_of_differences(approximate):
    x, step = np.linspace(-6, 6, 241), 1e-6
    rise = special.gelu(x + step, approximate=approximate)
    rise -= special.gelu(x - step, approximate=approximate)
    slope = special.gelu_gradient(np.ones_like(x), x, approximate=approximate)
    np.testing.assert_allclose(slope, rise / (2 * step), atol=1e-9)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize(
    ("name", "answers"),
    [
        ("erf", [1, -1, 0, -0.0]), ("erfc", [0, 2, 1, 1]), ("sigmoid", [1, 0, 0.5, 0.5]),
        ("erfinv", [math.nan, math.nan, 0, -0.0]), ("lgamma", [math.inf] * 4),
        ("digamma", [math.inf, math.nan, -math.inf, math.inf]),
        ("gelu", [math.inf, math.nan, 0, -0.0]), ("silu", [math.inf, math.nan, 0, -0.0]),
    ],
)  # fmt: skip
def test_infinities_zeros_and_nan_come_out_as_in_torch(name, answers, dtype):
    x = np.array([math.inf, -math.inf, 0.0, -0.0, math.nan], dtype)
    expected = np.array([*answers, math.nan])
    result = getattr(special, name)(x)
    np.testing.assert_array_equal(result, expected)
    seen = ~np.isnan(expected)
    assert (np.signbit(result) == np.signbit(expected))[seen].all()


def test_erfinv_is_infinite_at_the_ends_and_nan_beyond():
    result = special.erfinv(np.array([1.0, -1.0, 1.5, -2.0], "float32"))
    np.testing.assert_array_equal(result, [math.inf, -math.inf, math.nan, math.nan])


def test_whole_numbers_below_zero_are_poles():
    x = np.array([-1.0, -2.0, -30.0])
    assert np.isposinf(special.lgamma(x)).all()
    assert np.isnan(special.digamma(x)).all()


@pytest.mark.parametrize("name", FUNCTIONS + GRADIENTS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3)])
def test_shape_and_dtype_are_kept(name, dtype, shape):
    x = np.full(shape, 0.25, dtype)
    result = getattr(special, name)(*[x] * (2 if name in GRADIENTS else 1))
    assert (result.shape, result.dtype) == (shape, dtype)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_bfloat16_is_computed_in_float32(name):
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    x = np.linspace(0.05, 0.95, 40).astype(bfloat16)
    result, wide = getattr(special, name)(x), getattr(special, name)(x.astype("float32"))
    assert result.dtype == bfloat16
    assert (result == wide.astype(bfloat16)).all()


@pytest.mark.parametrize("name", FUNCTIONS + GRADIENTS)
def test_blocks_and_memory_order_make_no_difference(name):
    blocked = Special()
    blocked.special_block = 64
    x = np.random.default_rng(1).uniform(0.05, 0.95, (7, 30))
    arrays = [x] * (2 if name in GRADIENTS else 1)
    whole, turned = getattr(special, name)(*arrays), [a.T.copy().T for a in arrays]
    np.testing.assert_allclose(getattr(blocked, name)(*arrays), whole, rtol=1e-15)
    np.testing.assert_allclose(getattr(blocked, name)(*turned), whole, rtol=1e-15)


@pytest.mark.parametrize("name", FUNCTIONS + GRADIENTS)
def test_arguments_are_left_as_they_were(name):
    x = np.linspace(0.05, 0.95, 50)
    before = x.copy()
    getattr(special, name)(*[x] * (2 if name in GRADIENTS else 1))
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS + GRADIENTS)
def test_the_words_used_are_cupys_too(name, dtype):
    x = np.linspace(0.05, 0.95, 20).astype(dtype)
    count = 2 if name in GRADIENTS else 1
    result = getattr(Special(standin.xp), name)(*[standin.xp.asarray(x)] * count)
    np.testing.assert_array_equal(standin.asnumpy(result), getattr(special, name)(*[x] * count))


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "limit", "low", "high"),
    [
        ("erf", 2.1, -6, 6), ("erfc", 5, -6, 9), ("erfinv", 4.5, -0.999, 0.999),
        ("lgamma", 5, 0.01, 30), ("digamma", 5, 0.01, 30), ("i0", 4, -60, 60),
    ],
)  # fmt: skip
def test_functions_agree_with_mpmath(name, limit, low, high, dtype):
    mpmath = pytest.importorskip("mpmath")
    names = {"lgamma": "loggamma", "i0": "besseli"}
    exact = getattr(mpmath, names.get(name, name))
    x = np.random.default_rng(2).uniform(low, high, 1000).astype(dtype)
    with mpmath.workdps(40):
        values = [exact(0, v) if name == "i0" else exact(v) for v in map(mpmath.mpf, x.tolist())]
        found = [mpmath.mpf(v) for v in getattr(special, name)(x).tolist()]
        spacing = np.spacing(np.abs(np.array([float(v) for v in values])).astype(dtype)).tolist()
        errors = [abs(f - v) / s for f, v, s in zip(found, values, spacing, strict=True)]
    assert max(errors) <= limit


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_agree_with_torch(name, dtype):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    x = np.random.default_rng(3).uniform(-0.999, 0.999, 5000).astype(dtype)
    if name not in ("erfinv", "digamma", "lgamma"):
        x *= 10
    source = torch.nn.functional if name in ("gelu", "silu") else torch.special
    names = {"lgamma": "gammaln", "sigmoid": "expit"}
    theirs = getattr(source, names.get(name, name))(torch.from_numpy(x)).numpy()
    tolerance = 3e-6 if dtype == "float32" else 1e-12
    floor = tolerance if name in ("digamma", "lgamma", "gelu") else 0
    np.testing.assert_allclose(getattr(special, name)(x), theirs, rtol=tolerance, atol=floor)


@pytest.mark.torch
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("approximate", ["none", "tanh", "silu"])
def test_gradients_agree_with_torch(approximate, dtype):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    g, x = np.random.default_rng(4).standard_normal((2, 5000)).astype(dtype) * 3
    leaf = torch.from_numpy(x).requires_grad_()
    if approximate == "silu":
        y, ours = torch.nn.functional.silu(leaf), special.silu_gradient(g, x)
    else:
        y = torch.nn.functional.gelu(leaf, approximate=approximate)
        ours = special.gelu_gradient(g, x, approximate=approximate)
    y.backward(torch.from_numpy(g))
    tolerance = 3e-5 if dtype == "float32" else 1e-13
    np.testing.assert_allclose(ours, leaf.grad.numpy(), rtol=tolerance, atol=tolerance)
