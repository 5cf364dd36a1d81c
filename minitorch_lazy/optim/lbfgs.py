"""LBFGS: Newton's direction from the last few changes of the gradient."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.modes import enable_grad, no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import zeros_like
from minitorch_lazy.ops.join import cat, stack
from minitorch_lazy.optim.checks import check_lr
from minitorch_lazy.optim.flat import single
from minitorch_lazy.optim.line_search import Point, strong_wolfe
from minitorch_lazy.optim.optimizer import Closure, Group, Optimizer, ParamsT

State = dict[str, Any]


class LBFGS(Optimizer):
    """Walk along an approximation of Newton's direction, several times in one `step`.

        s, y = the last changes of the parameters and of the gradient, `history_size` of them
        d = -H g, where H maps every y to its s as far as it is known, and else scales by s.y / y.y
        p = p + t * d, with t = lr, or found by a line search

    The first t is `lr` times min(1, 1 / sum|g|). The closure is called many times in each step; all
    parameters are seen as one vector, and there can be only one group.

    Args:
        params: tensors, or pairs (name, tensor).
        lr: step size, a number or a tensor of one element.
        max_iter: directions in one step.
        max_eval: calls of the closure in one step; `max_iter * 5 // 4` where it is None.
        tolerance_grad: stop where no element of the gradient is larger.
        tolerance_change: stop where loss or parameters change less.
        history_size: how many changes are remembered.
        line_search_fn: `"strong_wolfe"` or None.

    Raises:
        ValueError: `lr` is out of its range, or there is more than one group.
        RuntimeError: from `step`, for another `line_search_fn`.

    Source: torch.optim.LBFGS; Liu and Nocedal (1989).

    >>> w = torch.tensor([1.0, 2.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(5., grad_fn=<SumBackward0>)
    >>> w
    tensor([3.0000, 3.0000], requires_grad=True)
    """

    def __init__(
        self, params: ParamsT, lr: float | Tensor = 1, max_iter: int = 20,
        max_eval: int | None = None, tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        check_lr(lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr, "max_iter": max_iter, "max_eval": max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        }  # fmt: skip
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError(
                "LBFGS doesn't support per-parameter options (parameter groups)\n"
                "  mend  give it all parameters in one list"
            )

    def step(self, closure: Closure) -> Any:  # type: ignore[override]
        """Walk along up to `max_iter` directions.

        Args:
            closure: clears the gradients, computes the loss and its gradients, returns the loss.

        Returns:
            What the closure returned first.

        Source: torch.optim.LBFGS.step.
        """
        if len(self.param_groups) != 1:
            raise AssertionError(
                f"Expected exactly one param_group, but got {len(self.param_groups)}"
            )
        (group,) = self.param_groups
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise refuse(
                RuntimeError, "LBFGS.step", "only 'strong_wolfe' is supported",
                "give line_search_fn='strong_wolfe', or None for steps of size lr",
                line_search_fn=group["line_search_fn"],
            )  # fmt: skip
        with no_grad():
            return Walk(group, self.state[group["params"][0]], closure).run()


class Walk:
    """One step of LBFGS: what lasts beyond it is in `state`, PyTorch's names for it.

    Attributes:
        evaluations: how often the closure was called in this step.
        loss, gradient: where the parameters are now; the gradient is flat.
    """

    def __init__(self, group: Group, state: State, closure: Closure) -> None:
        self.group, self.state, self.closure = group, state, closure
        self.parameters: list[Tensor] = group["params"]
        self.lr = single(group["lr"])
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        with enable_grad():
            self.first_loss = closure()
        self.loss = float(self.first_loss)
        self.evaluations = 1
        state["func_evals"] += 1
        self.gradient = self.flat_gradient()

    def run(self) -> Any:
        """Walk until the minimum is found or a limit is met, and return the first loss."""
        if self.at_rest():
            return self.first_loss
        memory: State = {name: self.state.get(name) for name in MEMORY}
        for place in range(1, self.group["max_iter"] + 1):
            self.state["n_iter"] += 1
            self.turn(memory)
            before = memory["prev_loss"] = self.loss
            slope = self.gradient.dot(memory["d"])
            if slope > -self.group["tolerance_change"]:
                break
            self.advance(memory, slope, place == self.group["max_iter"])
            if place == self.group["max_iter"] or self.finished(memory, before):
                break
        self.state.update(memory)
        return self.first_loss

    def turn(self, memory: State) -> None:
        """Choose the direction `d` and the size `t` of the first step to try along it."""
        if self.state["n_iter"] == 1:
            memory.update(d=-self.gradient, old_dirs=[], old_stps=[], ro=[], H_diag=1)
            memory["t"] = min(1.0, 1.0 / self.gradient.abs().sum()) * self.lr
        else:
            self.remember(memory)
            memory["d"] = self.newton(memory)
            memory["t"] = self.lr
        if memory["prev_flat_grad"] is None:
            memory["prev_flat_grad"] = self.gradient.clone()
        else:
            memory["prev_flat_grad"].copy_(self.gradient)

    def remember(self, memory: State) -> None:
        """Keep the last change of the gradient and of the parameters, where the loss is convex."""
        change = self.gradient - memory["prev_flat_grad"]
        step = memory["d"] * memory["t"]
        product = change.dot(step)
        if product > 1e-10:
            history = (memory["old_dirs"], memory["old_stps"], memory["ro"])
            for kept, value in zip(history, (change, step, 1.0 / product), strict=True):
                if len(kept) == self.group["history_size"]:
                    kept.pop(0)
                kept.append(value)
            memory["H_diag"] = product / change.dot(change)

    def newton(self, memory: State) -> Tensor:
        """Return -H g by two loops over the history (Nocedal and Wright, algorithm 7.4)."""
        weights = self.state.setdefault("al", [None] * self.group["history_size"])
        history = list(zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True))
        q = -self.gradient
        for place in range(len(history) - 1, -1, -1):
            change, step, scale = history[place]
            weights[place] = step.dot(q) * scale
            q = q - change * weights[place]
        r: Tensor = q * memory["H_diag"]
        for (change, step, scale), weight in zip(history, weights, strict=False):
            r = r + step * (weight - change.dot(r) * scale)
        return r

    def advance(self, memory: State, slope: Tensor, last: bool) -> None:
        """Step along the direction, and evaluate where that leads unless it is the end."""
        count = 0
        if self.group["line_search_fn"] is not None:
            start = Point(0, self.loss, self.gradient, slope)
            found, count = strong_wolfe(
                self.looking_along(memory["d"]), memory["t"], start, memory["d"].abs().max(),
                1e-9, self.group["max_eval"] - self.evaluations,
            )  # fmt: skip
            self.loss, self.gradient, memory["t"] = found.loss, found.gradient, found.t
            self.move(memory["t"], memory["d"])
        else:
            self.move(memory["t"], memory["d"])
            if not last:
                self.loss, self.gradient = self.evaluate()
                count = 1
        self.evaluations += count
        self.state["func_evals"] += count

    def finished(self, memory: State, before: float) -> bool:
        """Tell whether the minimum is found, or nothing changes, or evaluations are used up."""
        smallest = self.group["tolerance_change"]
        return bool(
            self.evaluations >= self.group["max_eval"]
            or self.at_rest()
            or (memory["d"] * memory["t"]).abs().max() <= smallest
            or abs(self.loss - before) < smallest
        )

    def at_rest(self) -> bool:
        """Tell whether the gradient is as good as zero."""
        return bool(self.gradient.abs().max() <= self.group["tolerance_grad"])

    def looking_along(self, d: Tensor) -> Any:
        """Return what evaluates a step along a direction, and leaves the parameters in place."""
        home = [parameter.clone() for parameter in self.parameters]

        def look(t: Any) -> Point:
            self.move(t, d)
            loss, gradient = self.evaluate()
            for parameter, value in zip(self.parameters, home, strict=True):
                parameter.copy_(value)
            return Point(t, loss, gradient, gradient.dot(d))

        return look

    def evaluate(self) -> tuple[float, Tensor]:
        """Return loss and gradient where the parameters are."""
        with enable_grad():
            loss = float(self.closure())
        return loss, self.flat_gradient()

    def flat_gradient(self) -> Tensor:
        """Return all gradients as one real vector; zeros where there is none."""
        gradients = [zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
        return cat([in_parts(gradient.detach()).reshape(-1) for gradient in gradients])

    def move(self, t: Any, d: Tensor) -> None:
        """Add `t * d` to the parameters."""
        start, t = 0, float(t)
        for parameter in self.parameters:
            parts = 2 if parameter.is_complex() else 1
            change = d[start : start + parts * parameter.numel()].reshape(*parameter.shape, parts)
            start += parts * parameter.numel()
            change = change[..., 0] + 1j * change[..., 1] if parts == 2 else change[..., 0]
            parameter.add_(change, alpha=t)


MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")
"""The names of what one step leaves to the next."""


def in_parts(values: Tensor) -> Tensor:
    """Lay real and imaginary parts of complex numbers side by side."""
    return stack([values.real, values.imag], -1) if values.is_complex() else values
