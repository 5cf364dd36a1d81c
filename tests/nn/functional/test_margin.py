"""Losses with margins: plain loops beside them, ties, gradients, and what they refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

REDUCTIONS = ["mean", "sum", "none"]
X, Y = np.random.default_rng(0).standard_normal((2, 3, 4)) * 2
SIGNS = np.where(Y > 0, 1.0, -1.0)
CLASSES = np.array([3, 0, 1])
LISTS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 0, 0]])
WEIGHT = np.array([0.5, 1.0, 2.0, 3.0])


def reduced(loss: Any, reduction: str) -> Any:
    return {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction](loss)


def sigmoid(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def one_class(x: Any, t: int, p: int, margin: float, w: Any) -> float:
    others = [c for c in range(len(x)) if c != t]
    return w[t] * sum(max(margin - x[t] + x[c], 0) ** p for c in others) / len(x)


def many_classes(x: Any, listed: Any) -> float:
    right = listed[: list(listed).index(-1)] if -1 in listed else listed
    wrong = [c for c in range(len(x)) if c not in right]
    return sum(max(1 - x[t] + x[c], 0) for t in right for c in wrong) / len(x)


ELEMENTWISE = [
    ("margin_ranking_loss", (X, Y, SIGNS), {"margin": 0.5},
     np.maximum(-SIGNS * (X - Y) + 0.5, 0)),
    ("hinge_embedding_loss", (X, SIGNS), {"margin": 0.7},
     np.where(SIGNS == 1, X, np.maximum(0.7 - X, 0))),
    ("hinge_embedding_loss", (X, SIGNS * 2), {}, X + np.maximum(1 - X, 0)),
    ("soft_margin_loss", (X, SIGNS), {}, np.log1p(np.exp(-SIGNS * X))),
    ("multilabel_soft_margin_loss", (X, SIGNS > 0), {"weight": WEIGHT},
     -(WEIGHT * np.log(sigmoid(SIGNS * X))).mean(1)),
    ("multilabel_margin_loss", (X, LISTS), {},
     np.array([many_classes(*pair) for pair in zip(X, LISTS, strict=True)])),
    ("multi_margin_loss", (X, CLASSES), {"margin": 0.7},
     np.array([one_class(x, t, 1, 0.7, [1] * 4) for x, t in zip(X, CLASSES, strict=True)])),
    ("multi_margin_loss", (X, CLASSES), {"p": 2, "weight": WEIGHT},
     np.array([one_class(x, t, 2, 1.0, WEIGHT) for x, t in zip(X, CLASSES, strict=True)])),
]  # fmt: skip
NAMES = [name for name, *_ in ELEMENTWISE]


def tensors(arrays: Any) -> list[torch.Tensor]:
    return [torch.tensor(a * 1.0 if a.dtype == bool else a) for a in arrays]


def options(given: dict[str, Any]) -> dict[str, Any]:
    return {k: torch.tensor(v) if isinstance(v, np.ndarray) else v for k, v in given.items()}


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize(("name", "arrays", "given", "expected"), ELEMENTWISE, ids=NAMES)
def test_loss_follows_its_formula(name, arrays, given, expected, reduction):
    y = getattr(F, name)(*tensors(arrays), reduction=reduction, **options(given))
    np.testing.assert_allclose(y.numpy(), reduced(expected, reduction))
    assert y.dtype is torch.float64


@pytest.mark.parametrize(("name", "arrays", "given", "expected"), ELEMENTWISE, ids=NAMES)
def test_gradients_of_both_orders_are_finite_differences(name, arrays, given, expected):
    x, *rest = tensors(arrays)
    x.requires_grad_()

    def loss(x):
        return getattr(F, name)(x, *rest, reduction="none", **options(given))

    assert torch.autograd.gradcheck(loss, x)
    assert torch.autograd.gradgradcheck(loss, x)


@pytest.mark.parametrize(("name", "arrays", "given", "expected"), ELEMENTWISE, ids=NAMES)
def test_the_two_old_arguments_choose_the_reduction(name, arrays, given, expected):
    loss = getattr(F, name)
    with pytest.warns(UserWarning, match="reduction"):
        y = loss(*tensors(arrays), size_average=False, **options(given))
    np.testing.assert_allclose(y.item(), expected.sum())
    with pytest.raises(ValueError, match="all"):
        loss(*tensors(arrays), reduction="all", **options(given))


@pytest.mark.parametrize("name", ["multi_margin_loss", "multilabel_margin_loss"])
def test_one_sample_is_a_batch_of_one_without_its_dimension(name):
    target = torch.tensor(CLASSES if name == "multi_margin_loss" else LISTS)
    batch = getattr(F, name)(torch.tensor(X), target, reduction="none")
    one = getattr(F, name)(torch.tensor(X)[0], target[0], reduction="none")
    assert one.shape == ()
    assert one.item() == batch[0].item()


@pytest.mark.parametrize("name", ["multi_margin_loss", "multilabel_margin_loss"])
@pytest.mark.parametrize("reduction", REDUCTIONS)
def test_a_batch_of_none_has_the_mean_0(name, reduction):
    target = torch.tensor((CLASSES if name == "multi_margin_loss" else LISTS)[:0])
    y = getattr(F, name)(torch.zeros(0, 4), target, reduction=reduction)
    assert y.tolist() == ([] if reduction == "none" else 0)


def test_what_lies_on_the_margin_counts_in_ranking_and_not_between_classes():
    x = torch.tensor([1.0, 0.0], requires_grad=True)
    F.margin_ranking_loss(x, torch.zeros(2), torch.ones(2), margin=1, reduction="sum").backward()
    assert x.grad.tolist() == [-1, -1]
    x.grad = None
    F.multi_margin_loss(x, torch.tensor(0)).backward()
    assert x.grad.tolist() == [0, 0]


def test_hinge_embedding_loss_of_whole_distances_is_whole():
    x, t = torch.tensor([2, -1, 0]), torch.tensor([1, -1, -1])
    assert F.hinge_embedding_loss(x, t, 0.5, reduction="none").tolist() == [2, 1, 0]


def test_soft_margin_loss_of_large_scores_is_finite_and_so_is_its_gradient():
    x = torch.tensor([-1000.0, 1000.0], requires_grad=True)
    y = F.soft_margin_loss(x, torch.ones(2), reduction="none")
    assert y.tolist() == [1000, 0]
    y.sum().backward()
    assert x.grad.tolist() == [-1, 0]


def test_mistakes_are_refused_with_a_mend():
    x, t = torch.tensor(X), torch.tensor(CLASSES)
    column = torch.ones(3, 1)
    for kind, phrase, mend, wrong, right in [
        (RuntimeError, "should have same dimension", "unsqueeze",
         lambda: F.margin_ranking_loss(x, x, t), lambda: F.margin_ranking_loss(x, x, column)),
        (RuntimeError, "doesn't match the broadcast shape [3, 4]", "expand",
         lambda: F.soft_margin_loss(x[0], x), lambda: F.soft_margin_loss(x[0].expand(3, 4), x)),
        (IndexError, "Dimension specified as -1", "(N, C)",
         lambda: F.multilabel_soft_margin_loss(x[0, 0], x[0, 0]), None),
        (RuntimeError, "target out of range", "0 to 3",
         lambda: F.multi_margin_loss(x, t + 1), lambda: F.multi_margin_loss(x, t)),
        (RuntimeError, "expected scalar type Long but found Double", "target.long()",
         lambda: F.multi_margin_loss(x, x[:, 0]), lambda: F.multi_margin_loss(x, t)),
        (RuntimeError, "Expected target size [3], but got [2]", "one class number for each sample",
         lambda: F.multi_margin_loss(x, t[:2]), None),
        (RuntimeError, "inconsistent weight size, expected 4 but got [3]", "for each class",
         lambda: F.multi_margin_loss(x, t, weight=torch.ones(3).double()), None),
        (RuntimeError, "expected scalar type Double but found Float", "convert the weight",
         lambda: F.multi_margin_loss(x, t, weight=torch.ones(4)), None),
        (ValueError, "only p == 1 and p == 2 supported", "choose one",
         lambda: F.multi_margin_loss(x, t, p=3), None),
        (ValueError, "weight must be one-dimensional", "for each class",
         lambda: F.multi_margin_loss(x, t, weight=torch.ones(2, 2)), None),
        (ValueError, "expected weight to be None or 1D tensor, got 2D instead", "for each class",
         lambda: torch.nn.MultiMarginLoss(weight=torch.ones(2, 2)), None),
        (RuntimeError, "Expected non-empty vector or matrix", "(N, C) or (C,)",
         lambda: F.multi_margin_loss(x[:, :0], t), None),
        (RuntimeError, "is out of range", "0 to 3",
         lambda: F.multilabel_margin_loss(x, torch.tensor(LISTS) - 1), None),
        (RuntimeError, "inconsistent target size: [4] for input of size: [3, 4]", "with -1",
         lambda: F.multilabel_margin_loss(x, torch.tensor(LISTS)[0]), None),
        (NotImplementedError, "not implemented for 'Long'", ".float()",
         lambda: F.multi_margin_loss(x.long(), t), None),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong, right)
