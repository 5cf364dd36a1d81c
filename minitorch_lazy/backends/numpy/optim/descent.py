"""Rules whose step follows the gradient, or only its sign."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.numpy.optim.flat import FlatKernels, scalar_for


class DescentKernels(FlatKernels):
    """SGD, averaged SGD and Rprop."""

    def sgd(
        self, gradient: Any, parameter: Any, buffer: Any, out: Any, *, lr: float,
        momentum: float, dampening: float, weight_decay: float, nesterov: bool, maximize: bool,
        first: bool,
    ) -> None:  # fmt: skip
        """Stochastic gradient descent, with momentum where there is a buffer."""
        if maximize or weight_decay:
            gradient = self.decayed(
                gradient, parameter, weight_decay=weight_decay, maximize=maximize
            )
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

    def asgd(
        self, gradient: Any, parameter: Any, average: Any, out: Any, *, eta: Any, mu: Any,
        lambd: float, weight_decay: float, maximize: bool,
    ) -> None:  # fmt: skip
        """Averaged SGD; `eta` and `mu` are floats, or float64 arrays that stay on their device."""
        xp = self.xp
        gradient = self.decayed(gradient, parameter, weight_decay=weight_decay, maximize=maximize)
        xp.multiply(parameter, scalar_for(out, lambd * eta), out=out)
        out += gradient * scalar_for(out, eta)
        change = parameter - out
        if isinstance(mu, float) and mu == 1.0:
            average[...] = change
        else:
            change -= average
            average += change * scalar_for(out, mu)

    def rprop(
        self, gradient: Any, previous: Any, step_size: Any, out: Any, *, shrink: float,
        grow: float, smallest: float, largest: float, maximize: bool,
    ) -> None:  # fmt: skip
        """Resilient backpropagation: only the gradient's sign counts."""
        xp = self.xp
        gradient = self.decayed(gradient, None, weight_decay=0.0, maximize=maximize)
        agreement = gradient * previous
        turned = agreement < 0
        factor = xp.where(agreement > 0, grow, xp.where(turned, shrink, 1.0))
        xp.multiply(step_size, factor.astype(out.dtype), out=step_size)
        xp.maximum(step_size, smallest, out=step_size)
        xp.minimum(step_size, largest, out=step_size)
        previous[...] = xp.where(turned, 0.0, gradient)
        out[...] = xp.where(previous > 0, step_size, xp.where(previous < 0, -step_size, 0.0))
