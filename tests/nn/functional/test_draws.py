"""Functions that draw: PyTorch's own numbers for the same seed, and what they are."""

from __future__ import annotations

import math

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.nn.functional.mending import check_mend

X = torch.linspace(-2, 2, 8)
ALPHA = 1.7580993408473766

RECORDED = {
    "rrelu": (lambda x: F.rrelu(x, training=True),
              [-0.654188752, -0.389232129, -0.189175516, -0.0905206725, 0.285714209, 0.857142806,
               1.42857146, 2.0], 0.455627977848053),
    "rrelu double": (lambda x: F.rrelu(x.double(), 0.1, 0.5, True),
                     [-0.976042401, -0.54732565, -0.243216995, -0.133799699, 0.285714209,
                      0.857142806, 1.42857146, 2.0], 0.455627977848053),
    "alpha_dropout": (lambda x: F.alpha_dropout(x, 0.3, True),
                      [-1.05954826, -1.05954826, -0.28386727, -1.05954826, 0.700078487,
                       -1.05954826, 1.68402433, 2.17599726], 0.6976675987243652),
    "feature_alpha_dropout": (lambda x: F.feature_alpha_dropout(x.reshape(1, 4, 2), 0.3, True),
                              [-1.05954826, -1.05954826, -1.05954826, -1.05954826, 0.700078487,
                               1.19205141, -1.05954826, -1.05954826], 0.455627977848053),
    "feature_dropout": (lambda x: torch.feature_dropout(x.reshape(1, 4, 2), 0.3, True),
                        [0, 0, 0, 0, 0.40816316, 1.22448981, 0, 0], 0.455627977848053),
    "gumbel_softmax": (lambda x: F.gumbel_softmax(x),
                       [0.000911901414, 0.00460442295, 0.0163109098, 0.00700736092, 0.0303727873,
                        0.0355681889, 0.501345456, 0.403878987], 0.6976675987243652),
}  # fmt: skip
"""Function, what PyTorch 2.13 returns for X under seed 0, and the number that it draws next."""


@pytest.mark.parametrize("name", list(RECORDED))
def test_draws_are_pytorch_s_for_the_same_seed(name):
    function, numbers, following = RECORDED[name]
    torch.manual_seed(0)
    y = function(X)
    np.testing.assert_allclose(y.reshape(-1).numpy(), numbers, rtol=1e-6)
    assert torch.rand(1).item() == following


