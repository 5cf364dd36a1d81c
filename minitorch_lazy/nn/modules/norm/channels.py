"""What layers have in common that normalise channels and follow their statistics."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import init
from minitorch_lazy.nn.laziness import LazyModuleMixin, begin, declare, infer, when_settled
from minitorch_lazy.nn.module import Module
from minitorch_lazy.ops.create import scalar_tensor


class ChannelNorm(Module):
    """Normalise every channel: y = (x - mean) / sqrt(var + eps) w + b.

    Args:
        num_features: channels; None lets the first input decide.
        eps: added to the variance.
        momentum: how far the running statistics move.
        affine: whether there are weight and bias.
        track_running_stats: whether there are running statistics.
        device, dtype: of parameters and statistics.
        bias: whether an affine layer has a bias.

    Attributes:
        weight, bias: (num_features,), ones and zeros at first.
        running_mean, running_var: (num_features,), zeros and ones at first.
        num_batches_tracked: int64, how many batches they have seen.
    """

    _version = 2
    ranks: tuple[int, ...] = ()
    num_features: int | None
    weight: Tensor | None
    bias: Tensor | None
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None

    def __init__(
        self, num_features: int | None, eps: float, momentum: float | None, affine: bool,
        track_running_stats: bool, device: Any, dtype: Any, bias: bool,
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

    def channel_axis(self, input: Tensor) -> int:
        """Say which dimension is that of the channels."""
        return 1

    def initialize_parameters(self, input: Tensor) -> None:
        """Let num_features follow from the input's dimension of channels."""
        self.check_input(input)
        infer(self, num_features=input.shape[self.channel_axis(input)])

    def sizes_from_parameters(self) -> dict[str, int]:
        """Let num_features follow from what was loaded."""
        known = self.weight if self.weight is not None else self.running_mean
        return {} if known is None else {"num_features": known.shape[0]}

    def upgrade_state(self, state: Any, prefix: str, version: int | None) -> None:
        """Let a state from before batches were counted, version 2, keep the count there is."""
        name = prefix + "num_batches_tracked"
        if self.track_running_stats and (version is None or version < 2) and name not in state:
            own = self.num_batches_tracked
            kept = own is not None and not own.is_meta
            state[name] = own if kept else scalar_tensor(0, dtype=types.int64)

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

    def extra_repr(self) -> str:
        """Show the sizes and options."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
            f"affine={self.affine}, bias={self.bias is not None}, "
            f"track_running_stats={self.track_running_stats}"
        )


class LazyChannelNorm(LazyModuleMixin):
    """A normalisation whose first input decides `num_features`.

    Running statistics are tracked, and there are weight and bias, where nothing else is said.
    """

    num_features: int | None

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(None, eps, momentum, affine, track_running_stats, device, dtype, bias=bias)
        self.num_features = 0
