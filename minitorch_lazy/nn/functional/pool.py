"""Pooling, in torch's signatures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import pool as ops


def sizes(value: Any, rank: int, name: str) -> tuple[int, ...]:
    """Read one number for all axes, or one for each."""
    if isinstance(value, int):
        return (value,) * rank
    found = tuple(int(v) for v in value)
    if len(found) == 1:
        return found * rank
    if len(found) != rank:
        raise RuntimeError(f"{name} must either be a single int, or a tuple of {rank} ints, "
                           f"got {found}")  # fmt: skip
    return found


def planes(input: Tensor, rank: int, name: str) -> Tensor:
    """Give a single input a batch of one, and refuse other numbers of dimensions."""
    if input.ndim not in (rank + 1, rank + 2) or any(n == 0 for n in input.array.shape[-rank - 1:]):
        raise refuse(RuntimeError, name, f"Expected {rank + 1}D or {rank + 2}D (batch mode) tensor "
                     f"with optional 0 dim batch size for input, but got: {list(input.shape)}",
                     "give the input its dimensions of batch and channels",
                     input=input)  # fmt: skip
    return input.unsqueeze(0) if input.ndim == rank + 1 else input  # type: ignore[attr-defined,no-any-return]


def check_window(kernel: tuple[int, ...], stride: tuple[int, ...], padding: tuple[int, ...],
                 dilation: tuple[int, ...], name: str) -> None:  # fmt: skip
    """Refuse windows that mean nothing."""
    if any(k <= 0 for k in kernel):
        raise RuntimeError(f"{name}: kernel size should be greater than zero, but got {kernel}")
    if any(s <= 0 for s in stride):
        raise RuntimeError(f"{name}: stride should not be zero, but got {stride}")
    if any(d <= 0 for d in dilation):
        raise RuntimeError(f"{name}: dilation must be greater than zero, but got {dilation}")
    for p, k, d in zip(padding, kernel, dilation, strict=True):
        if p < 0:
            raise RuntimeError(f"{name}: pad must be non-negative, but got pad: {p}")
        if p > ((k - 1) * d + 1) // 2:
            raise RuntimeError(f"{name}: pad should be at most half of effective kernel size, but "
                               f"got pad={p}, kernel_size={k} and dilation={d}")  # fmt: skip


def check_output(input: Tensor, y: Tensor, name: str) -> None:
    """Refuse a window that fits nowhere."""
    if any(n < 1 for n in y.array.shape[2:]):
        raise refuse(RuntimeError, name, f"Given input size: {tuple(input.shape)}. Calculated "
                     f"output size: {tuple(y.shape)}. Output size is too small",
                     "use a smaller kernel, or pad the input", input=input)  # fmt: skip


def average(rank: int) -> Callable[..., Tensor]:
    """Make the average pooling over `rank` axes."""
    name = f"avg_pool{rank}d"

    def function(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 ceil_mode: bool = False, count_include_pad: bool = True,
                 divisor_override: int | None = None) -> Tensor:  # fmt: skip
        x = planes(input, rank, name)
        kernel = sizes(kernel_size, rank, "kernel_size")
        steps = sizes(stride, rank, "stride") if stride not in (None, ()) else kernel
        pads = sizes(padding, rank, "padding")
        check_window(kernel, steps, pads, (1,) * rank, name)
        if divisor_override == 0:
            raise RuntimeError("divisor must be not zero")
        y = ops.averaged(x, kernel=kernel, stride=steps, padding=pads, ceil_mode=bool(ceil_mode),
                         count_include_pad=bool(count_include_pad),
                         divisor=divisor_override)  # fmt: skip
        check_output(input, y, name)
        return y if x is input else y.squeeze(0)  # type: ignore[no-any-return,attr-defined]

    function.__name__ = name
    function.__doc__ = f"""Average over windows of {rank} axes.

    Args:
        input: (N, C, *sizes), or (C, *sizes).
        kernel_size, stride, padding: a number, or one for each axis; stride is the kernel's size
            where it is not given.
        ceil_mode: keep windows that only begin inside.
        count_include_pad: count the padding among the elements.
        divisor_override: divide by this instead.

    Source: torch.nn.functional.{name}.
    """
    return function


def largest(rank: int) -> Callable[..., Any]:
    """Make the max pooling over `rank` axes."""
    name = f"max_pool{rank}d"

    def function(input: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0,
                 dilation: Any = 1, ceil_mode: bool = False,
                 return_indices: bool = False) -> Any:  # fmt: skip
        x = planes(input, rank, name)
        kernel = sizes(kernel_size, rank, "kernel_size")
        steps = sizes(stride, rank, "stride") if stride not in (None, ()) else kernel
        pads, gaps = sizes(padding, rank, "padding"), sizes(dilation, rank, "dilation")
        check_window(kernel, steps, pads, gaps, name)
        y, indices = ops.largest(x, kernel=kernel, stride=steps, padding=pads, dilation=gaps,
                                 ceil_mode=bool(ceil_mode))  # fmt: skip
        check_output(input, y, name)
        if x is not input:
            y, indices = y.squeeze(0), indices.squeeze(0)
        return (y, indices) if return_indices else y

    function.__name__ = name
    function.__doc__ = f"""Take the largest element of windows of {rank} axes.

    Args:
        input: (N, C, *sizes), or (C, *sizes); it is padded with minus infinity.
        return_indices: return also where in its plane each element was found, flattened.

    Source: torch.nn.functional.{name}.
    """
    return function


def adaptive_output(input: Tensor, output_size: Any, rank: int) -> tuple[int, ...]:
    """Read an output size; None keeps the input's."""
    given = (output_size,) * rank if output_size is None or isinstance(output_size, int) \
        else tuple(output_size)  # fmt: skip
    if len(given) == 1:
        given = given * rank
    if len(given) != rank:
        raise RuntimeError(f"output_size must be {rank} numbers, got {given}")
    found = tuple(
        n if size is None else int(size)
        for size, n in zip(given, input.array.shape[-rank:], strict=True)
    )
    if any(n < 0 for n in found):
        raise RuntimeError(f"elements of output_size must be greater than or equal to 0, got "
                           f"{found}")  # fmt: skip
    return found


