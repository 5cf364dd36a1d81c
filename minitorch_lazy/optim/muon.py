"""Muon: steps of matrices whose singular values are all about one."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.dtype import bfloat16, float32
from minitorch_lazy.core.modes import enable_grad, no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.optim.checks import check_rate_of_one_element
from minitorch_lazy.optim.flat import single
from minitorch_lazy.optim.optimizer import Closure, Group, Optimizer, ParamsT

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of x -> a x + b x^3 + c x^5, which brings numbers of (0, 1] near 1 in a few rounds."""


class Muon(Optimizer):
    """Walk along the orthogonal matrix that is nearest to the running mean of the gradient.

        b = momentum * b + (1 - momentum) * g
        u = momentum * b + (1 - momentum) * g             (b unless `nesterov`)
        x = u / max(|u|, eps), then `ns_steps` times x = a x + b x x^T x + c (x x^T)^2 x
        p = p - lr * weight_decay * p - lr * ratio * x

    where (a, b, c) are `ns_coefficients`, computed in bfloat16, and the ratio for a matrix (A, B)
    is sqrt(max(1, A / B)), or 0.2 * sqrt(max(A, B)) for `"match_rms_adamw"`.

    Only for the weights of hidden layers: give biases, embeddings and the last layer to AdamW.

    Args:
        params: matrices, pairs (name, matrix), or groups with options of their own.
        lr: learning rate, a number or a tensor of one element.
        weight_decay, momentum, nesterov, ns_coefficients, eps: as above.
        ns_steps: rounds, fewer than 100.
        adjust_lr_fn: `"original"` (as None) or `"match_rms_adamw"`.

    Raises:
        ValueError: an option is out of its range, or a parameter is no matrix (or is lazy still).
        RuntimeError: from `step`, for a complex parameter.

    Source: torch.optim.Muon; Jordan et al. (2024), Liu et al. (2025) for the second ratio.

    >>> w = torch.eye(2).requires_grad_()
    >>> optimizer = torch.optim.Muon([w], lr=0.1, weight_decay=0.0)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> bool((w.diagonal() < 0.95).all())
    True
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-3, weight_decay: float = 0.1,
        momentum: float = 0.95, nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = COEFFICIENTS, eps: float = 1e-7,
        ns_steps: int = 5, adjust_lr_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_rate_of_one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not momentum >= 0.0:
            raise ValueError(f"momentum should be >= 0 but is: {momentum}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight decay should be >= 0 but is: {weight_decay}")
        if adjust_lr_fn not in (None, "original", "match_rms_adamw"):
            raise ValueError(f"Adjust learning rate function {adjust_lr_fn} is not supported")
        defaults = {
            "lr": lr, "weight_decay": weight_decay, "momentum": momentum, "nesterov": nesterov,
            "ns_coefficients": ns_coefficients, "eps": eps, "ns_steps": ns_steps,
            "adjust_lr_fn": adjust_lr_fn,
        }  # fmt: skip
        super().__init__(params, defaults)

    def check_parameter(self, parameter: Any) -> None:
        """Refuse what is no matrix."""
        super().check_parameter(parameter)
        size = "torch.Size([0])" if is_lazy(parameter) else f"{parameter.shape}"
        if is_lazy(parameter) or parameter.ndim != 2:
            raise ValueError(
                f"Muon only supports 2D parameters whereas we found a parameter with size: {size}\n"
                "  mend  give it the matrices of hidden layers, once they have their shapes, and "
                "all else to AdamW"
            )

    def step(self, closure: Closure | None = None) -> Any:
        """Update every parameter that has a gradient.

        Args:
            closure: computes the loss anew, with gradients recorded.

        Returns:
            What the closure returned, or None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        work = [(p, group) for group in self.param_groups for p in group["params"]
                if p.grad is not None]  # fmt: skip
        for parameter, group in work:
            self.check_step(parameter, group)
        with no_grad():
            for parameter, group in work:
                self.update(parameter, group)
        return loss

    def check_step(self, parameter: Tensor, group: Group) -> None:
        """Refuse complex parameters, and options that the rounds cannot use."""
        if parameter.is_complex():
            raise refuse(
                RuntimeError, "step", "Muon does not support complex parameters",
                "keep real and imaginary part as two real parameters", parameter=parameter,
            )  # fmt: skip
        if group["ns_steps"] >= 100:
            raise ValueError(
                "Number of steps must be less than 100 for computational efficiency, but ns_steps "
                f"is {group['ns_steps']}"
            )
        if len(group["ns_coefficients"]) != 3:
            raise ValueError("Coefficients must be a tuple of exactly 3 values")

    def update(self, parameter: Tensor, group: Group) -> None:
        """Take one step with one matrix."""
        gradient, lr, entry = parameter.grad, single(group["lr"]), self.state[parameter]
        if gradient is None:
            return
        if "momentum_buffer" not in entry:
            entry["momentum_buffer"] = zeros_like(gradient)
        mean: Tensor = entry["momentum_buffer"].lerp_(gradient, 1 - group["momentum"])
        ahead = gradient.lerp(mean, group["momentum"]) if group["nesterov"] else mean
        change = orthogonal(ahead, group["ns_coefficients"], group["ns_steps"], group["eps"])
        parameter.mul_(1 - lr * group["weight_decay"])
        parameter.sub_(change.to(parameter.dtype), alpha=lr * ratio(parameter, group))


def ratio(parameter: Tensor, group: Group) -> float:
    """Return the factor by which a matrix of this shape needs longer steps."""
    rows, columns = parameter.shape
    if group["adjust_lr_fn"] == "match_rms_adamw":
        return 0.2 * math.sqrt(max(rows, columns))
    return math.sqrt(max(1, rows / columns))


def orthogonal(
    matrix: Tensor, coefficients: tuple[float, float, float], rounds: int, eps: float
) -> Tensor:
    """Bring all singular values near one, by Newton and Schulz's iteration.

    Numbers are those of bfloat16, but products add up in float32, as PyTorch's do.
    """
    a, b, c = coefficients
    tall = matrix.shape[0] > matrix.shape[1]
    x = rounded(matrix)
    x = x.mT if tall else x
    x = rounded(x / rounded(x.norm()).clamp(min=eps))
    for _ in range(rounds):
        square = rounded(x @ x.mT)
        x = rounded(a * x + rounded(b * square + c * (square @ square)) @ x)
    return x.mT if tall else x


def rounded(values: Tensor) -> Tensor:
    """Round to the numbers of bfloat16, and hold them in float32."""
    return values.to(bfloat16).to(float32)
