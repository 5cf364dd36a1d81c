"""AveragedModel: a copy of a net that holds the mean of what the net has been."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from itertools import chain
from typing import Any

from minitorch_lazy.core.dtype import int64
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.ops.create import tensor
from minitorch_lazy.optim.swa_utils.averages import Average, MultiAverage, get_swa_avg_fn


class AveragedModel(Module):
    """A copy of a net whose parameters are the average of the net's at several times.

    The first `update_parameters` copies; those after it average, equally (SWA) unless a function
    says otherwise. The net may be lazy: where the copy still waits for its shapes at an update, it
    takes those that the net has found.

    Args:
        model: the net; it is copied.
        device: where the copy lives; that of the net where it is None.
        avg_fn: (mean, value, count) -> the new mean, for one tensor.
        multi_avg_fn: (means, values, count), changes the means in place; all tensors of one device
            and dtype at a time.
        use_buffers: average buffers too; otherwise they are copied at every update.

    Attributes:
        module: the copy.
        n_averaged: int64 buffer, the number of updates.

    Raises:
        AssertionError: both functions are given.

    Source: torch.optim.swa_utils.AveragedModel; Izmailov et al. (2018), Polyak and Juditsky (1992).

    >>> net = nn.LazyLinear(1)
    >>> averaged = torch.optim.swa_utils.AveragedModel(net)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = net(torch.ones(1, 2)), net.weight.data.fill_(value)
    ...     averaged.update_parameters(net)
    >>> averaged.module.weight
    Parameter containing:
    tensor([[3., 3.]], requires_grad=True)
    """

    n_averaged: Tensor

    def __init__(
        self, model: Module, device: Any = None, avg_fn: Average | None = None,
        multi_avg_fn: MultiAverage | None = None, use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = deepcopy(model)
        if device is not None:
            self.module = self.module.to(device)
        self.register_buffer("n_averaged", tensor(0, dtype=int64, device=device))
        self.avg_fn = avg_fn
        self.multi_avg_fn = multi_avg_fn
        self.use_buffers = use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Call the averaged net."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Take the net's parameters as they are now into the average.

        Raises:
            ValueError: the net is lazy still, or has other parameters than the copy.

        Source: torch.optim.swa_utils.AveragedModel.update_parameters.
        """
        with no_grad():
            self.settle(model)
            pairs = paired(self.module.parameters(), model.parameters(), "parameters")
            buffers = paired(self.module.buffers(), model.buffers(), "buffers")
            averaged, copied = (pairs + buffers, []) if self.use_buffers else (pairs, buffers)
            if self.n_averaged == 0:
                averaged, copied = [], averaged + copied
            for mean, value in copied:
                mean.copy_(value)
            self.average(averaged)
            self.n_averaged += 1

    def settle(self, model: Module) -> None:
        """Give what still waits in the copy the shapes that the net has found."""
        if not any(map(is_lazy, chain(self.module.parameters(), self.module.buffers()))):
            return
        for value in chain(model.parameters(), model.buffers()):
            value.detach()  # refuses a net that is lazy still, before anything is written
        known = {
            name: value.clone() for name, value in self.module.state_dict().items()
            if isinstance(value, Tensor) and not is_lazy(value)
        }  # fmt: skip
        self.module.load_state_dict(model.state_dict())
        self.module.load_state_dict(known, strict=False)

    def average(self, pairs: list[tuple[Tensor, Tensor]]) -> None:
        """Move means towards values; `multi_avg_fn` takes all of one device and dtype at once."""
        if self.multi_avg_fn is None:
            average = self.avg_fn or get_swa_avg_fn()
            for mean, value in pairs:
                mean.copy_(average(mean, value, self.n_averaged.to(mean.device)))
            return
        kinds: dict[Any, list[tuple[Tensor, Tensor]]] = {}
        for mean, value in pairs:
            kinds.setdefault((mean.device, mean.dtype), []).append((mean, value))
        for (device, _), alike in kinds.items():
            means, values = zip(*alike, strict=True)
            self.multi_avg_fn(list(means), list(values), self.n_averaged.to(device))


def paired(
    means: Iterable[Tensor], values: Iterable[Tensor], what: str
) -> list[tuple[Tensor, Tensor]]:
    """Pair the tensors of the copy with those of the net, which come to the copy's devices."""
    mine, theirs = list(means), [value.detach() for value in values]
    shapes = [[tuple(each.shape) for each in side] for side in (mine, theirs)]
    if shapes[0] != shapes[1]:
        raise refuse(
            ValueError, "AveragedModel.update_parameters",
            f"the {what} of the net are not those of the copy that is averaged",
            "update from the net, or one built alike, that AveragedModel was made of",
            copy=shapes[0], net=shapes[1],
        )  # fmt: skip
    return [
        (mean.detach(), value.to(mean.device)) for mean, value in zip(mine, theirs, strict=True)
    ]