def adaptive_average(rank: int) -> Callable[..., Tensor]:
    """Make the adaptive average pooling over `rank` axes."""
    name = f"adaptive_avg_pool{rank}d"

    def function(input: Tensor, output_size: Any) -> Tensor:
        x = planes(input, rank, name)
        y = ops.adapted(x, output=adaptive_output(x, output_size, rank))
        return y if x is input else y.squeeze(0)  # type: ignore[no-any-return,attr-defined]

    function.__name__ = name
    function.__doc__ = f"""Average over windows of {rank} axes that give a wanted output size.

    Window i goes from floor(i n / out) to ceil((i + 1) n / out).

    Source: torch.nn.functional.{name}.
    """
    return function


def adaptive_largest(rank: int) -> Callable[..., Any]:
    """Make the adaptive max pooling over `rank` axes."""
    name = f"adaptive_max_pool{rank}d"

    def function(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
        x = planes(input, rank, name)
        y, indices = ops.adapted_largest(x, output=adaptive_output(x, output_size, rank))
        if x is not input:
            y, indices = y.squeeze(0), indices.squeeze(0)
        return (y, indices) if return_indices else y

    function.__name__ = name
    function.__doc__ = f"""Take the largest element of windows that give a wanted output size.

    Source: torch.nn.functional.{name}.
    """
    return function


avg_pool1d, avg_pool2d, avg_pool3d = average(1), average(2), average(3)
max_pool1d, max_pool2d, max_pool3d = largest(1), largest(2), largest(3)
adaptive_avg_pool1d, adaptive_avg_pool2d = adaptive_average(1), adaptive_average(2)
adaptive_avg_pool3d = adaptive_average(3)
adaptive_max_pool1d, adaptive_max_pool2d = adaptive_largest(1), adaptive_largest(2)
adaptive_max_pool3d = adaptive_largest(3)
