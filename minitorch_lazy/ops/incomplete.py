"""Sums and means of what is there: elements that are nan are left out."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import isnan, where
from minitorch_lazy.ops.reduce import sum as total


def without_nan(name: str, input: Tensor) -> Tensor:
    """Put 0 where there is no number; complex numbers are refused, as in PyTorch."""
    check_tensor(name, "input", input)
    if input.is_complex():
        raise refuse(RuntimeError, name, f"{name} does not support complex inputs",
                     "take its .real and .imag one after the other", input=input)  # fmt: skip
    integral = input.array.dtype.kind in "biu"
    return input if integral else where(isnan(input), 0.0, input)


@public
def nansum(input: Tensor, dim: Any = None, keepdim: bool = False, *,
           dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Sum the elements that are numbers, nan counting as 0.

    Args:
        dim: a dimension or several; None and () mean all.
        keepdim: keep the summed dimensions, as size 1.
        dtype: the type to sum in; integers and bools are summed in int64 otherwise.

    Raises:
        RuntimeError: the tensor is complex.

    Source: torch.nansum.

    >>> import minitorch_lazy as torch
    >>> torch.nansum(torch.tensor([1., torch.nan, 3.]))
    tensor(4.)
    """
    return total(without_nan("nansum", input), dim, keepdim, dtype=dtype)


@public
def nanmean(input: Tensor, dim: Any = None, keepdim: bool = False, *,
            dtype: types.dtype | None = None) -> Tensor:  # fmt: skip
    """Average the elements that are numbers; nan where there are none.

    Args:
        dim: a dimension or several; None and () mean all.
        keepdim: keep the reduced dimensions, as size 1.
        dtype: the type to sum in.

    Raises:
        RuntimeError: the tensor holds integers, or is complex.

    Source: torch.nanmean.

    >>> import minitorch_lazy as torch
    >>> torch.nanmean(torch.tensor([1., torch.nan, 3.]))
    tensor(2.)
    """
    check_tensor("nanmean", "input", input)
    if input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, "nanmean", "nanmean(): expected input to have floating point or "
                     f"complex dtype but got {spoken(input.dtype.name)}",
                     "convert it, for example with .float()", input=input)  # fmt: skip
    summed = total(without_nan("nanmean", input), dim, keepdim, dtype=dtype)
    return summed / total(~isnan(input), dim, keepdim)
