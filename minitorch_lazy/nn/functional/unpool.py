"""Power-average pooling, and putting what max pooling picked back, in torch's signatures."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional import pool
from minitorch_lazy.nn.functional.checks import sizes
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.gather import empty_pick, scatter_into
from minitorch_lazy.ops.shape import reshape


def power(rank: int) -> Callable[..., Tensor]:
    """Make the power-average pooling over `rank` axes."""
    name = f"lp_pool{rank}d"
    average, largest = getattr(pool, f"avg_pool{rank}d"), getattr(pool, f"max_pool{rank}d")

    def function(input: Tensor, norm_type: float, kernel_size: Any, stride: Any = None,
                 ceil_mode: bool = False) -> Tensor:  # fmt: skip
        check_tensor(name, "input", input)
        if norm_type == math.inf:
            return largest(input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[attr-defined,no-any-return]
        if norm_type == -math.inf:
            return -largest(-input.abs(), kernel_size, stride, 0, 1, ceil_mode)  # type: ignore[attr-defined,no-any-return]
        if norm_type == 0:
            raise refuse(ZeroDivisionError, name, "division by zero: norm_type is 0",
                         "give the power of a norm, such as 2")  # fmt: skip
        area = math.prod(sizes(kernel_size, rank, "kernel_size", name))
        mean = average(input.pow(norm_type), kernel_size, stride, 0, ceil_mode)  # type: ignore[attr-defined]
        size = mean.abs()
        size = size.masked_fill(size <= 0, 0)  # so that 0 gets no gradient from the root
        return (mean.sign() * size).mul(area).pow(1.0 / norm_type)  # type: ignore[no-any-return]

    function.__name__ = name
    function.__doc__ = f"""Take the p-norm of windows of {rank} axes: y = (sum of x^p)^(1/p).

    Args:
        input: (N, C, *sizes), or (C, *sizes).
        norm_type: p; infinity takes the largest absolute value.
        kernel_size, stride: a number, or one for each axis; stride is the kernel's size where it
            is not given.
        ceil_mode: keep windows that only begin inside; they count as whole ones.

    Source: torch.nn.functional.{name}.
    """
    return function


def unpooled_sizes(input: Tensor, window: tuple[tuple[int, ...], ...], output_size: Any,
                   name: str) -> tuple[int, ...]:  # fmt: skip
    """Return the sizes that were asked for, or else the smallest that max pooling came from."""
    kernel, stride, padding = window
    rank = len(kernel)
    usual = tuple(
        (n - 1) * s + k - 2 * p
        for n, k, s, p in zip(input.array.shape[-rank:], *window, strict=True)
    )  # fmt: skip
    if output_size is None:
        return usual
    if len(output_size) not in (rank, rank + 2):
        raise refuse(ValueError, name, f"output_size should be a sequence containing {rank} or "
                     f"{rank + 2} elements, but it has a length of '{len(output_size)}'",
                     "give the shape that was pooled")  # fmt: skip
    asked = tuple(output_size[-rank:])
    for axis, (n, m, s) in enumerate(zip(asked, usual, stride, strict=True)):
        if not m - s < n < m + s:
            raise refuse(ValueError, name, f'invalid output_size "{asked}" (dim {axis} must be '
                         f"between {m - s} and {m + s})", "give the shape that was pooled",
                         input=input)  # fmt: skip
    return asked


def check_unpool(input: Tensor, indices: Tensor, rank: int, name: str) -> None:
    """Refuse what max pooling cannot have returned."""
    check_tensor(name, "input", input)
    check_tensor(name, "indices", indices)
    shape, kernel = input.array.shape, f"max_unpooling{max(rank, 2)}d"
    if indices.array.dtype != "int64":
        raise refuse(RuntimeError, name, "elements in indices should be type int64 but got: "
                     f"{spoken(indices.dtype.name)}", "convert them with .long()",
                     indices=indices)  # fmt: skip
    if len(shape) not in (rank + 1, rank + 2):
        raise refuse(RuntimeError, name, f"Input to {kernel} should be a {rank + 1}d or "
                     f"{rank + 2}d Tensor, but got a tensor with {len(shape)} dimensions.",
                     "give channels, and perhaps a batch", input=input)  # fmt: skip
    if shape != indices.array.shape:
        raise refuse(RuntimeError, name, "Expected shape of indices to be same as that of the "
                     f"input tensor ({list(shape)}) but got indices tensor with shape: "
                     f"{list(indices.shape)}", "take both from one max pooling",
                     input=input, indices=indices)  # fmt: skip
    if any(n == 0 for n in shape[len(shape) - rank - 1 :]):
        raise refuse(RuntimeError, name, f"{kernel}: Expected input to have non-zero size for "
                     f"non-batch dimensions, but got {list(shape)}",
                     "only the batch may be empty", input=input)  # fmt: skip
    if input.array.dtype.kind not in "fV":
        raise refuse(NotImplementedError, name, f'"max_unpool{rank}d" not implemented for '
                     f"'{spoken(input.dtype.name)}'", "convert it with .float()",
                     input=input)  # fmt: skip


def unpooling(rank: int) -> Callable[..., Tensor]:
    """Make the inverse of max pooling over `rank` axes."""
    name = f"max_unpool{rank}d"

    def function(input: Tensor, indices: Tensor, kernel_size: Any, stride: Any = None,
                 padding: Any = 0, output_size: Any = None) -> Tensor:  # fmt: skip
        check_unpool(input, indices, rank, name)
        kernel = sizes(kernel_size, rank, "kernel_size", name)
        steps = kernel if stride is None else sizes(stride, rank, "stride", name)
        window = kernel, steps, sizes(padding, rank, "padding", name)
        output = unpooled_sizes(input, window, output_size, name)
        if any(n < 0 for n in output):
            raise refuse(ValueError, name, "max_unpooling: output_size must contain non-negative "
                         f"spatial dimensions, but got output_size={output}",
                         "pad less", input=input)  # fmt: skip
        return put_back(input, indices, output, name)

    function.__name__ = name
    function.__doc__ = f"""Put what max pooling over {rank} axes picked back, among zeros.

    Args:
        input: (N, C, *sizes), or (C, *sizes), floating.
        indices: int64 of the same shape, which max pooling returns with `return_indices=True`.
        kernel_size, stride, padding: those of the pooling.
        output_size: the shape that was pooled, where several give the same pooled one.
    Returns:
        (N, C, *output_size), or without N. Of several elements for one place the last is kept.
    Raises:
        ValueError: no such pooling has this output size.
        RuntimeError: a place that does not exist, or shapes that do not fit.

    Source: torch.nn.functional.{name}.
    """
    return function


def put_back(input: Tensor, indices: Tensor, output: tuple[int, ...], name: str) -> Tensor:
    """Put elements at flat places of planes of zeros."""
    lead, count = input.array.shape[: input.ndim - len(output)], math.prod(output)
    zeros = input.new_zeros((*lead, count))  # type: ignore[attr-defined]
    if not count:
        return empty_pick(input, reshape(zeros, (*lead, *output)))
    check_maxima(indices, output, name)
    flat = (*lead, math.prod(input.array.shape[len(lead) :]))
    found = scatter_into(zeros, len(lead), reshape(indices, flat), reshape(input, flat), False)
    return reshape(found, (*lead, *output))


def check_maxima(indices: Tensor, output: tuple[int, ...], name: str) -> None:
    """Refuse places outside of the planes; arrays on devices are not read."""
    array = indices.array
    if not isinstance(array, np.ndarray) or not array.size:
        return
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= math.prod(output):
        raise refuse(RuntimeError, name, f"Found an invalid max index: {low if low < 0 else high} "
                     f"(output volumes are of size {'x'.join(map(str, output))})",
                     "give the output_size that was pooled", indices=indices)  # fmt: skip


lp_pool1d, lp_pool2d, lp_pool3d = power(1), power(2), power(3)
max_unpool1d, max_unpool2d, max_unpool3d = unpooling(1), unpooling(2), unpooling(3)
