"""Losses, in torch's signatures."""

from minitorch_lazy.nn.functional.loss.classes import (
    multi_margin_loss,
    multilabel_margin_loss,
)
from minitorch_lazy.nn.functional.loss.ctc import (
    ctc_loss,
)
from minitorch_lazy.nn.functional.loss.distance import (
    cosine_embedding_loss,
    triplet_margin_loss,
    triplet_margin_with_distance_loss,
)
from minitorch_lazy.nn.functional.loss.entropy import (
    cross_entropy,
    nll_loss,
)
from minitorch_lazy.nn.functional.loss.likelihood import (
    gaussian_nll_loss,
    poisson_nll_loss,
)
from minitorch_lazy.nn.functional.loss.margin import (
    hinge_embedding_loss,
    margin_ranking_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from minitorch_lazy.nn.functional.loss.probability import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    kl_div,
)
from minitorch_lazy.nn.functional.loss.regression import (
    huber_loss,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cosine_embedding_loss",
    "cross_entropy",
    "ctc_loss",
    "gaussian_nll_loss",
    "hinge_embedding_loss",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "margin_ranking_loss",
    "mse_loss",
    "multi_margin_loss",
    "multilabel_margin_loss",
    "multilabel_soft_margin_loss",
    "nll_loss",
    "poisson_nll_loss",
    "smooth_l1_loss",
    "soft_margin_loss",
    "triplet_margin_loss",
    "triplet_margin_with_distance_loss",
]
