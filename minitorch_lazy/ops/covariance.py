"""How variables vary together: covariance and correlation."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import t
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.complex import complex as complex_of
from minitorch_lazy.ops.diagonals import diagonal
from minitorch_lazy.ops.elementwise import conj, imag, real, sqrt
from minitorch_lazy.ops.limits import clamp
from minitorch_lazy.ops.product import mm
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape, squeeze, unsqueeze


def check_variables(name: str, input: Tensor) -> None:
    """Refuse what is no table of variables by observations."""
    check_tensor(name, "input", input)
    if input.ndim > 2:
        raise refuse(RuntimeError, name, f"{name}(): expected input to have two or fewer "
                     f"dimensions but got an input with {input.ndim} dimensions",
                     "flatten it to (variables, observations)", input=input)  # fmt: skip
    if input.array.dtype.kind == "b":
        raise refuse(RuntimeError, name, "cov(): bool dtype is not supported for input",
                     "convert it, for example with .float()", input=input)  # fmt: skip


def host(x: Tensor) -> bool:
    """Tell whether numbers can be looked at without waiting for a device."""
    return isinstance(x.array, np.ndarray)


def check_weights(word: str, weights: Tensor, count: int) -> None:
    """Refuse weights that are no vector of `count` numbers of the right kind, 0 or more."""
    check_tensor("cov", word, weights)
    due, kinds = ("integral", "iu") if word == "fweights" else ("floating point", "fV")
    kind, headline = weights.array.dtype.kind, ""
    if weights.ndim > 1:
        headline = f"expected {word} to have one or fewer dimensions but got {word} with " \
                   f"{weights.ndim} dimensions"  # fmt: skip
    elif kind not in kinds:
        headline = f"expected {word} to have {due} dtype but got {word} with " \
                   f"{spoken(weights.dtype.name)} dtype"  # fmt: skip
    elif weights.numel() != count:
        headline = f"expected {word} to have the same numel as there are observations in the " \
                   f"input but got {weights.numel()} != {count}"  # fmt: skip
    elif host(weights) and (weights.array < 0).any():
        headline = f"{word} cannot be negative"
    if headline:
        raise refuse(RuntimeError, "cov", f"cov(): {headline}", "give one number, 0 or more, for "
                     "each observation: integers as fweights, fractions as aweights",
                     **{word: weights})  # fmt: skip


def weighing(fweights: Tensor | None, aweights: Tensor | None, count: int) -> Tensor | None:
    """Multiply the two kinds of weights; None where neither is given."""
    given = [(word, w) for word, w in (("fweights", fweights), ("aweights", aweights))
             if w is not None]  # fmt: skip
    for word, weights in given:
        check_weights(word, weights, count)
    if not given:
        return None
    weights = given[0][1] if len(given) == 1 else given[0][1] * given[1][1]
    if host(weights) and not weights.array.sum():
        raise refuse(RuntimeError, "cov", "cov(): weights sum to zero, can't be normalized",
                     "give at least one observation a weight", weights=weights)  # fmt: skip
    return weights


def freedom(weights: Tensor | None, aweights: Tensor | None, whole: Any, correction: int) -> Any:
    """Return what the sum of squares is divided by: degrees of freedom, 0 where there are none.

    Args:
        whole: the sum of the weights, or how many observations there are.
    """
    if weights is None:
        left: Any = max(whole - correction, 0)
    else:
        lost = total(weights * aweights) / whole if aweights is not None and correction else 1
        left = clamp(whole - correction * lost, min=0)
    if not left if weights is None else host(left) and not left.item():
        warnings.warn("cov(): degrees of freedom is <= 0. Correction should be strictly less than "
                      "the number of observations: give more observations, or correction=0.",
                      stacklevel=4)  # fmt: skip
    return left


@public
def cov(input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
        aweights: Tensor | None = None) -> Tensor:  # fmt: skip
    """Return the covariances of variables, whose observations stand in the columns.

        C[i, j] = sum_n w[n] (x[i, n] - m[i]) conj(x[j, n] - m[j]) / (sum_n w[n] - correction)

    Args:
        input: (variables, observations), or one variable's (observations,).
        correction: what is taken off the count; 1 is Bessel's, 0 gives the simple average.
        fweights: (observations,) of integers, how often each was seen.
        aweights: (observations,) of floating-point numbers, how much each counts. With them
            `correction` times sum(w * aweights) / sum(w) is taken off.

    Returns:
        (variables, variables), or a number for one variable.

    Raises:
        RuntimeError: the input has more dimensions or is bool; weights do not fit.

    Source: torch.cov.

    >>> import minitorch_lazy as torch
    >>> torch.cov(torch.tensor([[0., 1., 2.], [2., 1., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    check_variables("cov", input)
    x = input if input.ndim == 2 else reshape(input, 1, -1)
    count = x.array.shape[1]
    weights = weighing(fweights, aweights, count)
    whole = count if weights is None else total(weights)
    weighted = x if weights is None else x * weights
    x = x - unsqueeze(total(weighted, 1) / whole, 1)
    weighted = x if weights is None else x * weights
    products = mm(x, conj(t(weighted)))
    return squeeze(products / freedom(weights, aweights, whole, correction))


@public
def corrcoef(input: Tensor) -> Tensor:
    """Return Pearson's correlation coefficients of variables, from -1 to 1.

        R[i, j] = C[i, j] / (C[i, i] C[j, j])^(1/2),  C = cov(input)

    Args:
        input: (variables, observations), or one variable's (observations,).

    Returns:
        (variables, variables), or a number for one variable.

    Raises:
        RuntimeError: the input has more dimensions, or is bool.

    Source: torch.corrcoef.

    >>> import minitorch_lazy as torch
    >>> torch.corrcoef(torch.tensor([[0., 1., 2.], [4., 2., 0.]]))
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    check_variables("corrcoef", input)
    covariance = cov(input)
    if not covariance.ndim:
        return covariance / covariance
    deviation = sqrt(real(diagonal(covariance)))
    scaled = covariance / unsqueeze(deviation, 1) / deviation
    if not scaled.is_complex():
        return clamp(scaled, -1, 1)
    return complex_of(clamp(real(scaled), -1, 1), clamp(imag(scaled), -1, 1))
