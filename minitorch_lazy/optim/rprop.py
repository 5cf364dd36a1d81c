"""Rprop: steps of the gradient's sign, whose sizes grow and shrink."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_lr
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class Rprop(FlatOptimizer):
    """Let every element's step grow while its gradient keeps its sign, and shrink when it turns.

        s = s * etas[1] where g * g_before > 0           (-gradient where `maximize`)
        s = s * etas[0], g = 0 where g * g_before < 0
        s = min(max(s, step_sizes[0]), step_sizes[1])    (s = lr at first)
        p = p - sign(g) * s

    Only signs count, so the gradient must be of all data: the noise of batches misleads it.

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: size of the first step, a number or a tensor of one element.
        etas: factors (shrink, grow).
        step_sizes: the smallest and the largest size.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        maximize: walk with the gradient.
        differentiable: record the step; the sizes do not depend on the gradient's, so nothing
            flows through them.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.Rprop; Riedmiller and Braun (1993).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Rprop([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "foreach": None,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2,
        etas: tuple[float, float] = (0.5, 1.2), step_sizes: tuple[float, float] = (1e-6, 50), *,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if not 0.0 < etas[0] < 1.0 < etas[1]:
            raise ValueError(f"Invalid eta values: {etas[0]}, {etas[1]}")
        defaults = {
            "lr": lr, "etas": etas, "step_sizes": step_sizes, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("prev", "step_size")

    def start(self, group: Group, name: str) -> float:
        return float(single(group["lr"])) if name == "step_size" else 0.0

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
        backend.rprop(
            gradient, *state, out,
            shrink=shrink, grow=grow, smallest=float(smallest), largest=float(largest),
            maximize=group["maximize"],
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "Rprop: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        previous, step_size = state
        (shrink, grow), (smallest, largest) = group["etas"], group["step_sizes"]
        if group["maximize"]:
            gradient = -gradient
        if step_size is None:
            previous = TENSOR.zeros_like(gradient)
            step_size = previous + self.start(group, "step_size")
        agreement = gradient * previous
        factor = TENSOR.where(agreement > 0, grow, TENSOR.where(agreement < 0, shrink, 1.0))
        step_size = (step_size * factor).clamp(smallest, largest)
        gradient = TENSOR.where(agreement < 0, TENSOR.zeros_like(gradient), gradient)
        return TENSOR.sign(gradient) * step_size, [gradient, step_size]
