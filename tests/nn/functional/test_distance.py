"""Distances, cosines, and the losses made of them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

A, B, C = np.random.default_rng(0).standard_normal((3, 4, 3))
ORDERS = [0, 0.5, 1, 2, 3, math.inf]
TARGET = np.array([1, -1, -1, 0])


def length(x, p):
    x = abs(x)
    if p == 0:
        return (x != 0).sum(-1)
    return x.max(-1) if p == math.inf else (x**p).sum(-1) ** (1 / p)


def cosine(x, y):
    return (x * y).sum(-1) / np.sqrt((x * x).sum(-1) * (y * y).sum(-1))


def variable(x):
    return torch.tensor(x, requires_grad=True)


@pytest.mark.parametrize("p", ORDERS)
def test_pairwise_distance_is_the_norm_of_the_difference(p):
    y = F.pairwise_distance(torch.tensor(A), torch.tensor(B), p, eps=0.1)
    np.testing.assert_allclose(y.numpy(), length(A - B + 0.1, p))
    wide = F.pairwise_distance(torch.tensor(A), torch.tensor(B[0]), p, eps=0.1, keepdim=True)
    np.testing.assert_allclose(wide.numpy(), length(A - B[0] + 0.1, p)[:, None])


@pytest.mark.parametrize("p", ORDERS)
def test_pdist_and_cdist_hold_the_distances_of_rows(p):
    y = F.pdist(torch.tensor(A), p)
    pairs = [length(A[i] - A[j], p) for i, j in itertools.combinations(range(4), 2)]
    np.testing.assert_allclose(y.numpy(), pairs)
    table = torch.cdist(torch.tensor(A), torch.tensor(B), p)
    np.testing.assert_allclose(table.numpy(), length(A[:, None] - B, p))


@pytest.mark.parametrize("rows", [0, 1])
def test_pdist_of_no_pair_is_empty(rows):
    assert torch.pdist(torch.zeros(rows, 3)).shape == (0,)
    assert torch.pdist(torch.zeros(3, 0), math.inf).tolist() == [0, 0, 0]


def test_cosine_similarity_broadcasts_and_counts_the_dimension_after_that():
    y = F.cosine_similarity(torch.tensor(A), torch.tensor(B[0]), dim=-1)
    np.testing.assert_allclose(y.numpy(), cosine(A, B[0]))
    y = torch.cosine_similarity(torch.tensor(A), torch.tensor(B), dim=0)
    np.testing.assert_allclose(y.numpy(), cosine(A.T, B.T))
    whole = F.cosine_similarity(torch.tensor([[3, 4]]), torch.tensor([[4.0, 3.0]]))
    assert whole.item() == pytest.approx(0.96)


def test_cosine_similarity_of_short_vectors_divides_by_eps_and_keeps_their_gradient():
    """The gradient goes through the length as if it had not been raised: u - (u.v) / |x| ..."""
    x = torch.tensor([0.3, 0.4], dtype=torch.float64, requires_grad=True)
    v = torch.tensor([1.0, 0.0], dtype=torch.float64)
    y = F.cosine_similarity(x, v, dim=0, eps=2.0)
    assert y.item() == pytest.approx(0.3 / 2 / 2)
    y.backward()
    unit = np.array([0.6, 0.8])
    np.testing.assert_allclose(x.grad.numpy(), (v.numpy() / 2 - 0.3 / 4 * unit) / 2)
    zero = torch.zeros(2, requires_grad=True)
    F.cosine_similarity(zero, v.float(), dim=0).backward()
    assert zero.grad.tolist() == pytest.approx([1e8, 0])


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_embedding_and_triplet_losses_follow_their_formulas(reduction):
    reduced = {"mean": np.mean, "sum": np.sum, "none": np.asarray}[reduction]
    a, b, c = torch.tensor(A), torch.tensor(B), torch.tensor(C)
    cos = cosine(A, B)
    expected = np.select([TARGET == 1, TARGET == -1], [1 - cos, np.maximum(cos - 0.1, 0)])
    y = F.cosine_embedding_loss(a, b, torch.tensor(TARGET), 0.1, reduction=reduction)
    np.testing.assert_allclose(y.numpy(), reduced(expected))
    near, far = length(A - B + 1e-6, 1), length(A - C + 1e-6, 1)
    y = F.triplet_margin_loss(a, b, c, 0.7, p=1, reduction=reduction)
    np.testing.assert_allclose(y.numpy(), reduced(np.maximum(near - far + 0.7, 0)))
    far = np.minimum(far, length(B - C + 1e-6, 1))
    y = F.triplet_margin_loss(a, b, c, 0.7, p=1, swap=True, reduction=reduction)
    np.testing.assert_allclose(y.numpy(), reduced(np.maximum(near - far + 0.7, 0)))
    y = F.triplet_margin_with_distance_loss(
        a, b, c, distance_function=lambda x, y: 1 - F.cosine_similarity(x, y), reduction=reduction
    )
    expected = np.maximum(1 + (1 - cosine(A, B)) - (1 - cosine(A, C)), 0)
    np.testing.assert_allclose(y.numpy(), reduced(expected))


def test_one_pair_needs_no_batch():
    a, b, c = (torch.tensor(x[0]) for x in (A, B, C))
    y = F.cosine_embedding_loss(a, b, torch.tensor(1), reduction="none")
    assert y.shape == ()
    assert y.item() == pytest.approx(1 - cosine(A[0], B[0]))
    assert F.triplet_margin_loss(a, b, c, reduction="none").shape == ()


@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradients_of_both_orders_are_finite_differences(order):
    target = torch.tensor(TARGET)
    functions = [
        (lambda a, b: F.pairwise_distance(a, b, order), 2),
        (lambda a: F.pdist(a, order), 1),
        (lambda a, b: F.cosine_similarity(a, b), 2),
        (lambda a, b: F.cosine_embedding_loss(a, b, target, 0.1), 2),
        (lambda a, b, c: F.triplet_margin_loss(a, b, c, p=order, swap=True), 3),
    ]
    for function, count in functions:
        given = [variable(x) for x in (A, B, C)[:count]]
        assert torch.autograd.gradcheck(function, given)
        assert torch.autograd.gradgradcheck(function, given)


def test_equal_rows_have_distance_0_and_gradient_0():
    x = torch.ones(3, 2, requires_grad=True)
    y = torch.pdist(x)
    y.sum().backward()
    assert y.tolist() == [0, 0, 0]
    assert x.grad.tolist() == [[0, 0]] * 3


def test_mistakes_are_refused_with_a_mend():
    a, b, t = torch.tensor(A), torch.tensor(B), torch.tensor(TARGET)
    for kind, phrase, mend, wrong, right in [
        (RuntimeError, "expected common dtype to be floating point, yet common dtype is int64",
         ".float()", lambda: F.cosine_similarity(t, t, 0),
         lambda: F.cosine_similarity(t, t.float(), 0)),
        (RuntimeError, "The size of tensor a (4) must match the size of tensor b (3)", "equal",
         lambda: F.cosine_similarity(a, b[:3]), None),
        (RuntimeError, "pdist only supports 2D tensors, got: 1D", "(N, M)",
         lambda: F.pdist(a[0]), lambda: F.pdist(a[:1])),
        (RuntimeError, "pdist only supports floating-point dtypes", "real numbers",
         lambda: F.pdist(a.long()), None),
        (RuntimeError, "pdist only supports non-negative p values", "p from 0",
         lambda: F.pdist(a, -1), None),
        (RuntimeError, "multi-target not supported", "for each pair",
         lambda: F.cosine_embedding_loss(a, b, a), None),
        (RuntimeError, "1D target tensor expects 2D input tensors", "(N, D), (N, D) and (N,)",
         lambda: F.cosine_embedding_loss(a[0], b[0], t), None),
        (ValueError, "margin must be greater than 0, got 0", "1.0",
         lambda: F.triplet_margin_loss(a, b, a, margin=0), None),
        (ValueError, "expected margin to be greater than 0, got -1 instead", "1.0",
         lambda: torch.nn.TripletMarginWithDistanceLoss(margin=-1), None),
        (RuntimeError, "anchor 2D, positive 2D, and negative 1D inputs", "unsqueeze",
         lambda: F.triplet_margin_loss(a, b, a[0]),
         lambda: F.triplet_margin_loss(a, b, a[0].unsqueeze(0))),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong, right)
