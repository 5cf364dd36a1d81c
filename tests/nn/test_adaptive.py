"""The adaptive softmax: all classes' chances, its loss, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy import nn

X = np.random.default_rng(0).standard_normal((6, 8))
TARGET = np.array([0, 3, 5, 11, 19, 4])


def build(**options):
    torch.manual_seed(0)
    return nn.AdaptiveLogSoftmaxWithLoss(8, 20, [4, 10], 2.0, dtype=torch.float64, **options)


def log_softmax(x):
    return x - np.log(np.exp(x).sum(1, keepdims=True))


def every_class(layer):
    """Compute the log-probabilities of all classes from the weights, by NumPy."""
    weights = [v.numpy() for v in layer.state_dict().values()]
    head, *tail = weights if not layer.head_bias else [weights[0], *weights[2:]]
    scores = X @ head.T + (weights[1] if layer.head_bias else 0)
    scores = log_softmax(scores)
    parts = [scores[:, :4]]
    for place, (first, second) in enumerate(zip(tail[::2], tail[1::2], strict=True)):
        parts.append(log_softmax(X @ first.T @ second.T) + scores[:, 4 + place, None])
    return np.concatenate(parts, 1)


@pytest.mark.parametrize("head_bias", [False, True])
def test_chances_loss_and_prediction_follow_from_the_weights(head_bias):
    layer = build(head_bias=head_bias)
    expected = every_class(layer)
    np.testing.assert_allclose(layer.log_prob(torch.tensor(X)).detach().numpy(), expected)
    output, loss = layer(torch.tensor(X), torch.tensor(TARGET))
    picked = expected[np.arange(6), TARGET]
    np.testing.assert_allclose(output.detach().numpy(), picked)
    assert loss.item() == pytest.approx(-picked.mean())
    assert layer.predict(torch.tensor(X)).tolist() == expected.argmax(1).tolist()


def test_one_sample_needs_no_batch():
    layer = build()
    whole = layer(torch.tensor(X), torch.tensor(TARGET))
    one = layer(torch.tensor(X)[4], torch.tensor(TARGET)[4])
    assert one.output.shape == ()
    assert one.output.item() == pytest.approx(whole.output[4].item())
    assert one.loss.item() == -one.output.item()


def test_gradients_are_finite_differences():
    layer, target = build(), torch.tensor(TARGET)
    x = torch.tensor(X, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: layer(x, target).loss, x)
    assert torch.autograd.gradgradcheck(lambda x: layer(x, target).loss, x)


def test_weights_are_drawn_anew():
    layer = build()
    before = [p.detach().clone() for p in layer.parameters()]
    layer.reset_parameters()
    for old, new in zip(before, layer.parameters(), strict=True):
        assert not torch.equal(old, new)


def test_mistakes_are_refused():
    layer, x, t = build(), torch.tensor(X), torch.tensor(TARGET)
    for phrase, wrong in [
        ("Target values should be in \\[0, 19\\], but values in range \\[1, 20\\]",
         lambda: layer(x, t + 1)),
        ("same size in the batch dimension", lambda: layer(x, t[:2])),
        ("multi-target not supported", lambda: layer(x, t[None])),
        ("0D target tensor expects 1D input", lambda: layer(x, t[0])),
    ]:  # fmt: skip
        with pytest.raises(RuntimeError, match=phrase):
            wrong()
    for cutoffs in ([], [20], [0, 3], [3, 3], [5, 3], [2.5]):
        with pytest.raises(ValueError, match="cutoffs should be"):
            nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs)
