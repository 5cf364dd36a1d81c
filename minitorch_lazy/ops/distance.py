"""How far vectors lie apart, and how near in direction."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.promotion import convert
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import broadcast_failure, refuse
from minitorch_lazy.ops.broadcast import broadcast_tensors
from minitorch_lazy.ops.cast import clone
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.norms import vector_norm
from minitorch_lazy.ops.ranges import triu_indices
from minitorch_lazy.ops.shape import unsqueeze


@public(method=False)
def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """Return the cosine of the angle between vectors along a dimension.

        y = x1 . x2 / (max(|x1|, eps) max(|x2|, eps))

    Args:
        x1, x2: of shapes that broadcast.
        dim: the dimension of the vectors, counted after broadcasting.
        eps: lengths below it count as this; their gradient is that of the length itself.

    Raises:
        RuntimeError: no floating-point number is among them, or a complex one.

    Source: torch.cosine_similarity.

    >>> import minitorch_lazy as torch
    >>> torch.cosine_similarity(torch.tensor([1.0, 0.0]), torch.tensor([3.0, 4.0]), dim=0)
    tensor(0.6000)
    """
    check_tensor("cosine_similarity", "x1", x1)
    check_tensor("cosine_similarity", "x2", x2)
    kind = types.common([x1.array, x2.array], [])
    if not kind.is_floating_point:
        raise refuse(RuntimeError, "cosine_similarity", "expected common dtype to be floating "
                     f"point, yet common dtype is {kind.name}", "convert one with .float()",
                     x1=x1, x2=x2)  # fmt: skip
    apart = broadcast_failure({"x1": x1, "x2": x2})
    if apart is not None:
        raise refuse(apart[0], "cosine_similarity", apart[1], apart[2], x1=x1, x2=x2)
    x1, x2 = broadcast_tensors(*(
        convert(x, kind.numpy) if x.array.dtype.kind in "biu" else x for x in (x1, x2)
    ))  # fmt: skip
    unit = [x / at_least(vector_norm(x, 2, dim, keepdim=True), eps) for x in (x1, x2)]
    return (unit[0] * unit[1]).sum(dim)


def at_least(length: Tensor, eps: float) -> Tensor:
    """Raise small lengths to eps; the gradient stays that of the length."""
    raised = clone(length)
    with no_grad():
        raised.clamp_min_(eps)
    return raised


@public
def dist(input: Tensor, other: Tensor, p: Any = 2) -> Tensor:
    """Return the p-norm of the difference of two tensors, all their elements taken as one vector.

        y = (sum |input - other|^p)^(1/p)

    Args:
        input, other: floating-point or complex; they broadcast.
        p: a number; inf is the largest difference, 0 counts those that are not 0.

    Raises:
        RuntimeError: the tensors hold integers.

    Source: torch.dist.

    >>> import minitorch_lazy as torch
    >>> torch.dist(torch.tensor([1., 2.]), torch.tensor([4., 6.]))
    tensor(5.)
    """
    check_tensor("dist", "input", input)
    check_tensor("dist", "other", other)
    return vector_norm(input - other, p)


@public(method=False)
def pairwise_distance(x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6,
                      keepdim: bool = False) -> Tensor:  # fmt: skip
    """Return the distance of vectors along the last dimension: |x1 - x2 + eps|_p.

    Args:
        x1, x2: (..., D), of shapes that broadcast.
        p: the order of the norm.
        eps: is added to every difference, so that equal vectors have a gradient.
        keepdim: keep the last dimension, as size 1.

    Source: torch.pairwise_distance.

    >>> import minitorch_lazy as torch
    >>> torch.pairwise_distance(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2))
    tensor([5.0000])
    """
    check_tensor("pairwise_distance", "x1", x1)
    check_tensor("pairwise_distance", "x2", x2)
    return vector_norm(x1 - x2 + eps, p, -1, keepdim)


@public(method=False)
def pdist(input: Tensor, p: float = 2) -> Tensor:
    """Return the distances of all pairs of rows: |x_i - x_j|_p for i < j.

    Args:
        input: (N, M).
        p: the order of the norm, not negative.
    Returns:
        (N (N - 1) / 2,), in the order (0, 1), (0, 2), ..., (1, 2), ...
    Raises:
        RuntimeError: the input is no matrix of floating-point numbers, or p is negative.

    Source: torch.pdist.

    >>> import minitorch_lazy as torch
    >>> torch.pdist(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0]]))
    tensor([5.0000, 1.0000, 4.2426])
    """
    check_tensor("pdist", "input", input)
    wrong = (
        f"2D tensors, got: {input.ndim}D" if input.ndim != 2
        else "floating-point dtypes" if not input.is_floating_point()
        else "non-negative p values" if p < 0
        else ""
    )  # fmt: skip
    if wrong:
        raise refuse(RuntimeError, "pdist", f"pdist only supports {wrong}",
                     "give real numbers (N, M), and p from 0 on", input=input, p=p)  # fmt: skip
    rows = input.array.shape[0]
    first, second = triu_indices(rows, rows, 1, device=input.device)
    apart = input[first] - input[second]
    return vector_norm(apart, p, -1) if input.array.shape[1] else apart.sum(-1)


@public(method=False)
def cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str | None = None) -> Tensor:
    """Return the distance of each row of one matrix from each row of another.

        y[..., i, j] = |x1[..., i, :] - x2[..., j, :]|_p

    Args:
        x1: (..., N, M).
        x2: (..., K, M).
        p: the order of the norm.
        compute_mode: accepted; distances are always computed from differences.

    Source: torch.cdist.
    """
    for name, x in (("X1", x1), ("X2", x2)):
        if x.ndim < 2:
            raise refuse(RuntimeError, "cdist", f"cdist only supports at least 2D tensors, {name} "
                         f"got: {x.ndim}D", "unsqueeze it", x1=x1, x2=x2)  # fmt: skip
    if x1.shape[-1] != x2.shape[-1] or p < 0:
        raise refuse(RuntimeError, "cdist", "X1 and X2 must have the same number of columns, and p "
                     f"must not be negative. X1: {x1.shape[-1]} X2: {x2.shape[-1]} p: {p}",
                     "transpose one", x1=x1, x2=x2)  # fmt: skip
    return vector_norm(unsqueeze(x1, -2) - unsqueeze(x2, -3), p, -1)
