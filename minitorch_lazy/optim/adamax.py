"""Adamax: Adam with the largest gradient in place of the mean square."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_decay_rates, check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class Adamax(FlatOptimizer):
    """Divide the running mean of the gradient by its largest size, which fades.

        g = gradient + weight_decay * p                  (-gradient where `maximize`)
        m = beta1 * m + (1 - beta1) * g
        u = max(beta2 * u, |g| + eps)
        p = p - lr / (1 - beta1**t) * m / u

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        betas: decay rates.
        eps, weight_decay, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.Adamax; Kingma and Ba (2015), section 7.

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adamax([w], lr=0.1)
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
        self, params: ParamsT, lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_decay_rates(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_inf")

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        beta1, beta2 = group["betas"]
        backend.adamax(
            gradient, parameter, *state, out,
            lr=single(group["lr"]), beta1=beta1, beta2=beta2, eps=group["eps"],
            weight_decay=group["weight_decay"], maximize=group["maximize"], step=step,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "Adamax: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        beta1, beta2 = group["betas"]
        exp_avg, exp_inf = (0.0 if value is None else value for value in state)
        if group["maximize"]:
            gradient = -gradient
        gradient = gradient + parameter * group["weight_decay"]
        exp_avg = exp_avg * beta1 + gradient * (1 - beta1)
        size = gradient.abs() + group["eps"]
        exp_inf = TENSOR.maximum(size * 0.0 + exp_inf * beta2, size)
        return exp_avg / exp_inf * (group["lr"] / (1 - beta1**step)), [exp_avg, exp_inf]
