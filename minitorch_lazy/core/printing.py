"""Printing: the text that `repr(tensor)` shows, made from an array on the host.

Three steps: keep the elements that will be shown (the corners of a large array), spell each of
them in the one notation that suits them all, and lay the words out in brackets.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minitorch_lazy.errors import refuse

PROFILES: dict[str, dict[str, float]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": math.inf, "edgeitems": 3, "linewidth": 80},
}


class PrintOptions:
    """How tensors are printed; the meaning of each field is told in `set_printoptions`."""

    def __init__(self) -> None:
        self.precision = 4
        self.threshold: float = 1000
        self.edgeitems = 3
        self.linewidth = 80
        self.sci_mode: bool | None = None


# Held by the process and not by a context variable: as in PyTorch, a thread that starts later
# prints the way its program has chosen.
OPTIONS = PrintOptions()


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Choose how tensors are printed from now on.

    What is left at None keeps its value, except `sci_mode`, which goes back to automatic.

    Args:
        precision: digits after the point of floating-point numbers; 4 at the start.
        threshold: number of elements above which only the corners are shown; 1000.
        edgeitems: elements shown at each end of a summarised dimension; 3.
        linewidth: characters after which a line is broken; 80.
        profile: "default", "short" or "full": values for the four options above, applied first.
        sci_mode: True or False switches scientific notation on or off; None lets the values
            decide: it is used where the largest magnitude is over 1e8 or over 1000 times the
            smallest, or the smallest under 1e-4.
    Source: torch.set_printoptions.

    >>> import minitorch_lazy as torch
    >>> torch.set_printoptions(precision=2)
    >>> torch.tensor([1.12345])
    tensor([1.12])
    >>> torch.set_printoptions(profile="default")
    """
    chosen = dict(PROFILES.get(profile or "", {}))
    given = {
        "precision": precision,
        "threshold": threshold,
        "edgeitems": edgeitems,
        "linewidth": linewidth,
    }
    chosen.update({name: value for name, value in given.items() if value is not None})
    for name, value in chosen.items():
        setattr(OPTIONS, name, value)
    OPTIONS.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """Return the options in force, in the form `set_printoptions(**options)` takes.

    Source: torch._tensor_str.get_printoptions.

    >>> get_printoptions()["linewidth"]
    80
    """
    return dict(vars(OPTIONS))


def tensor_text(
    array: Any,
    *,
    dtype_name: str,
    default_dtype_name: str = "float32",
    device: object = None,
    grad_fn: str | None = None,
    requires_grad: bool = False,
    prefix: str = "tensor(",
    shape_only: bool = False,
) -> str:
    """Write what `repr(tensor)` shows: the elements, then what they do not tell by themselves.

    Args:
        array: host array of any shape and dtype; with `shape_only` only its shape is read.
        dtype_name: the tensor's dtype, such as "float32".
        default_dtype_name: the default dtype, which needs no mention.
        device: named in the text unless it is None or a CPU.
        grad_fn: name of the node that made the tensor, such as "MulBackward0".
        requires_grad: mentioned where there is no `grad_fn`.
        prefix: name of the class and an opening bracket.
        shape_only: True for meta tensors, whose elements print as "...".
    Source: torch.Tensor.__repr__.

    >>> tensor_text(np.array([1.0, -2.5]), dtype_name="float64", requires_grad=True)
    'tensor([ 1.0000, -2.5000], dtype=torch.float64, requires_grad=True)'
    """
    remarks = [] if str(device or "cpu").startswith("cpu") else [f"device='{device}'"]
    remarks += shape_and_dtype(array.shape, dtype_name, default_dtype_name, shape_only)
    if grad_fn is not None:
        remarks.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        remarks.append("requires_grad=True")
    body = "..." if shape_only else elements_text(np.asarray(array), len(prefix))
    return with_remarks(prefix + body, remarks, len(prefix)) + ")"


def format_scalar(value: Any, spec: str, *, plain: bool = True) -> str:
    """Format a tensor in an f-string: the number of a 0-d tensor by `spec`, others as `str` does.

    Args:
        value: a tensor, or anything else with `ndim` and `item()`.
        spec: the format specification, such as ".2f".
        plain: False for meta tensors and subclasses; PyTorch never formats those as numbers.

    Raises:
        TypeError: a specification for what is not one number; the message names the tensor.
    Source: torch.Tensor.__format__.

    >>> format_scalar(np.array(2.0), ".3f")
    '2.000'
    """
    if plain and value.ndim == 0:
        return format(value.item(), spec)
    if not spec:
        return str(value)
    raise refuse(
        TypeError,
        "format",
        f"unsupported format string passed to {type(value).__name__}.__format__",
        f"show it whole with no format, or its numbers: "
        f"[format(v, {spec!r}) for v in input.flatten().tolist()]",
        input=value,
        format_spec=spec,
    )


def shape_and_dtype(
    shape: Sequence[int], dtype_name: str, default_dtype_name: str, shape_only: bool
) -> list[str]:
    """List the size and the dtype where the printed elements leave them open."""
    empty = 0 in shape
    obvious = {default_dtype_name}
    if not (empty or shape_only):
        wide = default_dtype_name == "float64"
        obvious |= {"int64", "bool", "complex128" if wide else "complex64"}
    sized = shape_only or (len(shape) != 1 if empty else OPTIONS.edgeitems == 0)
    remarks = [f"size={tuple(shape)}"] if sized else []
    return remarks if dtype_name in obvious else [*remarks, f"dtype=torch.{dtype_name}"]


