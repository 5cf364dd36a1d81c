"""Distances between predictions and targets, element by element; reductions are added on top."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND, kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse, warn

REDUCTIONS = ("none", "mean", "sum")


def check_reduction(name: str, reduction: str) -> None:
    """Refuse an unknown reduction."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{reduction} is not a valid value for reduction\n"
                         f"  at      {name}\n  mend    use 'none', 'mean' or 'sum'")  # fmt: skip


def reduced(loss: Tensor, reduction: str, name: str) -> Tensor:
    """Reduce a loss of single elements."""
    check_reduction(name, reduction)
    if reduction == "none":
        return loss
    return loss.mean() if reduction == "mean" else loss.sum()


def warn_of_sizes(input: Tensor, target: Tensor) -> None:
    """Warn where input and target are of different sizes: broadcasting is rarely meant."""
    if input.array.shape != target.array.shape:
        warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size."
        )


@kernel
def squared_error(xp: Any, a: Any, b: Any, *, reduction: str) -> Any:
    """Return (a - b)^2, its mean or its sum."""
    difference = a - b
    return reduce_kernel(xp, difference * difference, reduction)


@kernel
def squared_error_gradient(xp: Any, g: Any, a: Any, b: Any, *, reduction: str) -> Any:
    """Pull back to a: 2 g (a - b), of the mean by the number of losses."""
    return 2 * share(g, a, b, reduction) * (a - b)


@kernel
def absolute_error(xp: Any, a: Any, b: Any, *, reduction: str) -> Any:
    """Return |a - b|, its mean or its sum."""
    return reduce_kernel(xp, xp.absolute(a - b), reduction)


def reduce_kernel(xp: Any, loss: Any, reduction: str) -> Any:
    """Reduce an array of losses over all axes."""
    if reduction == "none":
        return loss
    reduce = xp.mean if reduction == "mean" else xp.sum
    return reduce(loss, axis=tuple(range(loss.ndim)), keepdims=False)


def share(g: Any, a: Any, b: Any, reduction: str) -> Any:
    """Return the gradient that every element's loss receives."""
    if reduction != "mean":
        return g
    count = 1
    for n, m in zip(shape_of(a, b), shape_of(b, a), strict=True):
        count *= n if m == 1 else m
    return g / max(count, 1)


def shape_of(a: Any, b: Any) -> tuple[int, ...]:
    """Return the shape of a, filled up with ones to the dimensions of b."""
    missing: int = max(b.ndim - a.ndim, 0)
    return (1,) * missing + tuple(a.shape)


square_loss = primitive(
    "squared_error", casts="promote", static="reduction", node_name="MseLoss",
    a=squared_error_gradient,
    b=lambda xp, g, a, b, reduction: xp.squared_error_gradient(g, b, a, reduction=reduction),
)  # fmt: skip
absolute_loss = primitive(
    "absolute_error", casts="promote", static="reduction", node_name="L1Loss",
    a=lambda xp, g, a, b, reduction: share(g, a, b, reduction) * xp.conj(xp.sign(a - b)),
    b=lambda xp, g, a, b, reduction: share(g, a, b, reduction) * xp.conj(xp.sign(b - a)),
)  # fmt: skip


@kernel
def bce(xp: Any, x: Any, t: Any) -> Any:
    """Return the cross-entropy of probabilities, logarithms being cut off at -100."""
    yes = xp.maximum(xp.log(x), -100.0)
    no = xp.maximum(xp.log1p(-x), -100.0)
    return (t - 1) * no - t * yes


binary_entropy = primitive(
    "bce", casts="same", node_name="BinaryCrossEntropy",
    x=lambda xp, g, x, t: g * ((x - t) / xp.maximum(x * (1 - x), 1e-12)),
    t=lambda xp, g, x: g * (xp.maximum(xp.log1p(-x), -100.0) - xp.maximum(xp.log(x), -100.0)),
)  # fmt: skip


def check_targets(input: Tensor, target: Tensor, ignore_index: int, name: str) -> None:
    """Refuse class numbers out of range; only arrays in host memory are looked at."""
    classes = input.array.shape[0 if input.ndim == 1 else 1]
    if BACKEND[target.array.__class__].device_type != "cpu" or not target.numel():
        return
    array = target.array
    low, high = int(array.min()), int(array.max())
    if low >= 0 and high < classes:
        return
    wrong = array[((array < 0) | (array >= classes)) & (array != ignore_index)]
    if wrong.size:
        raise refuse(IndexError, name, f"Target {int(wrong.flat[0])} is out of bounds.",
                     f"class numbers go from 0 to {classes - 1}, the size of the input's dimension "
                     "of classes", input=input, target=target)  # fmt: skip


def class_mend(input: Tensor, target: Tensor) -> str:
    """Say what makes predictions and class numbers fit."""
    if input.ndim > 2 and target.ndim == 1 and input.array.shape[0] == target.array.shape[0]:
        return "predictions for one class number each are (N, C): put nn.Flatten() before the " \
               "last linear layer"  # fmt: skip
    return "give one class number for each prediction"


def check_class_shapes(input: Tensor, target: Tensor, name: str) -> None:
    """Refuse targets whose shape is not the input's without the dimension of classes."""
    if target.__class__ not in TENSORS:
        raise TypeError(f"{name}(): argument 'target' must be Tensor, not {type(target).__name__}")
    expected = (*input.array.shape[:1], *input.array.shape[2:]) if input.ndim > 1 else ()
    if tuple(target.shape) != expected and not (input.ndim == 1 and target.numel() == 1):
        batch = input.array.shape[0] if input.ndim else 0
        where = target.array.shape[0] if target.ndim else 0
        raise refuse(ValueError if batch != where else RuntimeError, name,
                     f"Expected input batch_size ({batch}) to match target batch_size ({where}), "
                     f"target of shape {expected} for input of shape {tuple(input.shape)}",
                     class_mend(input, target), input=input, target=target)  # fmt: skip
    if target.array.dtype.name not in ("int64", "uint8"):
        raise refuse(RuntimeError, name, f"expected scalar type Long but found {target.dtype.name}",
                     "give class numbers as integers: target.long()", input=input,
                     target=target)  # fmt: skip
