"""Nonlinear functions: their formulas, their edges, their types, and what they refuse."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

POINTS = np.array([-30.0, -4.5, -3.0, -1.5, -0.7, 0.0, 0.2, 1.0, 2.9, 3.0, 5.9, 7.5, 25.0])
EDGES = [1000.0, -1000.0, math.inf, -math.inf, math.nan]


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def normal_part(x: Any) -> Any:
    return np.array([0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x])


def bent(x: Any, alpha: float, rate: float = 1.0) -> Any:
    return np.where(x > 0, x, alpha * (np.exp(np.minimum(x, 0) * rate) - 1))


ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805

FORMULAS = [
    ("relu", {}, lambda x: np.maximum(x, 0)),
    ("leaky_relu", {}, lambda x: np.where(x > 0, x, 0.01 * x)),
    ("leaky_relu", {"negative_slope": -0.5}, lambda x: np.where(x > 0, x, -0.5 * x)),
    ("relu6", {}, lambda x: np.clip(x, 0, 6)),
    ("hardtanh", {}, lambda x: np.clip(x, -1, 1)),
    ("hardtanh", {"min_val": -3, "max_val": 0.5}, lambda x: np.clip(x, -3, 0.5)),
    ("elu", {}, lambda x: bent(x, 1.0)),
    ("elu", {"alpha": 2}, lambda x: bent(x, 2.0)),
    ("celu", {"alpha": 0.5}, lambda x: bent(x, 0.5, 2.0)),
    ("selu", {}, lambda x: SCALE * bent(x, ALPHA)),
    ("gelu", {}, lambda x: x * normal_part(x)),
    ("gelu", {"approximate": "tanh"},
     lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))),
    ("silu", {}, lambda x: x * sigmoid(x)),
    ("mish", {}, lambda x: x * np.tanh(np.log1p(np.exp(x)))),
    ("softplus", {}, lambda x: np.where(x > 20, x, np.log1p(np.exp(x)))),
    ("softplus", {"beta": 2, "threshold": 5},
     lambda x: np.where(2 * x > 5, x, np.log1p(np.exp(2 * x)) / 2)),
    ("logsigmoid", {}, lambda x: -np.log1p(np.exp(-x))),
    ("hardswish", {}, lambda x: x * np.clip(x + 3, 0, 6) / 6),
    ("hardsigmoid", {}, lambda x: np.clip(x + 3, 0, 6) / 6),
    ("softsign", {}, lambda x: x / (1 + abs(x))),
    ("sigmoid", {}, sigmoid),
    ("tanh", {}, np.tanh),
]  # fmt: skip
INPLACE = [case for case in FORMULAS if case[0] not in
           ("gelu", "softplus", "logsigmoid", "softsign", "sigmoid", "tanh")]  # fmt: skip
NAMES = sorted({name for name, _, _ in FORMULAS})


@pytest.mark.parametrize(("name", "options", "formula"), FORMULAS)
def test_function_follows_its_formula(name, options, formula):
    y = getattr(F, name)(torch.tensor(POINTS), **options)
    np.testing.assert_allclose(y.numpy(), formula(POINTS), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_type_and_shape_are_the_input_s(name, dtype):
    for shape in ((), (3,), (0, 2), (2, 1, 3)):
        y = getattr(F, name)(torch.ones(shape, dtype=dtype))
        assert (y.dtype, y.shape) == (dtype, shape)


@pytest.mark.parametrize(("name", "options", "formula"), INPLACE)
def test_in_place_gives_the_same_numbers_and_gradients(name, options, formula):
    leaves = [torch.tensor(POINTS, requires_grad=True) for _ in range(2)]
    moving = leaves[0] * 1
    y = getattr(F, name)(moving, **options, inplace=True)
    assert y is moving
    np.testing.assert_allclose(moving.detach().numpy(), formula(POINTS), rtol=1e-13)
    y.sum().backward()
    getattr(F, name)(leaves[1], **options).sum().backward()
    np.testing.assert_array_equal(leaves[0].grad.numpy(), leaves[1].grad.numpy())


# What PyTorch 2.13 gives for 1000, -1000, infinity, minus infinity and nan.
RECORDED_EDGES = {
    "relu": [1000.0, 0.0, math.inf, 0.0, math.nan],
    "relu6": [6.0, 0.0, 6.0, 0.0, math.nan],
    "elu": [1000.0, -1.0, math.inf, -1.0, math.nan],
    "silu": [1000.0, 0.0, math.inf, math.nan, math.nan],
    "softplus": [1000.0, 0.0, math.inf, 0.0, math.nan],
    "logsigmoid": [0.0, -1000.0, 0.0, -math.inf, math.nan],
    "sigmoid": [1.0, 0.0, 1.0, 0.0, math.nan],
    "tanh": [1.0, -1.0, 1.0, -1.0, math.nan],
    "hardsigmoid": [1.0, 0.0, 1.0, 0.0, math.nan],
    "softsign": [1000 / 1001, -1000 / 1001, math.nan, math.nan, math.nan],
}


@pytest.mark.parametrize("name", RECORDED_EDGES)
def test_far_points_do_not_overflow(name):
    y = getattr(F, name)(torch.tensor(EDGES))
    np.testing.assert_allclose(y.numpy(), RECORDED_EDGES[name], rtol=1e-6)


def test_slopes_where_the_function_has_a_corner():
    corners = {"relu": [0.0], "relu6": [0.0, 6.0], "hardtanh": [-1.0, 1.0], "leaky_relu": [0.0],
               "hardsigmoid": [-3.0, 3.0], "hardswish": [-3.0, 3.0]}  # fmt: skip
    slopes = {"relu": [0.0], "relu6": [0.0, 0.0], "hardtanh": [0.0, 0.0], "leaky_relu": [0.01],
              "hardsigmoid": [0.0, 0.0], "hardswish": [0.0, 1.0]}  # fmt: skip
    for name, points in corners.items():
        x = torch.tensor(points, dtype=torch.float64, requires_grad=True)
        getattr(F, name)(x).sum().backward()
        assert x.grad.tolist() == slopes[name], name


def test_relu_keeps_integers():
    assert F.relu(torch.tensor([-2, 3])).tolist() == [0, 3]
    assert F.relu(torch.tensor([-2, 3])).dtype is torch.int64
    assert F.hardtanh(torch.tensor([-5, 5])).tolist() == [-1, 1]


def test_relu_underscore_writes_into_its_input():
    x = torch.tensor([-1.0, 2.0])
    assert F.relu_(x) is x
    assert x.tolist() == [0.0, 2.0]


# -- prelu and glu -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "slopes"), [((4,), [0.1]), ((2, 3), [0.1, 0.2, 0.3]), ((2, 3, 4), [0.1, 0.2, 0.3]),
                          ((2, 3), [0.5])],
)  # fmt: skip
def test_prelu_takes_one_slope_or_one_for_each_channel(shape, slopes):
    x = np.random.default_rng(0).standard_normal(shape)
    w = np.array(slopes).reshape(1, -1, *(1,) * (len(shape) - 2)) if len(slopes) > 1 else slopes[0]
    y = F.prelu(torch.tensor(x), torch.tensor(slopes, dtype=torch.float64))
    np.testing.assert_allclose(y.numpy(), np.where(x > 0, x, w * x))


@pytest.mark.parametrize(("shape", "dim"), [((4,), -1), ((2, 6), 1), ((4, 3, 2), 0)])
def test_glu_gates_one_half_by_the_other(shape, dim):
    x = np.random.default_rng(0).standard_normal(shape)
    first, second = np.split(x, 2, dim)
    np.testing.assert_allclose(F.glu(torch.tensor(x), dim).numpy(), first * sigmoid(second))


# -- softmax -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "dim"), [((5,), 0), ((3, 4), 1), ((2, 3, 4), -2), ((2, 0), 1)])
def test_softmax_log_softmax_and_softmin_follow_their_formulas(shape, dim):
    x = np.random.default_rng(0).standard_normal(shape)
    expected = np.exp(x) / np.exp(x).sum(dim, keepdims=True)
    np.testing.assert_allclose(F.softmax(torch.tensor(x), dim).numpy(), expected)
    np.testing.assert_allclose(F.log_softmax(torch.tensor(x), dim).numpy(), np.log(expected))
    np.testing.assert_allclose(F.softmin(torch.tensor(-x), dim).numpy(), expected)


def test_softmax_of_a_number_is_one():
    assert F.softmax(torch.tensor(3.0), 0).item() == 1.0


def test_softmax_stays_finite_for_large_scores_and_is_nan_for_a_row_of_minus_infinity():
    assert F.log_softmax(torch.tensor([1e4, 0.0]), 0).tolist() == [0.0, -1e4]
    assert F.softmax(torch.tensor([[1e4, 0.0]]), 1).tolist() == [[1.0, 0.0]]
    assert F.softmax(torch.tensor([-math.inf, -math.inf]), 0).isnan().all()


def test_softmax_converts_first_where_a_type_is_given():
    y = F.softmax(torch.tensor([1, 1]), 0, dtype=torch.float64)
    assert (y.dtype, y.tolist()) == (torch.float64, [0.5, 0.5])
    assert torch.softmax(torch.ones(2), 0, torch.float64).dtype is torch.float64


@pytest.mark.parametrize(("shape", "dim"), [((3,), 0), ((2, 3), 1), ((2, 3, 4), 0)])
def test_softmax_without_a_dimension_warns_and_chooses_as_torch_does(shape, dim):
    x = torch.rand(*shape)
    for function in (F.softmax, F.log_softmax):
        with pytest.warns(UserWarning, match="Implicit dimension choice .* Give dim=1"):
            y = function(x)
        np.testing.assert_array_equal(y.numpy(), function(x, dim).numpy())


# -- refusals ------------------------------------------------------------------------------------

WHOLE = ["leaky_relu", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "logsigmoid",
         "hardswish", "hardsigmoid", "glu"]  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_integers_are_refused_where_a_slope_is_needed(name):
    x, function = torch.tensor([1, 2]), getattr(F, name)
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: function(x), lambda: function(x.float()))  # fmt: skip


@pytest.mark.parametrize("name", [*WHOLE, "relu", "hardtanh", "softmax", "log_softmax"])
def test_arrays_and_lists_are_refused_by_name(name):
    place = " (position 1)" if name == "relu" else ""
    for wrong, kind in ((np.ones(2), "numpy.ndarray"), ([1.0], "list"), (None, "NoneType")):
        check_mend(TypeError, f"{name}(): argument 'input'{place} must be Tensor, not "
                   f"{kind}", "torch.tensor",
                   lambda wrong=wrong: getattr(F, name)(wrong))  # fmt: skip


def test_what_means_nothing_is_refused_with_a_mend():
    x = torch.rand(2, 3)
    check_mend(RuntimeError, "Boolean inputs not supported for relu", ".float()",
               lambda: F.relu(x > 0), lambda: F.relu((x > 0).float()))  # fmt: skip
    check_mend(RuntimeError, "Bool inputs not supported for hardtanh", ".float()",
               lambda: F.hardtanh(x > 0), lambda: F.hardtanh((x > 0).float()))  # fmt: skip
    check_mend(ValueError, "min_val cannot be greater than max_val", "exchange",
               lambda: F.hardtanh(x, 1, -1), lambda: F.hardtanh(x, -1, 1))  # fmt: skip
    check_mend(RuntimeError, "alpha cannot be 0 for CELU", "relu", lambda: F.celu(x, 0.0))
    check_mend(RuntimeError, "approximate argument must be either none or tanh", "choose one",
               lambda: F.gelu(x, "erf"), lambda: F.gelu(x, "none"))  # fmt: skip
    check_mend(RuntimeError, "Halving dimension must be even, but dimension 1 is size 3", "even",
               lambda: F.glu(x, 1), lambda: F.glu(x, 0))  # fmt: skip
    check_mend(RuntimeError, "glu does not support scalars", "dimension",
               lambda: F.glu(torch.tensor(1.0)))  # fmt: skip
    check_mend(RuntimeError, "parameter numbers = 2 and channel size = 3", "one for each channel",
               lambda: F.prelu(x, torch.rand(2)), lambda: F.prelu(x, torch.rand(3)))  # fmt: skip
    check_mend(RuntimeError, "Type promoting not supported. Got float64 and float32", "convert",
               lambda: F.prelu(x.double(), torch.rand(3)))  # fmt: skip
    check_mend(RuntimeError, "Expected `weight` to be a scalar or 1D tensor, but got: ndim = 2",
               "flatten", lambda: F.prelu(x, torch.rand(1, 3)))  # fmt: skip
    check_mend(RuntimeError, "Not allow zero-dim input tensor.", "one slope",
               lambda: F.prelu(x[0, 0], torch.rand(3)),
               lambda: F.prelu(x[0, 0], torch.rand(1)))  # fmt: skip
    check_mend(RuntimeError, "not implemented for", "dtype=", lambda: F.softmax(x.long(), 1),
               lambda: F.softmax(x.long(), 1, dtype=torch.float32))  # fmt: skip


def test_a_leaf_that_requires_grad_is_not_written_over():
    x = torch.ones(2, requires_grad=True)
    for function in (F.relu, F.silu, F.elu):
        with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
            function(x, inplace=True)
    assert x.tolist() == [1.0, 1.0]
