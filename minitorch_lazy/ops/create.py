"""Making tensors: of data, of numbers, of nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from minitorch_lazy.backends.registry import BACKEND, backend_of
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.formats import check_format
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import number
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import whole
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.ops.data import check_range, host_array

primitive("zeros_like", arguments="x")
primitive("ones_like", arguments="x")


def finished(array: Any, device: Any, requires_grad: bool) -> Tensor:
    """Take a host array to its device and make it a tensor."""
    target = Device(device) if device is not None else None
    if target is not None and target.type != "cpu":
        array = backend_of(target.type).from_numpy(array, target.index)
    out = wrap(array)
    return out.requires_grad_() if requires_grad else out


@public(method=False)
def tensor(
    data: Any, *, dtype: types.dtype | None = None, device: Any = None,
    requires_grad: bool = False, pin_memory: bool = False,
) -> Tensor:  # fmt: skip
    """Copy numbers, nested sequences, an array or a tensor into a new tensor.

    Python floats become the default type (float32), integers int64, bools bool; arrays keep theirs.

    Args:
        pin_memory: accepted; host memory here needs no pinning.

    Raises:
        ValueError: sequences of unequal length.
        TypeError: elements that are no numbers.
        RuntimeError: a number that does not fit the type.

    Source: torch.tensor.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([[1., 2.], [3., 4.]])
    tensor([[1., 2.],
            [3., 4.]])
    """
    if isinstance(data, np.ndarray) and device is not None and Device(device).type == "meta":
        found = types.from_numpy(data.dtype)
        return filled(data.shape, 0, dtype or found, device, requires_grad)
    if data.__class__ in TENSORS:
        array = BACKEND[data.array.__class__].copy(data.array)
        out = wrap(array)
        out = out.to(device if device is not None else data.device, dtype or data.dtype)
        return out.requires_grad_() if requires_grad else out
    array = host_array(data, dtype)
    return finished(array, device, requires_grad)


@public(method=False, aliases="asarray")
def as_tensor(data: Any, dtype: types.dtype | None = None, device: Any = None) -> Tensor:
    """Make a tensor of data, sharing memory with an array or tensor where nothing changes.

    Source: torch.as_tensor.
    """
    if data.__class__ in TENSORS:
        return data.to(device or data.device, dtype or data.dtype)  # type: ignore[no-any-return]
    if isinstance(data, np.ndarray):
        return from_numpy(data).to(device or "cpu", dtype)
    return tensor(data, dtype=dtype, device=device)


@public(method=False)
def from_numpy(ndarray: np.ndarray[Any, Any]) -> Tensor:
    """Make a tensor over the memory of a NumPy array: writes are seen by both.

    A read-only array is copied, so that its memory stays as it is.

    Raises:
        TypeError: not an array, or of a type that tensors do not have.

    Source: torch.from_numpy.
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    types.from_numpy(ndarray.dtype)
    array = ndarray.view(np.ndarray)
    if not array.dtype.isnative:
        array = array.astype(array.dtype.newbyteorder("="))
    if any(step % array.itemsize for step in array.strides):
        array = array.copy()
    if any(step < 0 for step in array.strides):
        raise ValueError(
            "At least one stride in the given numpy array is negative, and tensors with negative "
            "strides are not currently supported.\n  mend    use array.copy()"
        )
    return wrap(array if array.flags.writeable else array.copy())


