"""Losses of classification, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation import log_softmax
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.nn.functional.loss.checks import legacy
from minitorch_lazy.ops import cross_entropy as ops
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.loss import check_class_shapes, check_reduction, check_targets


def ready(input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int,
          name: str) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Check input, target and weight, and give single predictions a batch of one."""
    check_floating(name, input)
    if input.ndim < 1:
        raise refuse(ValueError, name, "Expected 1 or more dimensions (got 0)",
                     "give scores of (C), (N, C) or (N, C, d1, ...)", input=input)  # fmt: skip
    check_tensor(name, "target", target)
    check_target_shape(input, target, name)
    check_class_shapes(input, target, name)
    check_targets(input, target, ignore_index, name)
    classes = input.array.shape[0 if input.ndim == 1 else 1]
    if weight is not None and tuple(weight.shape) != (classes,):
        raise refuse(RuntimeError, name, "weight tensor should be defined either for all "
                     f"{classes} classes or no classes but got weight tensor of shape: "
                     f"{list(weight.shape)}", "give one weight for each class", input=input,
                     weight=weight)  # fmt: skip
    if weight is not None and weight.array.dtype != input.array.dtype:
        raise refuse(RuntimeError, name, f"expected scalar type {input.dtype.name} but found "
                     f"{weight.dtype.name}", "convert the weight to the input's type", input=input,
                     weight=weight)  # fmt: skip
    if input.ndim == 1:
        return input.reshape(1, -1), target.reshape(1)  # type: ignore[attr-defined]
    return input, target


def check_target_shape(input: Tensor, target: Tensor, name: str) -> None:
    """Refuse targets that hold more or other dimensions than one class number a prediction."""
    if input.ndim == 2 and target.ndim > 1:
        column = target.array.shape == (input.array.shape[0], 1)
        raise refuse(RuntimeError, name, "0D or 1D target tensor expected, multi-target not "
                     "supported", "give target.squeeze(1)" if column else "give class numbers (N,)",
                     input=input, target=target)  # fmt: skip
    wanted = (*input.array.shape[:1], *input.array.shape[2:])
    if input.ndim > 2 and target.array.shape[:1] == wanted[:1] != target.array.shape != wanted:
        raise refuse(RuntimeError, name, f"Expected target size {list(wanted)}, got "
                     f"{list(target.shape)}", "leave out the dimension of classes",
                     input=input, target=target)  # fmt: skip


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Return minus the log-probability of the target class: -w[t] x[t].

    Args:
        input: log-probabilities (C), (N, C) or (N, C, d1, ...).
        target: class numbers (), (N) or (N, d1, ...).
        weight: one number for each class.
        ignore_index: targets of this number count nothing.

    Source: torch.nn.functional.nll_loss.
    """
    reduction = legacy(size_average, reduce, reduction)
    check_reduction("nll_loss", reduction)
    scores, classes = ready(input, target, weight, ignore_index, "nll_loss")
    loss = ops.picked_loss(scores, classes, weight, ignore_index=ignore_index, reduction=reduction)
    return loss.reshape(()) if input.ndim == 1 else loss  # type: ignore[no-any-return,attr-defined]


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    ignore_index: int = -100, reduce: Any = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """Compare scores with class numbers, or with class probabilities, after softmax.

    Args:
        input: scores (C), (N, C) or (N, C, d1, ...).
        target: class numbers without the dimension C, or probabilities of the input's shape.
        weight: one number for each class.
        ignore_index: targets of this number count nothing.
        label_smoothing: how much of each target is spread evenly over all classes, 0 to 1.

    Source: torch.nn.functional.cross_entropy.
    """
    reduction = legacy(size_average, reduce, reduction)
    check_reduction("cross_entropy", reduction)
    if not 0 <= label_smoothing <= 1:
        raise refuse(RuntimeError, "cross_entropy", "label_smoothing must be between 0.0 and 1.0. "
                     f"Got: {label_smoothing}", "leave it at 0.0, or try 0.1")  # fmt: skip
    check_tensor("cross_entropy", "input", input)
    check_tensor("cross_entropy", "target", target)
    if input.array.shape == target.array.shape and target.array.dtype.kind not in "iub":
        if ignore_index >= 0:
            raise refuse(RuntimeError, "cross_entropy", "ignore_index is not supported for "
                         "floating point target", "give class numbers, or weights of 0",
                         input=input, target=target)  # fmt: skip
        return probabilities(input, target, weight, reduction, label_smoothing)
    scores, classes = ready(input, target, weight, ignore_index, "cross_entropy")
    loss = ops.entropy(scores, classes, weight, ignore_index=ignore_index,
                       label_smoothing=float(label_smoothing), reduction=reduction)  # fmt: skip
    return loss.reshape(()) if input.ndim == 1 else loss  # type: ignore[no-any-return,attr-defined]


def probabilities(input: Tensor, target: Tensor, weight: Tensor | None, reduction: str,
                  smoothing: float) -> Tensor:  # fmt: skip
    """Compare scores with class probabilities."""
    axis = 0 if input.ndim == 1 else 1
    classes = input.array.shape[axis]
    if smoothing:
        target = target * (1 - smoothing) + smoothing / classes  # type: ignore[operator]
    log = log_softmax(input, axis)
    if weight is not None:
        lead = (1,) * axis
        log = log * weight.reshape(*lead, -1, *(1,) * (input.ndim - axis - 1))  # type: ignore[attr-defined,operator]
    loss = -(log * target).sum(axis)  # type: ignore[operator]
    if reduction == "none":
        return loss  # type: ignore[no-any-return]
    total = loss.sum()
    return total / loss.numel() if reduction == "mean" else total  # type: ignore[no-any-return]
