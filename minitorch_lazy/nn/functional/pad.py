"""Padding, in torch's signature."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import flip
from minitorch_lazy.ops.broadcast import expand
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.create import from_numpy
from minitorch_lazy.ops.index import getitem
from minitorch_lazy.ops.join import cat

padded = primitive(
    "pad", static="widths value", node_name="ConstantPadNd",
    x=lambda xp, g, x_shape, widths: xp.getitem(
        g, key=tuple((a, a + n, None) for (a, _), n in zip(widths, x_shape, strict=True))),
)  # fmt: skip


def pad(input: Tensor, pad: Any, mode: str = "constant", value: float | None = None) -> Tensor:
    """Surround with elements; negative numbers crop.

    Args:
        pad: (before, after) of the last dimension, then of the one before it, and so on.
        mode: "constant", "reflect", "replicate" or "circular"; all but the first leave batch and
            channels alone.
        value: the constant, 0 where it is None.

    Source: torch.nn.functional.pad.
    """
    check_tensor("pad", "input", input)
    amounts = whole_numbers(pad)
    if len(amounts) % 2:
        raise refuse(RuntimeError, "pad", "Padding length must be divisible by 2", "give two "
                     "numbers for each dimension, last one first", pad=amounts)  # fmt: skip
    if len(amounts) // 2 > input.ndim:
        raise refuse(RuntimeError, "pad", "Padding length should be less than or equal to two "
                     f"times the input dimension but got padding length {len(amounts)} and input "
                     f"of dimension {input.ndim}", "give two numbers for each dimension",
                     input=input)  # fmt: skip
    pairs = [(0, 0)] * (input.ndim - len(amounts) // 2)
    pairs += list(reversed(list(zip(amounts[::2], amounts[1::2], strict=True))))
    if mode == "constant":
        return constant(input, pairs, value or 0)
    if value:
        raise refuse(RuntimeError, "pad", f'Padding mode "{mode}" doesn\'t take in value argument',
                     "leave value out, or use mode='constant'", value=value)  # fmt: skip
    if mode not in ("reflect", "replicate", "circular"):
        raise refuse(NotImplementedError, "pad", f"Unrecognised padding mode {mode}",
                     "use 'constant', 'reflect', 'replicate' or 'circular'")  # fmt: skip
    check_rank(input, len(amounts) // 2, mode)
    if mode != "circular":
        check_contents(input, len(amounts) // 2, mode)
    out = input
    for axis, (before, after) in enumerate(pairs):
        if (before, after) != (0, 0):
            size = input.array.shape[axis]
            check_amounts(size, before, after, mode, input)
            if before < 0 or after < 0:
                places = sources(size, before, after, mode)
                out = out.index_select(axis, from_numpy(places).to(input.device))  # type: ignore[attr-defined]
            else:
                out = cat(pieces(out, axis, before, after, mode), axis)
    return out.clone() if out is input else out  # type: ignore[attr-defined,no-any-return]


def pieces(x: Tensor, axis: int, before: int, after: int, mode: str) -> list[Tensor]:
    """Return what stands before an axis, the tensor itself, and what stands after it.

    As joined slices these have a gradient of slices, many times faster than one of indices.
    """
    size = x.array.shape[axis]
    part = lambda a, b: getitem(x, key=(*(((None, None, None),) * axis), (a, b, None)))  # noqa: E731
    if mode == "circular":
        ends = part(size - before, size), part(0, after)
    elif mode == "reflect":
        ends = flip(part(1, before + 1), axis), flip(part(size - 1 - after, size - 1), axis)
    else:
        wide = lambda n: (*x.array.shape[:axis], n, *x.array.shape[axis + 1 :])  # noqa: E731
        ends = expand(part(0, 1), wide(before)), expand(part(size - 1, size), wide(after))
    return [piece for piece, n in zip((ends[0], x, ends[1]), (before, 1, after), strict=True) if n]


def whole_numbers(pad: Any) -> list[int]:
    """Read the amounts of padding."""
    try:
        return [index(n) for n in pad]
    except TypeError:
        raise refuse(TypeError, "pad", f"argument 'pad' must be tuple of ints, not {pad!r}",
                     "give (before, after) of the last dimension") from None  # fmt: skip


def constant(input: Tensor, pairs: list[tuple[int, int]], value: float) -> Tensor:
    """Surround with one number, then crop."""
    out = input
    if any(n < 0 for pair in pairs for n in pair):
        bounds = [
            slice(max(-a, 0), max(n - max(-b, 0), max(-a, 0)))
            for n, (a, b) in zip(input.array.shape, pairs, strict=True)
        ]
        for n, (a, b) in zip(input.array.shape, pairs, strict=True):
            if n + a + b < 0 or n + min(a, 0) + min(b, 0) < 0:
                raise refuse(RuntimeError, "pad", f"The input size {n}, plus negative padding {a} "
                             f"and {b} resulted in a negative output size: narrow(): length must "
                             "be non-negative.", "crop less", input=input)  # fmt: skip
        out = out[tuple(bounds)]  # type: ignore[index]
    widths = tuple((max(a, 0), max(b, 0)) for a, b in pairs)
    if not any(n for pair in widths for n in pair):
        return out.clone()  # type: ignore[attr-defined,no-any-return]
    kind = input.array.dtype.kind
    fill: Any = bool(value) if kind == "b" else int(value) if kind in "iu" else value
    return padded(out, widths=widths, value=fill)


def check_rank(input: Tensor, count: int, mode: str) -> None:
    """Refuse other numbers of dimensions than padded ones, channels and perhaps a batch."""
    if input.ndim not in (count + 1, count + 2) or count > 3 or count == 0:
        raise refuse(NotImplementedError, "pad", "Only 2D, 3D, 4D, 5D padding with non-constant "
                     "padding are supported for now", "give the input channels, and perhaps a "
                     "batch", input=input, mode=mode)  # fmt: skip


def check_contents(input: Tensor, count: int, mode: str) -> None:
    """Refuse inputs that have nothing to repeat, other than an empty batch, and truth values."""
    kernel = f"{'reflection' if mode == 'reflect' else 'replication'}_pad{count}d"
    if any(n == 0 for n in input.array.shape[-count - 1 :]):
        raise refuse(RuntimeError, "pad", f"Expected {count + 1}D or {count + 2}D (batch mode) "
                     "tensor with possibly 0 batch size and other non-zero dimensions for a "
                     f"non-empty input, but got: {list(input.shape)}", "pad with a constant",
                     input=input, mode=mode)  # fmt: skip
    if input.array.dtype.kind == "b":
        raise refuse(NotImplementedError, "pad", f"\"{kernel}\" not implemented for 'Bool'",
                     "pad input.byte(), and take .bool() of it", input=input,
                     mode=mode)  # fmt: skip


def check_amounts(size: int, before: int, after: int, mode: str, input: Tensor) -> None:
    """Refuse amounts that crop more than there is, or repeat more than a mode can."""
    left = size + before + after
    if left < 0 or (mode != "circular" and before + after and left == 0):
        raise refuse(RuntimeError, "pad", f"input ({size}) is too small. Calculated output: "
                     f"{left}", "crop less", input=input)  # fmt: skip
    if mode == "circular" and max(before, after) > size:
        raise refuse(RuntimeError, "pad", "Padding value causes wrapping around more than "
                     "once.", "pad less", input=input)  # fmt: skip
    if mode == "reflect" and max(before, after) >= size:
        raise refuse(RuntimeError, "pad", "Padding size should be less than the corresponding "
                     f"input dimension, but got: padding ({before}, {after}) at dimension of size "
                     f"{size}", "pad less, or use mode='replicate'", input=input)  # fmt: skip


def sources(size: int, before: int, after: int, mode: str) -> np.ndarray[Any, Any]:
    """Return from which place each element of the padded axis comes."""
    places = np.arange(-before, size + after)
    if mode == "replicate":
        return places.clip(0, size - 1)
    if mode == "circular":
        first, last = max(-before, 0), size - max(-after, 0)
        cropped = np.arange(-max(before, 0), last - first + max(after, 0))
        return first + cropped % max(last - first, 1)
    period = max(2 * (size - 1), 1)
    folded = places % period
    return np.where(folded < size, folded, period - folded)
