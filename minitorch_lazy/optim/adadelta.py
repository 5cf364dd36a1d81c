"""Adadelta: steps whose size follows from the steps before."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class Adadelta(FlatOptimizer):
    """Give every element's step the running size of its steps before.

        g = gradient + weight_decay * p          (-gradient where `maximize`)
        v = rho * v + (1 - rho) * g**2
        d = sqrt(u + eps) / sqrt(v + eps) * g
        u = rho * u + (1 - rho) * d**2
        p = p - lr * d

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: factor of the step, a number or a tensor of one element.
        rho, eps, weight_decay, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.Adadelta; Zeiler (2012).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adadelta([w], eps=0.01)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.6877], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "foreach": None,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if not 0.0 <= rho <= 1.0:
            raise ValueError(f"Invalid rho value: {rho}")
        check_not_negative("epsilon value", eps)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize, "capturable": capturable, "foreach": foreach,
            "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("square_avg", "acc_delta")

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        backend.adadelta(
            gradient, parameter, *state, out,
            lr=single(group["lr"]), rho=group["rho"], eps=group["eps"],
            weight_decay=group["weight_decay"], maximize=group["maximize"],
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "Adadelta: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        rho, eps = group["rho"], group["eps"]
        square_avg, acc_delta = (0.0 if value is None else value for value in state)
        if group["maximize"]:
            gradient = -gradient
        gradient = gradient + parameter * group["weight_decay"]
        square_avg = square_avg * rho + gradient * gradient * (1 - rho)
        delta = (acc_delta + eps) ** 0.5 / TENSOR.sqrt(square_avg + eps) * gradient
        acc_delta = acc_delta * rho + delta * delta * (1 - rho)
        return delta * group["lr"], [square_avg, acc_delta]
