"""Linear maps and look-up tables, in torch's signatures."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.core.views import write
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.norms import vector_norm
from minitorch_lazy.ops.product import affine


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Multiply by a matrix and add a bias: y = x W^T + b.

    Args:
        input: (..., in_features).
        weight: (out_features, in_features), or (in_features,).
        bias: (out_features,), or ().
    Returns:
        (..., out_features).
    Raises:
        RuntimeError: sizes or types do not fit; the message names both and the mend.

    Source: torch.nn.functional.linear.
    """
    return affine(input, weight, bias)  # type: ignore[no-any-return]


looked_up = primitive(
    "embedding", arguments="w index", exempt="index", static="padding by_frequency",
    w=lambda xp, g, index, w_shape, padding, by_frequency: xp.index_zeros(
        embedding_scale(xp, g, index, w_shape, padding, by_frequency), index, key=("index",),
        shape=w_shape),
)  # fmt: skip


def embedding_scale(xp: Any, g: Any, index: Any, w_shape: tuple[int, ...], padding: int | None,
                    by_frequency: bool) -> Any:  # fmt: skip
    """Drop the gradient of the padding row, and divide by how often a row was looked up."""
    places = xp.reshape(index, shape=(*index.shape, 1))
    if padding is not None:
        g = xp.where(xp.equal(places, padding), xp.zeros_like(g), g)
    if by_frequency and w_shape[1]:
        ones = xp.ones_like(xp.getitem(g, key=(Ellipsis, (0, 1, None))))
        counts = xp.index_zeros(ones, index, key=("index",), shape=(w_shape[0], 1))
        g = g / xp.take(counts, index, key=("index",))
    return g


def embedding(
    input: Tensor, weight: Tensor, padding_idx: int | None = None, max_norm: float | None = None,
    norm_type: float = 2.0, scale_grad_by_freq: bool = False, sparse: bool = False,
) -> Tensor:  # fmt: skip
    """Look up rows of a table: y = weight[input].

    Args:
        input: integers, (...).
        weight: (num_embeddings, embedding_dim).
        padding_idx: a row that receives no gradient.
        max_norm: rows that are looked up and longer than this are shortened, in place.
        norm_type: of that norm.
        scale_grad_by_freq: divide each row's gradient by how often it was looked up.
        sparse: changes no number; gradients here are dense either way.
    Returns:
        (..., embedding_dim).
    Raises:
        IndexError: an index is out of range; negative ones are.

    Source: torch.nn.functional.embedding.
    """
    check_tensor("embedding", "indices", input)
    check_tensor("embedding", "weight", weight)
    if input.array.dtype.name not in ("int64", "int32"):
        raise refuse(RuntimeError, "embedding", "Expected tensor for argument #1 'indices' to have "
                     f"one of the following scalar types: Long, Int; but got {input.dtype.name} "
                     "instead", "convert it with .long()", input=input)  # fmt: skip
    if weight.ndim != 2:
        raise refuse(RuntimeError, "embedding", "'weight' must be 2-D",
                     "give (num_embeddings, embedding_dim)", weight=weight)  # fmt: skip
    rows = weight.array.shape[0]
    check_rows(input, rows)
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise refuse(RuntimeError, "embedding", "Padding_idx must be within num_embeddings",
                         f"use 0 to {rows - 1}", padding_idx=padding_idx)  # fmt: skip
        padding_idx %= rows
    if max_norm is not None:
        shorten_rows(weight, input, max_norm, norm_type)
    return looked_up(weight, input, padding=padding_idx, by_frequency=scale_grad_by_freq)


def check_rows(input: Tensor, rows: int) -> None:
    """Refuse indices out of range; only arrays in host memory are looked at."""
    if input.device.type != "cpu" or not input.numel():
        return
    low, high = int(input.array.min()), int(input.array.max())
    if low < 0 or high >= rows:
        raise refuse(IndexError, "embedding", "index out of range in self: "
                     f"{low if low < 0 else high}", f"indices go from 0 to {rows - 1}",
                     input=input)  # fmt: skip


def shorten_rows(weight: Tensor, input: Tensor, max_norm: float, norm_type: float) -> None:
    """Shorten the rows that are looked up to a largest norm, in place and outside of the graph."""
    table = weight.detach()  # type: ignore[attr-defined]
    rows = input.detach().reshape(-1).unique()  # type: ignore[attr-defined]
    picked = table[rows]
    norms = vector_norm(picked, float(norm_type), 1, keepdim=True)
    table[rows] = where(norms > max_norm, picked * (max_norm / (norms + 1e-7)), picked)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Mark each class number by a 1 in a row of zeros, as int64.

    Args:
        num_classes: the length of the rows; the largest number plus 1 where it is -1.

    Source: torch.nn.functional.one_hot.
    """
    check_tensor("one_hot", "tensor", tensor)
    if tensor.array.dtype != "int64":
        raise refuse(RuntimeError, "one_hot", "one_hot is only applicable to index tensor of type "
                     "LongTensor.", "convert it with .long()", tensor=tensor)  # fmt: skip
    from minitorch_lazy.ops.ranges import arange

    if num_classes == -1:
        if not tensor.numel():
            raise refuse(RuntimeError, "one_hot", "Can not infer total number of classes from "
                         "empty tensor.", "give num_classes", tensor=tensor)  # fmt: skip
        num_classes = int(tensor.max().item()) + 1  # type: ignore[attr-defined]
    if tensor.numel() and not tensor.is_meta:
        low, high = int(tensor.min()), int(tensor.max())  # type: ignore[attr-defined]
        if low < 0 or high >= num_classes or num_classes < 1:
            raise refuse(RuntimeError, "one_hot", "Class values must be non-negative and smaller "
                         f"than num_classes, got {low} to {high}", "raise num_classes",
                         tensor=tensor, num_classes=num_classes)  # fmt: skip
    places = arange(num_classes, device=tensor.device)
    return (tensor.unsqueeze(-1) == places).long()  # type: ignore[attr-defined]


def normalize(input: Tensor, p: float = 2.0, dim: Any = 1, eps: float = 1e-12,
              out: Tensor | None = None) -> Tensor:  # fmt: skip
    """Divide by the norm along a dimension, or by eps where the norm is smaller.

    Source: torch.nn.functional.normalize.
    """
    norm = input.norm(p, dim, keepdim=True).clamp_min(eps)  # type: ignore[attr-defined]
    result = input / norm.expand_as(input)  # type: ignore[operator]
    return result if out is None else write(out, result, "normalize")
