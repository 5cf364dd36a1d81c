"""Affine maps."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.ops.contract import bilinear
from minitorch_lazy.ops.product import affine

__all__ = ["Bilinear", "Identity", "LazyBilinear", "LazyLinear", "Linear"]


class Identity(Module):
    """Return the input; a place-holder that takes any arguments.

    Source: torch.nn.Identity.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()

    def forward(self, input: Tensor) -> Tensor:
        """Return the input."""
        return input


class Linear(Module):
    """Map the last dimension by a matrix and a bias.

        y = x weight^T + bias

    Args:
        in_features: size of each input; None lets the first input decide.
        out_features: size of each output.
        bias: whether a bias is added.
        device, dtype: of the parameters.

    Shapes:
        input (*, in_features), output (*, out_features).

    Attributes:
        weight: (out_features, in_features), from U(-k, k) with k = 1 / sqrt(in_features).
        bias: (out_features,), from the same distribution; None without.

    Source: torch.nn.Linear.

    >>> import minitorch_lazy as torch
    >>> torch.nn.Linear(20, 30)(torch.ones(128, 20)).shape
    torch.Size([128, 30])
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in_features: int | None, out_features: int | None, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in_features = in_features
        self.out_features = out_features
        declare(self, {"weight": True, "bias": bias}, device=device, dtype=dtype)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        return {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}

    def initialize_parameters(self, input: Tensor) -> None:
        """Let in_features follow from the last dimension of the input."""
        infer(self, in_features=input.shape[-1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let in_features follow from a weight that was loaded."""
        return {"in_features": self.weight.shape[1]}

    @when_settled
    def reset_parameters(self) -> None:
        """Draw weight and bias anew.

        Source: torch.nn.Linear.reset_parameters.
        """
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in, _ = init._calculate_fan_in_and_fan_out(self.weight)
            bound = 1 / math.sqrt(fan_in) if fan_in > 0 else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Map the last dimension of the input."""
        return affine(input, self.weight, self.bias)  # F.linear without its frame

    def extra_repr(self) -> str:
        """Show the sizes."""
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, "
            f"bias={self.bias is not None}"
        )


class NonDynamicallyQuantizableLinear(Linear):
    """The Linear layer at the end of MultiheadAttention, by the name that PyTorch shows for it.

    It maps queries to queries: where both sizes are None, both follow from the first input.

    Source: torch.nn.modules.linear.NonDynamicallyQuantizableLinear.
    """

    def initialize_parameters(self, input: Tensor) -> None:
        """Let both sizes follow from the last dimension of the input."""
        infer(self, in_features=input.shape[-1], out_features=input.shape[-1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let both sizes follow from a weight that was loaded."""
        return {"in_features": self.weight.shape[1], "out_features": self.weight.shape[0]}


class LazyLinear(LazyModuleMixin, Linear):
    """A Linear layer whose first input decides `in_features`.

    Args:
        out_features: size of each output.
        bias: whether a bias is added.
        device, dtype: of the parameters.

    Source: torch.nn.LazyLinear.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyLinear(10)
    >>> _ = layer(torch.ones(2, 20))
    >>> layer
    Linear(in_features=20, out_features=10, bias=True)
    """

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(None, out_features, bias, device, dtype)
        self.in_features = 0


class Bilinear(Module):
    """Map two inputs by a stack of matrices and a bias.

        y[o] = x1^T weight[o] x2 + bias[o]

    Args:
        in1_features, in2_features: sizes of the inputs; None lets the first ones decide.
        out_features: size of each output.
        bias: whether a bias is added.
        device, dtype: of the parameters.

    Shapes:
        inputs (*, in1_features) and (*, in2_features), output (*, out_features).

    Attributes:
        weight: (out_features, in1_features, in2_features), from U(-k, k) with
            k = 1 / sqrt(in1_features).
        bias: (out_features,), from the same distribution; None without.

    Raises:
        ValueError: in1_features is not positive.

    Source: torch.nn.Bilinear.

    >>> import minitorch_lazy as torch
    >>> torch.nn.Bilinear(20, 30, 40)(torch.ones(128, 20), torch.ones(128, 30)).shape
    torch.Size([128, 40])
    """

    weight: Tensor
    bias: Tensor | None

    def __init__(
        self, in1_features: int | None, in2_features: int | None, out_features: int,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        declare(self, {"weight": True, "bias": bias}, device=device, dtype=dtype)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        shape = (self.out_features, self.in1_features, self.in2_features)
        return {"weight": shape, "bias": (self.out_features,)}

    def initialize_parameters(self, input1: Tensor, input2: Tensor) -> None:
        """Let the sizes follow from the last dimensions of the inputs."""
        infer(self, in1_features=input1.shape[-1], in2_features=input2.shape[-1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let the sizes follow from a weight that was loaded."""
        return dict(zip(("in1_features", "in2_features"), self.weight.shape[1:], strict=True))

    @when_settled
    def reset_parameters(self) -> None:
        """Draw weight and bias anew.

        Source: torch.nn.Bilinear.reset_parameters.
        """
        if self.in1_features <= 0:  # type: ignore[operator]
            raise refuse(ValueError, type(self).__name__, "in1_features must be > 0, but got "
                         f"(in1_features={self.in1_features})", "use 1 or more")  # fmt: skip
        bound = 1 / math.sqrt(self.weight.shape[1])
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1: Tensor, input2: Tensor) -> Tensor:
        """Map both inputs."""
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Show the sizes."""
        return (
            f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
            f"out_features={self.out_features}, bias={self.bias is not None}"
        )


class LazyBilinear(LazyModuleMixin, Bilinear):
    """A Bilinear layer whose first inputs decide their sizes. PyTorch has no such layer.

    Args:
        out_features: size of each output.
        bias: whether a bias is added.
        device, dtype: of the parameters.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyBilinear(4)
    >>> _ = layer(torch.ones(2, 3), torch.ones(2, 5))
    >>> layer
    Bilinear(in1_features=3, in2_features=5, out_features=4, bias=True)
    """

    cls_to_become = Bilinear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__(None, None, out_features, bias, device, dtype)
        self.in1_features = self.in2_features = 0
