"""Margins between the scores of classes, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.activation import relu
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.nn.functional.loss.checks import check_tensors, legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.create import zeros_like


def check_scores(name: str, input: Tensor) -> None:
    """Refuse anything but scores of some classes, for one sample or for a batch."""
    check_floating(name, input)
    if input.ndim > 2 or (input.ndim and not input.array.shape[-1]):
        raise refuse(RuntimeError, name, "Expected non-empty vector or matrix with optional 0-dim "
                     f"batch size, but got: {list(input.shape)}", "give (N, C) or (C,)",
                     input=input)  # fmt: skip


def check_classes(name: str, input: Tensor, target: Tensor, least: int, headline: str) -> None:
    """Refuse class numbers of another type, or out of range; devices are not read."""
    if target.array.dtype != "int64":
        raise refuse(RuntimeError, name, f"expected scalar type Long but found "
                     f"{spoken(target.dtype.name)}",
                     "give class numbers as integers: target.long()", target=target)  # fmt: skip
    classes = input.array.shape[-1] if input.ndim else 1
    if target.device.type != "cpu" or not target.numel():
        return
    if int(target.array.min()) < least or int(target.array.max()) >= classes:
        raise refuse(RuntimeError, name, headline, f"class numbers go from 0 to {classes - 1}",
                     input=input, target=target)  # fmt: skip


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: Any = None, reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Keep the score of the right class above the others by a margin.

        sum over c != t of w_t max(margin - x_t + x_c, 0)^p / C

    Args:
        input: scores (N, C) or (C,).
        target: class numbers (N,), or ().
        p: 1 or 2.
        weight: one number for each class, of the input's type.

    Raises:
        ValueError: another p, or a weight that is no vector.
        RuntimeError: shapes or types do not fit, or a class number is out of range.

    Source: torch.nn.functional.multi_margin_loss.

    >>> import minitorch_lazy as torch
    >>> x = torch.tensor([[1.0, 0.5, -1.0]])
    >>> torch.nn.functional.multi_margin_loss(x, torch.tensor([0]))
    tensor(0.1667)
    """
    name = "multi_margin_loss"
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction(name, reduction)
    check_tensors(name, input=input, target=target)
    check_options(name, p, weight)
    check_scores(name, input)
    rows = input.reshape(-1, input.array.shape[-1] if input.ndim else 1)  # type: ignore[attr-defined]
    check_weight(name, rows, weight)
    check_rows(name, input, target, rows.array.shape[0])
    check_classes(name, input, target, 0, "target out of range")
    places = target.reshape(-1, 1)  # type: ignore[attr-defined]
    loss = relu(margin - rows.gather(1, places) + rows)
    loss = loss if p == 1 else loss * loss  # type: ignore[operator]
    if weight is not None:
        loss = loss * weight[target.reshape(-1)].unsqueeze(1)  # type: ignore[attr-defined,index]
    loss = loss.scatter(1, places, 0).sum(1) / rows.array.shape[1]  # type: ignore[attr-defined]
    if reduction == "none":
        return loss.reshape(target.shape)  # type: ignore[no-any-return]
    return total(loss, reduction, name)


def check_options(name: str, p: int, weight: Tensor | None) -> None:
    """Refuse another power, and weights that are no vector."""
    if p not in (1, 2):
        raise refuse(ValueError, name, "only p == 1 and p == 2 supported", "choose one", p=p)
    if weight is not None and weight.ndim != 1:
        raise refuse(ValueError, name, "weight must be one-dimensional",
                     "give one number for each class", weight=weight)  # fmt: skip


def check_weight(name: str, rows: Tensor, weight: Tensor | None) -> None:
    """Refuse weights that are not one for each class, or of another type than the scores."""
    if weight is None:
        return
    classes = rows.array.shape[1]
    if weight.array.shape != (classes,):
        raise refuse(RuntimeError, name, f"inconsistent weight size, expected {classes} but got "
                     f"{list(weight.shape)}", "give one number for each class", weight=weight,
                     input=rows)  # fmt: skip
    if weight.array.dtype != rows.array.dtype:
        raise refuse(RuntimeError, name, f"expected scalar type {spoken(rows.dtype.name)} but "
                     f"found {spoken(weight.dtype.name)}", "convert the weight to the input's type",
                     weight=weight, input=rows)  # fmt: skip


def check_rows(name: str, input: Tensor, target: Tensor, count: int) -> None:
    """Refuse class numbers that are not one for each sample."""
    if target.ndim > 1 or target.numel() != count:
        raise refuse(RuntimeError, name, "target tensor should be 1-D with size equal to "
                     f"the number of input samples (batch size). Expected target size [{count}], "
                     f"but got {list(target.shape)}. Input has shape {list(input.shape)}.",
                     "give one class number for each sample", input=input,
                     target=target)  # fmt: skip


def total(loss: Tensor, reduction: str, name: str) -> Tensor:
    """Reduce the losses of a batch; the mean of none is 0 here."""
    return ops.reduced(loss, reduction if loss.numel() else "sum", name)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Keep the scores of all right classes above all others by 1.

        sum over right t and wrong c of max(1 - x_t + x_c, 0) / C

    Args:
        input: scores (N, C) or (C,).
        target: the numbers of the right classes, of the input's shape; -1 ends each list.

    Raises:
        RuntimeError: shapes or types do not fit, or a class number is out of range.

    Source: torch.nn.functional.multilabel_margin_loss.

    >>> import minitorch_lazy as torch
    >>> x, y = torch.tensor([0.1, 0.2, 0.4, 0.8]), torch.tensor([3, 0, -1, 1])
    >>> torch.nn.functional.multilabel_margin_loss(x, y)
    tensor(0.8500)
    """
    name = "multilabel_margin_loss"
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction(name, reduction)
    check_tensors(name, input=input, target=target)
    check_scores(name, input)
    if target.array.shape != input.array.shape and (input.ndim or target.numel() != 1):
        raise refuse(RuntimeError, name, f"inconsistent target size: {list(target.shape)} for "
                     f"input of size: {list(input.shape)}", "fill the lists up with -1",
                     input=input, target=target)  # fmt: skip
    check_classes(name, input, target, -1, "argument #2 'target' is out of range")
    classes = input.array.shape[-1] if input.ndim else 1
    loss = of_lists(*(part.reshape(-1, classes) for part in (input, target)))  # type: ignore[attr-defined]
    if reduction == "none":
        return loss if input.ndim == 2 else loss.reshape(())  # type: ignore[attr-defined,no-any-return]
    return total(loss, reduction, name)


def of_lists(x: Tensor, target: Tensor) -> Tensor:
    """Return the loss of each row (N, C) of scores, given lists (N, C) that -1 ends."""
    listed = (target >= 0).long().cumprod(1)  # type: ignore[attr-defined,operator]
    if target.device.type == "cpu" and target.numel():
        longest = int(listed.sum(1).max())
        listed, target = listed[:, :longest], target[:, :longest]  # type: ignore[index]
    places = target.clamp_min(0)  # type: ignore[attr-defined]
    right = zeros_like(x, dtype=listed.dtype).scatter_add(1, places, listed) > 0
    pairs = relu(1 - x.gather(1, places).unsqueeze(2) + x.unsqueeze(1))  # type: ignore[attr-defined]
    counts = (listed > 0).unsqueeze(2) & ~right.unsqueeze(1)
    return pairs.masked_fill(~counts, 0).sum((1, 2)) / x.array.shape[1]  # type: ignore[attr-defined,no-any-return]
