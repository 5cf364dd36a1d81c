"""RMSprop: steps scaled by the running size of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class RMSprop(FlatOptimizer):
    """Divide every element's gradient by the root of its running mean square.

        g = gradient + weight_decay * p          (-gradient where `maximize`)
        v = alpha * v + (1 - alpha) * g**2
        a = alpha * a + (1 - alpha) * g          (a = 0 unless `centered`)
        b = momentum * b + g / (sqrt(v - a**2) + eps)
        p = p - lr * b

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        alpha, eps, weight_decay, momentum, centered, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        capturable: keep the step count on the device; refused for parameters on the CPU.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.RMSprop; Hinton (2012), Graves (2013) for the centered form.

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.RMSprop([w], lr=0.01)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "centered": False,
        "foreach": None, "momentum": 0,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, alpha: float = 0.99,
        eps: float = 1e-8, weight_decay: float = 0, momentum: float = 0, centered: bool = False,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("epsilon value", eps)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("alpha value", alpha)
        defaults = {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "capturable": capturable, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        momentum = ("momentum_buffer",) if group["momentum"] > 0 else ()
        centered = ("grad_avg",) if group["centered"] else ()
        return ("square_avg", *momentum, *centered)

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        named = dict(zip(self.slots(group), state, strict=True))
        backend.rmsprop(
            gradient, parameter, named["square_avg"], named.get("momentum_buffer"),
            named.get("grad_avg"), out,
            lr=single(group["lr"]), alpha=group["alpha"], eps=group["eps"],
            weight_decay=group["weight_decay"], momentum=group["momentum"],
            maximize=group["maximize"],
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "RMSprop: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        names, alpha = self.slots(group), group["alpha"]
        values = (0.0 if value is None else value for value in state)
        named: dict[str, Any] = dict(zip(names, values, strict=True))
        if group["maximize"]:
            gradient = -gradient
        gradient = gradient + parameter * group["weight_decay"]
        square_avg = named["square_avg"] * alpha + gradient * gradient * (1 - alpha)
        named["square_avg"] = variance = square_avg
        if group["centered"]:
            named["grad_avg"] = mean = named["grad_avg"] * alpha + gradient * (1 - alpha)
            variance = square_avg - mean * mean
        change = gradient / (TENSOR.sqrt(variance) + group["eps"])
        if group["momentum"] > 0:
            change = named["momentum_buffer"] * group["momentum"] + change
            named["momentum_buffer"] = change
        return change * group["lr"], [named[name] for name in names]
