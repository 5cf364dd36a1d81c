"""What all update rules are made of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any


class FlatKernels:
    """Gradients laid out flat, and the steps that rules share.

    Attributes:
        optim_block: elements that a step brings forward at once.
        multiplies_each: whether several small products cost less than gathering does.
    """

    xp: Any
    optim_block = 32768
    multiplies_each = True

    def gather_flat(self, arrays: Sequence[Any], out: Any) -> None:
        """Write the elements of several arrays one after the other into a flat one."""
        self.xp.concatenate(arrays, None, out)

    def multiply_each(self, arrays: Sequence[Any], factor: float, outs: Sequence[Any]) -> None:
        """Multiply each array by one number."""
        number = self.xp.asarray(factor, outs[0].dtype)
        for _ in map(self.xp.multiply, arrays, repeat(number), outs):
            pass

    def subtract_each(self, targets: Sequence[Any], changes: Sequence[Any]) -> None:
        """Take off each array what belongs to it."""
        for _ in map(self.xp.subtract, targets, changes, targets):
            pass

    def decayed(
        self, gradient: Any, parameter: Any, *, weight_decay: float, maximize: bool
    ) -> Any:
        """Return the gradient with its sign turned to descend, and with L2 weight decay added."""
        if maximize:
            gradient = -gradient
        return gradient + parameter * weight_decay if weight_decay else gradient

    def track(self, mean: Any, value: Any, decay: float, out: Any) -> None:
        """Move a running mean towards a value; `out` is overwritten."""
        self.xp.multiply(value, 1.0 - decay, out=out)
        self.xp.multiply(mean, decay, out=mean)
        mean += out


def scalar_for(x: Any, value: Any) -> Any:
    """Give a number that lies on a device the type of the array that it will meet."""
    return value if isinstance(value, float) else value.astype(x.dtype)
