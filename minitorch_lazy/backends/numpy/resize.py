"""Sums of few weighted gathers along one axis: what resampling is, forward and back."""

from __future__ import annotations

from typing import Any


class ResizeKernels:
    """A linear map along one axis that touches only a few neighbours."""

    xp: Any
    widened: Any
    relu_gradient: Any

    def tap_sum(
        self, x: Any, places: Any, weights: Any, back_places: Any, back_weights: Any, *,
        axis: int, ragged: tuple[bool, bool] = (False, False),
    ) -> Any:  # fmt: skip
        """Sum weighted elements along an axis: y[o] = sum_t weights[t, o] * x[places[t, o]].

        `back_places` and `back_weights` are the same map the other way round, which the gradient
        takes. `ragged` says of each way whether a weight of 0 stands for no element at all.
        No weights stand for ones.
        """
        if weights is None:
            return self.xp.take(x, places[0], axis)
        wide = self.widened(x)
        total: Any = None
        weights = weights.astype(wide.dtype)
        for tap in range(places.shape[0]):
            weight = weights[tap].reshape(-1, *(1,) * (x.ndim - axis - 1))
            part = self.xp.take(wide, places[tap], axis)
            part *= weight
            if ragged[0]:
                part = self.relu_gradient(part, self.xp.broadcast_to(weight, part.shape))
            total = part if total is None else self.xp.add(total, part, total)
        return total.astype(x.dtype, copy=False)
