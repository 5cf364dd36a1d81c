"""Which elements each resampled one is made of, and with which weights.

Places of an axis are the middles of its elements. With `align_corners` the middles of the first
and last elements of both axes coincide, otherwise their outer borders do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray[Any, Any]


class Resizing(NamedTuple):
    """How one axis is resampled.

    Attributes:
        mode: nearest, nearest-exact, linear, cubic, or lanczos.
        size, output: elements before and after.
        scale: output places for each input place, where it was given; else from the sizes.
        align_corners: whether the middles of the outermost elements coincide.
        antialias: whether shrinking averages over all elements that an output covers.
        precise: whether places are computed in float64; in float32 otherwise, as PyTorch does.
    """

    mode: str
    size: int
    output: int
    scale: float | None = None
    align_corners: bool = False
    antialias: bool = False
    precise: bool = True

    @property
    def number(self) -> Any:
        """Return the type in which places are computed."""
        return np.float64 if self.precise else np.float32

    @property
    def step(self) -> Any:
        """Return the distance of neighbouring outputs, counted in input places."""
        if self.align_corners:
            if self.output <= 1:
                return self.number(0)
            return self.number(self.size - 1) / self.number(self.output - 1)
        if self.scale is not None and self.scale > 0:
            return self.number(1.0 / self.scale)
        return self.number(self.size) / self.number(self.output)


def nearest(plan: Resizing) -> tuple[Array, Array | None]:
    """Take the element at the start of an output's range, or with "exact" at its middle.

    Places are rounded to float32 before they are cut off, as in PyTorch.
    """
    start = plan.number(0.5 if plan.mode == "nearest-exact" else 0)
    places = plan.step * (np.arange(plan.output, dtype=plan.number) + start)
    return places.astype("float32").astype("int64").clip(0, plan.size - 1)[:, None], None


def centers(plan: Resizing) -> Array:
    """Return where each output lies among the middles of the inputs."""
    count, half = np.arange(plan.output, dtype=plan.number), plan.number(0.5)
    found: Array = count * plan.step if plan.align_corners else plan.step * (count + half) - half
    return found


def linear(plan: Resizing) -> tuple[Array, Array]:
    """Take the two neighbours; their weights fall off with the distance."""
    if plan.size == plan.output:
        return np.arange(plan.size)[:, None], np.ones((plan.size, 1), plan.number)
    middle = centers(plan).clip(0, None)
    first = middle.astype("int64").clip(0, plan.size - 1)
    part = (middle - first.astype(plan.number)).clip(0, 1)
    places = np.stack([first, np.minimum(first + 1, plan.size - 1)], 1)
    return places, np.stack([1 - part, part], 1)


def cubic(plan: Resizing) -> tuple[Array, Array]:
    """Take four neighbours; edges repeat. Source: Keys, 1981, with a = -0.75."""
    middle = centers(plan)
    first = np.floor(middle)
    part = (middle - first).clip(0, 1)
    distances = np.stack([part + 1, part, 1 - part, 2 - part], 1)
    places = first.astype("int64")[:, None] + np.arange(-1, 3)
    return places.clip(0, plan.size - 1), keys(distances, -0.75)


def keys(x: Array, a: float) -> Array:
    """Return Keys' cubic convolution filter, two elements wide on both sides."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((x - 5) * x + 8) * x * a - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, 0)).astype(x.dtype)


def triangle(x: Array) -> Array:
    """Return the linear filter, one element wide on both sides."""
    fallen: Array = np.maximum(1 - np.abs(x), 0)
    return fallen


def lanczos(x: Array) -> Array:
    """Return Lanczos' windowed sinc, three elements wide on both sides."""
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0).astype(x.dtype)


FILTERS: dict[str, tuple[int, Callable[[Array], Array]]] = {
    "linear": (2, triangle),
    "cubic": (4, lambda x: keys(x, -0.5)),
    "lanczos": (6, lanczos),
}


def filtered(plan: Resizing) -> tuple[Array, Array]:
    """Average with a filter that is as wide as the outputs lie apart."""
    width, weigh = FILTERS[plan.mode]
    half, wide = plan.number(0.5), np.maximum(plan.step, plan.number(1))
    support = plan.number(width) * half * wide
    middle = plan.step * (np.arange(plan.output, dtype=plan.number) + half)
    first = (middle - support + half).astype("int64").clip(0, None)
    last = (middle + support + half).astype("int64").clip(None, plan.size)
    places = first[:, None] + np.arange(int(np.ceil(support)) * 2 + 1)
    distances = (places.astype(plan.number) - middle[:, None] + half) / wide
    weights = np.where(places < last[:, None], weigh(distances), 0).astype(plan.number)
    return places.clip(0, plan.size - 1), weights / weights.sum(1, keepdims=True)


MODES: dict[str, Callable[[Resizing], tuple[Array, Array | None]]] = {
    "nearest": nearest, "nearest-exact": nearest, "linear": linear, "cubic": cubic,
}  # fmt: skip


def forward_taps(plan: Resizing) -> tuple[Array, Array | None]:
    """Return places and weights of the summands of each output, (taps, output)."""
    places, weights = (filtered if plan.antialias else MODES[plan.mode])(plan)
    if weights is None:
        return places.T.copy(), None
    used = weights.any(0)
    return places[:, used].T.copy(), weights[:, used].T.copy()


def backward_taps(plan: Resizing) -> tuple[Array, Array]:
    """Return places and weights of the summands of each input's gradient, (taps, size).

    They are the pairs of input and output of `forward_taps`, sorted by the input. Inputs with
    fewer outputs than others get weights of 0.
    """
    places, weights = forward_taps(plan)
    outputs = np.broadcast_to(np.arange(plan.output), places.shape)
    pairs, same = np.unique(places * plan.output + outputs, return_inverse=True)
    shares = np.ones(places.size) if weights is None else weights.reshape(-1)
    shares = np.bincount(same.reshape(-1), shares)
    inputs, outputs = np.divmod(pairs[shares != 0], plan.output)
    tap = np.arange(len(inputs)) - np.searchsorted(inputs, inputs)
    back = np.zeros((int(tap.max()) + 1, plan.size), "int64")
    share = np.zeros(back.shape, plan.number)
    back[tap, inputs], share[tap, inputs] = outputs, shares[shares != 0]
    return back, share
