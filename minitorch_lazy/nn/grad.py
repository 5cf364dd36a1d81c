"""Gradients of convolutions with respect to input and weight, as functions.

Source: torch.nn.grad.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.size import whole
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import sizes
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.conv import correlated, spread_back

__all__ = [
    "conv1d_input", "conv1d_weight", "conv2d_input", "conv2d_weight", "conv3d_input",
    "conv3d_weight",
]  # fmt: skip

Sizes = tuple[int, ...]


def fitting(name: str, input: Sizes, weight: Sizes, grad_output: Tensor, stride: Any, padding: Any,
            dilation: Any, groups: int) -> dict[str, Any]:  # fmt: skip
    """Read the sizes of a convolution; refuse a gradient that cannot be its output's."""
    rank = len(weight) - 2
    if len(input) != rank + 2:
        raise refuse(RuntimeError, name, f"Expected {rank + 2}-dimensional input for "
                     f"{rank + 2}-dimensional weight {list(weight)}, but got {len(input)}-"
                     f"dimensional input of size {list(input)} instead",
                     "give batch, channels and places", grad_output=grad_output)  # fmt: skip
    check_channels(name, input, weight, grad_output, groups)
    step, pad, gap = (sizes(value, rank, word, name) for word, value in
                      (("stride", stride), ("padding", padding),
                       ("dilation", dilation)))  # fmt: skip
    places = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(input[2:], weight[2:], step, pad, gap, strict=True)
    )  # fmt: skip
    expected = (input[0], weight[0], *places)
    if grad_output.array.shape != expected:
        raise refuse(RuntimeError, name, f"Expected a gradient of shape {list(expected)}, but got "
                     f"{list(grad_output.shape)}", "give the gradient of this convolution's output",
                     grad_output=grad_output)  # fmt: skip
    pairs = tuple((p, p) for p in pad)
    return {"stride": step, "padding": pairs, "dilation": gap, "groups": groups}


def check_channels(
    name: str, input: Sizes, weight: Sizes, grad_output: Tensor, groups: int
) -> None:
    """Refuse numbers of channels that do not fit the weight, in PyTorch's words."""
    shown = {"grad_output": grad_output, "groups": groups}
    if groups < 1 or weight[0] % groups:
        raise refuse(RuntimeError, name, f"Given groups={groups}, expected weight to be divisible "
                     f"by {groups} at dimension 0, but got weight of size {list(weight)} instead",
                     "make the output channels a multiple of groups", **shown)  # fmt: skip
    if input[1] != weight[1] * groups:
        raise refuse(RuntimeError, name, f"Given groups={groups}, weight of size {list(weight)}, "
                     f"expected input{list(input)} to have {weight[1] * groups} channels, but got "
                     f"{input[1]} channels instead", "give the sizes of this convolution",
                     **shown)  # fmt: skip


def input_gradient(rank: int) -> Callable[..., Tensor]:
    """Make the gradient of a convolution over `rank` axes with respect to its input."""
    name = f"conv{rank}d_input"

    def function(input_size: Any, weight: Tensor, grad_output: Tensor, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:  # fmt: skip
        check_tensor(name, "weight", weight)
        check_tensor(name, "grad_output", grad_output)
        shape = whole(name, "input_size", input_size)
        static = fitting(name, shape, weight.array.shape, grad_output, stride, padding, dilation,
                         groups)  # fmt: skip
        return spread_back(grad_output, weight, x_shape=shape, **static)

    function.__name__ = name
    function.__doc__ = f"""Return the gradient of a convolution with respect to its input.

    Args:
        input_size: the shape of the input, (N, C, *sizes).
        weight: (O, C / groups, *kernel).
        grad_output: the gradient of the output, (N, O, *out).
        stride, padding, dilation, groups: those of the convolution.

    Raises:
        RuntimeError: the gradient is not that of such an output.

    Source: torch.nn.grad.{name}.
    """
    return function


def weight_gradient(rank: int) -> Callable[..., Tensor]:
    """Make the gradient of a convolution over `rank` axes with respect to its weight."""
    name = f"conv{rank}d_weight"

    def function(input: Tensor, weight_size: Any, grad_output: Tensor, stride: Any = 1,
                 padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Tensor:  # fmt: skip
        check_tensor(name, "input", input)
        check_tensor(name, "grad_output", grad_output)
        shape = whole(name, "weight_size", weight_size)
        static = fitting(name, input.array.shape, shape, grad_output, stride, padding, dilation,
                         groups)  # fmt: skip
        return correlated(input, grad_output, w_shape=shape, **static)

    function.__name__ = name
    function.__doc__ = f"""Return the gradient of a convolution with respect to its weight.

    Args:
        input: (N, C, *sizes).
        weight_size: the shape of the weight, (O, C / groups, *kernel).
        grad_output: the gradient of the output, (N, O, *out).
        stride, padding, dilation, groups: those of the convolution.

    Raises:
        RuntimeError: the gradient is not that of such an output.

    Source: torch.nn.grad.{name}.
    """
    return function


conv1d_input, conv2d_input, conv3d_input = map(input_gradient, (1, 2, 3))
conv1d_weight, conv2d_weight, conv3d_weight = map(weight_gradient, (1, 2, 3))
