"""Max pooling over windows of random places, in torch's signatures.

Source: Graham, Fractional max-pooling, 2014.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.nn.functional.checks import sizes
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.join import cat
from minitorch_lazy.ops.ranges import arange
from minitorch_lazy.ops.sample import rand


def wanted_sizes(input: Tensor, output_size: Any, output_ratio: Any, rank: int,
                 name: str) -> tuple[int, ...]:  # fmt: skip
    """Read the output's sizes, or take them as parts of the input's."""
    if output_size is not None:
        return sizes(output_size, rank, "output_size", name)
    if output_ratio is None:
        raise refuse(ValueError, name, f"{name} requires specifying either an output_size or an "
                     "output_ratio", "give one of them")  # fmt: skip
    given = tuple(output_ratio) if isinstance(output_ratio, Iterable) else (output_ratio,) * rank
    if len(given) != rank:
        raise refuse(ValueError, name, f"{name} requires output_ratio to either be a single Int or "
                     "tuple of Ints.", f"give a number, or {rank} of them",
                     output_ratio=output_ratio)  # fmt: skip
    return tuple(int(n * part) for n, part in zip(input.array.shape[-rank:], given, strict=True))


def check_fraction(input: Tensor, kernel: tuple[int, ...], output: tuple[int, ...],
                   name: str) -> None:  # fmt: skip
    """Refuse inputs that are too small, and types without order or fractions."""
    rank, shape = len(kernel), input.array.shape
    if input.array.dtype.kind not in "fV":
        raise refuse(NotImplementedError, name, f"\"{name}\" not implemented for "
                     f"'{spoken(input.dtype.name)}'", "convert it with .float()",
                     input=input)  # fmt: skip
    if any(n == 0 for n in shape[-rank - 1 :]):
        raise refuse(RuntimeError, name, f"{name}(): Expected input to have non-zero size for "
                     f"non-batch dimensions, but got {list(shape)}", "only the batch may be empty",
                     input=input)  # fmt: skip
    words = ("time", "height", "width")[3 - rank :]
    for word, n, k, out in zip(words, shape[-rank:], kernel, output, strict=True):
        if k < 1 or out < 0:
            raise refuse(RuntimeError, name, f"{name}(): pool {word} {k} and output {out} must be "
                         "greater than zero", "use 1 or more", input=input)  # fmt: skip
        if out + k - 1 > n - (rank == 3):  # in three dimensions PyTorch wants one place more
            raise refuse(RuntimeError, name, f"{name}(): pool {word} {k} too large relative to "
                         f"input {word} {n}", "use a smaller window, or fewer of them",
                         input=input, output_size=output)  # fmt: skip


def draws(x: Tensor, given: Tensor | None, rank: int, name: str) -> Any:
    """Return one number in [0, 1) for each plane and axis."""
    if given is None:
        return rand(*x.array.shape[:2], rank, dtype=x.dtype, device=x.device)
    if given.array.dtype != x.array.dtype:
        raise refuse(RuntimeError, name, "Expect _random_samples to have the same dtype as input",
                     f"convert it with .to({x.dtype})", _random_samples=given)  # fmt: skip
    if given.array.shape != (*x.array.shape[:2], rank):
        raise refuse(RuntimeError, name, f"Expect _random_samples.size(2) equals to {rank}; got "
                     f"shape {list(given.shape)}", f"give (N, C, {rank})",
                     _random_samples=given)  # fmt: skip
    return given


def window_starts(sample: Any, size: int, kernel: int, output: int) -> Any:
    """Return where the windows along one axis start, (N, C, output); the last one ends it.

    start[i] = floor((i + u) * a) - floor(u * a), with a = (size - kernel) / (output - 1).
    """
    last = (sample * 0).long() + (size - kernel)
    if output < 2:
        return last[..., :output]
    step = sample.new_full((), size - kernel) / sample.new_full((), output - 1)
    steps = arange(output - 1, device=sample.device, dtype=sample.dtype)
    starts = ((steps + sample) * step).long() - (sample * step).long()
    return cat([starts, last], 2)


def places(samples: Any, shape: tuple[int, ...], kernel: tuple[int, ...],
           output: tuple[int, ...]) -> Any:  # fmt: skip
    """Return the flat places of every window, (N, C, windows, elements)."""
    rank, flat = len(kernel), 0
    for axis in range(rank):
        draw = axis if rank == 3 else rank - 1 - axis
        starts = window_starts(
            samples[..., draw : draw + 1], shape[axis + 2], kernel[axis], output[axis]
        )
        inside = starts.unsqueeze(-1) + arange(kernel[axis], device=samples.device)
        apart = [*shape[:2], *(1,) * (2 * rank)]
        apart[2 + axis], apart[2 + rank + axis] = output[axis], kernel[axis]
        flat = flat * shape[axis + 2] + inside.reshape(apart)
    return flat.reshape(*shape[:2], math.prod(output), math.prod(kernel))  # type: ignore[attr-defined]


def winners(planes: Any, flat: Any) -> Any:
    """Return the flat place of the largest element of each window: the first; of nan the last."""
    seen = planes.detach().gather(2, flat.flatten(2)).reshape(flat.shape)
    absent = seen != seen  # noqa: PLR0124 - nan
    last = flat.shape[-1] - 1 - absent.flip(-1).int().argmax(-1)
    best = where(absent.any(-1), last, seen.argmax(-1))
    return flat.gather(-1, best.unsqueeze(-1)).squeeze(-1)


def fractional(rank: int) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Make fractional max pooling over `rank` axes, with its indices and without."""
    name = f"fractional_max_pool{rank}d"

    def with_indices(input: Tensor, kernel_size: Any, output_size: Any = None,
                     output_ratio: Any = None, return_indices: bool = False,
                     _random_samples: Tensor | None = None) -> tuple[Tensor, Tensor]:  # fmt: skip
        check_tensor(name, "input", input)
        if _random_samples is not None:
            check_tensor(name, "_random_samples", _random_samples)
        if input.ndim not in (rank + 1, rank + 2):
            raise refuse(RuntimeError, name, f"Expected {rank + 1}D or {rank + 2}D tensor, but "
                         f"got: {list(input.shape)}", "give channels, and perhaps a batch",
                         input=input)  # fmt: skip
        kernel = sizes(kernel_size, rank, "kernel_size", name)
        output = wanted_sizes(input, output_size, output_ratio, rank, name)
        check_fraction(input, kernel, output, name)
        x: Any = input if input.ndim == rank + 2 else input.unsqueeze(0)  # type: ignore[attr-defined]
        flat = places(draws(x, _random_samples, rank, name), x.array.shape, kernel, output)
        planes = x.flatten(2)
        found = winners(planes, flat)
        shape = (*input.array.shape[:-rank], *output)
        return planes.gather(2, found).reshape(shape), found.reshape(shape)

    def function(input: Tensor, kernel_size: Any, output_size: Any = None, output_ratio: Any = None,
                 return_indices: bool = False,
                 _random_samples: Tensor | None = None) -> Any:  # fmt: skip
        y, indices = with_indices(
            input, kernel_size, output_size, output_ratio, return_indices, _random_samples
        )
        return (y, indices) if return_indices else y

    function.__name__, with_indices.__name__ = name, f"{name}_with_indices"
    function.__doc__ = f"""Take the largest element of windows of {rank} axes at random places.

    Args:
        input: (N, C, *sizes), or (C, *sizes).
        kernel_size: of the window, a number or one for each axis.
        output_size: number of windows along each axis.
        output_ratio: the same as a part of the input's size, between 0 and 1.
        return_indices: return also where in its plane each element was found, flattened.

    Source: torch.nn.functional.{name}.
    """
    with_indices.__doc__ = function.__doc__.replace("return_indices: return also",
                                                    "return_indices: always returned:")  # fmt: skip
    return function, with_indices


fractional_max_pool2d, fractional_max_pool2d_with_indices = fractional(2)
fractional_max_pool3d, fractional_max_pool3d_with_indices = fractional(3)
