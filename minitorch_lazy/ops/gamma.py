"""The gamma function's logarithm and its derivatives, and the inverse of the error function."""

from __future__ import annotations

import math

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import in_place, public, special
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.elementwise import function

erfinv = function(
    "erfinv", "the number whose erf is x",
    lambda xp, g, y: g * (math.sqrt(math.pi) / 2 * xp.exp(y * y)),
)  # fmt: skip
lgamma = function("lgamma", "ln |gamma(x)|", lambda xp, g, x: g * xp.digamma(x))
digamma = function(
    "digamma", "the derivative of ln gamma(x)",
    lambda xp, g, x: g * xp.polygamma(x, order=1),
)  # fmt: skip
derivative_of_digamma = primitive(
    "polygamma", static="order", casts="float",
    x=lambda xp, g, x, order: g * xp.polygamma(x, order=order + 1),
)  # fmt: skip


@public(name="polygamma", method=False)
def derivative(n: int, input: Tensor) -> Tensor:
    """Return the n-th derivative of `digamma`.

    Args:
        n: 0 or more.

    Source: torch.polygamma.
    """
    check_tensor("polygamma", "input", input)
    if n < 0:
        raise refuse(RuntimeError, "polygamma", "polygamma(n, x) does not support negative n.",
                     "use 0 or more", n=n, input=input)  # fmt: skip
    return derivative_of_digamma(input, order=n) if n else digamma(input)


def polygamma_method(input: Tensor, n: int) -> Tensor:
    """Return the n-th derivative of `digamma`."""
    return derivative(n, input)


special("polygamma", polygamma_method)
special("polygamma_", in_place("polygamma_", polygamma_method))
