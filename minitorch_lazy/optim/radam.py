"""RAdam: Adam whose first steps trust the mean square less."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_decay_rates, check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class RAdam(FlatOptimizer):
    """Scale Adam's step by how far its mean square can be trusted after so few steps.

        g = gradient + weight_decay * p                  (-gradient where `maximize`)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        n = N - 2 * t * beta2**t / (1 - beta2**t),   N = 2 / (1 - beta2) - 1
        r = sqrt((n - 4) * (n - 2) * N / ((N - 4) * (N - 2) * n))
        s = r * sqrt(1 - beta2**t) / (sqrt(v) + eps) where n > 5, else 1
        p = p - lr * m / (1 - beta1**t) * s

    With `decoupled_weight_decay`, `p` shrinks by `lr * weight_decay * p` instead.

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        betas: decay rates.
        eps, weight_decay, decoupled_weight_decay, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.RAdam; Liu et al. (2020).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.RAdam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "foreach": None,
        "decoupled_weight_decay": False,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_decay_rates(betas)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        beta1, beta2 = group["betas"]
        backend.radam(
            gradient, parameter, *state, out,
            lr=single(group["lr"]), beta1=beta1, beta2=beta2, eps=group["eps"],
            weight_decay=group["weight_decay"], decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"], step=step,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "RAdam: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        (beta1, beta2), decay = group["betas"], group["weight_decay"]
        exp_avg, exp_avg_sq = (0.0 if value is None else value for value in state)
        if group["maximize"]:
            gradient = -gradient
        shrink = group["lr"] * decay * parameter if group["decoupled_weight_decay"] else 0.0
        if not group["decoupled_weight_decay"]:
            gradient = gradient + parameter * decay
        exp_avg = exp_avg * beta1 + gradient * (1 - beta1)
        exp_avg_sq = exp_avg_sq * beta2 + gradient * gradient * (1 - beta2)
        change = exp_avg * (group["lr"] / (1 - beta1**step))
        longest, correction = 2 / (1 - beta2) - 1, 1 - beta2**step
        length = longest - 2 * step * beta2**step / correction
        if length > 5.0:
            rect = (length - 4) * (length - 2) * longest * correction
            rect = (rect / ((longest - 4) * (longest - 2) * length)) ** 0.5
            change = change * rect / (TENSOR.sqrt(exp_avg_sq) + group["eps"])
        return change + shrink, [exp_avg, exp_avg_sq]
