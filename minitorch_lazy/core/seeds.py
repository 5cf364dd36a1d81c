"""What a walk through the graph starts from: gradients that were given, or ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.dtype import from_numpy
from minitorch_lazy.core.gradients import as_array, conjugate
from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor, wrap


def seeds_of(tensors: Sequence[Tensor], gradients: Sequence[Tensor | None], graph: bool,
             taken: set[int]) -> dict[Any, Any]:  # fmt: skip
    """Check the gradients that a walk starts from, and collect them by node.

    Args:
        taken: gets the ids of the arrays that were given: they are the caller's.
    """
    seeds: dict[Any, Any] = {}
    for tensor, gradient in zip(tensors, gradients):  # noqa: B905 - as many; `strict` costs time
        node = tensor.node
        if node is None:
            place = next(i for i, other in enumerate(tensors) if other is tensor)
            raise RuntimeError(
                f"element {place} of tensors does not require grad and does not have a grad_fn\n"
                "  mend    set requires_grad=True on what to differentiate, before the computation"
            )
        if gradient is None:
            array = tensor.array
            if array.size != 1 or array.dtype.kind == "c":
                raise no_start(tensor)
            g = BACKEND[array.__class__].seed(array)
            g = wrap(as_array(g)) if graph else g
        else:
            taken.add(id(gradient.array))
            gradient = fitting(gradient, tensor)
            g = conjugate(gradient if graph else gradient.array)
        seeds[node] = seeds[node] + g if node in seeds else g
    return seeds


def no_start(tensor: Tensor) -> RuntimeError:
    """Say why a walk from this tensor needs to be given a gradient."""
    if tensor.array.size != 1:
        return RuntimeError(
            f"grad can be implicitly created only for scalar outputs, got shape "
            f"{tuple(tensor.shape)}\n  mend    reduce it, for example with .sum(), or give "
            "gradient="
        )
    return RuntimeError(
        "grad can be implicitly created only for real scalar outputs but got "
        f"{tensor.dtype}\n  mend    differentiate .real or .abs() of it, or give gradient="
    )


def fitting(gradient: Tensor, tensor: Tensor) -> Tensor:
    """Return the gradient to start from, in the type of the tensor that it is for.

    Raises:
        RuntimeError: the shapes differ, or one is complex and the other is not.
    """
    if gradient.array.shape != tensor.array.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output has a shape of {gradient.shape} and output has a "
            f"shape of {tensor.shape}.\n  mend    give a gradient of the output's shape"
        )
    have, want = gradient.array.dtype, tensor.array.dtype
    if have == want:
        return gradient
    if (have.kind == "c") != (want.kind == "c"):
        raise RuntimeError(
            "For complex Tensors, both grad_output and output are required to have the same dtype. "
            f"Mismatch in dtype: grad_output has a dtype of {from_numpy(have)} and output has a "
            f"dtype of {from_numpy(want)}.\n  mend    convert it with .to({from_numpy(want)})"
        )
    return TENSOR.astype(gradient, dtype=want)  # type: ignore[no-any-return]
