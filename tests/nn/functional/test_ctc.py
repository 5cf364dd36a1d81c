"""Lines of labels: every path counted one by one beside the loss, and what it refuses."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

SCORES = np.random.default_rng(0).standard_normal((5, 3, 4))
LOG_PROBS = SCORES - np.log(np.exp(SCORES).sum(-1, keepdims=True))
TARGETS = np.array([[1, 2, 2], [3, 0, 0], [2, 1, 3]])


def spoken(path, blank):
    """Merge what is repeated, then leave the blanks out."""
    return [label for label, _ in itertools.groupby(path) if label != blank]


def by_paths(log_probs, target, blank=0):
    """Sum the chances of all paths that say a line, out of all paths that there are."""
    times, classes = log_probs.shape
    total = sum(
        math.exp(sum(log_probs[t, c] for t, c in enumerate(path)))
        for path in itertools.product(range(classes), repeat=times)
        if spoken(path, blank) == list(target)
    )
    return -math.log(total) if total else math.inf


def loss(times, written, reduction="none", log_probs=LOG_PROBS, targets=TARGETS, **options):
    return F.ctc_loss(torch.tensor(log_probs), torch.tensor(targets), times, written,
                      reduction=reduction, **options)  # fmt: skip


def test_the_chance_of_a_line_is_the_sum_over_all_paths_that_say_it():
    times, written = (5, 4, 5), (3, 1, 2)
    expected = [
        by_paths(LOG_PROBS[:t, n], TARGETS[n, :s])
        for n, (t, s) in enumerate(zip(times, written, strict=True))
    ]
    np.testing.assert_allclose(loss(times, written).numpy(), expected)
    shares = np.array(expected) / written
    assert loss(times, written, "mean").item() == pytest.approx(shares.mean())
    assert loss(times, written, "sum").item() == pytest.approx(sum(expected))


def test_another_class_may_be_the_blank():
    targets = np.array([[0, 2], [3, 3], [2, 0]])
    expected = [by_paths(LOG_PROBS[:, n], targets[n], blank=1) for n in range(3)]
    found = loss((5, 5, 5), (2, 2, 2), targets=targets, blank=1)
    np.testing.assert_allclose(found.numpy(), expected)


def test_targets_may_stand_in_one_line_and_lengths_in_tensors():
    times, written = torch.tensor([5, 4, 5]), torch.tensor([3, 1, 2], dtype=torch.int32)
    line = np.array([1, 2, 2, 3, 2, 1])
    expected = loss((5, 4, 5), [3, 1, 2]).numpy()
    np.testing.assert_array_equal(loss(times, written, targets=line).numpy(), expected)


def test_one_line_needs_no_batch():
    for times, written in [((5,), (3,)), (torch.tensor(5), torch.tensor(3))]:
        found = loss(times, written, log_probs=LOG_PROBS[:, 0], targets=TARGETS[0])
        assert found.shape == ()
        assert found.item() == pytest.approx(by_paths(LOG_PROBS[:, 0], TARGETS[0]))


def test_a_line_of_no_label_is_silence_and_no_time_says_only_that():
    found = loss((5, 0, 0), (0, 0, 1))
    silence = -LOG_PROBS[:, 0, 0].sum()
    np.testing.assert_allclose(found.numpy(), [silence, 0, math.inf])


def test_the_gradient_is_that_of_scores_before_log_softmax():
    """PyTorch's: e^log_probs minus how much of the chance goes through each label."""
    given = torch.tensor(LOG_PROBS, requires_grad=True)
    F.ctc_loss(given, torch.tensor(TARGETS), (5, 4, 5), (3, 1, 2), reduction="sum").backward()
    scores = torch.tensor(SCORES, requires_grad=True)
    log_probs = scores.log_softmax(-1)
    F.ctc_loss(log_probs, torch.tensor(TARGETS), (5, 4, 5), (3, 1, 2), reduction="sum").backward()
    np.testing.assert_allclose(given.grad.numpy(), scores.grad.numpy(), atol=1e-14)
    assert (given.grad[4, 1] == 0).all()


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_gradients_of_both_orders_are_finite_differences(reduction):
    scores = torch.tensor(SCORES, requires_grad=True)

    def function(scores):
        return F.ctc_loss(scores.log_softmax(-1), torch.tensor(TARGETS), (5, 4, 5), (3, 1, 0),
                          reduction=reduction)  # fmt: skip

    assert torch.autograd.gradcheck(function, scores)
    assert torch.autograd.gradgradcheck(function, scores)


