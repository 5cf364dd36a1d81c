"""Changing type and device, and leaving the graph."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.device import device as Device
from minitorch_lazy.core.formats import check_format
from minitorch_lazy.core.mistakes import not_a_tensor
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor, wrap
from minitorch_lazy.core.views import check_writable, rebase, recording
from minitorch_lazy.errors import refuse

astype = primitive(
    "astype", static="dtype", node_name="ToCopy",
    x=lambda xp, g, x_dtype: xp.astype(g, dtype=x_dtype),
)  # fmt: skip

transfer = primitive(
    "transfer", static="device origin", node_name="ToCopy",
    x=lambda xp, g, device, origin: xp.transfer(g, device=origin, origin=device),
)  # fmt: skip

copy = primitive("copy", x=lambda xp, g: g, node_name="Clone")

overwrite = primitive(
    "overwrite", arguments="x value", node_name="Copy", casts=None,
    x=lambda xp, g: xp.zeros_like(g),
    value=lambda xp, g: g,
)  # fmt: skip


def place_of(x: Tensor) -> tuple[str, int | None]:
    """Return device type and number of a tensor."""
    found: tuple[str, int | None] = BACKEND[x.array.__class__].device_of(x.array)
    return found


def to(input: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Convert type, device, or both; return the tensor itself if nothing changes.

    Args:
        args: `to(dtype)`, `to(device)`, `to(device, dtype)` or `to(other)`.
        kwargs: `dtype`, `device`, `copy` (always make a new tensor), `non_blocking` and
            `memory_format`, which make no difference to the result.

    Source: torch.Tensor.to.
    """
    dtype, device, copying = parse_to(input, args, dict(kwargs))
    out = input
    if device is not None and not same_device(out, device):
        origin = place_of(out)
        out = transfer(out, device=(device.type, device.index), origin=origin)
    if dtype is not None and out.array.dtype != dtype.numpy:
        out = astype(out if dtype.category > 1 else detach(out), dtype=dtype.numpy)
    return copy(out) if copying and out is input else out


