"""What the losses check alike."""

from __future__ import annotations

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.loss import REDUCTIONS


def legacy(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """Read the two old arguments that `reduction` replaced."""
    if size_average is None and reduce is None:
        return reduction
    warn("size_average and reduce args will be deprecated. Give reduction='none', 'mean' "
         "or 'sum' instead")  # fmt: skip
    if reduce is False:
        return "none"
    return "sum" if size_average is False else "mean"


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


def check_tensors(name: str, **parts: Tensor) -> None:
    """Refuse arguments that are no tensors.

    Raises:
        TypeError: naming the first.
    """
    for word, part in parts.items():
        check_tensor(name, word, part)


def check_valid(name: str, reduction: str) -> None:
    """Refuse an unknown reduction, in the words of the losses that PyTorch writes in Python.

    Raises:
        ValueError: so.
    """
    if reduction not in REDUCTIONS:
        raise refuse(ValueError, name, f"{reduction} is not valid", "use 'none', 'mean' or 'sum'")
