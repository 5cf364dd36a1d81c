"""What schedules share that let the momentum swing against the rate."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.optim.lr_scheduler.base import LRScheduler, per_group
from minitorch_lazy.optim.optimizer import Optimizer


class MomentumCycle(LRScheduler):
    """A schedule that sets `momentum`, or the first of `betas`, too."""

    cycle_momentum: bool
    use_beta1: bool

    def start_momentum(
        self, optimizer: Optimizer, base_momentum: Any, max_momentum: Any, fresh: bool
    ) -> None:
        """Check that there is a momentum to set, and give every group its bounds."""
        if not {"momentum", "betas"} & set(optimizer.defaults):
            raise ValueError(
                "optimizer must support momentum or beta1 with `cycle_momentum` option enabled\n"
                "  mend  give cycle_momentum=False"
            )
        self.use_beta1 = "betas" in optimizer.defaults
        self.base_momentums = per_group("base_momentum", optimizer, base_momentum)
        self.max_momentums = per_group("max_momentum", optimizer, max_momentum)
        if not fresh:
            return
        bounds = zip(self.base_momentums, self.max_momentums, strict=True)
        for group, (low, high) in zip(optimizer.param_groups, bounds, strict=True):
            self.set_momentum(group, high)
            group["max_momentum"], group["base_momentum"] = high, low

    def set_momentum(self, group: dict[str, Any], value: float) -> None:
        """Set the momentum of one group."""
        if self.use_beta1:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group["momentum"] = value
