"""SGD: stochastic gradient descent, with or without momentum."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_implementation, check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class SGD(FlatOptimizer):
    """Walk against the gradient, with a running mean of it where there is momentum.

        g = gradient + weight_decay * p            (-gradient where `maximize`)
        b = momentum * b + (1 - dampening) * g     (b = g at the first step)
        p = p - lr * b                             (g + momentum * b where `nesterov`)

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        momentum, dampening, weight_decay, nesterov, maximize: as above.
        foreach, fused: accepted for PyTorch's sake; every step here is fused, whatever they say.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.SGD; Sutskever et al. (2013) for Nesterov's form.

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    additions: ClassVar[Group] = {
        "nesterov": False, "maximize": False, "differentiable": False, "foreach": None,
        "fused": False,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, momentum: float = 0,
        dampening: float = 0, weight_decay: float | Tensor = 0, nesterov: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("momentum value", momentum)
        check_not_negative("weight_decay value", weight_decay)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        check_implementation(foreach, fused, differentiable)
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize, "foreach": foreach,
            "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("momentum_buffer",) if group["momentum"] != 0 else ()

    def factor(self, group: Group) -> Any:
        if group["momentum"] or self.reads_parameter(group):
            return None
        lr = single(group["lr"])
        return -lr if group["maximize"] else lr

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        backend.sgd(
            gradient, parameter, state[0] if state else None, out,
            lr=single(group["lr"]), momentum=group["momentum"], dampening=group["dampening"],
            weight_decay=single(group["weight_decay"]), nesterov=group["nesterov"],
            maximize=group["maximize"], first=bucket.first,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        decay, momentum = group["weight_decay"], group["momentum"]
        if group["maximize"]:
            gradient = -gradient
        if isinstance(decay, Tensor) or decay != 0:
            gradient = gradient + parameter * decay
        if not state:
            return gradient * group["lr"], []
        (buffer,) = state
        if buffer is None:
            buffer = gradient.detach().clone()
        else:
            buffer = buffer * momentum + gradient * (1 - group["dampening"])
        change = gradient + buffer * momentum if group["nesterov"] else buffer
        return change * group["lr"], [buffer]