def with_remarks(text: str, remarks: Sequence[str], indent: int) -> str:
    """Add the remarks after commas, each on a new line where it would be too wide."""
    # PyTorch counts two characters more than the elements' last line has.
    column = len(text.rpartition("\n")[2]) + 2
    for remark in remarks:
        column += len(remark) + 2
        gap = " "
        if column > OPTIONS.linewidth:
            gap = "\n" + " " * indent
            column = indent + len(remark)
        text += f",{gap}{remark}"
    return text


def elements_text(array: np.ndarray, indent: int) -> str:
    """Write the elements in brackets, the first bracket standing in column `indent`."""
    if array.size == 0:
        return "[]"
    edge = OPTIONS.edgeitems
    large = array.size > OPTIONS.threshold
    cuts = [large and length > 2 * edge for length in array.shape]
    shown = corners(array, cuts, edge)
    words, width = spell(shown)
    room = OPTIONS.linewidth - indent - max(array.ndim - 1, 0)
    rows = np.array(words, dtype=object).reshape(shown.shape).tolist()
    return bracket(rows, cuts, indent, columns=max(1, room // (width + 2)))


def corners(array: np.ndarray, cuts: Sequence[bool], edge: int) -> np.ndarray:
    """Keep the first and last `edge` positions of every axis that is cut."""
    if not any(cuts):
        return array
    kept = [
        np.r_[:edge, length - edge : length] if cut else np.arange(length)
        for cut, length in zip(cuts, array.shape, strict=True)
    ]
    shown: np.ndarray = array[np.ix_(*kept)]
    return shown


def bracket(rows: Any, cuts: Sequence[bool], indent: int, columns: int) -> str:
    """Lay nested lists of words out, with dots where an axis was cut."""
    if not cuts:
        return str(rows)
    depth, edge = len(cuts), OPTIONS.edgeitems
    parts = rows if depth == 1 else [bracket(r, cuts[1:], indent + 1, columns) for r in rows]
    if cuts[0]:
        # Inside a row the dots keep their distance, unless they stand alone.
        dots = " ..." if depth == 1 and edge else "..."
        parts = [*parts[:edge], dots, *parts[edge:]]
    if depth == 1:
        starts = range(0, len(parts), columns)
        parts = [", ".join(parts[start : start + columns]) for start in starts]
    gap = "," + "\n" * max(1, depth - 1) + " " * (indent + 1)
    return f"[{gap.join(parts)}]"


def spell(array: np.ndarray) -> tuple[list[str], int]:
    """Spell every element; return the words in row order and the width to plan lines with."""
    if array.dtype.kind == "c":
        return spell_complex(array)
    if array.dtype.kind in "biu":
        words = [str(value) for value in array.ravel().tolist()]
        width = max(map(len, words), default=1)
        return [word.rjust(width) for word in words], width
    return spell_floats(array)


def spell_complex(array: np.ndarray) -> tuple[list[str], int]:
    """Spell complex numbers: each part in its own notation, the real parts aligned."""
    reals, real_width = spell_floats(array.real)
    imaginaries, imaginary_width = spell_floats(array.imag)
    words = []
    for real, padded in zip(reals, imaginaries, strict=True):
        imaginary = padded.lstrip()
        sign = "" if imaginary.startswith("-") else "+"
        words.append(f"{real}{sign}{imaginary}j")
    return words, real_width + imaginary_width + 1


def spell_floats(array: np.ndarray) -> tuple[list[str], int]:
    """Spell real numbers in one notation, padded to the widest finite number but zero."""
    values = array.astype(np.float64).ravel()
    # Zeros, infinities and NaNs neither choose the notation nor widen the columns: they may
    # stick out, as they do in PyTorch.
    leading = values[np.isfinite(values) & (values != 0)]
    word = notation(leading)
    width = max((len(word(value)) for value in leading.tolist()), default=1)
    return [word(value).rjust(width) for value in values.tolist()], width


def notation(leading: np.ndarray) -> Callable[[float], str]:
    """Choose how all numbers of an array are spelled: scientific, whole or with decimals."""
    if leading.size == 0:
        return whole
    if OPTIONS.sci_mode or (OPTIONS.sci_mode is None and far_apart(np.abs(leading))):
        return f"{{:.{OPTIONS.precision}e}}".format
    if np.array_equal(leading, np.ceil(leading)):
        return whole
    return f"{{:.{OPTIONS.precision}f}}".format


def far_apart(magnitudes: np.ndarray) -> bool:
    """Tell whether some magnitudes would lose their digits in one column of decimals."""
    low, high = float(magnitudes.min()), float(magnitudes.max())
    return high / low > 1000.0 or high > 1.0e8 or low < 1.0e-4


def whole(value: float) -> str:
    """Spell a whole number with the point that marks it as floating."""
    return f"{value:.0f}." if math.isfinite(value) else f"{value:.0f}"
