"""Losses that are 0 from a margin on, and their smooth kin, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation import logsigmoid
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.nn.functional.loss.checks import check_tensors, check_valid, legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.ops.limits import clamp_min


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Rank two numbers: max(-t (x1 - x2) + margin, 0).

    Args:
        target: 1 where `input1` should be the larger, -1 where `input2` should.

    Raises:
        RuntimeError: the numbers of dimensions differ.

    Source: torch.nn.functional.margin_ranking_loss.
    """
    name = "margin_ranking_loss"
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction(name, reduction)
    check_tensors(name, input1=input1, input2=input2, target=target)
    if not input1.ndim == input2.ndim == target.ndim:
        raise refuse(RuntimeError, name, "All input tensors should have same dimension but got "
                     f"sizes: input1: {input1.size()}, input2: {input2.size()}, target: "
                     f"{target.size()} ", "unsqueeze the target", input1=input1, input2=input2,
                     target=target)  # fmt: skip
    return ops.reduced(ranking(input1, input2, target, margin), reduction, name)


def ranking(input1: Tensor, input2: Tensor, target: Tensor, margin: float) -> Tensor:
    """Return the loss of each pair."""
    return clamp_min(-target * (input1 - input2) + float(margin), 0)  # type: ignore[operator]


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Shrink distances of pairs alike, and widen the others: x at t = 1, max(margin - x, 0) at -1.

    Args:
        input: distances.
        target: 1 and -1; another number gives the sum of both.
        margin: the distance from which on pairs of -1 are left alone.

    Source: torch.nn.functional.hinge_embedding_loss.
    """
    name = "hinge_embedding_loss"
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction(name, reduction)
    check_tensors(name, input=input, target=target)
    zeros = zeros_like(input)
    short = clamp_min(margin - input, 0).to(input.dtype)  # type: ignore[operator]
    apart = where(target != 1, short, zeros)
    alike = where(target != -1, input, zeros)
    return ops.reduced(apart + alike, reduction, name)


def soft_margin_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
                     reduction: str = "mean") -> Tensor:  # fmt: skip
    """Give a score the sign of its target: ln(1 + e^(-t x)), without overflow.

    Args:
        target: 1 and -1, of a shape that broadcasts to the input's.

    Source: torch.nn.functional.soft_margin_loss.
    """
    name = "soft_margin_loss"
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction(name, reduction)
    check_tensors(name, input=input, target=target)
    check_floating(name, input)
    loss = -logsigmoid(target.to(input.dtype) * input)  # type: ignore[attr-defined,operator]
    if loss.shape != input.shape:
        raise refuse(RuntimeError, name, f"output with shape {list(input.shape)} doesn't match the "
                     f"broadcast shape {list(loss.shape)}", "expand the input", input=input,
                     target=target)  # fmt: skip
    return ops.reduced(loss, reduction, name)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Average, over the classes, the cross-entropy of sigmoid(x) with each class's yes or no.

        -mean_c w_c (t ln sigmoid(x) + (1 - t) ln sigmoid(-x))

    Args:
        input: scores (N, C) or (C,).
        target: 1 for each class that applies, else 0, (N, C) or (C,).
        weight: one number for each class.

    Source: torch.nn.functional.multilabel_soft_margin_loss.
    """
    name = "multilabel_soft_margin_loss"
    reduction = legacy(size_average, reduce, reduction)
    check_tensors(name, input=input, target=target)
    check_valid(name, reduction)
    if not input.ndim:
        raise refuse(IndexError, name, "Dimension specified as -1 but tensor has no dimensions",
                     "give (N, C) or (C,)", input=input)  # fmt: skip
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))  # type: ignore[operator]
    if weight is not None:
        loss = loss * weight
    return ops.reduced(loss.sum(-1) / input.array.shape[-1], reduction, name)
