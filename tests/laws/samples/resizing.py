"""Samples of resampling along one axis."""

from __future__ import annotations

from minitorch_lazy.ops.resize.taps import Resizing, backward_taps, forward_taps
from tests.laws.samples.source import Shape, Source
from tests.laws.samples.table import Call, call, sample


def resampling(s: Source) -> tuple[Shape, int, Resizing]:
    """Choose a shape, an axis of it and how that is resampled."""
    shape = s.shape(1, least=1)
    axis, output = s.axis(shape), s.pick(2, 3, 1, 5)
    mode, antialias = s.pick(
        ("linear", False), ("nearest", False), ("nearest-exact", False), ("cubic", False),
        ("linear", True), ("cubic", True), ("lanczos", True),
    )  # fmt: skip
    scale = s.pick(None, output / shape[axis] + 0.1)
    aligned = "nearest" not in mode and s.pick(False, True)
    plan = Resizing(mode, shape[axis], output, scale, aligned, antialias, s.dtype.itemsize > 4)
    return shape, axis, plan


@sample("tap_sum")
def resampled(s: Source) -> Call:
    """Draw a resampling, or its adjoint."""
    shape, axis, plan = resampling(s)
    forth, back = forward_taps(plan), backward_taps(plan)
    ragged = (False, bool((back[1] == 0).any()))
    if s.pick(False, True):
        shape = (*shape[:axis], plan.output, *shape[axis + 1 :])
        return call(s.between(shape), *back, *forth, axis=axis, ragged=ragged[::-1])
    return call(s.between(shape), *forth, *back, axis=axis, ragged=ragged)
