"""The newer losses and activations on a device that reads nothing back, and on shapes alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import minitorch_lazy as torch
import minitorch_lazy.nn.functional as F
from tests.standin.backend import install

STREAM = np.random.default_rng(0)
X, Y, Z = STREAM.standard_normal((3, 3, 4))
CLASSES, SIGNS = np.array([0, 3, 1]), np.array([1, -1, 1])
LISTS = np.array([[3, 0, -1, 1], [1, 1, 2, -1], [-1, 0, 0, 0]])
LABELS = np.array([[1], [2]])


@pytest.fixture(autouse=True)
def strict() -> None:
    install()


CASES = {
    "cosine_embedding_loss": lambda x, y, z, to: F.cosine_embedding_loss(x, y, to(SIGNS)),
    "margin_ranking_loss": lambda x, y, z, to: F.margin_ranking_loss(x, y, z),
    "hinge_embedding_loss": lambda x, y, z, to: F.hinge_embedding_loss(x, z.sign()),
    "soft_margin_loss": lambda x, y, z, to: F.soft_margin_loss(x, z.sign()),
    "multilabel_soft_margin_loss": lambda x, y, z, to: F.multilabel_soft_margin_loss(x, z, y[0]),
    "multilabel_margin_loss": lambda x, y, z, to: F.multilabel_margin_loss(x, to(LISTS)),
    "multi_margin_loss": lambda x, y, z, to: F.multi_margin_loss(x, to(CLASSES), 2, weight=y[0]),
    "gaussian_nll_loss": lambda x, y, z, to: F.gaussian_nll_loss(x, y, z * z),
    "poisson_nll_loss": lambda x, y, z, to: F.poisson_nll_loss(x, 3 * y * y, full=True),
    "triplet_margin_loss": lambda x, y, z, to: F.triplet_margin_loss(x, y, z, swap=True),
    "cosine_similarity": lambda x, y, z, to: F.cosine_similarity(x, y),
    "pairwise_distance": lambda x, y, z, to: F.pairwise_distance(x, y, 3),
    "pdist": lambda x, y, z, to: F.pdist(x),
    "ctc_loss": lambda x, y, z, to: F.ctc_loss(
        x.unsqueeze(1).expand(3, 2, 4).log_softmax(-1), torch.tensor(LABELS), (3, 2), (1, 1)),
    "rrelu": lambda x, y, z, to: F.rrelu(x, training=True),
    "alpha_dropout": lambda x, y, z, to: F.alpha_dropout(x, 0.5, training=True),
    "gumbel_softmax": lambda x, y, z, to: F.gumbel_softmax(x, hard=True),
}  # fmt: skip


def found(name: str, device: str) -> tuple[Any, list[Any]]:
    """Return a function's value and its gradients on a device."""

    def to(array: Any) -> torch.Tensor:
        return torch.tensor(array).to(device)

    torch.manual_seed(0)
    leaves = [to(a).requires_grad_() for a in (X, Y, Z)]
    value = CASES[name](*leaves, to)
    assert value.device.type == device
    return value, list(torch.autograd.grad((value * value).sum(), leaves, allow_unused=True))


@pytest.mark.parametrize("name", list(CASES))
def test_another_device_has_the_cpu_s_numbers(name: str) -> None:
    (value, slopes), (other, others) = found(name, "cpu"), found(name, "strict")
    for a, b in zip([value, *slopes], [other, *others], strict=True):
        assert (a is None) == (b is None)
        if a is not None:
            np.testing.assert_allclose(b.detach().cpu().numpy(), a.detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("name", list(CASES))
def test_shapes_alone_are_enough(name: str) -> None:
    (value, slopes), (other, others) = found(name, "cpu"), found(name, "meta")
    assert (other.shape, other.dtype) == (value.shape, value.dtype)
    assert [g is None for g in slopes] == [g is None for g in others]
