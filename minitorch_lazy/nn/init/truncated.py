"""Draws from a truncated normal distribution, by rejection."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch_lazy.core.dtype import finfo
from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.init.initializer import initializer, stream
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import empty_like
from minitorch_lazy.ops.create import tensor as new_tensor

LIKELY = 0.3
"""From this chance of a hit on, normal draws are rejected; below it, uniform ones on [a, b)."""

RAREST = 1e-5
"""The smallest chance of keeping a uniform draw with which one waits for it."""


@initializer
def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill a tensor with draws from N(mean, std²), those outside of [a, b] drawn again.

    Args:
        mean, std: of the distribution before it is cut.
        a, b: the smallest and the largest value; `mean` should not be far outside.

    Raises:
        ValueError: `mean` or `std` is no number, or nearly nothing of the distribution lies where
            draws on [a, b) fall. PyTorch gives uniform numbers or does not return.
        RuntimeError: a > b, or a bound is nan, or infinite on the side away from `mean`.
        ZeroDivisionError: `std` is 0.

    Source: torch.nn.init.trunc_normal_.
    """
    if tensor.is_meta:
        return tensor  # type: ignore[no-any-return]
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=3,
        )
    check_moments(mean, std)
    source = stream(tensor, generator)
    hit = normal_cdf((b - mean) / std) - normal_cdf((a - mean) / std)
    draw = reject_normal if hit > LIKELY else reject_uniform
    if draw is reject_uniform:
        check_bounds(tensor, mean, std, a, b)
    return tensor.copy_(draw(tensor, mean, std, a, b, source))  # type: ignore[no-any-return]


def check_moments(mean: float, std: float) -> None:
    """Refuse a distribution that is none."""
    if not math.isfinite(mean) or math.isnan(std):
        raise refuse(ValueError, "trunc_normal_", "mean and std must be numbers, not nan, and mean "
                     "finite", "find where they became so", mean=mean, std=std)  # fmt: skip
    if not std:
        raise refuse(ZeroDivisionError, "trunc_normal_", "std must not be 0",
                     "use constant_(tensor, mean)", mean=mean, std=std)  # fmt: skip


def check_bounds(like: Any, mean: float, std: float, a: float, b: float) -> None:
    """Refuse bounds between which no uniform draws can be made, or next to none would be kept."""
    shown = {"mean": mean, "std": std, "a": a, "b": b}
    limit = finfo(like.dtype).max
    for word, bound in (("from", a), ("to", b)):
        if not abs(bound) <= limit:
            raise refuse(RuntimeError, "trunc_normal_", f"{word} is out of bounds for "
                         f"{spoken(like.dtype.name).lower()}", "choose finite bounds",
                         **shown)  # fmt: skip
    if a > b:
        raise refuse(RuntimeError, "trunc_normal_", "uniform_ expects to return a [from, to) range,"
                     f" but found from={a:g} > to={b:g}", "exchange a and b", **shown)  # fmt: skip
    best = new_tensor(max(a, min(mean, b)), dtype=like.dtype)
    height = relative_height(best, mean, std, peak_of(mean, std, a, b)).item()
    if not (kept_at_most(mean, std, a, b) >= RAREST and height >= math.log(RAREST)):
        raise refuse(ValueError, "trunc_normal_", f"next to nothing of N(mean, std²) lies on [a, b)"
                     f", or {like.dtype} cannot tell it: draws would be rejected without end",
                     "bring a and b within a few std of mean", **shown)  # fmt: skip


def kept_at_most(mean: float, std: float, a: float, b: float) -> float:
    """Bound the chance that a uniform draw on [a, b) is kept; it is at least a third of that.

    In units of std, at a distance d from the mean, the density falls to its e-th part within 1 / d,
    and its area is never more than sqrt(2 pi) times its peak.
    """
    low, high = sorted(((a - mean) / std, (b - mean) / std))
    width, distance = high - low, max(low, -high, 0.0)
    if not width:
        return 1.0
    return min(width, 1 / distance if distance else math.inf, math.sqrt(2 * math.pi)) / width


def normal_cdf(x: float) -> float:
    """Return the chance that a standard normal draw is below x."""
    return (1.0 + math.erf(x / math.sqrt(2.0))) / 2.0


def reject_normal(like: Any, mean: float, std: float, a: float, b: float, source: Any) -> Any:
    """Draw normal numbers, and those outside of [a, b] again until there are none."""
    low, high = (new_tensor(bound, dtype=like.dtype).item() for bound in (a, b))
    result = empty_like(like).normal_(mean, std, generator=source)  # type: ignore[attr-defined]
    outside = (result < low) | (result > high)
    while outside.any():
        again = empty_like(like).normal_(mean, std, generator=source)  # type: ignore[attr-defined]
        result = where(outside, again, result)
        outside = (result < low) | (result > high)
    return result


def reject_uniform(like: Any, mean: float, std: float, a: float, b: float, source: Any) -> Any:
    """Draw uniform numbers on [a, b), each kept with a chance in proportion to its density."""
    peak = peak_of(mean, std, a, b)
    result = candidates = empty_like(like).uniform_(a, b, generator=source)  # type: ignore[attr-defined]
    pending = rejected(candidates, mean, std, peak, source)
    while pending.any():
        candidates = empty_like(like).uniform_(a, b, generator=source)  # type: ignore[attr-defined]
        result = where(pending, candidates, result)
        pending = pending & rejected(candidates, mean, std, peak, source)
    return result


def rejected(candidates: Any, mean: float, std: float, peak: float, source: Any) -> Any:
    """Draw which candidates are too unlikely to be kept."""
    height = relative_height(candidates, mean, std, peak)
    chance = empty_like(candidates).uniform_(generator=source)  # type: ignore[attr-defined]
    return chance.log() > height


def peak_of(mean: float, std: float, a: float, b: float) -> float:
    """Return the logarithm of the density where it is largest on [a, b]."""
    distance = (max(a, min(mean, b)) - mean) / std
    return -0.5 * distance * distance


def relative_height(x: Any, mean: float, std: float, peak: float) -> Any:
    """Return the logarithm of the density relative to its peak."""
    return ((x - mean) / std) ** 2 * -0.5 - peak
