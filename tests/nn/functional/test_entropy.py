"""Losses of classification: formulas, ignored targets, probabilities, and what they refuse."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

REDUCTIONS = ["mean", "sum", "none"]


def numbers(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def entropy(x, target, weight=None, ignored=-100, smoothing=0.0, reduction="mean"):
    """Write the loss of (N, C) scores out, one prediction at a time."""
    log, classes = log_softmax(x), x.shape[1]
    weight = np.ones(classes) if weight is None else weight
    losses, weights = [], []
    for row, t in zip(log, target, strict=True):
        kept = float(t != ignored)
        smooth = -(weight * row).sum() * smoothing / classes
        losses.append(kept * (-(1 - smoothing) * weight[t] * row[t] + smooth) if kept else 0.0)
        weights.append(kept * weight[t] if kept else 0.0)
    if reduction == "none":
        return np.array(losses)
    return sum(losses) / (sum(weights) if reduction == "mean" else 1)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("target", [[0, 3, 1], [0, -100, 1], [2, 2, 2]])
def test_cross_entropy_follows_its_formula(reduction, smoothing, weighted, target):
    x, weight = numbers(3, 4), np.array([0.5, 1.5, 2.0, 0.1]) if weighted else None
    y = F.cross_entropy(
        torch.tensor(x), torch.tensor(target), None if weight is None else torch.tensor(weight),
        label_smoothing=smoothing, reduction=reduction,
    )  # fmt: skip
    expected = entropy(x, target, weight, smoothing=smoothing, reduction=reduction)
    np.testing.assert_allclose(y.numpy(), expected)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weighted", [False, True])
def test_nll_loss_picks_log_probabilities(reduction, weighted):
    x, weight = numbers(3, 4), np.array([0.5, 1.5, 2.0, 0.1]) if weighted else None
    y = F.nll_loss(
        torch.tensor(log_softmax(x)), torch.tensor([0, 9, 1]),
        None if weight is None else torch.tensor(weight), ignore_index=9, reduction=reduction,
    )  # fmt: skip
    np.testing.assert_allclose(y.numpy(), entropy(x, [0, 9, 1], weight, 9, reduction=reduction))


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_places_are_predictions_of_their_own(function):
    x, target = numbers(2, 4, 3, 5), np.random.default_rng(0).integers(0, 4, (2, 3, 5))
    y = function(torch.tensor(x), torch.tensor(target), reduction="none")
    assert y.shape == (2, 3, 5)
    rows, flat = torch.tensor(np.moveaxis(x, 1, -1).reshape(-1, 4)), torch.tensor(target.ravel())
    np.testing.assert_allclose(y.numpy().ravel(), function(rows, flat, reduction="none").numpy())


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_single_prediction_needs_no_batch(function, reduction):
    x = torch.tensor(numbers(4))
    expected = function(x[None], torch.tensor([1]), reduction=reduction).numpy().reshape(())
    y = function(x, torch.tensor(1), reduction=reduction)
    assert y.shape == ()
    np.testing.assert_allclose(y.numpy(), expected)


@pytest.mark.parametrize("shape", [(4,), (3, 4), (3, 4, 2)])
@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_class_probabilities_are_targets_too(shape, reduction, smoothing):
    axis = 0 if len(shape) == 1 else 1
    x, t, weight = numbers(*shape), abs(numbers(*shape)), np.array([0.5, 1.5, 2.0, 0.1])
    t /= t.sum(axis, keepdims=True)
    log = x - np.log(np.exp(x).sum(axis, keepdims=True))
    wide = weight.reshape((-1,) if axis == 0 else (1, -1, *(1,) * (len(shape) - 2)))
    expected = -(wide * log * ((1 - smoothing) * t + smoothing / 4)).sum(axis)
    if reduction != "none":
        expected = expected.sum() / (expected.size if reduction == "mean" else 1)
    y = F.cross_entropy(torch.tensor(x), torch.tensor(t), torch.tensor(weight),
                        label_smoothing=smoothing, reduction=reduction)  # fmt: skip
    np.testing.assert_allclose(y.numpy(), expected)


def test_gradients_are_the_probabilities_less_the_target():
    x = torch.tensor(numbers(3, 4), requires_grad=True)
    F.cross_entropy(x, torch.tensor([0, -100, 3])).backward()
    expected = np.exp(log_softmax(numbers(3, 4)))
    expected[[0, 2], [0, 3]] -= 1
    expected[1] = 0
    np.testing.assert_allclose(x.grad.numpy(), expected / 2)


# -- edges ---------------------------------------------------------------------------------------


def test_nothing_to_average_gives_nan_and_nothing_to_add_gives_zero():
    x, ignored = torch.rand(3, 4), torch.tensor([-100] * 3)
    for function in (F.cross_entropy, F.nll_loss):
        assert math.isnan(function(x, ignored).item())
        assert function(x, ignored, reduction="sum").item() == 0
        assert math.isnan(function(x[:0], ignored[:0]).item())
        assert function(x[:0], ignored[:0], reduction="none").shape == (0,)
    assert math.isnan(F.cross_entropy(x[:0], x[:0]).item())


def test_large_scores_do_not_overflow():
    x = torch.tensor([[1e4, 0.0]])
    assert F.cross_entropy(x, torch.tensor([0])).item() == 0
    assert F.cross_entropy(x, torch.tensor([1])).item() == 1e4


def test_impossible_classes_cost_nothing_unless_they_are_the_target():
    x = torch.tensor([[-math.inf, 0.0]])
    for function in (F.cross_entropy, F.nll_loss):
        assert function(x, torch.tensor([1])).item() == 0
        assert function(x, torch.tensor([0])).item() == math.inf
    x = torch.tensor([[math.nan, 0.0], [1.0, 2.0]])
    assert F.nll_loss(x, torch.tensor([-100, 1])).item() == -2


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_type_is_the_scores(dtype):
    x = torch.tensor(numbers(3, 4)).to(dtype)
    assert F.cross_entropy(x, torch.tensor([0, 1, 2])).dtype is dtype
    assert F.nll_loss(x, torch.tensor([0, 1, 2], dtype=torch.uint8)).dtype is dtype


def test_the_old_arguments_warn_and_still_work():
    x, target = torch.rand(3, 4), torch.tensor([0, 1, 2])
    with pytest.warns(UserWarning, match="size_average and reduce args.*Give reduction="):
        y = F.cross_entropy(x, target, size_average=False)
    assert y.item() == F.cross_entropy(x, target, reduction="sum").item()
    with pytest.warns(UserWarning, match="size_average and reduce"):
        assert F.nll_loss(x, target, reduce=False).shape == (3,)


# -- refusals ------------------------------------------------------------------------------------

SCORES, CLASSES = torch.rand(3, 4), torch.tensor([0, 1, 3])


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_targets_that_are_no_classes_are_refused(function):
    for wrong in (4, -1):
        check_mend(IndexError, f"Target {wrong} is out of bounds", "0 to 3",
                   lambda w=wrong: function(SCORES, torch.tensor([0, 1, w])))  # fmt: skip
    check_mend(ValueError, "Expected input batch_size (3) to match target batch_size (2)",
               "one class number", lambda: function(SCORES, CLASSES[:2]))  # fmt: skip
    check_mend(RuntimeError, "0D or 1D target tensor expected, multi-target not supported",
               "target.squeeze(1)", lambda: function(SCORES, CLASSES[:, None]),
               lambda: function(SCORES, CLASSES[:, None].squeeze(1)))  # fmt: skip
    check_mend(RuntimeError, "Expected target size [3, 2], got [3, 5]", "dimension of classes",
               lambda: function(torch.rand(3, 4, 2), torch.zeros(3, 5).long()))  # fmt: skip
    for kind in (torch.float32, torch.int32, torch.bool):
        check_mend(RuntimeError, "Long", ".long()", lambda k=kind: function(SCORES, CLASSES.to(k)),
                   lambda k=kind: function(SCORES, (CLASSES > 0).to(k).long()))  # fmt: skip


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_other_arguments_that_do_not_fit_are_refused(function):
    check_mend(RuntimeError, "weight tensor should be defined either for all 4 classes or no "
               "classes but got weight tensor of shape: [3]", "one weight for each class",
               lambda: function(SCORES, CLASSES, torch.ones(3)))  # fmt: skip
    check_mend(ValueError, "average is not a valid value for reduction", "'mean'",
               lambda: function(SCORES, CLASSES, reduction="average"))  # fmt: skip
    check_mend(NotImplementedError, "not implemented for 'Long'", ".float()",
               lambda: function(SCORES.long(), CLASSES))  # fmt: skip
    check_mend(ValueError, "Expected 1 or more dimensions (got 0)", "(N, C)",
               lambda: function(SCORES[0, 0], CLASSES[0]))  # fmt: skip
    check_mend(TypeError, "argument 'target' (position 2) must be Tensor, not list", "torch.tensor",
               lambda: function(SCORES, [0, 1, 3]))  # fmt: skip
    check_mend(TypeError, "'input' (position 1) must be Tensor, not numpy.ndarray", "from_numpy",
               lambda: function(SCORES.numpy(), CLASSES))  # fmt: skip


def test_smoothing_and_probabilities_that_mean_nothing_are_refused():
    check_mend(RuntimeError, "label_smoothing must be between 0.0 and 1.0. Got: 1.1", "0.1",
               lambda: F.cross_entropy(SCORES, CLASSES, label_smoothing=1.1))  # fmt: skip
    check_mend(RuntimeError, "ignore_index is not supported for floating point target",
               "class numbers", lambda: F.cross_entropy(SCORES, SCORES, ignore_index=1))
