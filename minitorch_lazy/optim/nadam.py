"""NAdam: Adam that looks one step ahead."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_decay_rates, check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class NAdam(FlatOptimizer):
    """Let Adam's step follow the running mean as it will be after the next gradient.

        g = gradient + weight_decay * p                  (-gradient where `maximize`)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        mu(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
        M(t) = mu(1) * mu(2) * ... * mu(t)
        n = mu(t + 1) * m / (1 - M(t + 1)) + (1 - mu(t)) * g / (1 - M(t))
        p = p - lr * n / (sqrt(v / (1 - beta2**t)) + eps)

    With `decoupled_weight_decay`, `p` shrinks by `lr * weight_decay * p` instead.

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        betas: decay rates.
        eps, weight_decay, momentum_decay, decoupled_weight_decay, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        capturable: keep counts on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.NAdam; Dozat (2016).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.NAdam([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8944], requires_grad=True)
    """

    counted = True
    captured = "params, mu_products and state_steps"
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "foreach": None,
        "decoupled_weight_decay": False,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0,
        momentum_decay: float = 4e-3, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_decay_rates(betas)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("momentum_decay value", momentum_decay)
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize, "foreach": foreach, "capturable": capturable,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("exp_avg", "exp_avg_sq")

    def scalars(self, group: Group) -> dict[str, float]:
        return {"mu_product": 1.0}

    def renew(self, backend: Any, group: Group, step: Any, *scalars: Any) -> None:
        (mu_product,), factor = scalars, mu(group, step)
        mu_product *= factor if isinstance(factor, float) else factor.astype(mu_product.dtype)

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        (mu_product,) = bucket.scalars.now
        beta1, beta2 = group["betas"]
        backend.nadam(
            gradient, parameter, *state, out,
            lr=single(group["lr"]), beta1=beta1, beta2=beta2, mu=mu(group, step),
            mu_next=mu(group, step + 1.0), mu_product=mu_product, eps=group["eps"],
            weight_decay=group["weight_decay"], decoupled=group["decoupled_weight_decay"],
            maximize=group["maximize"], step=step,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "NAdam: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        (mu_product,) = scalars.now
        (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
        exp_avg, exp_avg_sq = (0.0 if value is None else value for value in state)
        if group["maximize"]:
            gradient = -gradient
        shrink = lr * decay * parameter if group["decoupled_weight_decay"] else 0.0
        if not group["decoupled_weight_decay"]:
            gradient = gradient + parameter * decay
        exp_avg = exp_avg * beta1 + gradient * (1 - beta1)
        exp_avg_sq = exp_avg_sq * beta2 + gradient * gradient * (1 - beta2)
        ahead = mu(group, step + 1.0)
        mean = exp_avg * (ahead / (1 - mu_product * ahead))
        mean = mean + gradient * ((1 - mu(group, step)) / (1 - mu_product))
        root = TENSOR.sqrt(exp_avg_sq / (1 - beta2**step)) + group["eps"]
        return mean / root * lr + shrink, [exp_avg, exp_avg_sq]


def mu(group: Group, step: Any) -> Any:
    """Return how much of the running mean a step takes: it grows to `beta1`."""
    return group["betas"][0] * (1.0 - 0.5 * 0.96 ** (step * group["momentum_decay"]))
