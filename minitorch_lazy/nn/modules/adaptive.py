"""The softmax of many classes of which few are frequent, as a layer with a loss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn import functional as F
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.modules.container import ModuleList, Sequential
from minitorch_lazy.nn.modules.linear import Linear
from minitorch_lazy.ops.join import cat


class ASMoutput(NamedTuple):
    """What the layer returns.

    Attributes:
        output: the log-probability of each target, (N,) or ().
        loss: minus their mean, ().
    """

    output: Tensor
    loss: Tensor


class AdaptiveLogSoftmaxWithLoss(Module):
    """Find the classes of a few frequent ones, and of clusters of rare ones, at a smaller cost.

    The head tells the frequent classes and the clusters apart. Within cluster i, a small net with
    in_features // div_value^(i + 1) features between tells the classes apart. Class numbers are
    ordered by frequency, the most frequent first.

    Args:
        in_features: the size of the last dimension of the input.
        n_classes: how many classes there are.
        cutoffs: the first class of each cluster.
        div_value: how much smaller each cluster's net is than that before.
        head_bias: add a bias in the head.
        device, dtype: of the parameters.

    Shapes:
        input (N, in_features) or (in_features,), target (N,) or (); the output is (N,) or ().

    Raises:
        ValueError: the cutoffs are not integers that grow, from 1 to n_classes - 1.

    Source: torch.nn.AdaptiveLogSoftmaxWithLoss; E. Grave et al., Efficient softmax approximation
    for GPUs (2017).

    >>> import minitorch_lazy as torch
    >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(8, 20, cutoffs=[4, 10], div_value=2)
    >>> layer(torch.ones(3, 8), torch.tensor([0, 5, 19])).output.shape
    torch.Size([3])
    >>> layer.log_prob(torch.ones(3, 8)).shape
    torch.Size([3, 20])
    """

    def __init__(
        self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0,
        head_bias: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        check_cutoffs(list(cutoffs), n_classes)
        self.in_features, self.n_classes = in_features, n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value, self.head_bias = div_value, head_bias
        self.shortlist_size, self.n_clusters = self.cutoffs[0], len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        made = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for place, (first, stop) in enumerate(pairwise(self.cutoffs), 1):
            between = int(in_features // div_value**place)
            self.tail.append(Sequential(
                Linear(in_features, between, bias=False, **made),
                Linear(between, stop - first, bias=False, **made),
            ))  # fmt: skip

    def reset_parameters(self) -> None:
        """Draw all weights anew."""
        self.head.reset_parameters()
        for first, second in self.tail:  # type: ignore[misc]
            first.reset_parameters()
            second.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> ASMoutput:
        """Return the log-probability of each target, and minus their mean."""
        check_pair(input_, target_)
        input, target = input_, target_
        if not target.ndim:
            input, target = input.unsqueeze(0), target.unsqueeze(0)  # type: ignore[attr-defined]
        check_range(target, self.n_classes)
        column = target.clone()  # type: ignore[attr-defined]
        within = input.new_zeros(target.array.shape[0])  # type: ignore[attr-defined]
        for place, (first, stop) in enumerate(pairwise(self.cutoffs)):
            inside = (target >= first) & (target < stop)  # type: ignore[operator]
            rows = inside.nonzero().reshape(-1)
            if not rows.numel():
                continue
            scores = F.log_softmax(self.tail[place](input[rows]), 1)  # type: ignore[index]
            found = scores.gather(1, (target[rows] - first).unsqueeze(1)).reshape(-1)  # type: ignore[attr-defined,index]
            within = within.index_copy(0, rows, found)
            column = column.masked_fill(inside, self.shortlist_size + place)
        head = F.log_softmax(self.head(input), 1)
        output = head.gather(1, column.unsqueeze(1)).reshape(-1) + within  # type: ignore[attr-defined]
        return ASMoutput(output if target_.ndim else output.reshape(()), (-output).mean())

    def log_prob(self, input: Tensor) -> Tensor:
        """Return the log-probabilities of all classes: from (N, in_features) to (N, n_classes)."""
        return cat(list(self.parts(input, self.head(input))), 1)

    def parts(self, input: Tensor, scores: Tensor) -> Iterator[Tensor]:
        """Yield the log-probabilities of the frequent classes, then of each cluster."""
        head = F.log_softmax(scores, 1)
        yield head[:, : self.shortlist_size]  # type: ignore[index]
        for place, net in enumerate(self.tail):
            chance = head[:, self.shortlist_size + place].unsqueeze(1)  # type: ignore[index]
            yield F.log_softmax(net(input), 1) + chance

    def predict(self, input: Tensor) -> Tensor:
        """Return the most probable class of each row: from (N, in_features) to (N,)."""
        scores = self.head(input)
        output = scores.argmax(1)
        rare = (output >= self.shortlist_size).nonzero().reshape(-1)
        if not rare.numel():
            return output  # type: ignore[no-any-return]
        every = cat(list(self.parts(input[rare], scores[rare])), 1)  # type: ignore[index]
        return output.index_copy(0, rare, every.argmax(1))  # type: ignore[attr-defined,no-any-return]


def check_cutoffs(cutoffs: list[int], classes: int) -> None:
    """Refuse cutoffs that part nothing."""
    if not cutoffs:
        raise refuse(ValueError, "AdaptiveLogSoftmaxWithLoss", "cutoffs should be a sequence of "
                     "length larger than 0", "use LogSoftmax for one group of classes")  # fmt: skip
    if (
        sorted(set(cutoffs)) != cutoffs or cutoffs[0] <= 0 or cutoffs[-1] > classes - 1
        or any(int(c) != c for c in cutoffs)
    ):  # fmt: skip
        raise refuse(ValueError, "AdaptiveLogSoftmaxWithLoss", "cutoffs should be a sequence of "
                     "unique, positive integers sorted in an increasing order, where each value is "
                     "between 1 and n_classes-1", "sort them, and leave out n_classes",
                     cutoffs=cutoffs, n_classes=classes)  # fmt: skip


def check_pair(input: Tensor, target: Tensor) -> None:
    """Refuse anything but a row with a class number for each, or one vector with one number."""
    if target.ndim > 1:
        headline = "0D or 1D target tensor expected, multi-target not supported"
    elif input.ndim != target.ndim + 1:
        headline = (f"{target.ndim}D target tensor expects {target.ndim + 1}D input tensors, but "
                    f"found inputs with size {tuple(input.shape)}")  # fmt: skip
    elif target.ndim and input.array.shape[0] != target.array.shape[0]:
        headline = "Input and target should have the same size in the batch dimension."
    else:
        return
    raise refuse(RuntimeError, "AdaptiveLogSoftmaxWithLoss", headline,
                 "give (N, in_features) and (N,)", input=input, target=target)  # fmt: skip


def check_range(target: Tensor, classes: int) -> None:
    """Refuse class numbers that do not exist."""
    low, high = int(target.min()), int(target.max())  # type: ignore[attr-defined]
    if low < 0 or high >= classes:
        raise refuse(RuntimeError, "AdaptiveLogSoftmaxWithLoss", "Target values should be in [0, "
                     f"{classes - 1}], but values in range [{low}, {high}] were found. ",
                     "raise n_classes", target=target)  # fmt: skip
