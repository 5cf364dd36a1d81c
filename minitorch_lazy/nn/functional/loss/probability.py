"""Losses of probabilities and their logarithms, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.nn.functional.activation import logsigmoid
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.nn.functional.loss.checks import legacy
from minitorch_lazy.ops import loss as ops
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import ones_like, zeros_like


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
