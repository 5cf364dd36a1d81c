"""Adagrad: steps that shrink as squared gradients add up."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.namespace import TENSOR
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.optim.bucket import Scalars
from minitorch_lazy.optim.checks import check_implementation, check_lr, check_not_negative
from minitorch_lazy.optim.entries import Entries
from minitorch_lazy.optim.flat import FlatOptimizer, single
from minitorch_lazy.optim.optimizer import Group, ParamsT


class Adagrad(FlatOptimizer):
    """Divide every element's gradient by the root of the sum of all its squares.

        g = gradient + weight_decay * p          (-gradient where `maximize`)
        s = s + g**2                             (s = initial_accumulator_value at first)
        p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(s) + eps)

    The sums are made with the optimizer, so a lazy parameter must have its shape before.

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        lr_decay, weight_decay, initial_accumulator_value, eps, maximize: as above.
        foreach, fused: accepted for PyTorch's sake; every step here is fused, whatever they say.
        differentiable: record the step, so that `backward` goes through it.

    Raises:
        ValueError: an option is out of its range, or a parameter has no shape yet.

    Source: torch.optim.Adagrad; Duchi, Hazan and Singer (2011).

    >>> w = torch.tensor([1.0], requires_grad=True)
    >>> optimizer = torch.optim.Adagrad([w], lr=0.1)
    >>> (w * w).backward()
    >>> optimizer.step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    counted = True
    additions: ClassVar[Group] = {
        "maximize": False, "differentiable": False, "foreach": None, "fused": None,
    }  # fmt: skip

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, lr_decay: float = 0,
        weight_decay: float = 0, initial_accumulator_value: float = 0, eps: float = 1e-10,
        foreach: bool | None = None, *, maximize: bool = False, differentiable: bool = False,
        fused: bool | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        check_not_negative("lr_decay value", lr_decay)
        check_not_negative("weight_decay value", weight_decay)
        check_not_negative("initial_accumulator_value value", initial_accumulator_value)
        check_not_negative("epsilon value", eps)
        check_implementation(foreach, fused, differentiable)
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "foreach": foreach,
            "maximize": maximize, "differentiable": differentiable, "fused": fused,
        }  # fmt: skip
        super().__init__(params, defaults)
        for group in self.param_groups:
            entries = Entries(self, group)
            for parameter in group["params"]:
                entries.begin(parameter)

    def share_memory(self) -> None:
        """Move the sums to memory that processes share.

        Raises:
            RuntimeError: their memory belongs to one process; see `Tensor.share_memory_`.

        Source: torch.optim.Adagrad.share_memory.
        """
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter]["sum"].share_memory_()

    def slots(self, group: Group) -> tuple[str, ...]:
        return ("sum",)

    def start(self, group: Group, name: str) -> float:
        return float(self.defaults["initial_accumulator_value"])

    def rule(
        self, backend: Any, group: Group, bucket: Any, step: Any,
        gradient: Any, parameter: Any, state: list[Any], out: Any,
    ) -> None:  # fmt: skip
        backend.adagrad(
            gradient, parameter, *state, out,
            lr=single(group["lr"]), lr_decay=group["lr_decay"], eps=group["eps"],
            weight_decay=group["weight_decay"], maximize=group["maximize"], step=step,
        )  # fmt: skip

    def formula(
        self, group: Group, step: Any, scalars: Scalars, gradient: Tensor, parameter: Tensor,
        state: list[Any],
    ) -> tuple[Tensor, list[Tensor]]:  # fmt: skip
        if parameter.is_complex():
            raise NotImplementedError(
                "Adagrad: differentiable=True is not made for complex parameters\n"
                "  mend  keep real and imaginary part as two real parameters"
            )
        total = self.start(group, "sum") if state[0] is None else state[0]
        if group["maximize"]:
            gradient = -gradient
        gradient = gradient + parameter * group["weight_decay"]
        total = total + gradient * gradient
        rate = group["lr"] / (1 + (step - 1) * group["lr_decay"])
        return gradient / (TENSOR.sqrt(total) + group["eps"]) * rate, [total]
