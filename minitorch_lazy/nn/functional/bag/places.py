"""Where the rows of bags went, and how many there were: what the package's `embedding_bag` adds."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.functional.bag.checks import padding_row
from minitorch_lazy.nn.functional.bag.lookup import bag_bounds, bag_numbers, winners


def bag_places(weight: Tensor, indices: Any, offsets: Tensor, mode: str, last: bool,
               padding_idx: int | None) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    """Return the bag of each index, the size of each bag, and the rows of largest elements.

    Sizes are left 0 for sums, and stand for the rows too where nothing is compared, as in PyTorch.
    """
    bounds = bag_bounds(indices, offsets, last)
    padding = padding_row(padding_idx, weight.array.shape[0])
    bags, count = bag_numbers(indices, bounds), len(bounds) - 1
    sizes = bags.new_zeros(count + 1)
    if mode != "sum":
        ones = (indices != (-1 if padding is None else padding)).long()
        sizes = sizes.index_add(0, bags, ones)
    sizes = sizes[:count].clone()
    if mode != "max":
        return bags, sizes, sizes.clone()
    rows, there = winners(indices, weight, bounds, padding)
    return bags, sizes, rows * there
