"""Special functions of one number: log-odds, sinc, entropy, the normal distribution."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.checks import check_real, check_tensor
from minitorch_lazy.ops.elementwise import function
from minitorch_lazy.ops.limits import clamp


@kernel
def logit(xp: Any, x: Any) -> Any:
    """Return ln(x / (1 - x))."""
    return xp.log(x / (1 - x))


@kernel
def logit_gradient(xp: Any, g: Any, x: Any) -> Any:
    """Pull back through the logit: g / (x (1 - x)), and nan outside of [0, 1]."""
    outside = xp.logical_or(xp.less(x, 0.0), xp.greater(x, 1.0))
    slope = 1 / (x * (1 - x))
    return g * xp.where(outside, xp.zeros_like(x) + math.nan, slope)


@kernel
def sinc(xp: Any, x: Any) -> Any:
    """Return sin(pi x) / (pi x), and 1 at 0."""
    nothing, turn = xp.equal(x, 0.0), x * math.pi
    one = xp.ones_like(x)
    safe = xp.where(nothing, one, turn)
    return xp.where(nothing, one, xp.sin(safe) / safe)


@kernel
def sinc_gradient(xp: Any, g: Any, x: Any) -> Any:
    """Pull back through sinc: (cos(pi x) - sin(pi x) / (pi x)) / x, and 0 at 0."""
    nothing = xp.equal(x, 0.0)
    safe = xp.where(nothing, xp.ones_like(x), x)
    turn = safe * math.pi
    slope = (xp.cos(turn) - xp.sin(turn) / turn) / safe
    return g * xp.where(nothing, xp.zeros_like(x), slope)


@kernel
def entr(xp: Any, x: Any) -> Any:
    """Return -x ln x, 0 at 0 and -inf below."""
    return xp.where(xp.less(x, 0.0), xp.zeros_like(x) - math.inf, xp.xlogy(-x, x))


@kernel
def ndtr(xp: Any, x: Any) -> Any:
    """Return the part of a standard normal distribution that is below x."""
    return 0.5 * xp.erfc(x * -math.sqrt(0.5))


log_odds = primitive("logit", casts="float", x=logit_gradient)
cardinal_sine = function("sinc", "sin(pi x) / (pi x), and 1 at 0,", sinc_gradient)
entropy = primitive("entr", casts="float", node_name="SpecialEntr",
                    x=lambda xp, g, x: g * (-1 - xp.log(x)))  # fmt: skip
normal_below = primitive(
    "ndtr", casts="float", node_name="SpecialNdtr",
    x=lambda xp, g, x: g * (xp.exp(x * x * -0.5) / math.sqrt(2 * math.pi)),
)  # fmt: skip


@public(name="logit", inplace=True)
def log_odds_of(input: Tensor, eps: float | None = None) -> Tensor:
    """Compute y = ln(x / (1 - x)) of each element, which undoes the sigmoid.

    Args:
        eps: probabilities are first limited to [eps, 1 - eps]; without it those outside of [0, 1]
            give nan.

    Source: torch.logit.

    >>> import minitorch_lazy as torch
    >>> torch.logit(torch.tensor([0.5, 1.0]), eps=0.25)
    tensor([0.0000, 1.0986])
    """
    check_tensor("logit", "input", input)
    check_real("logit", input)
    return log_odds(input if eps is None else clamp(input, eps, 1 - eps))


def entr_of(input: Tensor) -> Tensor:
    """Compute the entropy y = -x ln x of each element; 0 at 0, -inf below.

    Source: torch.special.entr.

    >>> import minitorch_lazy as torch
    >>> torch.special.entr(torch.tensor([0., 0.5, -1.]))
    tensor([0.0000, 0.3466,   -inf])
    """
    check_tensor("entr", "input", input)
    check_real("entr", input)
    return entropy(input)


def ndtr_of(input: Tensor) -> Tensor:
    """Compute which part of a standard normal distribution is below each element.

        y = (1 + erf(x / 2^(1/2))) / 2

    Source: torch.special.ndtr.

    >>> import minitorch_lazy as torch
    >>> torch.special.ndtr(torch.tensor([0., 1.]))
    tensor([0.5000, 0.8413])
    """
    check_tensor("ndtr", "input", input)
    check_real("ndtr", input)
    return normal_below(input)
