"""Changing the type and the device of all that a module holds."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import chain
from typing import Any, Self

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.parameter import is_lazy
from minitorch_lazy.nn.registry import BUFFERS, PARAMETER, members
from minitorch_lazy.nn.walk import Walk
from minitorch_lazy.ops.cast import parse_to
from minitorch_lazy.ops.create import empty_like

Convert = Callable[[Any], Tensor]


class Conversion(Walk):
    """The part of a module that converts what it holds.

    Parameters stay the same objects, so that optimizers keep them; lazy ones stay lazy.

    Source: torch.nn.Module.
    """

    def _apply(self, fn: Convert, recurse: bool = True) -> Self:
        if recurse:
            for child in self.children():
                child._apply(fn)
        for _, parameter in members(self, PARAMETER):
            if parameter is not None:
                convert_in_place(parameter, fn)
        for name, buffer in members(self, *BUFFERS):
            if buffer is None:
                continue
            if is_lazy(buffer):
                convert_in_place(buffer, fn)
            else:
                self.__dict__[name] = fn(buffer)
        return self

    def to(self, *args: Any, **kwargs: Any) -> Self:
        """Move all parameters and buffers to a device, and those of real numbers to a type.

        Args:
            args: `to(device)`, `to(dtype)`, `to(device, dtype)` or `to(tensor)`.
            kwargs: `device`, `dtype`, `non_blocking`.
        Raises:
            TypeError: the type is not floating point or complex.

        Source: torch.nn.Module.to.
        """
        dtype, device, _ = parse_to(None, args, dict(kwargs))  # type: ignore[arg-type]
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={dtype}"
            )
        if dtype is not None and dtype.is_complex:
            warnings.warn(
                "Complex modules are a new feature: some modules might not work as expected when "
                "using complex tensors as parameters or buffers.",
                stacklevel=2,
            )
        return self._apply(lambda t: t.to(device, dtype if is_real(t) else None))

    def cuda(self, device: Any = None) -> Self:
        """Move all parameters and buffers to a GPU.

        Source: torch.nn.Module.cuda.
        """
        return self._apply(lambda t: t.cuda(device))

    def cpu(self) -> Self:
        """Move all parameters and buffers to host memory.

        Source: torch.nn.Module.cpu.
        """
        return self._apply(lambda t: t.cpu())

    def type(self, dst_type: types.dtype | str) -> Self:
        """Convert all parameters and buffers, whatever they hold, to a type.

        Source: torch.nn.Module.type.
        """
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Self:
        """Convert floating-point parameters and buffers to float32.

        Source: torch.nn.Module.float.
        """
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Self:
        """Convert floating-point parameters and buffers to float64.

        Source: torch.nn.Module.double.
        """
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Self:
        """Convert floating-point parameters and buffers to float16.

        Source: torch.nn.Module.half.
        """
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Self:
        """Convert floating-point parameters and buffers to bfloat16.

        Source: torch.nn.Module.bfloat16.
        """
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Self:
        """Move parameters and buffers to a device without their values.

        Source: torch.nn.Module.to_empty.
        """
        return self._apply(
            lambda t: t.to(device) if is_lazy(t) else empty_like(t, device=device), recurse=recurse
        )

    def share_memory(self) -> Self:
        """Put all parameters and buffers where other processes can see them.

        Source: torch.nn.Module.share_memory.
        """
        for tensor in chain(self.parameters(), self.buffers()):
            if is_lazy(tensor):
                tensor.share_memory_()
        return self._apply(lambda t: t.share_memory_())


def is_real(tensor: Tensor) -> bool:
    """Tell whether a tensor holds real or complex numbers, which `Module.to` converts."""
    return tensor.is_floating_point() or tensor.is_complex()


def convert_in_place(tensor: Any, fn: Convert) -> None:
    """Give a tensor, and its gradient, the converted elements; it stays the same object."""
    with no_grad():
        applied = fn(tensor)
        gradient = None if tensor.grad is None else fn(tensor.grad)
    if applied is not tensor:
        tensor.data = applied
    if gradient is not None and gradient is not tensor.grad:
        tensor.grad.data = gradient
