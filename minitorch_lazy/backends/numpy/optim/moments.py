"""Rules that keep a running mean of the gradient and of its size."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.optim.flat import FlatKernels, scalar_for


class MomentKernels(FlatKernels):
    """Adam and its kin."""

    def adam(
        self, gradient: Any, parameter: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any,
        out: Any, *, lr: float, beta1: float, beta2: float, eps: float, weight_decay: float,
        decoupled: bool, maximize: bool, step: Any,
    ) -> None:  # fmt: skip
        """Adam and AdamW, with the AMSGrad maximum where its array is given.

        The second bias correction is moved out of the root, into `eps` and the rate, which saves
        a pass over the block. `step` is a float, or a float64 array that stays on its device.
        """
        xp = self.xp
        coupled = 0.0 if decoupled else weight_decay
        gradient = self.decayed(gradient, parameter, weight_decay=coupled, maximize=maximize)
        xp.multiply(gradient, 1.0 - beta1, out=out)
        xp.multiply(exp_avg, beta1, out=exp_avg)
        exp_avg += out
        xp.multiply(gradient, gradient, out=out)
        xp.multiply(out, 1.0 - beta2, out=out)
        xp.multiply(exp_avg_sq, beta2, out=exp_avg_sq)
        exp_avg_sq += out
        if max_exp_avg_sq is not None:
            xp.maximum(max_exp_avg_sq, exp_avg_sq, out=max_exp_avg_sq)
            exp_avg_sq = max_exp_avg_sq
        correction = (1.0 - beta2**step) ** 0.5
        xp.sqrt(exp_avg_sq, out=out)
        out += scalar_for(out, eps * correction)
        xp.divide(exp_avg, out, out=out)
        xp.multiply(out, scalar_for(out, lr * correction / (1.0 - beta1**step)), out=out)
        if decoupled and weight_decay:
            out += parameter * (lr * weight_decay)

    def adamax(
        self, gradient: Any, parameter: Any, exp_avg: Any, exp_inf: Any, out: Any, *,
        lr: float, beta1: float, beta2: float, eps: float, weight_decay: float, maximize: bool,
        step: Any,
    ) -> None:  # fmt: skip
        """Adamax; `step` is a float, or a float64 array that stays on its device."""
        xp = self.xp
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        self.track(exp_avg, gradient, beta1, out)
        xp.multiply(exp_inf, beta2, out=exp_inf)
        xp.abs(gradient, out=out)
        out += eps
        xp.maximum(exp_inf, out, out=exp_inf)
        xp.divide(exp_avg, exp_inf, out=out)
        xp.multiply(out, scalar_for(out, lr / (1.0 - beta1**step)), out=out)

    def nadam(
        self, gradient: Any, parameter: Any, exp_avg: Any, exp_avg_sq: Any, out: Any, *,
        lr: float, beta2: float, mu: Any, mu_next: Any, mu_product: Any, beta1: float,
        eps: float, weight_decay: float, decoupled: bool, maximize: bool, step: Any,
    ) -> None:  # fmt: skip
        """NAdam; `step` and all `mu` are floats, or float64 arrays that stay on their device."""
        xp = self.xp
        coupled = 0.0 if decoupled else weight_decay
        gradient = self.decayed(gradient, parameter, weight_decay=coupled, maximize=maximize)
        self.track(exp_avg, gradient, beta1, out)
        self.track(exp_avg_sq, gradient * gradient, beta2, out)
        ahead = exp_avg * scalar_for(out, lr * mu_next / (1.0 - mu_product * mu_next))
        ahead += gradient * scalar_for(out, lr * (1.0 - mu) / (1.0 - mu_product))
        xp.multiply(exp_avg_sq, scalar_for(out, 1.0 / (1.0 - beta2**step)), out=out)
        xp.sqrt(out, out=out)
        out += eps
        xp.divide(ahead, out, out=out)
        if decoupled and weight_decay:
            out += parameter * (lr * weight_decay)

    def radam(
        self, gradient: Any, parameter: Any, exp_avg: Any, exp_avg_sq: Any, out: Any, *,
        lr: float, beta1: float, beta2: float, eps: float, weight_decay: float,
        decoupled: bool, maximize: bool, step: Any,
    ) -> None:  # fmt: skip
        """RAdam; `step` is a float, or a float64 array that stays on its device."""
        xp = self.xp
        coupled = 0.0 if decoupled else weight_decay
        gradient = self.decayed(gradient, parameter, weight_decay=coupled, maximize=maximize)
        self.track(exp_avg, gradient, beta1, out)
        self.track(exp_avg_sq, gradient * gradient, beta2, out)
        correction = 1.0 - beta2**step
        longest = 2.0 / (1.0 - beta2) - 1.0
        length = longest - 2.0 * step * beta2**step / correction
        if isinstance(step, float) and length <= 5.0:
            factor: Any = 1.0
        else:
            rect = (length - 4.0) * (length - 2.0) * longest * correction
            rect = abs(rect / ((longest - 4.0) * (longest - 2.0) * length)) ** 0.5
            xp.sqrt(exp_avg_sq, out=out)
            out += eps
            factor = scalar_for(out, rect) / out
            factor = factor if isinstance(step, float) else xp.where(length > 5.0, factor, 1.0)
        xp.multiply(exp_avg, factor, out=out)
        xp.multiply(out, scalar_for(out, lr / (1.0 - beta1**step)), out=out)
        if decoupled and weight_decay:
            out += parameter * (lr * weight_decay)
