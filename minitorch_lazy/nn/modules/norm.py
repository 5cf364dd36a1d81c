"""Normalisation layers, and their lazy forms."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn import init
from minitorch_lazy.nn.lazy import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.ops.create import scalar_tensor

__all__ = [
    "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "LayerNorm", "LazyBatchNorm1d",
    "LazyBatchNorm2d", "LazyBatchNorm3d",
]  # fmt: skip


class BatchNorm(Module):
    """Normalise every channel over batch and places: y = (x - mean) / sqrt(var + eps) w + b.

    In training the statistics are the batch's, and the running ones move toward them; in
    evaluation the running ones are used.

    Args:
        num_features: channels; None lets the first input decide.
        eps: added to the variance.
        momentum: how far the running statistics move; None averages all batches.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics.
        device, dtype: of parameters and statistics.
        bias: whether an affine layer has a bias.

    Attributes:
        weight, bias: (num_features,), ones and zeros at first.
        running_mean, running_var: (num_features,), zeros and ones at first.
        num_batches_tracked: int64, how many batches they have seen.
    """

    ranks: tuple[int, ...] = ()
    num_features: int | None
    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int | None, eps: float = 1e-5, momentum: float | None = 0.1,
        affine: bool = True, track_running_stats: bool = True, device: Any = None,
        dtype: Any = None, *, bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        declare(
            self, {"weight": affine, "bias": affine and bias},
            {"running_mean": track_running_stats, "running_var": track_running_stats},
            device=device, dtype=dtype,
        )  # fmt: skip
        count = scalar_tensor(0, dtype=types.int64, device=device) if track_running_stats else None
        self.register_buffer("num_batches_tracked", count)
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes parameters and statistics have, given the channels."""
        names = ("weight", "bias", "running_mean", "running_var")
        return dict.fromkeys(names, (self.num_features,))

    def initialize_parameters(self, input: Tensor) -> None:
        """Let num_features follow from the input's dimension of channels."""
        self.check_input(input)
        infer(self, num_features=input.shape[1])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let num_features follow from what was loaded."""
        known = self.weight if self.weight is not None else self.running_mean
        return {} if known is None else {"num_features": known.shape[0]}

    def reset_running_stats(self) -> None:
        """Forget all batches."""
        if self.track_running_stats:
            self.running_mean.zero_()  # type: ignore[union-attr,attr-defined]
            self.running_var.fill_(1)  # type: ignore[union-attr,attr-defined]
            self.num_batches_tracked.zero_()  # type: ignore[union-attr,attr-defined]

    @when_settled
    def reset_parameters(self) -> None:
        """Set weight to ones, bias to zeros, and forget all batches."""
        self.reset_running_stats()
        if self.affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def check_input(self, input: Tensor) -> None:
        """Refuse inputs of other numbers of dimensions."""
        if input.ndim not in self.ranks:
            wanted = " or ".join(f"{rank}D" for rank in self.ranks)
            raise refuse(ValueError, type(self).__name__, f"expected {wanted} input (got "
                         f"{input.ndim}D input)", "give the input a batch and channels",
                         input=input)  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        self.check_input(input)
        momentum = 0.0 if self.momentum is None else self.momentum
        if self.training and self.num_batches_tracked is not None and not input.is_meta:
            self.num_batches_tracked.add_(1)  # type: ignore[attr-defined]
            if self.momentum is None:
                momentum = 1.0 / float(self.num_batches_tracked)
        uses_batch = self.training or (self.running_mean is None and self.running_var is None)
        track = not self.training or self.track_running_stats
        return F.batch_norm(
            input, self.running_mean if track else None, self.running_var if track else None,
            self.weight, self.bias, uses_batch, momentum, self.eps,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(BatchNorm):
    """Normalise every channel of (N, C) or (N, C, L).

    Source: torch.nn.BatchNorm1d.
    """

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """Normalise every channel of images (N, C, H, W).

    Source: torch.nn.BatchNorm2d.
    """

    ranks = (4,)


class BatchNorm3d(BatchNorm):
    """Normalise every channel of volumes (N, C, D, H, W).

    Source: torch.nn.BatchNorm3d.
    """

    ranks = (5,)


class LazyBatchNorm(LazyModuleMixin):
    """A batch normalisation whose first input decides `num_features`."""

    num_features: int | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(None, *args, **kwargs)
        self.num_features = 0


class LazyBatchNorm1d(LazyBatchNorm, BatchNorm1d):
    """A BatchNorm1d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm1d.
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(LazyBatchNorm, BatchNorm2d):
    """A BatchNorm2d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm2d.
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(LazyBatchNorm, BatchNorm3d):
    """A BatchNorm3d whose first input decides `num_features`.

    Source: torch.nn.LazyBatchNorm3d.
    """

    cls_to_become = BatchNorm3d


class LayerNorm(Module):
    """Normalise every sample over its last dimensions: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        normalized_shape: the last dimensions, a number or several; None takes the last one of
            the first input.
        eps: added to the variance.
        elementwise_affine: whether there are weight and bias.
        bias: whether an affine layer has a bias.
        device, dtype: of the parameters.

    Attributes:
        weight, bias: normalized_shape, ones and zeros at first.

    Source: torch.nn.LayerNorm.
    """

    weight: Tensor | None
    bias: Tensor | None

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        single = normalized_shape is None or isinstance(normalized_shape, int)
        self.normalized_shape = (normalized_shape,) if single else tuple(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        declare(self, {"weight": elementwise_affine, "bias": elementwise_affine and bias},
                device=device, dtype=dtype)  # fmt: skip
        begin(self)

    def parameter_shapes(self) -> dict[str, tuple[int | None, ...]]:
        """Say which shapes the parameters have, given the sizes."""
        return {"weight": self.normalized_shape, "bias": self.normalized_shape}

    def initialize_parameters(self, input: Tensor) -> None:
        """Let the sizes follow from the input's last dimensions."""
        count = len(self.normalized_shape)
        infer(self, normalized_shape=tuple(input.shape[input.ndim - count :]))

    def sizes_from_parameters(self) -> dict[str, Any]:
        """Let the sizes follow from a weight that was loaded."""
        return {} if self.weight is None else {"normalized_shape": tuple(self.weight.shape)}

    @when_settled
    def reset_parameters(self) -> None:
        """Set weight to ones and bias to zeros."""
        if self.elementwise_affine:
            init.ones_(self.weight)
            if self.bias is not None:
                init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:  # noqa: D102
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (f"{self.normalized_shape}, eps={self.eps}, "
                f"elementwise_affine={self.elementwise_affine}, "
                f"bias={self.bias is not None}")  # fmt: skip
