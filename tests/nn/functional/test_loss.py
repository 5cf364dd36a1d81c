"""Losses between numbers: formulas, weights, edges, gradients, and what they refuse."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

REDUCTIONS = ["mean", "sum", "none"]
BCE, LOGITS = "binary_cross_entropy", "binary_cross_entropy_with_logits"


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape) * 2


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def reduced(loss, reduction):
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](loss)


def smooth(d, beta):
    return np.where(abs(d) < beta, d * d / (2 * beta), abs(d) - beta / 2)


def huber(d, delta):
    return np.where(abs(d) <= delta, d * d / 2, delta * (abs(d) - delta / 2))


def cross(x, t):
    return -(t * np.log(x) + (1 - t) * np.log(1 - x))


FORMULAS = [
    ("mse_loss", {}, lambda x, t: (x - t) ** 2),
    ("l1_loss", {}, lambda x, t: abs(x - t)),
    ("smooth_l1_loss", {}, lambda x, t: smooth(x - t, 1.0)),
    ("smooth_l1_loss", {"beta": 0.3}, lambda x, t: smooth(x - t, 0.3)),
    ("smooth_l1_loss", {"beta": 0}, lambda x, t: abs(x - t)),
    ("huber_loss", {}, lambda x, t: huber(x - t, 1.0)),
    ("huber_loss", {"delta": 2.5}, lambda x, t: huber(x - t, 2.5)),
    (LOGITS, {}, lambda x, t: cross(sigmoid(x), t)),
    ("kl_div", {"log_target": True}, lambda x, t: np.exp(t) * (t - x)),
]


@pytest.fixture(autouse=True)
def quiet_average_of_the_divergence():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "kl_div: reduction 'mean'")
        yield


@pytest.mark.parametrize(("name", "options", "formula"), FORMULAS)
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("shape", [(), (5,), (3, 4)])
def test_loss_follows_its_formula(name, options, formula, reduction, shape):
    x, t = numbers(*shape), numbers(*shape, seed=1)
    y = getattr(F, name)(torch.tensor(x), torch.tensor(t), reduction=reduction, **options)
    np.testing.assert_allclose(y.numpy(), reduced(formula(x, t), reduction))
    assert y.dtype is torch.float64


@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_binary_cross_entropy_follows_its_formula(reduction):
    x, t, w = (sigmoid(numbers(3, 4, seed=s)) for s in range(3))
    expected = cross(x, t)
    y = F.binary_cross_entropy(torch.tensor(x), torch.tensor(t), reduction=reduction)
    np.testing.assert_allclose(y.numpy(), reduced(expected, reduction))
    for weight in (w, w[0]):
        y = F.binary_cross_entropy(torch.tensor(x), torch.tensor(t), torch.tensor(weight),
                                   reduction=reduction)  # fmt: skip
        np.testing.assert_allclose(y.numpy(), reduced(expected * weight, reduction))


def test_binary_cross_entropy_with_logits_weighs_elements_and_positives():
    x, t, w = numbers(3, 4), sigmoid(numbers(3, 4, seed=1)), np.array([0.5, 1.0, 2.0, 3.0])
    p = sigmoid(x)
    expected = -w * (2.5 * t * np.log(p) + (1 - t) * np.log(1 - p))
    y = F.binary_cross_entropy_with_logits(torch.tensor(x), torch.tensor(t), torch.tensor(w),
                                           pos_weight=torch.tensor(2.5).double())  # fmt: skip
    np.testing.assert_allclose(y.item(), expected.mean())


@pytest.mark.parametrize("reduction", ["mean", "sum", "none", "batchmean"])
def test_kl_div_compares_log_probabilities_with_probabilities(reduction):
    t = sigmoid(numbers(3, 4))
    t[0, 0] = 0
    x = numbers(3, 4, seed=1)
    expected = np.where(t > 0, t * (np.log(np.where(t > 0, t, 1)) - x), 0)
    expected = expected.sum() / 3 if reduction == "batchmean" else reduced(expected, reduction)
    y = F.kl_div(torch.tensor(x), torch.tensor(t), reduction=reduction)
    np.testing.assert_allclose(y.numpy(), expected)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "huber_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_weights_multiply_elements(name, reduction):
    """The weighted mean is one for mse and l1; huber's is over the elements, as in torch."""
    x, t, w = numbers(3, 4), numbers(3, 4, seed=1), sigmoid(numbers(3, 4, seed=2))
    d = x - t
    loss = {"mse_loss": d**2, "l1_loss": abs(d), "huber_loss": huber(d, 1.0)}[name] * w
    expected = reduced(loss, reduction)
    if reduction == "mean" and name != "huber_loss":
        expected = loss.sum() / w.sum()
    y = getattr(F, name)(torch.tensor(x), torch.tensor(t), weight=torch.tensor(w),
                         reduction=reduction)  # fmt: skip
    np.testing.assert_allclose(y.numpy(), expected)


