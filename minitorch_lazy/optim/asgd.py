"""ASGD: stochastic gradient descent that also keeps the mean of its path."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_lr, check_not_negative
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class ASGD(FlatOptimizer):
    """Walk against the gradient by shrinking steps, and average where it has been.

        g = gradient + weight_decay * p                  (-gradient where `maximize`)
        p = p - eta * (g + lambd * p)
        ax = ax + mu * (p - ax)
        eta = lr / (1 + lambd * lr * t)**alpha           (lr at first)
        mu = 1 / max(1, t - t0)

    The mean is `optimizer.state[p]["ax"]`; until step `t0` it is the parameter itself.

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        lambd, alpha, t0, weight_decay, maximize: as above.
        foreach: accepted for PyTorch's sake; every step here is fused, whatever it says.
        differentiable: record the step, so that `backward` goes through it.
        capturable: keep counts on the device; refused for parameters on the CPU.

    Raises:
        ValueError: an option is out of its range.

    Source: torch.optim.ASGD; Polyak and Juditsky (1992).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.ASGD([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.8000], requires_grad=True)
    """

    counted = True
    captured = "params, mus, etas, and state_steps"
    additions: ClassVar[Group] = {
        "maximize": False, "capturable": False, "differentiable": False, "foreach": None,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, lambd: float = 1e-4,
        alpha: float = 0.75, t0: float = 1e6, weight_decay: float = 0,
        foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
        capturable: bool = False,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("weight_decay value", weight_decay)
        defaults = {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "foreach": foreach, "maximize": maximize, "differentiable": differentiable,
            "capturable": capturable,
        }  # fmt: skip
        super().__init__(params, defaults)

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("ax",)

    def scalars(self, group: Group) -> dict[str, float]:
        return {"eta": float(single(group["lr"])), "mu": 1.0}

    def renew(self, backend: Any, group: Group, step: Any, *scalars: Any) -> None:
        lr, (eta, mu) = single(group["lr"]), scalars
        eta[...] = lr / (1.0 + group["lambd"] * lr * step) ** group["alpha"]
        mu[...] = 1.0 / backend.maximum(step - group["t0"], 1.0)

    def reads_parameter(self, group: Group) -> bool:
        return True

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        eta, mu = bucket.scalars.before
        backend.asgd(
            gradient, parameter, *state, out,
            eta=eta, mu=mu, lambd=group["lambd"], weight_decay=group["weight_decay"],
            maximize=group["maximize"],
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        eta, mu = scalars.before
        if group["maximize"]:
            gradient = -gradient
        gradient = gradient + parameter * group["weight_decay"]
        change = (gradient + parameter * group["lambd"]) * eta
        moved = parameter - change
        average = moved if mu == 1.0 or state[0] is None else state[0] + (moved - state[0]) * mu
        return change, [average]
