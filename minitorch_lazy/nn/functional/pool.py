"""Pooling, in torch's signatures."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import check_floating, sizes
from minitorch_lazy.ops import pool as ops
from minitorch_lazy.ops.checks import check_real, check_tensor


def planes(input: Tensor, rank: int, name: str) -> Tensor:
    """Give a single input a batch of one, and refuse other numbers of dimensions."""
    check_tensor(name, "input", input)
    check_real(name, input)
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
        raise refuse(RuntimeError, name, f"kernel size should be greater than zero, but got "
                     f"{kernel}", "use 1 or more")  # fmt: skip
    if any(s <= 0 for s in stride):
        raise refuse(RuntimeError, name, f"stride should not be zero, but got {stride}",
                     "leave it out: the window's size is the default")  # fmt: skip
    if any(d <= 0 for d in dilation):
        raise refuse(RuntimeError, name, f"dilation should be greater than zero, but got "
                     f"{dilation}", "use 1, which leaves no gaps")  # fmt: skip
    for p, k, d in zip(padding, kernel, dilation, strict=True):
        if p < 0:
            raise refuse(RuntimeError, name, f"pad must be non-negative, but got pad: {p}",
                         "crop the input with F.pad and negative numbers")  # fmt: skip
        if p > ((k - 1) * d + 1) // 2:
            raise refuse(RuntimeError, name, "pad should be at most half of effective kernel "
                         f"size, but got pad={p}, kernel_size={k} and dilation={d}",
                         "pad the input with F.pad first")  # fmt: skip


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
        kernel = sizes(kernel_size, rank, "kernel_size", name)
        steps = kernel if stride in (None, (), []) else sizes(stride, rank, "stride", name)
        pads = sizes(padding, rank, "padding", name)
        check_window(kernel, steps, pads, (1,) * rank, name)
        if divisor_override == 0:
            raise refuse(RuntimeError, name, "divisor must be not zero",
                         "leave it None to divide by the window's size")  # fmt: skip
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
        kernel = sizes(kernel_size, rank, "kernel_size", name)
        steps = kernel if stride in (None, (), []) else sizes(stride, rank, "stride", name)
        pads, gaps = (sizes(v, rank, word, name)
                      for word, v in (("padding", padding), ("dilation", dilation)))  # fmt: skip
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


def adaptive_output(input: Tensor, output_size: Any, rank: int, name: str) -> tuple[int, ...]:
    """Read an output size; None keeps the input's."""
    many = isinstance(output_size, (tuple, list))
    given = output_size if many and len(output_size) == rank else (output_size,) * rank
    kept = input.array.shape[-rank:]
    if many and len(output_size) not in (1, rank):
        raise refuse(RuntimeError, name, f"output_size must be {rank} numbers, but got "
                     f"{output_size}", "give one integer, or one for each axis")  # fmt: skip
    found = tuple(
        n if size is None else sizes(size, 1, "output_size", name)[0]
        for size, n in zip(given, kept, strict=True)
    )
    if any(n < 0 for n in found):
        raise refuse(RuntimeError, name, "elements of output_size must be greater than or equal "
                     f"to 0, but got {found}", "None keeps the input's size")  # fmt: skip
    return found


def adaptive_average(rank: int) -> Callable[..., Tensor]:
    """Make the adaptive average pooling over `rank` axes."""
    name = f"adaptive_avg_pool{rank}d"

    def function(input: Tensor, output_size: Any) -> Tensor:
        check_floating(name, input)
        x = planes(input, rank, name)
        y = ops.adapted(x, output=adaptive_output(x, output_size, rank, name))
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
        y, indices = ops.adapted_largest(x, output=adaptive_output(x, output_size, rank, name))
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


def always(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the form of a max pooling that always returns the indices too."""

    def with_indices(input: Tensor, *args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        bound = signature(function).bind(input, *args, **kwargs)
        bound.arguments["return_indices"] = True
        return function(*bound.args, **bound.kwargs)  # type: ignore[no-any-return]

    with_indices.__name__ = f"{function.__name__}_with_indices"
    with_indices.__doc__ = f"""Do what `{function.__name__}` does, and return the indices too.

    Source: torch.nn.functional.{with_indices.__name__}.
    """
    with_indices.__signature__ = signature(function)  # type: ignore[attr-defined]
    return with_indices


max_pool1d_with_indices, max_pool2d_with_indices = always(max_pool1d), always(max_pool2d)
max_pool3d_with_indices = always(max_pool3d)
adaptive_max_pool1d_with_indices = always(adaptive_max_pool1d)
adaptive_max_pool2d_with_indices = always(adaptive_max_pool2d)
adaptive_max_pool3d_with_indices = always(adaptive_max_pool3d)
