"""Making tensors of counted, spaced and patterned numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch_lazy.backends.silence import unwarned
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.public import public, special
from minitorch_lazy.core.size import integer
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.create import empty, filled, finished, full, shape_of, tensor

power, astype = unwarned(np.power), unwarned(np.ndarray.astype)


def shape_only(device: Any) -> bool:
    """Tell whether a tensor on a device has no numbers, so that none need be made."""
    return device is not None and Device(device).type == "meta"


@public(method=False)
def arange(start: Any, end: Any = None, step: Any = 1, *, dtype: types.dtype | None = None,
           device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Count: start, start + step, ... up to before end.

    Source: torch.arange.

    >>> import minitorch_lazy as torch
    >>> torch.arange(1, 2.5, 0.5)
    tensor([1.0000, 1.5000, 2.0000])
    """
    start, end = (0, start) if end is None else (start, end)
    start, end, step = (v.item() if v.__class__ in TENSORS else v for v in (start, end, step))
    whole = all(isinstance(v, (int, np.integer)) for v in (start, end, step))
    kind = dtype or (types.int64 if whole else types.get_default_dtype())
    if kind is types.int64 and all(math.isfinite(v) for v in (start, end, step)):
        start, end, step, whole = int(start), int(end), int(step), True
    if step == 0:
        raise RuntimeError("step must be nonzero\n  mend  give a step that leads to the end")
    if not all(math.isfinite(v) for v in (start, end, step)):
        raise RuntimeError(f"unsupported range: {start} -> {end}")
    if (end - start) * step < 0:
        raise RuntimeError("upper bound and lower bound inconsistent with step sign\n"
                           f"  got     start {start}, end {end}, step {step}")  # fmt: skip
    count = -(-(end - start) // step) if whole else math.ceil((end - start) / step)
    if shape_only(device):
        return filled((count,), 0, kind, device, requires_grad)
    if whole or kind.category == 1:
        array = int(start) + int(step) * np.arange(count)
    else:
        whole_steps = kind.category == 1
        first, by = (int(start), int(step)) if whole_steps else (float(start), float(step))
        array = first + by * np.arange(count)
    return finished(array.astype(kind.numpy), device, requires_grad)


def spaced(start: float, end: float, steps: int, kind: types.dtype) -> np.ndarray[Any, Any]:
    """Return evenly spaced numbers, counted from both ends so that both are exact."""
    if steps < 0:
        raise RuntimeError("number of steps must be non-negative")
    wide = np.complex128 if kind.is_complex else np.float64
    if steps < 2:
        return np.full(steps, start, wide)
    step = (end - start) / (steps - 1)
    place = np.arange(steps)
    return np.where(place < steps // 2, start + step * place, end - step * (steps - 1 - place))


@public(method=False)
def linspace(start: Any, end: Any, steps: int, *, dtype: types.dtype | None = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Space `steps` numbers evenly from start to end, both included.

    Source: torch.linspace.
    """
    start, end = (v.item() if v.__class__ in TENSORS else v for v in (start, end))
    both_real = not isinstance(start, complex) and not isinstance(end, complex)
    default = types.get_default_dtype()
    kind = dtype or (default if both_real else default.to_complex())
    if kind.category < 2:
        start, end = int(start), int(end)
    steps = integer("steps", steps, "linspace")
    if shape_only(device):
        return filled((max(steps, 0),), 0, kind, device, requires_grad)
    array = spaced(start, end, steps, kind)
    return finished(astype(array, kind.numpy), device, requires_grad)


@public(method=False)
def logspace(start: Any, end: Any, steps: int, base: float = 10.0, *,
             dtype: types.dtype | None = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Space the exponents evenly: base^start ... base^end.

    In an integer type start and end lose their fractions, as the results do.

    Source: torch.logspace.
    """
    start, end = (v.item() if v.__class__ in TENSORS else v for v in (start, end))
    kind = dtype or types.get_default_dtype()
    if kind.category < 2:
        start, end = int(start), int(end)
    steps = integer("steps", steps, "logspace")
    if shape_only(device):
        return filled((max(steps, 0),), 0, kind, device, requires_grad)
    array = power(float(base), spaced(start, end, steps, kind))
    return finished(astype(array, kind.numpy), device, requires_grad)


@public(method=False)
def eye(n: int, m: int | None = None, *, dtype: types.dtype | None = None, device: Any = None,
        requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a matrix with ones on its diagonal.

    Source: torch.eye.
    """
    n, m = (integer(word, v, "eye") for word, v in (("n", n), ("m", n if m is None else m)))
    if n < 0 or m < 0:
        raise RuntimeError(f"n must be greater or equal to 0, got {min(n, m)}")
    kind = dtype or types.get_default_dtype()
    if shape_only(device):
        return filled((n, m), 0, kind, device, requires_grad)
    return finished(np.eye(n, m, dtype=kind.numpy), device, requires_grad)


def triangle(row: int, col: int, offset: int, lower: bool, dtype: Any, device: Any) -> Tensor:
    """Return the places of one triangle of a matrix, row by row."""
    if shape_only(device):
        below = (min(max(i + offset + lower, 0), col) for i in range(row))
        count = sum(n if lower else col - n for n in below)
        return filled((2, count), 0, dtype or types.int64, device, False)
    mask = np.tri(row, col, offset if lower else offset - 1, dtype=bool)
    places = np.stack(np.nonzero(mask if lower else ~mask))
    return finished(places.astype((dtype or types.int64).numpy), device, False)


@public(method=False)
def tril_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None,
                 device: Any = None) -> Tensor:  # fmt: skip
    """Return the places of the lower triangle as a (2, n) tensor.

    Source: torch.tril_indices.
    """
    return triangle(row, col, offset, True, dtype, device)


@public(method=False)
def triu_indices(row: int, col: int, offset: int = 0, *, dtype: Any = None,
                 device: Any = None) -> Tensor:  # fmt: skip
    """Return the places of the upper triangle as a (2, n) tensor.

    Source: torch.triu_indices.
    """
    return triangle(row, col, offset, False, dtype, device)


def settings(input: Tensor, dtype: Any, device: Any) -> tuple[Any, Any]:
    """Take type and device of a tensor where none is given."""
    return dtype or input.dtype, device if device is not None else input.device


@public(exported=False)
def new_zeros(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None,
              device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make zeros of this tensor's type and device."""
    shape = shape_of("new_zeros", sizes, size)
    return filled(shape, 0, *settings(input, dtype, device), requires_grad)


@public(exported=False)
def new_ones(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None,
             device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make ones of this tensor's type and device."""
    shape = shape_of("new_ones", sizes, size)
    return filled(shape, 1, *settings(input, dtype, device), requires_grad)


@public(exported=False)
def new_empty(input: Tensor, *sizes: Any, size: Any = None, dtype: Any = None,
              device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a tensor of this tensor's type and device; here its elements are zeros."""
    dtype, device = settings(input, dtype, device)
    return empty(*sizes, size=size, dtype=dtype, device=device, requires_grad=requires_grad)


@public(exported=False)
def new_full(input: Tensor, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
             requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a tensor of one number, of this tensor's type and device."""
    dtype, device = settings(input, dtype, device)
    return full(size, fill_value, dtype=dtype, device=device, requires_grad=requires_grad)


@public(exported=False)
def new_tensor(input: Tensor, data: Any, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Copy data into a tensor of this tensor's type and device."""
    dtype, device = settings(input, dtype, device)
    return tensor(data, dtype=dtype, device=device, requires_grad=requires_grad)


def typed(name: str, dtype: types.dtype) -> Any:
    """Make a legacy constructor such as `FloatTensor`: of sizes, or of data."""

    def construct(*args: Any) -> Tensor:
        if len(args) == 1 and not isinstance(args[0], int):
            return tensor(args[0], dtype=dtype)
        return empty(*args, dtype=dtype)

    construct.__name__ = name
    construct.__doc__ = f"Make a {dtype.name} tensor of data, or of sizes."
    return public(construct, method=False)


FloatTensor = typed("FloatTensor", types.float32)
DoubleTensor = typed("DoubleTensor", types.float64)
HalfTensor = typed("HalfTensor", types.float16)
LongTensor = typed("LongTensor", types.int64)
IntTensor = typed("IntTensor", types.int32)
ByteTensor = typed("ByteTensor", types.uint8)
BoolTensor = typed("BoolTensor", types.bool)


def legacy(cls: type, *args: Any, device: Any = None) -> Tensor:
    """Construct `Tensor(2, 3)` of sizes, or `Tensor(data)` of data, in the default type."""
    if len(args) == 1 and not isinstance(args[0], int):
        if args[0].__class__ in TENSORS:
            return args[0].detach()  # type: ignore[no-any-return]
        return tensor(args[0], dtype=types.get_default_dtype(), device=device)
    if any(not isinstance(n, int) for n in args):
        raise refuse(TypeError, "Tensor", "sizes must be integers",
                     "use torch.tensor(data)", **{f"argument{i}": a for i, a in enumerate(args)})
    return empty(*(args or (0,)), device=device)


special("__new__", legacy)