def shape_of(name: str, sizes: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """Read sizes given one by one, as one sequence, or by name.

    Raises:
        TypeError: something else than integers.
        RuntimeError: a size below 0.
    """
    if size is not None:
        return sequence(name, size)
    if not sizes:
        raise TypeError(f"{name}() received no size\n  mend    use {name}(()) for a 0-d tensor")
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    shape = whole(name, "size", sizes)
    if math.prod(shape) >= 2**60:
        raise RuntimeError(f"Storage size calculation overflowed with sizes={list(shape)}\n"
                           "  mend    such a tensor fits in no memory")  # fmt: skip
    for n in shape:
        if n < 0:
            raise RuntimeError(f"Trying to create tensor with negative dimension {n}: {shape}\n"
                               "  mend    sizes are 0 or more")  # fmt: skip
    return shape


def sequence(name: str, size: Any) -> tuple[int, ...]:
    """Read sizes that must be given as one sequence.

    Raises:
        TypeError: a single number, or something else than integers.
    """
    if not isinstance(size, (tuple, list)):
        raise TypeError(f"{name}(): argument 'size' must be tuple of ints, not "
                        f"{type(size).__name__}\n  mend    give a tuple: ({size},)")  # fmt: skip
    return shape_of(name, (size,))


def filled(
    shape: tuple[int, ...], value: Any, dtype: types.dtype | None, device: Any, requires_grad: bool
) -> Tensor:
    """Make a tensor of one number on its device."""
    kind = types.get_default_dtype() if dtype is None else types.checked(dtype)
    target = Device(device) if device is not None else Device("cpu")
    if kind.category == 1:
        check_range(value, value, kind)
    fitting = number(value, kind) if kind.category == 1 else value
    array = backend_of(target.type).full(shape, fitting, kind.numpy)
    out = wrap(array)
    return out.requires_grad_() if requires_grad else out


@public(method=False)
def zeros(*sizes: Any, size: Any = None, dtype: types.dtype | None = None,
          device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a tensor of zeros.

    Source: torch.zeros.
    """
    return filled(shape_of("zeros", sizes, size), 0, dtype, device, requires_grad)


@public(method=False)
def ones(*sizes: Any, size: Any = None, dtype: types.dtype | None = None,
         device: Any = None, requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a tensor of ones.

    Source: torch.ones.
    """
    return filled(shape_of("ones", sizes, size), 1, dtype, device, requires_grad)


@public(method=False)
def empty(*sizes: Any, size: Any = None, dtype: types.dtype | None = None,
          device: Any = None, requires_grad: bool = False,
          memory_format: Any = None) -> Tensor:  # fmt: skip
    """Make a tensor whose elements nobody has set yet; here they are zeros.

    Source: torch.empty.
    """
    check_format(memory_format)
    return filled(shape_of("empty", sizes, size), 0, dtype, device, requires_grad)


@public(method=False)
def full(size: Any, fill_value: Any, *, dtype: types.dtype | None = None, device: Any = None,
         requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a tensor of one number, whose type it takes.

    Source: torch.full.
    """
    if fill_value.__class__ in TENSORS:
        fill_value = fill_value.item()
    kind = dtype or types.scalar_type(fill_value)
    return filled(sequence("full", size), fill_value, kind, device, requires_grad)


@public(method=False)
def scalar_tensor(value: Any, *, dtype: types.dtype | None = None, device: Any = None,
                  requires_grad: bool = False) -> Tensor:  # fmt: skip
    """Make a 0-d tensor of a number; of the default type where none is given.

    Source: torch.scalar_tensor.
    """
    return full((), value, dtype=dtype or types.get_default_dtype(), device=device,
                requires_grad=requires_grad)  # fmt: skip


def like(input: Tensor, value: Any, dtype: Any, device: Any, requires_grad: bool) -> Tensor:
    """Make a tensor of one number, of another's shape, type, device and order in memory.

    Where elements are repeated, the order is row-major.
    """
    x = input.array
    order = list(range(x.ndim))
    turned = not x.flags.c_contiguous and 0 not in x.strides
    if turned:
        order.sort(key=lambda axis: -x.strides[axis])
    out = filled(tuple([x.shape[axis] for axis in order]), value, dtype or input.dtype,
                 device if device is not None else input.device, False)  # fmt: skip
    if turned:
        out = wrap(out.array.transpose([order.index(axis) for axis in range(x.ndim)]))
    return out.requires_grad_() if requires_grad else out


@public(method=False)
def zeros_like(input: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
    """Make zeros of the shape, type and device of a tensor."""
    check_format(memory_format)
    return like(input, 0, dtype, device, requires_grad)


@public(method=False)
def ones_like(input: Tensor, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
    """Make ones of the shape, type and device of a tensor."""
    check_format(memory_format)
    return like(input, 1, dtype, device, requires_grad)


@public(method=False)
def empty_like(input: Tensor, *, dtype: Any = None, device: Any = None,
               requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
    """Make a tensor of the shape, type and device of another; here its elements are zeros."""
    check_format(memory_format)
    return like(input, 0, dtype, device, requires_grad)


@public(method=False)
def full_like(input: Tensor, fill_value: Any, *, dtype: Any = None, device: Any = None,
              requires_grad: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
    """Make a tensor of one number, of the shape, type and device of another."""
    check_format(memory_format)
    return like(input, fill_value, dtype, device, requires_grad)
