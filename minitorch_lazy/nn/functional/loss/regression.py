"""Losses of numbers that are compared one by one, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.nn.functional.loss.checks import check_pair, legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.broadcast import broadcast_tensors
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.reduce import must_be_float


def compared(op: Any, name: str, input: Tensor, target: Tensor, reduction: str,
             weight: Tensor | None) -> Tensor:  # fmt: skip
    """Compare two tensors element by element, weighted where a weight is given."""
    if (
        input.__class__ not in TENSORS or target.__class__ not in TENSORS or weight is not None
        or input.array.shape != target.array.shape or reduction not in ops.REDUCTIONS
    ):  # fmt: skip
        check_pair(input, target, weight, name)
        ops.check_reduction(name, reduction)
        ops.warn_of_sizes(input, target)
        if weight is not None:
            return weighted(op(input, target, reduction="none"), reduction, weight)
    return op(input, target, reduction=reduction)  # type: ignore[no-any-return]


def weighted(loss: Tensor, reduction: str, weight: Tensor) -> Tensor:
    """Weight the losses of single elements; their mean is that of the weighted ones."""
    loss = loss * weight  # type: ignore[operator]
    if reduction == "mean":
        _, full = broadcast_tensors(loss, weight)
        return loss.sum() / full.sum()  # type: ignore[attr-defined,no-any-return]
    return ops.reduced(loss, reduction, "loss")


def check_squares(values: Any) -> None:
    """Refuse to compare an input of integers with a target that is no floating-point tensor."""
    if values[1].array.dtype.kind in "biuc":
        check_floating("mse_loss", values[0])


ops.square_loss.op.check, ops.square_loss.op.unusual = check_squares, "biuc"


def mse_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:  # fmt: skip
    """Average the squared difference: (input - target)^2.

    Source: torch.nn.functional.mse_loss.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce, reduction)
    return compared(ops.square_loss, "mse_loss", input, target, reduction, weight)


def l1_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:  # fmt: skip
    """Average the absolute difference: |input - target|.

    Source: torch.nn.functional.l1_loss.
    """
    reduction = legacy(size_average, reduce, reduction)
    check_pair(input, target, weight, "l1_loss")
    if reduction == "mean" and target.array.dtype.kind in "biu":
        must_be_float(input, "mean")
    if input.array.dtype.kind == "c" and weight is None:
        ops.warn_of_sizes(input, target)
        return ops.reduced((input - target).abs(), reduction, "l1_loss")  # type: ignore[operator]
    return compared(ops.absolute_loss, "l1_loss", input, target, reduction, weight)


def smooth_l1_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
                   reduction: str = "mean", beta: float = 1.0) -> Tensor:  # fmt: skip
    """Square small differences, and count large ones: d^2 / (2 beta) below beta, |d| - beta / 2.

    Source: torch.nn.functional.smooth_l1_loss.
    """
    reduction = legacy(size_average, reduce, reduction)
    if beta < 0:
        raise refuse(RuntimeError, "smooth_l1_loss", "smooth_l1_loss does not support negative "
                     "values for beta.", "use 0 for l1_loss, or more", beta=beta)  # fmt: skip
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    check_pair(input, target, None, "smooth_l1_loss")
    if target.array.dtype.kind in "biuc":
        check_floating("smooth_l1_loss", input)
    ops.warn_of_sizes(input, target)
    d = (input - target).abs()  # type: ignore[operator]
    return ops.reduced(where(d < beta, d * d * (0.5 / beta), d - 0.5 * beta), reduction,
                       "smooth_l1_loss")  # fmt: skip


def huber_loss(input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
               weight: Tensor | None = None) -> Tensor:  # fmt: skip
    """Square small differences, and count large ones: d^2 / 2 up to delta, delta (|d| - delta / 2).

    Source: torch.nn.functional.huber_loss.
    """
    if not isinstance(delta, (int, float)):
        raise refuse(TypeError, "huber_loss", f"delta must be a float or int, got: {type(delta)}",
                     "give a number above 0")  # fmt: skip
    if delta <= 0:
        raise refuse(RuntimeError, "huber_loss", "huber_loss does not support non-positive values "
                     "for delta.", "give a number above 0", delta=delta)  # fmt: skip
    check_pair(input, target, weight, "huber_loss")
    check_floating("huber_loss", input)
    ops.warn_of_sizes(input, target)
    d = (input - target).abs()  # type: ignore[operator]
    loss = where(d <= delta, 0.5 * (d * d), delta * (d - 0.5 * delta))
    return ops.reduced(loss if weight is None else loss * weight, reduction, "huber_loss")
