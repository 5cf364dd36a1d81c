"""Functions that weigh the elements along a dimension against each other."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import warn
from minitorch_lazy.ops import activation as ops
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import empty_like, zeros_like


@public
def softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
            dtype: Any = None) -> Tensor:  # fmt: skip
    """Make positive numbers that sum to 1 along a dimension: y_i = e^x_i / sum_j e^x_j.

    Source: torch.nn.functional.softmax.
    """
    check_tensor("softmax", "input", input)
    return ops.along(ops.softmaxed, "softmax", input, chosen("softmax", dim),
                     dtype or kind_of(_stacklevel))  # fmt: skip


@public
def log_softmax(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
                dtype: Any = None) -> Tensor:  # fmt: skip
    """Return the logarithm of softmax, without overflow.

    Source: torch.nn.functional.log_softmax.
    """
    check_tensor("log_softmax", "input", input)
    return ops.along(ops.log_softmaxed, "log_softmax", input, chosen("log_softmax", dim),
                     dtype or kind_of(_stacklevel))  # fmt: skip


def chosen(name: str, dim: int | None) -> int | None:
    """Warn where no dimension was chosen: which one is taken depends on the input's dimensions."""
    if dim is None:
        warn(f"Implicit dimension choice for {name} has been deprecated. Give dim=1 for "
             "(batch, classes), dim=-1 for the last one")  # fmt: skip
    return dim


def kind_of(third: Any) -> Any:
    """Return a dtype that was given as the third argument, as `torch.softmax` takes it."""
    return None if isinstance(third, int) else third


def softmin(input: Tensor, dim: int | None = None, _stacklevel: int = 3,
            dtype: Any = None) -> Tensor:  # fmt: skip
    """Return softmax of -x."""
    check_tensor("softmin", "input", input)
    return softmax(-input, dim, _stacklevel, dtype)  # type: ignore[operator]


def gumbel_softmax(logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10,
                   dim: int = -1) -> Tensor:  # fmt: skip
    """Draw from a category distribution in a way that has a gradient.

        y = softmax((x + e) / tau),  e = -ln of draws from the exponential distribution

    Args:
        tau: the lower, the closer to a choice.
        hard: return a row of zeros with a 1 at the largest y; the gradient is that of y.
        eps: has no effect any more.

    Source: torch.nn.functional.gumbel_softmax.
    """
    check_tensor("gumbel_softmax", "logits", logits)
    if eps != 1e-10:
        warn("gumbel_softmax: `eps` parameter is deprecated and has no effect. Leave it out")
    noise = -empty_like(logits).exponential_().log()  # type: ignore[attr-defined]
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    index = soft.max(dim, keepdim=True)[1]  # type: ignore[attr-defined]
    choice = zeros_like(logits).scatter_(dim, index, 1.0)  # type: ignore[attr-defined]
    return choice - soft.detach() + soft  # type: ignore[no-any-return,attr-defined]
