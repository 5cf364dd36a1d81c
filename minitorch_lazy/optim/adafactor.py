"""Adafactor: a mean square that is kept as rows and columns."""

from __future__ import annotations

from typing import Any, ClassVar

from minitorch_lazy.core.dtype import Default, finfo, float32, float64
from minitorch_lazy.core.modes import enable_grad, no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import tensor, zeros_like
from minitorch_lazy.optim.checks import check_rate_of_one_element
from minitorch_lazy.optim.flat import single
from minitorch_lazy.optim.optimizer import Closure, Group, Optimizer, ParamsT


class Adafactor(Optimizer):
    """Scale steps as RMSprop does, with the mean square of a matrix kept as two vectors.

        g = gradient                                       (-gradient where `maximize`)
        b = t**beta2_decay,  a = max(eps[1], rms(p)) * min(lr, 1 / sqrt(t))
        R = R + b * (mean of g**2 over the columns - R)    (row_var)
        C = C + b * (mean of g**2 over the rows - C)       (col_var)
        V = R C / max(mean(R), eps[0])                     (V + b * (g**2 - V) for a vector)
        u = g / sqrt(max(V, eps[0]**2))
        p = p - lr * weight_decay * p - a * u / max(1, rms(u) / d)

    Args:
        params: tensors, pairs (name, tensor), or groups with options of their own; real ones.
        lr: the largest relative step, a number or a tensor of one element.
        beta2_decay, weight_decay, d, maximize: as above.
        eps: as above; None stands for the machine epsilon of the parameter's dtype.
        foreach: accepted for PyTorch's sake; the numbers do not depend on it.

    Raises:
        ValueError: an option is out of its range.
        RuntimeError: from `step`, for a complex parameter.

    Source: torch.optim.Adafactor; Shazeer and Stern (2018).

    >>> w = torch.tensor([1.0, -3.0], requires_grad=True)
    >>> optimizer = torch.optim.Adafactor([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([ 0.7764, -2.7764], requires_grad=True)
    """

    additions: ClassVar[Group] = {"maximize": False, "foreach": None}

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1e-2, beta2_decay: float = -0.8,
        eps: tuple[float | None, float] = (None, 1e-3), d: float = 1.0,
        weight_decay: float = 0.0, *, foreach: bool | None = None, maximize: bool = False,
    ) -> None:  # fmt: skip
        check_rate_of_one_element(lr)
        if not lr >= 0.0:
            raise ValueError(f"Learning rate should be >= 0 but is: {lr}")
        if not beta2_decay <= 0.0:
            raise ValueError(f"beta2_decay should be <= 0 but is: {beta2_decay}")
        if eps[0] is not None and not eps[0] >= 0.0:
            raise ValueError(f"epsilon1 should be >= 0 but is: {eps[0]}")
        if not eps[1] >= 0.0:
            raise ValueError(f"epsilon2 should be >= 0 but is: {eps[1]}")
        if not d >= 1.0:
            raise ValueError(f"Clipping threshold d should be >= 1 but is: {d}")
        if not weight_decay >= 0.0:
            raise ValueError(f"weight_decay should be >= 0 but is: {weight_decay}")
        defaults = {
            "lr": lr, "beta2_decay": beta2_decay, "eps": eps, "d": d,
            "weight_decay": weight_decay, "foreach": foreach, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        for entry in self.state.values():
            if entry and not isinstance(entry["step"], Tensor):
                entry["step"] = counter(entry["step"])

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
        for parameter, _ in work:
            self.check_step(parameter)
        with no_grad():
            for parameter, group in work:
                self.update(parameter, group)
        return loss

    def check_step(self, parameter: Tensor) -> None:
        """Refuse complex parameters."""
        if parameter.is_complex():
            raise refuse(
                RuntimeError, "step", "Adafactor does not support complex parameters",
                "keep real and imaginary part as two real parameters", parameter=parameter,
            )  # fmt: skip

    def update(self, parameter: Tensor, group: Group) -> None:
        """Take one step with one parameter."""
        gradient = parameter.grad
        if gradient is None:
            return
        if group["maximize"]:
            gradient = -gradient
        entry = self.state[parameter] or self.begin(parameter, gradient)
        entry["step"] += 1
        step, lr, (least, smallest) = entry["step"].item(), single(group["lr"]), group["eps"]
        least = finfo(parameter.dtype).eps if least is None else least
        rate = max(smallest, root_mean_square(parameter)) * min(lr, step**-0.5)
        if group["weight_decay"] != 0:
            parameter.mul_(1 - lr * group["weight_decay"])
        square = self.mean_square(entry, gradient, step ** group["beta2_decay"], least)
        change = gradient * square.clamp(min=least * least).rsqrt()
        parameter.sub_(change, alpha=rate / max(1.0, root_mean_square(change) / group["d"]))

    def begin(self, parameter: Tensor, gradient: Tensor) -> dict[str, Any]:
        """Make the state of a parameter."""
        entry: dict[str, Any] = self.state[parameter]
        entry["step"] = counter(0.0)
        if gradient.dim() > 1:
            *lead, rows, columns = gradient.shape
            entry["row_var"] = gradient.new_zeros((*lead, rows, 1))
            entry["col_var"] = gradient.new_zeros((*lead, 1, columns))
        else:
            entry["variance"] = zeros_like(gradient)
        return entry

    def mean_square(
        self, entry: dict[str, Any], gradient: Tensor, weight: float, least: float
    ) -> Tensor:
        """Move the running means towards the squared gradient; return what they make of it."""
        square = gradient * gradient
        if gradient.dim() < 2:
            variance: Tensor = entry["variance"].lerp_(square, weight)
            return variance
        rows = entry["row_var"].lerp_(square.mean(-1, keepdim=True), weight)
        columns = entry["col_var"].lerp_(square.mean(-2, keepdim=True), weight)
        product: Tensor = rows @ columns / rows.mean(-2, keepdim=True).clamp(min=least)
        return product


def counter(value: float) -> Tensor:
    """Make a step count: on the host, and not in half precision."""
    return tensor(float(value), dtype=float64 if Default.dtype is float64 else float32)


def root_mean_square(values: Tensor) -> float:
    """Return the size of a tensor's elements."""
    return float(values.norm(2).item() / max(1, values.numel()) ** 0.5)
