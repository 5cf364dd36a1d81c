"""Layers that normalise the last dimensions, and their lazy forms."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import init
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.uninitialized import fits

__all__ = ["LayerNorm", "LazyLayerNorm", "LazyRMSNorm", "RMSNorm"]


class LastNorm(Module):
    """Normalise every sample over its last dimensions."""

    normalized_shape: tuple[int | None, ...]
    weight: Tensor | None

    def build(self, normalized_shape: Any, eps: float | None, elementwise_affine: bool,
              parameters: dict[str, bool], device: Any, dtype: Any) -> None:  # fmt: skip
        """Keep sizes and options, and make the parameters.

        Args:
            parameters: name -> whether the layer has it.
        """
        single = normalized_shape is None or isinstance(normalized_shape, Integral)
        self.normalized_shape = (normalized_shape,) if single else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        declare(self, parameters, device=device, dtype=dtype)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        return {"weight": self.normalized_shape, "bias": self.normalized_shape}

    def initialize_parameters(self, input: Tensor) -> None:
        """Let the sizes follow from the input's last dimensions."""
        known = self.normalized_shape
        shape = tuple(input.shape[-len(known) :])
        if not fits(shape, known if None in known else (None,) * len(known)):
            wanted = ", ".join("?" if size is None else str(size) for size in known)
            raise refuse(RuntimeError, type(self).__name__, "expected input with shape [*, "
                         f"{wanted}], but got input of size {list(input.shape)}",
                         "normalise the last dimensions of the input", input=input)  # fmt: skip
        infer(self, normalized_shape=shape)

    def sizes_from_parameters(self) -> dict[str, Any]:
        """Let the sizes follow from a weight that was loaded."""
        return {} if self.weight is None else {"normalized_shape": tuple(self.weight.shape)}


class LayerNorm(LastNorm):
    """Normalise every sample over its last dimensions: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        normalized_shape: the last dimensions, a number or several; None, or a None among them,
            lets the first input decide.
        eps: added to the variance.
        elementwise_affine: whether there are weight and bias.
        bias: whether an affine layer has a bias.
        device, dtype: of the parameters.

    Attributes:
        weight, bias: normalized_shape, ones and zeros at first.

    Source: torch.nn.LayerNorm.
    """

    bias: Tensor | None

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        parameters = {"weight": elementwise_affine, "bias": elementwise_affine and bias}
        self.build(normalized_shape, eps, elementwise_affine, parameters, device, dtype)

    @when_settled
    def reset_parameters(self) -> None:
        """Set weight to ones and bias to zeros."""
        if self.elementwise_affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)  # type: ignore[arg-type]

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}, "
                f"bias={self.bias is not None}")  # fmt: skip


class RMSNorm(LastNorm):
    """Divide every sample by its root mean square: y = x / sqrt(mean(x^2) + eps) w.

    Args:
        normalized_shape: the last dimensions, a number or several; None, or a None among them,
            lets the first input decide.
        eps: added to the mean square; where it is None, the smallest step from 1 of the type that
            is computed in.
        elementwise_affine: whether there is a weight.
        device, dtype: of the weight.

    Attributes:
        weight: normalized_shape, ones at first.

    Source: torch.nn.RMSNorm.
    """

    def __init__(
        self, normalized_shape: Any, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        parameters = {"weight": elementwise_affine}
        self.build(normalized_shape, eps, elementwise_affine, parameters, device, dtype)

    @when_settled
    def reset_parameters(self) -> None:
        """Set the weight to ones."""
        if self.elementwise_affine:
            init.ones_(self.weight)

    def forward(self, x: Tensor) -> Tensor:  # noqa: D102
        return F.rms_norm(x, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}")  # fmt: skip


class LazyLayerNorm(LazyModuleMixin, LayerNorm):
    """A LayerNorm whose first input decides the sizes. PyTorch has no such layer.

    Args:
        normalized_dims: how many of the last dimensions are normalised.
        eps, elementwise_affine, bias, device, dtype: as of LayerNorm.

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.LazyLayerNorm(normalized_dims=2)
    >>> _ = layer(torch.rand(2, 3, 4))
    >>> layer
    LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=True)
    """

    cls_to_become = LayerNorm

    def __init__(
        self, normalized_dims: int = 1, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__((None,) * normalized_dims, eps, elementwise_affine, bias, device, dtype)
        self.normalized_shape = (0,) * normalized_dims


class LazyRMSNorm(LazyModuleMixin, RMSNorm):
    """An RMSNorm whose first input decides the sizes. PyTorch has no such layer.

    Args:
        normalized_dims: how many of the last dimensions are normalised.
        eps, elementwise_affine, device, dtype: as of RMSNorm.
    """

    cls_to_become = RMSNorm

    def __init__(
        self, normalized_dims: int = 1, eps: float | None = None, elementwise_affine: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__((None,) * normalized_dims, eps, elementwise_affine, device, dtype)
        self.normalized_shape = (0,) * normalized_dims
