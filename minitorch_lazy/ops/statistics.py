"""How numbers spread: variance, standard deviation, and the logarithm of a sum of exponentials."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.reduce import Axes, axes_of, mean, spread


def variance_rule(xp: Any, g: Any, x: Any, axis: Axes, correction: float, keepdims: bool) -> Any:
    """Pull back through the variance: 2 (x - mean) / (n - correction)."""
    freedom = max(math.prod(x.shape[a] for a in axis) - correction, 0)
    away = xp.conj(x - xp.mean(x, axis=axis, keepdims=True))
    return spread(xp, g, x.shape, axis, keepdims) * (away * (2 / freedom if freedom else math.inf))


def root_rule(xp: Any, g: Any, y: Any) -> Any:
    """Pull back through the square root, and 0 where it is 0."""
    nothing = xp.equal(y, 0.0)
    slope = 0.5 / xp.where(nothing, xp.ones_like(y), y)
    return g * xp.where(nothing, xp.zeros_like(y), slope)


variance = primitive("var", static="axis correction keepdims", x=variance_rule)
root = primitive("root_or_zero", node_name="Sqrt", x=root_rule)
log_sum_exp = primitive(
    "logsumexp", static="axis keepdims", casts="float",
    x=lambda xp, g, x, y, axis, keepdims: spread(xp, g, x.shape, axis, keepdims)
    * xp.exp(x - spread(xp, y, x.shape, axis, keepdims)),
)  # fmt: skip


def moments(name: str, input: Tensor, dim: Any, unbiased: bool | None, correction: float | None,
            keepdim: bool) -> Tensor:  # fmt: skip
    """Compute the variance; read the ways in which its arguments are given."""
    check_tensor(name, "input", input)
    if input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, name, "std and var only support floating point and complex "
                     "dtypes", "convert it, for example with .float()", input=input)  # fmt: skip
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if unbiased is not None and correction is not None:
        raise refuse(TypeError, name, "unbiased and correction say the same thing",
                     "give one of them", unbiased=unbiased, correction=correction)  # fmt: skip
    taken_off = correction if correction is not None else 0 if unbiased is False else 1
    return variance(
        input, axis=axes_of(input, dim), correction=taken_off, keepdims=keepdim
    )


@public
def var(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
        correction: float | None = None) -> Tensor:  # fmt: skip
    """Return the variance: the sum of (x - mean)^2 over n - correction.

    Args:
        dim: a dimension or several; None means all. A bool is taken as `unbiased`.
        unbiased: False is `correction=0`, True `correction=1`.
        keepdim: keep the reduced dimensions, as size 1.
        correction: what is taken off the count; 1 (Bessel's) where not given.

    Raises:
        RuntimeError: the tensor holds integers.

    Source: torch.var.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([1., 2., 3., 4.]).var(correction=0)
    tensor(1.2500)
    """
    return moments("var", input, dim, unbiased, correction, keepdim)


@public
def std(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False, *,
        correction: float | None = None) -> Tensor:  # fmt: skip
    """Return the standard deviation, the root of the variance; see `var`.

    Where all elements are equal its gradient is 0.

    Source: torch.std.
    """
    return root(moments("std", input, dim, unbiased, correction, keepdim))


@public(method=False)
def var_mean(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False,
             *, correction: float | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the variance and the mean; see `var`.

    Source: torch.var_mean.
    """
    spread_out = moments("var_mean", input, dim, unbiased, correction, keepdim)
    return spread_out, mean(input, None if isinstance(dim, bool) else dim, keepdim)


@public(method=False)
def std_mean(input: Tensor, dim: Any = None, unbiased: bool | None = None, keepdim: bool = False,
             *, correction: float | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
    """Return the standard deviation and the mean; see `var`.

    Source: torch.std_mean.
    """
    spread_out = moments("std_mean", input, dim, unbiased, correction, keepdim)
    return root(spread_out), mean(input, None if isinstance(dim, bool) else dim, keepdim)


@public
def logsumexp(input: Tensor, dim: Any, keepdim: bool = False) -> Tensor:
    """Compute y = ln of the sum of e^x along dimensions, without overflow; -inf for all -inf.

    Source: torch.logsumexp.
    """
    return log_sum_exp(input, axis=axes_of(input, dim), keepdims=keepdim)
