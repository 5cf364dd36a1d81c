"""Adam: steps scaled by running moments of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import (
    check_betas,
    check_implementation,
    check_lr,
    check_not_negative,
)
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class Adam(FlatOptimizer):
    """Scale every element's step by the running mean and mean square of its gradient.

        g = gradient + weight_decay * p                      (-gradient where `maximize`)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2                   (its maximum so far, where `amsgrad`)
        p = p - lr * (m / (1 - beta1**t)) / (sqrt(v / (1 - beta2**t)) + eps)

    With `decoupled_weight_decay`, `p` shrinks by `lr * weight_decay * p` instead (AdamW).

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        betas: decay rates, both numbers or both tensors of one element.
        eps, weight_decay, amsgrad, maximize, decoupled_weight_decay: as above.
        foreach, fused: accepted for PyTorch's sake; every step here is fused, whatever they say.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.Adam; Kingma and Ba (2015), Reddi et al. (2018), Loshchilov and Hutter
    (2019).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "amsgrad": False, "maximize": False, "capturable": False, "differentiable": False,
        "foreach": None, "fused": None, "decoupled_weight_decay": False,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3,
        betas: tuple[float | Tensor, float | Tensor] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
        fused: bool | None = None, decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr, foreach, capturable)
        check_not_negative("epsilon value", eps)
        check_betas(betas, foreach, capturable)
        check_not_negative("weight_decay value", weight_decay)
        check_implementation(foreach, fused, differentiable)
        betas = tuple(b.reshape(()) if isinstance(b, Tensor) else b for b in betas)  # type: ignore
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "amsgrad": amsgrad, "maximize": maximize, "foreach": foreach,
            "capturable": capturable, "differentiable": differentiable, "fused": fused,
            "decoupled_weight_decay": decoupled_weight_decay,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        if group["amsgrad"]:
            return ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")
        return ("exp_avg", "exp_avg_sq")

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        exp_avg, exp_avg_sq, *maximum = state
        beta1, beta2 = group["betas"]
        backend.adam(
            gradient, parameter, exp_avg, exp_avg_sq, maximum[0] if maximum else None, out,
            lr=single(group["lr"]), beta1=single(beta1), beta2=single(beta2), eps=group["eps"],
            weight_decay=group["weight_decay"], decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"], step=step,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "Adam: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
        if group["maximize"]:
            gradient = -gradient
        shrink = lr * decay * parameter if group["decoupled_weight_decay"] else 0.0
        if not group["decoupled_weight_decay"]:
            gradient = gradient + parameter * decay
        exp_avg, exp_avg_sq, *maximum = (0.0 if s is None else s for s in state)
        exp_avg = exp_avg * beta1 + gradient * (1 - beta1)
        exp_avg_sq = exp_avg_sq * beta2 + gradient * gradient * (1 - beta2)
        state = [exp_avg, exp_avg_sq]
        if maximum:
            exp_avg_sq = TENSOR.maximum(exp_avg_sq * 0.0 + maximum[0], exp_avg_sq)
            state.append(exp_avg_sq)
        root = TENSOR.sqrt(exp_avg_sq) / (1 - beta2**step) ** 0.5 + group["eps"]
        return exp_avg / root * (lr / (1 - beta1**step)) + shrink, state
