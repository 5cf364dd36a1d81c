"""Dropout of elements and of channels, in torch's signatures."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.core.views import write
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import empty_like, zeros_like
from minitorch_lazy.ops.sample import bernoulli_

ALPHA = 1.7580993408473766
"""Minus the value that selu approaches far below 0."""


def check_probability(p: float, name: str) -> None:
    """Refuse a probability outside of [0, 1]."""
    if not 0 <= p <= 1:
        raise refuse(ValueError, name, "dropout probability has to be between 0 and 1, but got "
                     f"{p}", "p is the part that is set to 0: 0.5 drops a half")  # fmt: skip


def dropped(input: Tensor, noise_like: Tensor, p: float, inplace: bool, name: str) -> Tensor:
    """Multiply by noise that is 0 with probability p and 1 / (1 - p) otherwise."""
    if p == 1:
        noise = noise_like
    else:
        noise = bernoulli_(noise_like, 1 - p)
        noise = noise.div_(1 - p)  # type: ignore[attr-defined]
    out = input * noise  # type: ignore[operator]
    return write(input, out, name) if inplace else out


@public(method=False)
def dropout(input: Tensor, p: float = 0.5, training: bool = True,
            inplace: bool = False) -> Tensor:  # fmt: skip
    """Set elements to 0 with probability p and multiply the others by 1 / (1 - p).

    Source: torch.nn.functional.dropout.
    """
    check_tensor("dropout", "input", input)
    check_probability(p, "dropout")
    if not training or p == 0 or not input.numel():
        return input
    return dropped(input, empty_like(input), p, inplace, "dropout_")


def channels(name: str, dims: tuple[int, ...]) -> Any:
    """Make a dropout of whole channels, for inputs with one of the given numbers of dimensions."""

    def function(input: Tensor, p: float = 0.5, training: bool = True,
                 inplace: bool = False) -> Tensor:  # fmt: skip
        check_tensor(name, "input", input)
        check_probability(p, name)
        check_places(input, dims, name)
        if not training or p == 0 or not input.numel():
            return input
        lead = 1 if name != "dropout2d" and input.ndim != dims[-1] else 2
        noise = input.new_empty((*input.array.shape[:lead], *(1,) * (input.ndim - lead)))  # type: ignore[attr-defined]
        return dropped(input, noise, p, inplace, name + "_")

    function.__name__ = name
    function.__doc__ = (
        "Set whole channels to 0 with probability p and multiply the others by 1 / (1 - p).\n\n"
        f"    Source: torch.nn.functional.{name}.\n    "
    )
    return function


def check_places(input: Tensor, dims: tuple[int, ...], name: str) -> None:
    """Refuse inputs without channels; warn of those that are read in another way than meant.

    dropout2d takes three dimensions for (N, C, L), as torch does.
    """
    wanted = " or ".join(f"{n}D" for n in dims)
    if input.ndim < 2 or (name == "dropout1d" and input.ndim not in dims):
        raise refuse(RuntimeError, name, f"Expected {wanted} input, but received a {input.ndim}D "
                     "input. Feature dropout requires at least 2 dimensions in the input",
                     "use dropout to drop single elements", input=input)  # fmt: skip
    if name == "dropout2d" and input.ndim == 3:
        warn("dropout2d: Received a 3D input to dropout2d, and reads it as (N, C, L). "
             "Use dropout1d to say so, or add a batch with unsqueeze(0)")  # fmt: skip
    elif input.ndim not in dims:
        warn(f"{name}: Received a {input.ndim}-D input to {name}, which is deprecated. "
             f"Use dropout, or give {wanted}")  # fmt: skip


dropout1d = channels("dropout1d", (2, 3))
dropout2d = channels("dropout2d", (3, 4))
dropout3d = channels("dropout3d", (4, 5))


def channel_noise(input: Tensor) -> Tensor:
    """Return memory for one number for each channel of (N, C, *)."""
    if input.ndim < 2:
        raise refuse(RuntimeError, "feature_dropout", "Feature dropout requires at least 2 "
                     "dimensions in the input", "give (N, C, ...), or drop single elements",
                     input=input)  # fmt: skip
    return input.new_empty((*input.array.shape[:2], *(1,) * (input.ndim - 2)))  # type: ignore[attr-defined,no-any-return]


def feature_dropped(input: Tensor, p: float, training: bool, inplace: bool) -> Tensor:
    """Drop whole channels of (N, C, *)."""
    check_tensor("feature_dropout", "input", input)
    check_probability(p, "feature_dropout")
    if not training or p == 0 or not input.numel():
        return input
    return dropped(input, channel_noise(input), p, inplace, "feature_dropout_")


def alpha_dropped(input: Tensor, p: float, training: bool, inplace: bool,
                  whole: bool) -> Tensor:  # fmt: skip
    """Put -ALPHA in place of elements, or whole channels, then scale and move all: y = a x + b.

    a and b are such that mean 0 and variance 1 stay: a = ((ALPHA^2 p + 1) (1 - p))^(-1/2),
    b = a ALPHA p, see Klambauer et al., Self-Normalizing Neural Networks (2017), section 3.
    """
    name = "feature_alpha_dropout" if whole else "alpha_dropout"
    check_tensor(name, "input", input)
    check_probability(p, name)
    if not training or p == 0 or not input.numel():
        return input
    if p == 1:
        out = input * zeros_like(input)  # type: ignore[operator]
    elif input.array.dtype.kind in "biu":
        raise refuse(RuntimeError, name, "result type Float can't be cast to the desired output "
                     f"type {spoken(input.dtype.name)}", "convert it with .float()",
                     input=input)  # fmt: skip
    else:
        noise = bernoulli_(channel_noise(input) if whole else empty_like(input), 1 - p)
        scale = 1 / math.sqrt((ALPHA * ALPHA * p + 1) * (1 - p))
        shift = (noise - 1) * (ALPHA * scale) + ALPHA * scale * p  # type: ignore[operator]
        out = input * (noise * scale) + shift  # type: ignore[operator]
    return write(input, out, name + "_") if inplace else out


def alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                  inplace: bool = False) -> Tensor:  # fmt: skip
    """Drop elements to selu's lowest value, and keep mean 0 and variance 1.

    Source: torch.nn.functional.alpha_dropout.
    """
    return alpha_dropped(input, p, training, inplace, False)


def feature_alpha_dropout(input: Tensor, p: float = 0.5, training: bool = False,
                          inplace: bool = False) -> Tensor:  # fmt: skip
    """Drop whole channels of (N, C, *) to selu's lowest value, and keep mean 0 and variance 1.

    Raises:
        RuntimeError: the input has no dimension of channels.

    Source: torch.nn.functional.feature_alpha_dropout.
    """
    return alpha_dropped(input, p, training, inplace, True)
