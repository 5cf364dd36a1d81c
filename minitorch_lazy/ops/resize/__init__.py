"""Resampling along one axis: each output is a weighted sum of few inputs."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.create import from_numpy
from minitorch_lazy.ops.resize.taps import Resizing, backward_taps, forward_taps

tap_sum = primitive(
    "tap_sum", arguments="x places weights back_places back_weights", static="axis ragged",
    exempt="places weights back_places back_weights", node_name="Upsample",
    x=lambda xp, g, places, weights, back_places, back_weights, axis, ragged: xp.tap_sum(
        g, back_places, back_weights, places, weights, axis=axis, ragged=ragged[::-1]),
)  # fmt: skip


@lru_cache(maxsize=256)
def tables(plan: Resizing, device: str) -> tuple[tuple[Tensor | None, ...], tuple[bool, bool]]:
    """Return places and weights, both ways, on a device, and which way is ragged."""
    found = (*forward_taps(plan), *backward_taps(plan))
    moved = tuple(None if part is None else from_numpy(part).to(device) for part in found)
    return moved, (False, bool((found[3] == 0).any()))


def resized(x: Tensor, axis: int, plan: Resizing) -> Tensor:
    """Resample one axis."""
    arguments, ragged = tables(plan, str(x.device))
    result: Any = tap_sum(x, *arguments, axis=axis, ragged=ragged)
    return result  # type: ignore[no-any-return]
