"""Sums, means and maxima over bags of rows of a table."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.functional.bag.checks import (
    check_indices,
    check_offsets,
    check_options,
    check_shapes,
    check_types,
    mistaken,
    padding_row,
)
from minitorch_lazy.nn.functional.dense import looked_up, shorten_rows
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.create import ones_like
from minitorch_lazy.ops.index import take
from minitorch_lazy.ops.join import cat
from minitorch_lazy.ops.ranges import arange
from minitorch_lazy.ops.sets import searchsorted


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """Look bags of rows up in a table, and reduce each bag to one row.

        y[b] = sum over i in bag b of per_sample_weights[i] * weight[input[i]]

    Args:
        input: integers, (bags, indices), or (indices,) with offsets.
        weight: (num_embeddings, embedding_dim).
        offsets: where each bag starts in a flat input.
        max_norm: rows that are looked up and longer than this are shortened, in place.
        norm_type: of that norm.
        scale_grad_by_freq: divide each row's gradient by how often it was looked up.
        mode: "sum", "mean" or "max".
        sparse: changes no number; gradients here are dense either way.
        per_sample_weights: a factor for each index, with "sum" alone.
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: a row that counts as absent.
    Returns:
        (bags, embedding_dim); empty bags give zeros.
    Raises:
        ValueError: shapes or options that do not fit together.
        RuntimeError: an index or an offset that is out of range.

    Source: torch.nn.functional.embedding_bag.

    >>> import minitorch_lazy as torch
    >>> table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> torch.nn.functional.embedding_bag(torch.tensor([[0, 2], [1, 1]]), table)
    tensor([[3., 4.],
            [3., 4.]])
    """
    for word, value in (("input", input), ("weight", weight)):
        check_tensor("embedding_bag", word, value)
    check_shapes(input, weight, offsets, per_sample_weights)
    check_types(input, weight, offsets, per_sample_weights)
    check_options(mode, scale_grad_by_freq, sparse, per_sample_weights)
    bounds = bag_bounds(input, offsets, include_last_offset)
    check_indices(input, weight.array.shape[0])
    padding = padding_row(padding_idx, weight.array.shape[0])
    if max_norm is not None:
        shorten_rows(weight, input, max_norm, norm_type)
    if mode == "max":
        return largest(input, weight, bounds, padding)
    rows: Any = looked_up(weight, input.reshape(-1), padding=None,  # type: ignore[attr-defined]
                          by_frequency=bool(scale_grad_by_freq))  # fmt: skip
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)  # type: ignore[attr-defined]
    return added(input, rows, bounds, padding, mode)


def bag_bounds(input: Tensor, offsets: Any, last: bool) -> Any:
    """Return where each bag starts, and the last one ends; None where bags are rows."""
    if offsets is None:
        if not input.array.shape[1] and input.array.shape[0]:
            raise mistaken("step must be nonzero: the bags of a 2D input are empty",
                           "give offsets", RuntimeError, input=input)  # fmt: skip
        return None
    check_offsets(offsets, input.numel(), last)
    bounds = offsets if last else cat([offsets, offsets.new_full((1,), input.numel())])
    return bounds.long()  # type: ignore[attr-defined]


def added(input: Tensor, rows: Any, bounds: Any, padding: int | None, mode: str) -> Tensor:
    """Sum or average the rows of each bag; halves are added in float32."""
    count = input.array.shape[0] if bounds is None else len(bounds) - 1
    wide = rows.float() if rows.array.dtype.itemsize == 2 else rows
    if bounds is None and padding is None:
        length = input.array.shape[1]
        total = wide.reshape(count, length, rows.array.shape[-1]).sum(1)
        return (total / max(length, 1) if mode == "mean" else total).to(rows.dtype)  # type: ignore[no-any-return]
    bags = bag_numbers(input, bounds)
    if padding is not None:
        bags = where(input.reshape(-1) == padding, count, bags)  # type: ignore[attr-defined]
    total = wide.new_zeros(count + 1, rows.array.shape[-1]).index_add(0, bags, wide)[:count]
    if mode == "mean":
        ones = wide.new_ones(len(rows))
        sizes = wide.new_zeros(count + 1).index_add(0, bags, ones)[:count]
        total = total / sizes.clamp(min=1).unsqueeze(1)
    return total.to(rows.dtype)  # type: ignore[no-any-return]


def bag_numbers(input: Tensor, bounds: Any) -> Any:
    """Return the number of the bag that each index is in; one more for those after the last."""
    places = arange(input.numel(), device=input.device)
    if bounds is None:
        return places // max(input.array.shape[1], 1)  # type: ignore[operator]
    found = searchsorted(bounds, places, right=True) - 1
    return found if len(bounds) > 1 else found * 0


def largest(input: Tensor, weight: Tensor, bounds: Any, padding: int | None) -> Tensor:
    """Take the largest elements of each bag; the gradient goes to these alone."""
    rows, there = winners(input, weight, bounds, padding)
    columns = arange(weight.array.shape[1], device=weight.device)
    picked = take(weight, rows, columns, key=("index", "index"))
    return where(there, picked, 0)  # type: ignore[no-any-return]


def winners(input: Tensor, weight: Tensor, bounds: Any, padding: int | None) -> tuple[Any, Any]:
    """Return from which row each largest element comes, and whether its bag holds anything.

    The first of equals wins, and nan only where it is the first of its bag.
    """
    rows, there = padded_bags(input, bounds)
    if not rows.shape[1]:
        rows = weight.new_zeros(len(rows), weight.array.shape[1]).long()  # type: ignore[attr-defined]
        return rows, rows != 0
    if padding is not None:
        there = there & (rows != padding)
        order = there.int().argsort(1, descending=True, stable=True)
        rows, there = rows.gather(1, order), there.gather(1, order)
    seen = weight.detach()[rows]  # type: ignore[attr-defined]
    first = (arange(rows.shape[1], device=rows.device) == 0).reshape(-1, 1)
    candidates = there.unsqueeze(-1) & (first | (seen == seen))  # noqa: PLR0124 - no nan
    places = where(candidates, seen, -float("inf")).argmax(1)
    return rows.long().gather(1, places), there.any(1, keepdim=True)


def padded_bags(input: Any, bounds: Any) -> tuple[Any, Any]:
    """Lay bags of any lengths out as rows of equal length, and say what is there."""
    if bounds is None:
        return input, ones_like(input, dtype=types.bool)
    starts, lengths = bounds[:-1], bounds.diff()
    longest = int(lengths.max()) if len(starts) else 0
    places = arange(longest, device=input.device)
    spots = (starts.unsqueeze(1) + places).clamp(max=max(input.numel() - 1, 0))
    return (input[spots] if longest else spots), places < lengths.unsqueeze(1)