def test_a_line_that_cannot_be_said_is_infinite_or_counts_nothing():
    given = torch.tensor(SCORES, requires_grad=True)
    log_probs, targets = given.log_softmax(-1), torch.tensor(TARGETS)
    y = F.ctc_loss(log_probs, targets, (3, 5, 5), (3, 1, 1), reduction="none")
    assert y[0].item() == math.inf
    (slope,) = torch.autograd.grad(y.sum(), given, retain_graph=True)
    assert slope[:3, 0].isnan().all()
    assert slope[:, 1:].isfinite().all()
    y = F.ctc_loss(log_probs, targets, (3, 5, 5), (3, 1, 1), reduction="none", zero_infinity=True)
    assert y[0].item() == 0
    (slope,) = torch.autograd.grad(y.sum(), given)
    assert (slope[:, 0] == 0).all()
    assert (slope[:, 1] != 0).any()


def test_scores_of_minus_infinity_are_paths_that_nobody_takes():
    scores = SCORES.copy()
    scores[2, :, 1:] = -np.inf
    log_probs = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    given = torch.tensor(log_probs, requires_grad=True)
    y = F.ctc_loss(given, torch.tensor(TARGETS), (5, 5, 5), (2, 1, 2), reduction="none")
    expected = [by_paths(log_probs[:, n], TARGETS[n, :s]) for n, s in enumerate((2, 1, 2))]
    np.testing.assert_allclose(y.detach().numpy(), expected)
    y.sum().backward()
    assert given.grad.isfinite().all()


def test_mistakes_are_refused_with_a_mend():
    times, written = (5, 5, 5), (3, 1, 2)
    for kind, phrase, mend, wrong in [
        (RuntimeError, "blank must be in label range", "0 to C - 1",
         lambda: loss(times, written, blank=4)),
        (RuntimeError, "Expected input_lengths to have value at most 5, but got value 6", "count",
         lambda: loss((5, 6, 5), written)),
        (RuntimeError, "Expected target_lengths to have value at least 0, but got value -1",
         "count", lambda: loss(times, (3, -1, 2))),
        (RuntimeError, "input_lengths must be of size batch_size", "3 of them",
         lambda: loss((5, 5), written)),
        (RuntimeError, "target_lengths must be integral", ".long()",
         lambda: loss(times, torch.ones(3))),
        (TypeError, "'input_lengths' must be a Tensor or a tuple of ints, not int", "one integer",
         lambda: loss(5, written)),
        (RuntimeError, "size at least 4 at dimension 1", "(N, S)",
         lambda: loss(times, (4, 1, 2))),
        (RuntimeError, "size 6 at dimension 0", "one after the other",
         lambda: loss(times, written, targets=TARGETS[0])),
        (RuntimeError, "1 to 2 dimensions", "(N, S)",
         lambda: loss(times, written, targets=TARGETS[None])),
        (RuntimeError, "labels go from 0 to 3", "a class for each label",
         lambda: loss(times, written, targets=TARGETS + 2)),
        (RuntimeError, "Expected 3-dimensional tensor, but got 1", "(T, N, C)",
         lambda: loss(times, written, log_probs=LOG_PROBS[0, 0])),
        (RuntimeError, "log_probs tensor must not be empty", "(T, N, C)",
         lambda: loss(times, written, log_probs=LOG_PROBS[:0])),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong)