# -- gradients and edges -------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "options", "formula"), [*FORMULAS, (BCE, {}, cross)])
def test_both_arguments_receive_the_slope_of_the_formula(name, options, formula):
    x, t = numbers(4), numbers(4, seed=1)
    if name in (BCE, LOGITS):
        x, t = (sigmoid(x) if name == BCE else x), sigmoid(t)
    leaves = [torch.tensor(a, requires_grad=True) for a in (x, t)]
    getattr(F, name)(*leaves, reduction="sum", **options).backward()
    step = 1e-6
    dx = (formula(x + step, t) - formula(x - step, t)) / (2 * step)
    dt = (formula(x, t + step) - formula(x, t - step)) / (2 * step)
    np.testing.assert_allclose(leaves[0].grad.numpy(), dx, atol=1e-6)
    np.testing.assert_allclose(leaves[1].grad.numpy(), dt, atol=1e-6)


def test_certain_and_wrong_costs_one_hundred():
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    y = F.binary_cross_entropy(x, torch.tensor([1.0, 0.0]), reduction="none")
    assert y.tolist() == [100.0, 100.0]
    assert F.binary_cross_entropy(x, torch.tensor([0.0, 1.0])).item() == 0
    y.sum().backward()
    assert x.grad.tolist() == pytest.approx([-1e12, 1e12])


def test_large_logits_do_not_overflow():
    x, t = torch.tensor([1000.0, -1000.0]), torch.tensor([0.0, 1.0])
    assert F.binary_cross_entropy_with_logits(x, t).item() == 1000
    assert F.binary_cross_entropy_with_logits(x, 1 - t).item() == 0


def test_outcomes_that_do_not_happen_cost_nothing_unless_they_are_impossible():
    assert F.kl_div(torch.tensor([-3.0, 0.0]), torch.tensor([0.0, 1.0])).item() == 0
    assert F.kl_div(torch.tensor([-math.inf, 0.0]), torch.tensor([0.0, 1.0])).isnan()


@pytest.mark.parametrize("name", ["l1_loss", "smooth_l1_loss", "huber_loss", LOGITS, "kl_div"])
def test_the_mean_of_nothing_is_nan_and_its_sum_zero(name):
    nothing = torch.zeros(0)
    assert getattr(F, name)(nothing, nothing).isnan()
    assert getattr(F, name)(nothing, nothing, reduction="sum").item() == 0


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_sizes_that_differ_are_broadcast_with_a_warning(name):
    x, t = numbers(3, 4), numbers(4, seed=1)
    with pytest.warns(UserWarning, match=r"target size \(torch.Size\(\[4\]\)\) that is different"):
        y = getattr(F, name)(torch.tensor(x), torch.tensor(t))
    wide = torch.tensor(np.broadcast_to(t, (3, 4)).copy())
    assert y.item() == pytest.approx(getattr(F, name)(torch.tensor(x), wide).item())


def test_the_mean_of_the_divergence_is_warned_of():
    x = torch.rand(2, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="'batchmean' divides by the batch alone"):
            F.kl_div(x, x)
        F.kl_div(x, x, reduction="batchmean")


# -- refusals ------------------------------------------------------------------------------------


