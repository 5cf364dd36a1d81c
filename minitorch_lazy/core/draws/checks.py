"""What number formats hold, and what draws refuse, in PyTorch's words."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from minitorch_lazy.errors import refuse


class Format(NamedTuple):
    """What matters of a floating-point type: every integer up to 2**digits is stored exactly."""

    digits: int
    largest: float


class Formats(dict[str, Format]):
    """The floating-point types by name; asked by NumPy dtype, whose name is what is looked up."""

    def __contains__(self, dtype: Any) -> bool:
        return super().__contains__(dtype.name)

    def __getitem__(self, dtype: Any) -> Format:
        return super().__getitem__(dtype.name)


FORMATS = Formats(
    float16=Format(11, 65504.0),
    bfloat16=Format(8, (2.0 - 2.0**-7) * 2.0**127),
    float32=Format(24, float(np.finfo(np.float32).max)),
    float64=Format(53, float(np.finfo(np.float64).max)),
)

CONVERT = "draw floating-point numbers, then convert them with .to(dtype)"


def require_floating(operation: str, kernel: str, dtype: np.dtype[Any]) -> None:
    """Refuse a draw into a type that PyTorch has no loop for.

    Raises:
        NotImplementedError: `dtype` is not floating point.
    """
    if dtype not in FORMATS:
        headline = f'"{kernel}" not implemented for {dtype.name}'
        raise refuse(NotImplementedError, operation, headline, CONVERT)


def require_continuous(operation: str, name: str, dtype: np.dtype[Any]) -> None:
    """Refuse a draw of real numbers into a type that is not floating point.

    Raises:
        RuntimeError: `dtype` is not floating point.
    """
    if dtype not in FORMATS:
        headline = (
            f"{name} distribution is a continuous probability distribution. dtype must be a "
            f"floating point but you specified {dtype.name}"
        )
        raise refuse(RuntimeError, operation, headline, CONVERT)


def require_interval(dtype: np.dtype[Any], low: float, high: float) -> None:
    """Refuse bounds that are out of order, or wider apart than the type can tell.

    Raises:
        RuntimeError: there is no such interval.
    """
    largest = FORMATS[dtype].largest
    if -largest <= low <= high <= largest and high - low <= largest:
        return
    outside = "from" if not abs(low) <= largest else "to" if not abs(high) <= largest else ""
    if outside:
        headline, mend = f"{outside} is out of bounds for {dtype.name}", "choose finite bounds"
    elif low > high:
        headline = (
            f"uniform_ expects to return a [from, to) range, but found from={low} > to={high}"
        )
        mend = f"uniform_({high}, {low})"
    else:
        headline = (
            f"uniform_ expects to-from <= std::numeric_limits<{dtype.name}>::max(), but found "
            f"to={high} and from={low} which result in to-from to exceed the limit"
        )
        mend = "draw from half the interval and multiply by 2"
    raise refuse(RuntimeError, "uniform_", headline, mend)


def require_weights(weights: Any, count: int, replacement: bool) -> None:
    """Refuse weights that make no distribution.

    Raises:
        RuntimeError: they do not, or there are too few of them.
    """
    headline, mend = "", "pass weights that are finite and not negative, one positive in each row"
    if weights.ndim not in (1, 2):
        headline, mend = "prob_dist must be 1 or 2 dim", "reshape to (rows, categories)"
    elif weights.dtype not in FORMATS:
        headline = "multinomial only supports floating-point dtypes for input, got: "
        headline, mend = headline + weights.dtype.name, "convert the weights with .float()"
    elif count <= 0:
        headline, mend = "cannot sample n_sample <= 0 samples", "draw at least one"
    elif not replacement and count > weights.shape[-1]:
        headline = "cannot sample n_sample > prob_dist.size(-1) samples without replacement"
        mend = "pass replacement=True, or draw fewer"
    elif not ((weights >= 0) & np.isfinite(weights)).all():
        headline = "probability tensor contains either `inf`, `nan` or element < 0"
        if replacement and count > 1:
            kind = "= infinity or NaN" if (weights >= 0).all() else "< 0"
            headline = f"invalid multinomial distribution (encountering probability entry {kind})"
    elif not (weights > 0).any(axis=-1).all():
        headline = "invalid multinomial distribution (sum of probabilities <= 0)"
    if headline:
        raise refuse(RuntimeError, "multinomial", headline, mend, num_samples=count)
