"""Functions that pull numbers toward 0."""

from __future__ import annotations

from minitorch_lazy.core.dtype import finfo
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops import activation as ops
from minitorch_lazy.ops.checks import check_tensor


@public
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Set small numbers to 0: y = x if |x| > lambd else 0.

    Source: torch.nn.functional.hardshrink.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([-1.0, 0.5, 2.0]).hardshrink()
    tensor([-1.,  0.,  2.])
    """
    check_floating("hardshrink", input)
    return ops.hardshrink(input, lambd=float(lambd))


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Move numbers toward 0, not past it: y = sign(x) max(|x| - lambd, 0).

    Raises:
        RuntimeError: `lambd` is below 0, or more than the type holds.

    Source: torch.nn.functional.softshrink.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.softshrink(torch.tensor([-1.0, 0.25, 2.0]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    check_floating("softshrink", input)
    most = finfo(input.dtype).max
    if not 0 <= lambd <= most:
        raise refuse(RuntimeError, "softshrink", f"lambda must be in range [0, {most:g}] for input "
                     f"dtype {spoken(input.dtype.name)}, but found {lambd:g}",
                     "give how far to move, not below 0", input=input)  # fmt: skip
    return ops.softshrink(input, lambd=float(lambd))  # type: ignore[no-any-return]


def tanhshrink(input: Tensor) -> Tensor:
    """Compute y = x - tanh(x).

    Source: torch.nn.functional.tanhshrink.
    """
    check_tensor("tanhshrink", "input", input)
    return input - input.tanh()  # type: ignore[attr-defined,no-any-return]
