"""Rules that divide by the root of the squared gradients."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.optim.flat import FlatKernels, scalar_for


class SquareKernels(FlatKernels):
    """Adagrad, RMSprop and Adadelta."""

    def adagrad(
        self, gradient: Any, parameter: Any, total: Any, out: Any, *, lr: float,
        lr_decay: float, eps: float, weight_decay: float, maximize: bool, step: Any,
    ) -> None:  # fmt: skip
        """Adagrad; `step` is a float, or a float64 array that stays on its device."""
        xp = self.xp
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        xp.multiply(gradient, gradient, out=out)
        total += out
        xp.sqrt(total, out=out)
        out += eps
        xp.divide(gradient, out, out=out)
        xp.multiply(out, scalar_for(out, lr / (1.0 + (step - 1.0) * lr_decay)), out=out)

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