@pytest.mark.torch
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_thousand_draws_are_pytorch_s_bit_for_bit(kind):
    oracle = pytest.importorskip("torch")
    x = np.random.default_rng(0).standard_normal((40, 50)).astype(kind)
    found = []
    for package in (torch, oracle):
        package.manual_seed(5)
        f = package.nn.functional
        found.append([
            f.rrelu(package.tensor(x).t(), 0.1, 0.7, True).numpy(),
            package.rrelu(package.tensor(x), training=True).numpy(),
            f.alpha_dropout(package.tensor(x), 0.4, True).numpy() != x,
        ])  # fmt: skip
    for mine, other in zip(*found, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_rrelu_scales_what_is_not_above_0_within_the_bounds():
    x = -torch.ones(1000, dtype=torch.float64)
    slopes = -F.rrelu(x, 0.2, 0.6, training=True)
    assert 0.2 <= slopes.min().item() < 0.21
    assert 0.59 < slopes.max().item() <= 0.6
    assert F.rrelu(x[:1], 0.2, 0.6).item() == pytest.approx(-0.4)
    assert torch.nn.RReLU(0.2, 0.6).eval()(x[:1]).item() == pytest.approx(-0.4)


def test_the_slope_of_rrelu_is_what_was_drawn_and_1_for_nan():
    x = torch.tensor([-2.0, 0.0, 3.0, math.nan], requires_grad=True)
    y = F.rrelu(x, training=True)
    y.sum().backward()
    assert x.grad[0].item() == pytest.approx(y[0].item() / -2)
    assert 1 / 8 <= x.grad[1].item() < 1 / 3
    assert x.grad[2:].tolist() == [1, 1]


def test_rrelu_in_place_and_from_a_generator():
    first, second = (torch.Generator().manual_seed(3) for _ in range(2))
    x = X.clone()
    assert torch.rrelu_(x, 0.1, 0.5, True, first) is x
    assert x.tolist() == torch.rrelu(X, 0.1, 0.5, True, second).tolist()


@pytest.mark.parametrize("p", [0.2, 0.5, 0.9])
def test_alpha_dropout_keeps_mean_and_variance(p):
    torch.manual_seed(0)
    y = F.alpha_dropout(torch.randn(100_000), p, training=True)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.var().item() == pytest.approx(1, abs=0.03)
    scale = ((ALPHA**2 * p + 1) * (1 - p)) ** -0.5
    lowest = scale * (ALPHA * p - ALPHA)
    dropped = (y - lowest).abs() < 1e-6
    assert dropped.double().mean().item() == pytest.approx(p, abs=0.01)


def test_alpha_dropout_of_all_is_0_and_of_none_is_the_input():
    assert F.alpha_dropout(X, 1.0, training=True).tolist() == [0] * 8
    assert F.alpha_dropout(X, 0.0, training=True) is X
    assert F.alpha_dropout(X, 0.5) is X
    x = X.clone()
    assert F.alpha_dropout(x, 0.5, training=True, inplace=True) is x
    assert x.tolist() != X.tolist()


def test_feature_alpha_dropout_drops_whole_channels():
    torch.manual_seed(0)
    y = F.feature_alpha_dropout(torch.randn(4, 50, 6), 0.5, training=True)
    alike = (y == y[:, :, :1]).all(2)
    assert 0.4 < alike.double().mean().item() < 0.6
    assert y[alike].unique().numel() == 1


def test_gumbel_softmax_chooses_with_the_gradient_of_the_soft_choice():
    x = torch.tensor([[1.0, 2.0, 0.5]], requires_grad=True)
    torch.manual_seed(1)
    hard = F.gumbel_softmax(x, tau=0.7, hard=True)
    torch.manual_seed(1)
    soft = F.gumbel_softmax(x, tau=0.7)
    assert hard.argmax(1).item() == soft.argmax(1).item()
    np.testing.assert_allclose(sorted(hard[0].tolist()), [0, 0, 1], atol=1e-6)
    weights = torch.tensor([[1.0, 2.0, 3.0]])
    slopes = [torch.autograd.grad((y * weights).sum(), x)[0].tolist() for y in (hard, soft)]
    assert slopes[0] == slopes[1]
    with pytest.warns(UserWarning, match="`eps` parameter is deprecated"):
        F.gumbel_softmax(x, eps=1e-5)


def test_nothing_is_drawn_for_shapes_alone():
    before = torch.get_rng_state()
    x = torch.empty(3, 4, device="meta")
    for y in (F.rrelu(x, training=True), F.alpha_dropout(x, 0.5, True)):
        assert (y.shape, y.device.type) == (x.shape, "meta")
    assert torch.equal(torch.get_rng_state(), before)


def test_mistakes_are_refused_with_a_mend():
    for kind, phrase, mend, wrong, right in [
        (RuntimeError, "Lower bound should be less than or equal to the upper bound", "exchange",
         lambda: F.rrelu(X, 0.5, 0.1), lambda: F.rrelu(X, 0.1, 0.5)),
        (RuntimeError, "upper bound must be finite, got inf", "range of the slope",
         lambda: F.rrelu(X, 0.1, math.inf, True), None),
        (NotImplementedError, "not implemented for 'Long'", ".float()",
         lambda: F.rrelu(X.long()), None),
        (ValueError, "dropout probability has to be between 0 and 1, but got 1.5", "0.5",
         lambda: F.alpha_dropout(X, 1.5), None),
        (RuntimeError, "Feature dropout requires at least 2 dimensions", "(N, C, ...)",
         lambda: F.feature_alpha_dropout(X, 0.5, True), None),
        (RuntimeError, "can't be cast to the desired output type Long", ".float()",
         lambda: F.alpha_dropout(X.long(), 0.5, True), None),
    ]:  # fmt: skip
        check_mend(kind, phrase, mend, wrong, right)