def test_what_means_nothing_is_refused():
    x = torch.rand(2, 3)
    check_mend(RuntimeError, "smooth_l1_loss does not support negative values for beta", "0",
               lambda: F.smooth_l1_loss(x, x, beta=-1))  # fmt: skip
    check_mend(RuntimeError, "huber_loss does not support non-positive values for delta", "above 0",
               lambda: F.huber_loss(x, x, delta=0))  # fmt: skip
    check_mend(TypeError, "delta must be a float or int", "above 0",
               lambda: F.huber_loss(x, x, delta="1"))  # fmt: skip
    for name in ("input", "target"):
        wrong = {"input": x, "target": x, name: x + 1}
        check_mend(RuntimeError, f"all elements of {name} should be between 0 and 1", "",
                   lambda wrong=wrong: F.binary_cross_entropy(**wrong))  # fmt: skip
    with pytest.raises(RuntimeError, match="between 0 and 1"):
        F.binary_cross_entropy(x * math.nan, x)


def test_sizes_and_types_that_do_not_fit_are_refused():
    x, other, whole = torch.rand(2, 3), torch.rand(2, 1), torch.tensor([[0, 1, 0], [1, 1, 0]])
    check_mend(ValueError, "Using a target size (torch.Size([2, 1])) that is different to the "
               "input size (torch.Size([2, 3])) is deprecated", "expand the target",
               lambda: F.binary_cross_entropy(x, other),
               lambda: F.binary_cross_entropy(x, other.expand(2, 3)))  # fmt: skip
    check_mend(ValueError, "Target size (torch.Size([2, 1])) must be the same as input size "
               "(torch.Size([2, 3]))", "expand", lambda: getattr(F, LOGITS)(x, other))  # fmt: skip
    for name in ("mse_loss", "l1_loss", "huber_loss"):
        check_mend(ValueError, "Weights and input must have the same size", "each element",
                   lambda n=name: getattr(F, n)(x, x, weight=other))  # fmt: skip
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", BCE, LOGITS, "kl_div"):
        function = getattr(F, name)
        kind, phrase = {
            "l1_loss": (RuntimeError, "could not infer output dtype"),
            "kl_div": (RuntimeError, "Integral inputs not supported"),
        }.get(name, (NotImplementedError, "not implemented for 'Long'"))
        check_mend(kind, phrase, "float",
                   lambda f=function: f(whole, whole),
                   lambda f=function: f(whole.float(), whole.float()))  # fmt: skip
        check_mend(ValueError, "average is not a valid value for reduction", "'mean'",
                   lambda f=function: f(x, x, reduction="average"))  # fmt: skip
        for wrong in ((x.numpy(), x), (x, [1.0])):
            with pytest.raises(TypeError, match="must be Tensor, not (numpy.ndarray|list)"):
                function(*wrong)


def test_integers_may_be_compared_with_floats():
    whole, x = torch.tensor([1, 2]), torch.tensor([1.5, 1.5])
    assert F.mse_loss(x, whole).item() == 0.25
    assert F.l1_loss(whole, x).item() == 0.5


@pytest.mark.torch
@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0)])
@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss",
                                  "binary_cross_entropy", LOGITS])  # fmt: skip
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_of_nothing_are_pytorch_s(name, shape, reduction):
    real = pytest.importorskip("torch")
    ours = getattr(F, name)(torch.ones(shape), torch.ones(shape), reduction=reduction)
    theirs = getattr(real.nn.functional, name)(
        real.ones(shape), real.ones(shape), reduction=reduction
    )
    assert str(ours) == str(theirs)


def test_warnings_point_at_the_line_that_called():
    layer = torch.nn.MSELoss()
    for call in (lambda: F.mse_loss(torch.ones(2), torch.ones(1)),
                 lambda: layer(torch.ones(2), torch.ones(1)),
                 lambda: torch.softmax(torch.ones(2)),
                 lambda: F.kl_div(torch.ones(2), torch.ones(2))):  # fmt: skip
        with pytest.warns(UserWarning, match="size|dim|mean") as caught:
            call()
        assert caught[0].filename == __file__