def parse_to(
    input: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[types.dtype | None, Device | None, bool]:
    """Sort out the arguments of `to`."""
    dtype, device = kwargs.pop("dtype", None), kwargs.pop("device", None)
    copying = bool(kwargs.pop("copy", False))
    kwargs.pop("non_blocking", None)
    check_format(kwargs.pop("memory_format", None))
    if kwargs:
        raise TypeError(f"to() received an invalid keyword argument: {next(iter(kwargs))}")
    for place, arg in enumerate(args):
        if isinstance(arg, (types.dtype, type)):
            dtype = arg
        elif arg.__class__ in TENSORS:
            dtype, device = arg.dtype, arg.device
        elif isinstance(arg, (str, Device)) or (isinstance(arg, int) and arg is not True
                                                and arg is not False):  # fmt: skip
            device = Device(arg)
        elif isinstance(arg, bool) and place > 0:
            copying = copying or (place == len(args) - 1 and place > 1 and arg)
        elif arg is not None:
            raise TypeError(f"to() received an invalid argument: {arg!r}")
    kind = None if dtype is None else types.checked(dtype)
    return kind, None if device is None else Device(device), copying


def same_device(x: Tensor, device: Device) -> bool:
    """Tell whether a tensor is on a device; a device without a number is any of its kind."""
    kind, index = place_of(x)
    return kind == device.type and device.index in (None, index, 0 if index is None else index)


public(to, exported=False)


def type_method(input: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
    """Convert to a dtype, or name the present type as `'torch.FloatTensor'`."""
    if dtype is None:
        prefix = "torch.cuda." if input.is_cuda else "torch."
        return prefix + TENSOR_TYPES[input.dtype]
    if isinstance(dtype, str):
        names = {f"torch.{v}": k for k, v in TENSOR_TYPES.items()}
        if dtype not in names:
            raise ValueError(f"invalid type: '{dtype}'")
        dtype = names[dtype]
    return to(input, dtype)


TENSOR_TYPES = {kind: name + "Tensor" for kind, name in types.SCALARS.items()}
public(type_method, name="type", exported=False)


def conversion(name: str, dtype: types.dtype) -> None:
    """Declare a method that converts to one type."""

    def method(self: Tensor, memory_format: Any = None) -> Tensor:
        return to(self, dtype, memory_format=memory_format)

    public(method, name=name, exported=False, doc=f"Convert to {dtype.name}.")


for method_name, target in {
    "float": types.float32, "double": types.float64, "half": types.float16,
    "bfloat16": types.bfloat16, "long": types.int64, "int": types.int32, "short": types.int16,
    "char": types.int8, "byte": types.uint8, "bool": types.bool, "cfloat": types.complex64,
    "cdouble": types.complex128,
}.items():  # fmt: skip
    conversion(method_name, target)


@public(exported=False)
def type_as(input: Tensor, other: Tensor) -> Tensor:
    """Convert to the type of another tensor."""
    return to(input, other.dtype)


@public(exported=False)
def cpu(input: Tensor, memory_format: Any = None) -> Tensor:
    """Copy to host memory; return the tensor itself if it is there."""
    return to(input, "cpu", memory_format=memory_format)


@public(exported=False)
def cuda(input: Tensor, device: Any = None, non_blocking: bool = False,
         memory_format: Any = None) -> Tensor:  # fmt: skip
    """Copy to a GPU; return the tensor itself if it is there.

    Raises:
        RuntimeError: there is no GPU, or CuPy is not installed; the message says which.
    """
    place = Device(device if device is not None else "cuda")
    return to(input, place, memory_format=memory_format)


@public
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """Copy a tensor, under the graph: gradients flow to the original."""
    check_format(memory_format)
    return copy(input)


@public
def detach(input: Tensor) -> Tensor:
    """Return the same memory outside of the graph; writes are seen by both."""
    out = wrap(input.array)
    out.memory = input.shared()
    return out


@public(exported=False)
def detach_(input: Tensor) -> Tensor:
    """Cut this tensor off from the graph.

    Raises:
        RuntimeError: the tensor is a view, whose base would stay in the graph.
    """
    if input.origin is not None and input.node is not None:
        raise refuse(RuntimeError, "detach_", "Can't detach views in-place. Use detach() instead.",
                     "use detach()", input=input)  # fmt: skip
    input.node = None
    return input


@public(exported=False)
def copy_(input: Tensor, src: Tensor, non_blocking: bool = False) -> Tensor:
    """Write the elements of another tensor, broadcast and converted, into this one."""
    if src.__class__ not in TENSORS:
        if not isinstance(src, (bool, int, float, complex)):
            raise not_a_tensor("copy_", "other", src, 1)
        return input.fill_(src)
    live = recording(input, src)
    check_writable(input, live, "copy_")
    value = to(src, input.device, input.dtype)
    backend = BACKEND[input.array.__class__]
    try:
        if value.array.ndim > input.array.ndim:
            raise ValueError("more dimensions")
        backend.copy_into(input.array, value.array)
    except ValueError:
        raise refuse(
            RuntimeError, "copy_", f"The size of tensor a {tuple(input.shape)} must match the size "
            f"of tensor b {tuple(src.shape)}", "expand or reshape src first", input=input, src=src,
        ) from None  # fmt: skip
    input.bump()
    if live:
        arrays, parents = (input.array, value.array), (input.node, value.node)
        make = overwrite.op.make
        rebase(input, make((input, value), arrays, parents, None, None, None, {}))
    return input


@public(exported=False)
def retain_grad(input: Tensor) -> None:
    """Keep the gradient of this intermediate result in its `grad`."""
    from minitorch_lazy.core.views import wrap_reference

    if input.node is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if input.node.__class__ is not Leaf:
        input.hooks().retain = wrap_reference(input)


@public(method=False)
def result_type(tensor1: Any, tensor2: Any) -> types.dtype:
    """Return the type that an operation on two tensors or numbers has.

    Source: torch.result_type.
    """
    both = (tensor1, tensor2)
    arrays = [x.array for x in both if x.__class__ in TENSORS]
    return types.common(arrays, [x for x in both if x.__class__ not in TENSORS])
