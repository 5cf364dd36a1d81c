"""Update rules of the optimizers, in place on flat arrays: what a step takes off a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class OptimKernels:
    """One method a rule, called with one block of elements at a time.

    A block is small enough to stay in the cache while a rule passes over it several times. Each
    rule writes into `out` what is to be subtracted from the parameter, and updates its state
    arrays in place. `gradient` and `parameter` are only read; `parameter` may be None where
    there is no weight decay.
    """

    xp: Any
    optim_block = 32768

    def gather_flat(self, arrays: Sequence[Any], out: Any) -> None:
        """Write the elements of several arrays one after the other into a flat one."""
        self.xp.concatenate([array.ravel() for array in arrays], out=out)

    def subtract_each(self, targets: Sequence[Any], changes: Sequence[Any]) -> None:
        """Take off each array what belongs to it."""
        subtract = self.xp.subtract
        for target, change in zip(targets, changes, strict=True):
            subtract(target, change, target)

    def decayed(
        self, gradient: Any, parameter: Any, *, weight_decay: float, maximize: bool
    ) -> Any:
        """Return the gradient with its sign turned to descend, and with L2 weight decay added."""
        if maximize:
            gradient = -gradient
        return gradient + parameter * weight_decay if weight_decay else gradient

    def sgd(
        self, gradient: Any, parameter: Any, buffer: Any, out: Any, *, lr: float,
        momentum: float, dampening: float, weight_decay: float, nesterov: bool, maximize: bool,
        first: bool,
    ) -> None:  # fmt: skip
        """Stochastic gradient descent, with momentum where there is a buffer."""
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        multiply = self.xp.multiply
        if buffer is None:
            multiply(gradient, lr, out=out)
            return
        if first:
            buffer[...] = gradient
        else:
            multiply(gradient, 1.0 - dampening, out=out)
            multiply(buffer, momentum, out=buffer)
            buffer += out
        if nesterov:
            multiply(buffer, momentum, out=out)
            out += gradient
            multiply(out, lr, out=out)
        else:
            multiply(buffer, lr, out=out)

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

    def rmsprop(
        self, gradient: Any, parameter: Any, square_avg: Any, buffer: Any, grad_avg: Any,
        out: Any, *, lr: float, alpha: float, eps: float, weight_decay: float, momentum: float,
        maximize: bool,
    ) -> None:  # fmt: skip
        """RMSprop, with momentum or centered where their arrays are given."""
        xp = self.xp
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        self.track(square_avg, gradient * gradient, alpha, out)
        if grad_avg is None:
            xp.sqrt(square_avg, out=out)
        else:
            self.track(grad_avg, gradient, alpha, out)
            xp.multiply(grad_avg, grad_avg, out=out)
            xp.subtract(square_avg, out, out=out)
            xp.sqrt(out, out=out)
        out += eps
        xp.divide(gradient, out, out=out)
        if buffer is not None:
            xp.multiply(buffer, momentum, out=buffer)
            buffer += out
            out[...] = buffer
        xp.multiply(out, lr, out=out)

    def adadelta(
        self, gradient: Any, parameter: Any, square_avg: Any, acc_delta: Any, out: Any, *,
        lr: float, rho: float, eps: float, weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        """Adadelta: the step has the size of the steps before it."""
        xp = self.xp
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        self.track(square_avg, gradient * gradient, rho, out)
        delta = xp.sqrt(acc_delta + eps)
        delta /= xp.sqrt(square_avg + eps)
        delta *= gradient
        self.track(acc_delta, delta * delta, rho, out)
        xp.multiply(delta, lr, out=out)

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

    def track(self, mean: Any, value: Any, decay: float, out: Any) -> None:
        """Move a running mean towards a value; `out` is overwritten."""
        self.xp.multiply(value, 1.0 - decay, out=out)
        self.xp.multiply(mean, decay, out=mean)
        mean += out


def scalar_for(x: Any, value: Any) -> Any:
    """Give a number that lies on a device the type of the array that it will meet."""
    return value if isinstance(value, float) else value.astype(x.dtype)
