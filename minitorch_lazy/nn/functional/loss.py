"""Losses, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import ones_like, zeros_like
from minitorch_lazy.ops.reduce import must_be_float


def mse_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
             reduction: str = "mean", weight: Tensor | None = None) -> Tensor:  # fmt: skip
    """Average the squared difference: (input - target)^2.

    Source: torch.nn.functional.mse_loss.
    """
    if size_average is not None or reduce is not None:
        reduction = legacy(size_average, reduce, reduction)
    check_pair(input, target, weight, "mse_loss")
    if target.array.dtype.kind in "biuc":
        check_floating("mse_loss", input)
    return ops.paired_loss(ops.square_loss, "mse_loss", input, target, reduction, weight)


def l1_loss(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
            reduction: str = "mean", weight: Tensor | None = None) -> Tensor:  # fmt: skip
    """Average the absolute difference: |input - target|.

    Source: torch.nn.functional.l1_loss.
    """
    reduction = legacy(size_average, reduce, reduction)
    check_pair(input, target, weight, "l1_loss")
    if reduction == "mean" and target.array.dtype.kind in "biu":
        must_be_float(input, "mean")
    return ops.paired_loss(ops.absolute_loss, "l1_loss", input, target, reduction, weight)


def legacy(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Read the two old arguments that `reduction` replaced."""
    if size_average is None and reduce is None:
        return reduction
    warn("size_average and reduce args will be deprecated. Give reduction='none', 'mean' "
         "or 'sum' instead")  # fmt: skip
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


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


def check_pair(input: Tensor, target: Tensor, weight: Tensor | None, name: str) -> None:
    """Refuse what cannot be compared element by element.

    Raises:
        TypeError: not a tensor.
        ValueError: there is not one weight for each element of the input.
    """
    if input.__class__ not in TENSORS or target.__class__ not in TENSORS:
        check_tensor(name, "input", input)
        check_tensor(name, "target", target)
    if weight is not None and weight.array.shape != input.array.shape:
        raise refuse(ValueError, name, "Weights and input must have the same size.",
                     "give one weight for each element", input=input, weight=weight)  # fmt: skip


def kl_div(input: Tensor, target: Tensor, size_average: Any = None, reduce: Any = None,
           reduction: str = "mean", log_target: bool = False) -> Tensor:  # fmt: skip
    """Return the divergence of log-probabilities from a target: t (ln t - x).

    Args:
        reduction: "batchmean" divides by the batch, "mean" by the number of elements.
        log_target: whether the target holds logarithms too.

    Source: torch.nn.functional.kl_div.
    """
    reduction = legacy(size_average, reduce, reduction)
    check_tensor("kl_div", "input", input)
    check_tensor("kl_div", "target", target)
    for part in (input, target):
        kind = part.array.dtype.kind
        if kind in "biuc":
            what = "Complex" if kind == "c" else "Integral"
            raise refuse(RuntimeError, "kl_div", f"kl_div: {what} inputs not supported.",
                         "give real floating-point numbers", input=input,
                         target=target)  # fmt: skip
    if reduction == "mean":
        warn("kl_div: reduction 'mean' divides by the number of elements. 'batchmean' "
             "divides by the batch alone, as the divergence is defined; 'sum' does not "
             "divide")  # fmt: skip
    if log_target:
        loss = target.exp() * (target - input)  # type: ignore[attr-defined,operator]
    else:
        nothing = target == 0
        safe = where(nothing, ones_like(target), target)
        log = where(nothing, zeros_like(target), target * safe.log())  # type: ignore[operator]
        loss = log - target * input  # type: ignore[operator]
    if reduction == "batchmean":
        return loss.sum() / (input.array.shape[0] if input.ndim else 1)  # type: ignore[no-any-return]
    return ops.reduced(loss, reduction, "kl_div")


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Compare probabilities with targets in [0, 1]: -(t ln x + (1 - t) ln(1 - x)).

    Logarithms are cut off at -100.

    Raises:
        ValueError: sizes differ.
        RuntimeError: an input lies outside of [0, 1].

    Source: torch.nn.functional.binary_cross_entropy.
    """
    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction("binary_cross_entropy", reduction)
    check_floating("binary_cross_entropy", input)
    check_tensor("binary_cross_entropy", "target", target)
    if input.array.shape != target.array.shape:
        raise refuse(ValueError, "binary_cross_entropy", f"Using a target size ({target.shape}) "
                     f"that is different to the input size ({input.shape}) is deprecated. Please "
                     "ensure they have the same size.", "reshape or expand the target",
                     input=input, target=target)  # fmt: skip
    check_probabilities(input, "input", "apply sigmoid first, or use "
                        "binary_cross_entropy_with_logits")  # fmt: skip
    check_probabilities(target, "target", "give 0, 1 or what lies between")
    loss = ops.binary_entropy(input, target)
    return ops.reduced(loss if weight is None else loss * weight, reduction,
                       "binary_cross_entropy")  # fmt: skip


def check_probabilities(values: Tensor, name: str, mend: str) -> None:
    """Refuse numbers outside of [0, 1], and nan."""
    if not values.is_meta and not bool(((values >= 0) & (values <= 1)).all()):  # type: ignore[operator]
        raise refuse(RuntimeError, "binary_cross_entropy", f"all elements of {name} should be "
                     "between 0 and 1", mend, **{name: values})  # fmt: skip


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: Any = None,
    reduce: Any = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Compare the sigmoid of scores with targets in [0, 1], without overflow.

        (1 - t) x + (1 + (p - 1) t) ln(1 + e^-x), with p = pos_weight

    Source: torch.nn.functional.binary_cross_entropy_with_logits.
    """
    from minitorch_lazy.nn.functional.activation import logsigmoid

    reduction = legacy(size_average, reduce, reduction)
    ops.check_reduction("binary_cross_entropy_with_logits", reduction)
    check_floating("binary_cross_entropy_with_logits", input)
    check_tensor("binary_cross_entropy_with_logits", "target", target)
    if input.array.shape != target.array.shape:
        raise refuse(ValueError, "binary_cross_entropy_with_logits", "Target size "
                     f"({target.shape}) must be the same as input size ({input.shape})",
                     "reshape or expand the target", input=input, target=target)  # fmt: skip
    log = logsigmoid(input)
    if pos_weight is not None:
        log = ((pos_weight - 1) * target + 1) * log  # type: ignore[operator]
    loss = (1 - target) * input - log  # type: ignore[operator]
    return ops.reduced(loss if weight is None else loss * weight, reduction,
                       "binary_cross_entropy_with_logits")  # fmt: skip
