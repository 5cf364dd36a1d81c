"""Images of another size, in torch's signatures."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any

from minitorch_lazy.core.promotion import spoken
from minitorch_lazy.core.size import as_integer
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse, warn
from minitorch_lazy.nn.functional.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
)
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.resize import resized
from minitorch_lazy.ops.resize.taps import Resizing

RANKS = {"linear": 1, "bilinear": 2, "trilinear": 3, "bicubic": 2, "lanczos": 2}
"""Mode -> the number of spatial dimensions that it is for; the others take one to three."""

KERNELS = {"bilinear": "linear", "trilinear": "linear", "bicubic": "cubic"}
PICKING = ("nearest", "nearest-exact", "area")
FILTERING = ("bilinear", "bicubic", "lanczos")
AREA = {1: adaptive_avg_pool1d, 2: adaptive_avg_pool2d, 3: adaptive_avg_pool3d}


def mistaken(headline: str, mend: str, kind: type[Exception] = ValueError,
             **arguments: Any) -> Exception:  # fmt: skip
    """Build the error of a call that is refused."""
    return refuse(kind, "interpolate", headline, mend, **arguments)


def each_axis(input: Tensor, value: Any, word: str, phrase: str) -> tuple[Any, ...]:
    """Read one number for all axes, or one for each."""
    rank = input.ndim - 2
    if not isinstance(value, (list, tuple)):
        return (value,) * rank
    if len(value) != rank:
        raise mistaken(f"Input and {word} must have the same number of spatial dimensions, but got "
                       f"input with spatial dimensions of {list(input.shape[2:])} and {phrase} "
                       f"{value}. Please provide input tensor in (N, C, d1, d2, ...,dK) format",
                       f"give one number, or {rank} of them", input=input)  # fmt: skip
    return tuple(value)


def output_sizes(input: Tensor, size: Any) -> tuple[int, ...]:
    """Read the sizes that were asked for."""
    found = each_axis(input, size, "output", "output size of")
    if any(as_integer(n) is None for n in found):
        raise mistaken("expected size to be one of int or Tuple[int] or Tuple[int, int] or "
                       "Tuple[int, int, int], but got size with types "
                       f"{[type(n) for n in found]}", "give integers, or scale_factor",
                       TypeError, size=size)  # fmt: skip
    return tuple(int(n) for n in found)


def factors(input: Tensor, scale_factor: Any) -> tuple[float, ...]:
    """Read the factors that were asked for."""
    found = each_axis(input, scale_factor, "scale_factor", "scale_factor of shape")
    if not all(isinstance(s, Real) and math.isfinite(s) for s in found):
        raise mistaken(f"expected scale_factor to be numbers, but got {scale_factor!r}",
                       "give one number, or one for each axis", TypeError)  # fmt: skip
    return tuple(float(s) for s in found)


def check_options(input: Tensor, size: Any, scale_factor: Any, mode: str, align_corners: Any,
                  recompute: Any, antialias: bool) -> None:  # fmt: skip
    """Refuse options that contradict each other."""
    if mode in PICKING and align_corners is not None:
        raise mistaken("align_corners option can only be set with the interpolating modes: linear "
                       "| bilinear | bicubic | trilinear", "leave align_corners out",
                       mode=mode)  # fmt: skip
    if size is not None and scale_factor is not None:
        raise mistaken("only one of size or scale_factor should be defined", "leave one out")
    if size is None and scale_factor is None:
        raise mistaken("either size or scale_factor should be defined", "give one of them")
    if recompute and size is not None:
        raise mistaken("recompute_scale_factor is not meaningful with an explicit size.",
                       "leave recompute_scale_factor out")  # fmt: skip
    if antialias and not (mode in FILTERING and input.ndim == 4):
        raise mistaken("Anti-alias option is restricted to bilinear, bicubic, and lanczos modes "
                       "and requires a 4-D tensor as input", "leave antialias out",
                       mode=mode, input=input)  # fmt: skip


def check_mode(input: Tensor, mode: str, align_corners: Any, antialias: bool) -> None:
    """Refuse modes for other numbers of dimensions, and types that a mode does not take."""
    rank, wanted = input.ndim - 2, RANKS.get(mode, 0)
    if rank in (1, 2, 3) and wanted not in (0, rank) and mode.endswith("linear"):
        raise mistaken(f"Got {input.ndim}D input, but {mode} mode needs {wanted + 2}D input",
                       f"use mode='{('linear', 'bilinear', 'trilinear')[rank - 1]}'",
                       NotImplementedError, input=input)  # fmt: skip
    if rank not in (1, 2, 3) or wanted not in (0, rank) or mode not in (*RANKS, *PICKING):
        raise mistaken("Input Error: Only 3D, 4D and 5D input Tensors supported (got "
                       f"{input.ndim}D) for the modes: nearest | linear | bilinear | bicubic | "
                       f"trilinear | lanczos | area | nearest-exact (got {mode})",
                       "give batch, channels and places; bicubic and lanczos are for images",
                       NotImplementedError, input=input)  # fmt: skip
    if mode == "lanczos" and (align_corners or not antialias):
        said = "does not support align_corners=True" if align_corners else "requires antialias=True"
        raise mistaken(f"Lanczos mode {said}", "give antialias=True alone")
    if input.array.dtype.kind not in "fV" and (mode not in PICKING or input.array.dtype != "uint8"):
        raise mistaken(f"\"upsample_{mode}{rank}d\" not implemented for "
                       f"'{spoken(input.dtype.name)}'", "convert it with .float()",
                       NotImplementedError, input=input)  # fmt: skip


def check_areas(input: Tensor, output: tuple[int, ...]) -> None:
    """Refuse images without places, and inputs without channels."""
    letters = "DHW"[3 - len(output) :] if len(output) > 1 else "W"
    before, after = (
        ", ".join(f"{letter}: {n}" for letter, n in zip(letters, sizes, strict=True))
        for sizes in (input.array.shape[2:], output)
    )
    if any(n <= 0 for n in (*output, *input.array.shape[2:])):
        raise mistaken("Input and output sizes should be greater than 0, but got input "
                       f"({before}) output ({after})", "ask for at least one place",
                       RuntimeError, input=input)  # fmt: skip
    if not input.array.shape[1]:
        raise mistaken(f"Non-empty {input.ndim}D data tensor expected but got a tensor with sizes "
                       f"{list(input.shape)}", "give at least one channel",
                       RuntimeError, input=input)  # fmt: skip


def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:  # fmt: skip
    """Resample images, sounds or volumes to another size, axis by axis.

    Args:
        input: (N, C, L), (N, C, H, W) or (N, C, D, H, W); floating, or uint8 in the nearest modes.
        size: places after, a number or one for each axis.
        scale_factor: places after for each before, a number or one for each axis; the size is
            rounded down.
        mode: "nearest" takes the element at the start of each output's range, "nearest-exact" the
            one in its middle; "linear", "bilinear" and "trilinear" weigh the two neighbours along
            each axis, "bicubic" four; "area" averages.
        align_corners: let the middles of the outermost elements coincide, not their borders.
        recompute_scale_factor: take the scale from the sizes after rounding.
        antialias: where images shrink, average over all that an output covers (bilinear, bicubic
            and lanczos).
    Returns:
        (N, C, *size) in the type of the input.
    Raises:
        ValueError: options that contradict each other.
        NotImplementedError: a mode for another number of dimensions, or a type that it lacks.
        RuntimeError: a size of 0.

    Source: torch.nn.functional.interpolate.

    >>> import minitorch_lazy as torch
    >>> torch.nn.functional.interpolate(torch.tensor([[[1.0, 2.0]]]), 4, mode="linear")
    tensor([[[1.0000, 1.2500, 1.7500, 2.0000]]])
    """
    check_tensor("interpolate", "input", input)
    check_options(input, size, scale_factor, mode, align_corners, recompute_scale_factor, antialias)
    scales: tuple[float | None, ...] = (None,) * (input.ndim - 2)
    if size is not None:
        output = output_sizes(input, size)
    else:
        given = factors(input, scale_factor)
        output = tuple(int(n * s) for n, s in zip(input.array.shape[2:], given, strict=True))
        scales = scales if recompute_scale_factor else given
    check_mode(input, mode, align_corners, antialias)
    if mode == "area":
        return AREA[len(output)](input, output)
    check_areas(input, output)
    plans = [
        Resizing(KERNELS.get(mode, mode), n, m, s, bool(align_corners), antialias,
                 input.array.dtype.itemsize == 8)
        for n, m, s in zip(input.array.shape[2:], output, scales, strict=True)
    ]  # fmt: skip
    return resampled(input, plans)


def resampled(input: Tensor, plans: list[Resizing]) -> Tensor:
    """Resample each axis, those that shrink first; halves are rounded only once."""
    half = input.array.dtype.itemsize == 2 and len(plans) > 1
    x = input.float() if half else input  # type: ignore[attr-defined]
    order = sorted(range(len(plans)), key=lambda i: (plans[i].output / plans[i].size, -i))
    for axis in order:
        x = resized(x, axis + 2, plans[axis])
    return x.to(input.dtype) if half else x


def renamed(name: str, input: Tensor) -> None:
    """Check the input of a function that has an old name, and tell the new one."""
    check_tensor(name, "input", input)
    warn(f"`nn.functional.{name}` is deprecated. Use `nn.functional.interpolate` instead.")


def upsample(input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
             align_corners: bool | None = None) -> Tensor:  # fmt: skip
    """Resample to another size; the old name of `interpolate`.

    Source: torch.nn.functional.upsample.
    """
    renamed("upsample", input)
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Repeat the nearest elements; an old name of `interpolate` with mode="nearest".

    Source: torch.nn.functional.upsample_nearest.
    """
    renamed("upsample_nearest", input)
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(input: Tensor, size: Any = None, scale_factor: Any = None) -> Tensor:
    """Weigh neighbours, corners aligned; an old name of `interpolate` with mode="bilinear".

    Source: torch.nn.functional.upsample_bilinear.
    """
    renamed("upsample_bilinear", input)
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)
