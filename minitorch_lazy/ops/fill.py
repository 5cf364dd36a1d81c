"""Filling tensors with one number."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert, number
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.core.views import check_writable, recording, write
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.data import check_range

filled_with = primitive(
    "fill", x=lambda xp, g: xp.zeros_like(g), value=lambda xp, g: g,
)  # fmt: skip


def fitting(input: Tensor, value: Any, name: str) -> Any:
    """Return a number, or a 0-d tensor of the tensor's type.

    Raises:
        RuntimeError: the value has dimensions, is complex where the tensor is real, or is out of
            the range of the tensor's integers.
    """
    if value.__class__ in TENSORS and value.ndim:
        raise refuse(RuntimeError, name, f"{name} only supports 0-dimension value tensor but got "
                     f"tensor with {value.ndim} dimensions.", "use copy_ or expand_as",
                     input=input, value=value)  # fmt: skip
    if is_complex(value) and not input.is_complex():
        raise refuse(RuntimeError, name, "value cannot be converted to type "
                     f"{input.dtype.name} without overflow", "give the real part alone",
                     input=input, value=value)  # fmt: skip
    if value.__class__ in TENSORS:
        return convert(value, input.array.dtype)
    if input.dtype.category == 1:
        check_range(value, value, input.dtype)
    return number(value, input.dtype)


def is_complex(value: Any) -> bool:
    """Tell whether a number or a tensor is complex."""
    if value.__class__ in TENSORS:
        return value.is_complex()  # type: ignore[no-any-return]
    return isinstance(value, complex)


@public
def fill(input: Tensor, value: Any) -> Tensor:
    """Return a tensor of the same shape and type that holds one number everywhere.

    Args:
        value: a number, or a 0-d tensor; a gradient flows to it.

    Source: torch.fill.
    """
    return filled_with(input, fitting(input, value, "fill"))


@public(name="fill_", exported=False)
def fill_in_place(input: Tensor, value: Any) -> Tensor:
    """Set every element to one number.

    Source: torch.Tensor.fill_.
    """
    plain = fitting(input, value, "fill_")
    live = recording(input, plain)
    if live or plain.__class__ in TENSORS:
        check_writable(input, live, "fill_")
        return write(input, filled_with(input, plain), "fill_")
    BACKEND[input.array.__class__].fill_into(input.array, plain)
    input.bump()
    return input


@public(name="zero_")
def zero_in_place(input: Tensor) -> Tensor:
    """Set every element to zero.

    Source: torch.Tensor.zero_.
    """
    return fill_in_place(input, 0)
