"""What the package offers of `nn.functional`."""

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
from minitorch_lazy.nn import functional as F

X = torch.randn(2, 3, 8, generator=torch.Generator().manual_seed(0))
IMAGE = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1))
TARGET = torch.rand(2, 3, 8, generator=torch.Generator().manual_seed(2))


@pytest.mark.torch
def test_what_pytorch_offers_twice_is_offered_twice() -> None:
    real = pytest.importorskip("torch")
    assert [n for n in F.__all__ if hasattr(real, n) and not hasattr(torch, n)] == []


def drawn(package: Any) -> Any:
    """Start a package's stream, and return the package."""
    package.manual_seed(3)
    return package


CASES = {
    "avg_pool1d": lambda m, x, i, t: m.avg_pool1d(x, 2),
    "adaptive_avg_pool1d": lambda m, x, i, t: m.adaptive_avg_pool1d(x, 3),
    "adaptive_max_pool1d": lambda m, x, i, t: m.adaptive_max_pool1d(x, 3)[1],
    "max_pool1d": lambda m, x, i, t: m.max_pool1d(x, 2),
    "max_pool2d": lambda m, x, i, t: m.max_pool2d(i, 2, 1, 1),
    "max_pool3d": lambda m, x, i, t: m.max_pool3d(i, 2),
    "batch_norm": lambda m, x, i, t: m.batch_norm(
        x, m.ones(3) * 2, m.ones(3), m.zeros(3), m.ones(3), True, 0.1, 1e-5, False),
    "bce": lambda m, x, i, t: m.binary_cross_entropy_with_logits(x, t),
    "bce sum": lambda m, x, i, t: m.binary_cross_entropy_with_logits(x, t, None, m.ones(8), 2),
    "celu": lambda m, x, i, t: m.celu(x, 0.5),
    "celu_": lambda m, x, i, t: m.celu_(x.clone()),
    "selu": lambda m, x, i, t: m.selu(x),
    "selu_": lambda m, x, i, t: m.selu_(x.clone()),
    "relu_": lambda m, x, i, t: m.relu_(x.clone()),
    "prelu": lambda m, x, i, t: m.prelu(x, m.ones(3) / 4),
    "embedding": lambda m, x, i, t: m.embedding(x[0], m.tensor([[0, 2], [1, 1]])),
    "kl_div": lambda m, x, i, t: m.kl_div(x, t),
    "kl_div none": lambda m, x, i, t: m.kl_div(x, t, 0, log_target=True),
    "threshold": lambda m, x, i, t: m.threshold(x, 0.5, 2),
    "threshold_": lambda m, x, i, t: m.threshold_(x.clone(), 0.5, 2),
    "rrelu": lambda m, x, i, t: m.rrelu(x, 0.1, 0.5),
    "hardshrink": lambda m, x, i, t: m.hardshrink(x) + x.hardshrink(0.2),
    "dropout_": lambda m, x, i, t: drawn(m).dropout_(x.clone(), 0.3, True),
    "alpha_dropout": lambda m, x, i, t: drawn(m).alpha_dropout(x, 0.3, True),
    "alpha_dropout_": lambda m, x, i, t: drawn(m).alpha_dropout_(x.clone(), 0.3, True),
    "feature_dropout": lambda m, x, i, t: drawn(m).feature_dropout(x, 0.3, True),
    "feature_dropout_": lambda m, x, i, t: drawn(m).feature_dropout_(x.clone(), 0.3, True),
    "feature_alpha": lambda m, x, i, t: drawn(m).feature_alpha_dropout(x, 0.3, True),
    "feature_alpha_": lambda m, x, i, t: drawn(m).feature_alpha_dropout_(x.clone(), 0.3, True),
    "poisson_nll_loss": lambda m, x, i, t: m.poisson_nll_loss(x, t, True, False, 0.1, 2),
    "cosine_embedding_loss": lambda m, x, i, t: m.cosine_embedding_loss(
        x[0], t[0], m.tensor([1, -1, 1]), 0.1),
    "hinge_embedding_loss": lambda m, x, i, t: m.hinge_embedding_loss(t, m.sign(x)),
    "hinge mean": lambda m, x, i, t: m.hinge_embedding_loss(t, m.sign(x), 0.5, 1),
    "margin_ranking_loss": lambda m, x, i, t: m.margin_ranking_loss(x, t, m.ones(8), 0.1, 2),
    "triplet_margin_loss": lambda m, x, i, t: m.triplet_margin_loss(
        x, t, -x, -0.5, swap=True),
    "ctc_loss": lambda m, x, i, t: m.ctc_loss(
        x.log_softmax(2), m.tensor([[1], [2], [7]]), (2, 2, 1), (1, 1, 1)),
    "cosine_similarity": lambda m, x, i, t: m.cosine_similarity(x, t, 2),
    "pairwise_distance": lambda m, x, i, t: m.pairwise_distance(x, t, 3.0),
    "pdist": lambda m, x, i, t: m.pdist(x[0]),
    "bilinear": lambda m, x, i, t: m.nn.functional.bilinear(x, t, m.ones(2, 8, 8)),
    "diagonal": lambda m, x, i, t: m.linalg.diagonal(i, offset=1),
    "questions": lambda m, x, i, t: m.tensor(
        [m.numel(x), m.is_complex(x), m.is_floating_point(x), m.is_signed(x)]),
}  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("name", CASES)
def test_the_package_s_signatures_are_pytorch_s(name: str) -> None:
    real = pytest.importorskip("torch")
    ours = CASES[name](torch, X, IMAGE, TARGET)
    theirs = CASES[name](real, *(real.from_numpy(a.numpy()) for a in (X, IMAGE, TARGET)))
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), rtol=2e-5, atol=1e-5)


def test_a_reduction_that_is_no_number_is_refused() -> None:
    with pytest.raises(RuntimeError, match="0 is 'none', 1 'mean', 2 'sum'"):
        torch.kl_div(X, TARGET, "mean")  # type: ignore[arg-type]
