"""Draws from a truncated normal distribution, by rejection."""

from __future__ import annotations

import math
import warnings
from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.init.initializer import initializer, stream
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import empty_like
from minitorch_lazy.ops.create import tensor as new_tensor

LIKELY = 0.3
"""From this chance of a hit on, normal draws are rejected; below it, uniform ones on [a, b)."""


@initializer
def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Fill a tensor with draws from N(mean, std²), those outside of [a, b] drawn again.

    Args:
        mean, std: of the distribution before it is cut.
        a, b: the smallest and the largest value; `mean` should not be far outside.

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
    source = stream(tensor, generator)
    hit = normal_cdf((b - mean) / std) - normal_cdf((a - mean) / std)
    draw = reject_normal if hit > LIKELY else reject_uniform
    return tensor.copy_(draw(tensor, mean, std, a, b, source))  # type: ignore[no-any-return]


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
    peak = -0.5 * ((max(a, min(mean, b)) - mean) / std) ** 2
    result = candidates = empty_like(like).uniform_(a, b, generator=source)  # type: ignore[attr-defined]
    pending = rejected(candidates, mean, std, peak, source)
    while pending.any():
        candidates = empty_like(like).uniform_(a, b, generator=source)  # type: ignore[attr-defined]
        result = where(pending, candidates, result)
        pending = pending & rejected(candidates, mean, std, peak, source)
    return result


def rejected(candidates: Any, mean: float, std: float, peak: float, source: Any) -> Any:
    """Draw which candidates are too unlikely to be kept."""
    height = ((candidates - mean) / std) ** 2 * -0.5 - peak
    chance = empty_like(candidates).uniform_(generator=source)  # type: ignore[attr-defined]
    return chance.log() > height
