"""Losses as PyTorch's package offers them: a reduction is a number there."""

from __future__ import annotations

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.functional.loss.checks import check_tensors
from minitorch_lazy.nn.functional.loss.ctc import Lengths
from minitorch_lazy.nn.functional.loss.distance import triplet
from minitorch_lazy.nn.functional.loss.margin import ranking
from minitorch_lazy.ops.distance import pairwise_distance
from minitorch_lazy.ops.loss import reduced

REDUCTIONS = ("none", "mean", "sum")


def named(reduction: int, name: str) -> str:
    """Name a reduction that is given as a number."""
    if reduction not in (0, 1, 2):
        raise refuse(RuntimeError, name, f"reduction must be 0, 1 or 2, but got {reduction!r}",
                     "0 is 'none', 1 'mean', 2 'sum'; nn.functional takes the words")  # fmt: skip
    return REDUCTIONS[reduction]


@public(method=False)
def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, pos_weight: Tensor | None = None,
    reduction: int = 0,
) -> Tensor:  # fmt: skip
    """Compare the sigmoid of scores with targets in [0, 1], without overflow.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.binary_cross_entropy_with_logits.
    """
    word = named(reduction, "binary_cross_entropy_with_logits")
    return F.binary_cross_entropy_with_logits(
        input, target, weight, reduction=word, pos_weight=pos_weight
    )


@public(method=False)
def kl_div(
    input: Tensor, target: Tensor, reduction: int = 0, *, log_target: bool = False
) -> Tensor:
    """Return the divergence of log-probabilities from a target.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.kl_div.
    """
    loss = F.kl_div(input, target, reduction="none", log_target=log_target)
    word = named(reduction, "kl_div")
    return loss if word == "none" else getattr(loss, word)()  # type: ignore[no-any-return]


@public(method=False)
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool, full: bool, eps: float, reduction: int
) -> Tensor:
    """Compare a count with a Poisson distribution; see `nn.functional.poisson_nll_loss`.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum.

    Source: torch.poisson_nll_loss.
    """
    word = named(reduction, "poisson_nll_loss")
    return F.poisson_nll_loss(input, target, log_input, full, eps=eps, reduction=word)


@public(method=False)
def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Turn vectors toward each other or away; see `nn.functional.cosine_embedding_loss`.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.cosine_embedding_loss.
    """
    word = named(reduction, "cosine_embedding_loss")
    return F.cosine_embedding_loss(input1, input2, target, margin, reduction=word)


@public(method=False)
def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, reduction: int = 0
) -> Tensor:
    """Shrink distances of pairs alike, and widen the others; see `nn.functional`.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.hinge_embedding_loss.
    """
    word = named(reduction, "hinge_embedding_loss")
    return F.hinge_embedding_loss(input, target, margin, reduction=word)


@public(method=False)
def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0.0, reduction: int = 0
) -> Tensor:
    """Rank two numbers; the arguments broadcast here, which `nn.functional` refuses.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.margin_ranking_loss.
    """
    name = "margin_ranking_loss"
    check_tensors(name, input1=input1, input2=input2, target=target)
    return reduced(ranking(input1, input2, target, margin), named(reduction, name), name)


@public(method=False)
def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2.0,
    eps: float = 1e-6, swap: bool = False, reduction: int = 0,
) -> Tensor:  # fmt: skip
    """Keep an anchor nearer to one vector than to another; here the margin may be any number.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.triplet_margin_loss.
    """
    name, word = "triplet_margin_loss", named(reduction, "triplet_margin_loss")

    def distance(x: Tensor, y: Tensor) -> Tensor:
        return pairwise_distance(x, y, p, eps)

    return reduced(triplet(name, distance, anchor, positive, negative, margin, swap), word, name)


@public(method=False)
def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Lengths, target_lengths: Lengths,
    blank: int = 0, reduction: int = 0, zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Return minus the logarithm of the chance that a line of labels is said.

    Args:
        reduction: 0 for none, 1 for the mean, 2 for the sum; PyTorch has 0 here.

    Source: torch.ctc_loss.
    """
    return F.ctc_loss(log_probs, targets, input_lengths, target_lengths, blank,
                      named(reduction, "ctc_loss"), zero_infinity)  # fmt: skip
