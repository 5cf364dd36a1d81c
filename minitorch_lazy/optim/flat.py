"""FlatOptimizer: the step that all rules share, over state that lies flat."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.modes import enable_grad
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.optim.bucket import Scalars, turn
from minitorch_lazy.optim.entries import Entries
from minitorch_lazy.optim.optimizer import Closure, Group, Optimizer
from minitorch_lazy.optim.plan import Plan


class FlatOptimizer(Optimizer):
    """An optimizer whose rule is elementwise.

    A subclass says which state a parameter has (`slots`, `scalars` for single numbers, and
    `counted` where it has a `step`), what a step takes off it (`rule`), and the same in tensor
    operations (`formula`), which is what runs where `differentiable=True`.
    """

    counted = False
    captured = "params and state_steps"
    plan: Plan | None = None

    def slots(self, group: Group) -> tuple[str, ...]:
        """Name the state tensors that have the shape of their parameter."""
        raise NotImplementedError

    def start(self, group: Group, name: str) -> float:
        """Return what all elements of a state tensor are before the first step."""
        return 0.0

    def scalars(self, group: Group) -> dict[str, float]:
        """Name the state that is one number a parameter, with its value before the first step."""
        return {}

    def renew(self, backend: Any, group: Group, step: Any, *scalars: Any) -> None:
        """Give the arrays of `scalars`, in place, the values that step number `step` leaves."""

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        """Update flat `state` in place, and write into `out` what to subtract.

        Args:
            backend: the namespace of the arrays.
            group: the options.
            bucket: what the arrays belong to; `bucket.first` tells that the state is new,
                `bucket.scalars` what the numbers are and were.
            step: number of this step, from 1.
            gradient, parameter: flat, only read; `parameter` holds the parameter's values only
                where `reads_parameter` asks for them.
            state: flat arrays in the order of `slots`.
            out: flat, to be filled.
        """
        raise NotImplementedError

    def factor(self, group: Group) -> Any:
        """Return the number that gradients need only be multiplied by, if that is all."""
        return None

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        """Return what to subtract, and the new state, by differentiable operations."""
        raise NotImplementedError

    def reads_parameter(self, group: Group) -> bool:
        """Tell whether the rule needs the parameter's values."""
        return bool(group.get("weight_decay"))

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self.plan = None

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss anew, with gradients recorded.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        if self.plan is None or not self.plan.take(self):
            self.plan = Plan(self)
        try:
            for group, buckets in self.plan.work:
                for bucket in buckets:
                    bucket.run(self, group)
        finally:
            for bucket in self.plan.every:
                bucket.gradients = []
        for group in self.param_groups:
            if group["differentiable"]:
                self.differentiable_step(group)
        return loss

    def check_step(self, parameter: Tensor, group: Group) -> None:
        """Refuse a parameter that the chosen implementation does not serve."""
        device = parameter.device.type
        if group.get("capturable") and device == "cpu":
            raise refuse(
                AssertionError, "step",
                f"If capturable=True, {self.captured} must be on supported devices: ['cuda'].",
                "leave capturable=False for parameters on the CPU",
                parameter=parameter,
            )  # fmt: skip
        if group.get("fused") and not parameter.is_floating_point():
            raise refuse(
                RuntimeError, "step",
                "`fused=True` requires all the params to be floating point Tensors of supported "
                f"devices: ['cpu', 'cuda'] but {parameter.dtype} and {device}",
                "leave fused=None for complex parameters", parameter=parameter,
            )  # fmt: skip

    def differentiable_step(self, group: Group) -> None:
        """Update the parameters of one group by operations that are recorded."""
        entries = Entries(self, group)
        for parameter in group["params"]:
            if (gradient := parameter.grad) is None:
                continue
            entry = self.state[parameter]
            step = entries.advance(parameter) if self.counted else None
            scalars = Scalars([], [])
            if homes := entries.home_scalars([parameter]):
                scalars = turn(self, group, step, homes, on_host=True)
            state = [entry.get(name) for name in entries.names]
            change, state = self.formula(group, step, scalars, gradient, parameter, state)
            entry.update(zip(entries.names, state, strict=True))
            parameter.sub_(change)


def single(value: Any) -> Any:
    """Return an option as a Python number, whether or not it was given as a tensor."""
    return value.item() if value.__class__ in TENSORS else value
