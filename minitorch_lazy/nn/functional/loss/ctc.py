"""The loss of a line of labels that is said without telling when, in torch's signatures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import as_tensor
from minitorch_lazy.ops.ctc import paths
from minitorch_lazy.ops.loss import check_reduction

Lengths = Tensor | Sequence[int]


def ctc_loss(
    log_probs: Tensor, targets: Tensor, input_lengths: Lengths, target_lengths: Lengths,
    blank: int = 0, reduction: str = "mean", zero_infinity: bool = False,
) -> Tensor:  # fmt: skip
    """Return minus the logarithm of the chance that a line of labels is said.

    The gradient is that of scores which `log_softmax` made log-probabilities of, as in PyTorch:
    it has the term e^log_probs too, which is lost again in the gradient of `log_softmax`.

    Args:
        log_probs: (T, N, C), or (T, C) for one line.
        targets: (N, S), filled up with anything; or all lines one after the other, (sum of
            target_lengths,). Labels are class numbers but `blank`.
        input_lengths: (N,), at most T; or a single one.
        target_lengths: (N,), at most S; or a single one.
        blank: the class that says nothing.
        reduction: "mean" divides each loss by the length of its target, 1 at least, first.
        zero_infinity: let lines that cannot be said in the time count 0, with gradient 0.
    Returns:
        (N,), or () for one line or where it is reduced.
    Raises:
        RuntimeError: a length or a label is out of range, or shapes do not fit.

    Source: torch.nn.functional.ctc_loss.

    >>> import minitorch_lazy as torch
    >>> log_probs = torch.full((2, 1, 2), 0.5).log()
    >>> torch.nn.functional.ctc_loss(log_probs, torch.tensor([[1]]), (2,), (1,)).exp()
    tensor(1.3333)
    """
    check_reduction("ctc_loss", reduction)
    check_log_probs(log_probs, blank)
    check_tensor("ctc_loss", "targets", targets)
    scores = log_probs if log_probs.ndim == 3 else log_probs.unsqueeze(1)  # type: ignore[attr-defined]
    times, batch, _ = scores.array.shape
    spoken = lengths(input_lengths, "input_lengths", batch, times)
    written = lengths(target_lengths, "target_lengths", batch, math.inf)
    labels = lines(targets, written, blank, log_probs)
    running = like(scores, np.arange(times)[:, None, None] < np.array(spoken)[:, None])
    loss = said(scores, labels, written, running, bool(zero_infinity))
    if zero_infinity:
        loss = loss.masked_fill(loss == math.inf, 0)  # type: ignore[attr-defined]
    if reduction == "mean":
        return (loss / loss.new_tensor(written).clamp_min(1)).mean()  # type: ignore[attr-defined,no-any-return]
    if reduction == "sum":
        return loss.sum()  # type: ignore[attr-defined,no-any-return]
    return loss if log_probs.ndim == 3 else loss.reshape(())  # type: ignore[attr-defined,no-any-return]


def check_log_probs(log_probs: Tensor, blank: int) -> None:
    """Refuse log-probabilities of another rank, of no time or line, and a blank that is no class.

    Raises:
        RuntimeError: so.
    """
    check_floating("ctc_loss", log_probs, "log_probs")
    headline = (
        f"Expected 3-dimensional tensor, but got {log_probs.ndim}-dimensional tensor for argument "
        "#1 'log_probs'" if log_probs.ndim not in (2, 3)
        else "log_probs tensor must not be empty" if not log_probs.numel()
        else "blank must be in label range" if not 0 <= blank < log_probs.array.shape[-1]
        else ""
    )  # fmt: skip
    if headline:
        raise refuse(RuntimeError, "ctc_loss", headline, "give (T, N, C), and blank from 0 to C - "
                     "1", log_probs=log_probs, blank=blank)  # fmt: skip


def lengths(given: Lengths, word: str, batch: int, most: float) -> list[int]:
    """Read the length of each line.

    Raises:
        TypeError: they are neither a tensor nor integers.
        RuntimeError: there is not one for each line, or one is out of range.
    """
    if given.__class__ in TENSORS:
        if given.array.dtype.kind not in "iu":  # type: ignore[union-attr]
            raise refuse(RuntimeError, "ctc_loss", f"{word} must be integral",
                         "convert it with .long()", **{word: given})  # fmt: skip
        found = given.reshape(-1).tolist()  # type: ignore[union-attr]
    elif isinstance(given, (list, tuple)) and all(isinstance(n, int) for n in given):
        found = list(given)
    else:
        raise refuse(TypeError, "ctc_loss", f"argument '{word}' must be a Tensor or a tuple of "
                     f"ints, not {type(given).__name__}", "give one integer for each line",
                     **{word: given})  # fmt: skip
    if len(found) != batch:
        raise refuse(RuntimeError, "ctc_loss", f"{word} must be of size batch_size",
                     f"give {batch} of them", **{word: given})  # fmt: skip
    for n in found:
        if not 0 <= n <= most:
            raise refuse(RuntimeError, "ctc_loss", f"Expected {word} to have value at "
                         f"{'least 0' if n < 0 else f'most {most}'}, but got value {n}",
                         "count the times and labels of each line", **{word: given})  # fmt: skip
    return found


def lines(targets: Tensor, written: list[int], blank: int, log_probs: Tensor) -> np.ndarray:
    """Return the labels with blanks before, between and after them, (N, 2 max(written) + 1)."""
    longest = max(written)
    check_size(targets, targets.ndim, sum(written), len(written), longest)
    labels = np.full((len(written), 2 * longest + 1), blank)
    if targets.is_meta:  # where only shapes are asked for, any labels do
        return labels
    given = targets.detach().cpu().numpy().astype(np.int64)  # type: ignore[attr-defined]
    stops = list(accumulate(written))
    rows = [
        given[stop - n : stop] if given.ndim == 1 else given[i, :n]
        for i, (n, stop) in enumerate(zip(written, stops, strict=True))
    ]  # fmt: skip
    for line, row in zip(labels, rows, strict=True):
        line[1 : 2 * len(row) : 2] = row
    classes = log_probs.array.shape[-1]
    if labels.min() < 0 or labels.max() >= classes:
        raise refuse(RuntimeError, "ctc_loss", f"target out of range: labels go from 0 to "
                     f"{classes - 1}", "give log_probs a class for each label", targets=targets,
                     log_probs=log_probs)  # fmt: skip
    return labels


def check_size(targets: Tensor, rank: int, total: int, batch: int, longest: int) -> None:
    """Refuse targets that hold not all labels of all lines.

    Raises:
        RuntimeError: so.
    """
    shape = targets.array.shape
    if rank == 1:
        wrong = "" if shape[0] == total else f"size {total} at dimension 0"
    elif rank == 2 and shape[0] == batch:
        wrong = "" if shape[1] >= longest else f"size at least {longest} at dimension 1"
    else:
        wrong = "1 to 2 dimensions, the first of size batch_size"
    if wrong:
        raise refuse(RuntimeError, "ctc_loss", f"Expected tensor to have {wrong}, but got size "
                     f"{list(shape)} for argument #2 'targets'",
                     "give (N, S), or the labels of all lines one after the other",
                     targets=targets)  # fmt: skip


def like(scores: Tensor, array: np.ndarray) -> Tensor:
    """Bring an array to the scores' device; numbers to their type."""
    kind = scores.dtype if array.dtype.kind == "f" else None
    return as_tensor(array, dtype=kind, device=scores.device)


def said(scores: Tensor, labels: np.ndarray, written: list[int], running: Tensor,
         finite: bool) -> Tensor:  # fmt: skip
    """Return the loss of each line, (N,)."""
    times, (batch, states) = scores.array.shape[0], labels.shape
    start = np.full((batch, states + 2), -math.inf)
    start[:, 2] = 0
    skip, ends = (np.full((batch, states), -math.inf) for _ in range(2))
    skip[:, 2:][labels[:, 2:] != labels[:, :-2]] = 0
    for line, n in zip(ends, written, strict=True):
        line[max(2 * n - 1, 0) : 2 * n + 1] = 0
    index = like(scores, labels).expand(times, -1, -1)
    e = scores.gather(2, index)  # type: ignore[attr-defined]
    loss = paths(e, *(like(scores, x) for x in (start, skip, ends)), running, finite=finite)
    if not scores.requires_grad:
        return loss  # type: ignore[no-any-return]
    # What each time's chances sum to is 1: its gradient counts, and its value adds nothing.
    mass = (scores.clamp_max(80).exp() * running).sum((0, 2))  # type: ignore[attr-defined,operator]
    return loss + (mass - mass.detach())  # type: ignore[no-any-return]
