"""One entry of a state dict on its way into a module: checked, converted, stored."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_lazy.backends.registry import BACKEND
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.laziness import set_aside
from minitorch_lazy.nn.parameter import Parameter, is_lazy
from minitorch_lazy.nn.uninitialized import fits, shown


class Entry:
    """One parameter or buffer to be loaded.

    Attributes:
        ready: what will be stored: an array of the target's type and device, or for `assign` the
            tensor that takes the target's place.
    """

    def __init__(self, module: Any, name: str, key: str, target: Any, source: Any) -> None:
        self.module, self.name, self.key = module, name, key
        self.target, self.source = target, source
        self.ready: Any = None

    def check(self) -> str | None:
        """Say why the entry cannot be loaded; None if it can."""
        if not isinstance(self.source, Tensor):
            return (
                f'While copying the parameter named "{self.key}", expected torch.Tensor or '
                f"Tensor-like object from checkpoint but received {type(self.source)}"
            )
        given, present = self.source_shape(), shape_of(self.target)
        if present == () and given == (1,):
            self.source, given = self.source[0], ()
        if fits(given, present):
            return None
        return (
            f"size mismatch for {self.key}: copying a param with shape {text(given)} from "
            f"checkpoint, the shape in current model is {text(present)}."
        )

    def source_shape(self) -> Any:
        """Return what is known of the source's shape.

        Raises:
            RuntimeError: it is lazy, and the target is not.
        """
        try:
            return shape_of(self.source) if is_lazy(self.target) else self.source.shape
        except RuntimeError as error:
            error.add_note(
                f"  key     {self.key}: lazy in the state, initialized in the net; what fits is "
                "the state of a net that was called"
            )
            raise

    def prepare(self, assign: bool) -> str | None:
        """Convert what will be stored, and give a lazy target its shape; say what went wrong."""
        if self.target.is_meta and not self.source.is_meta and not assign:
            warnings.warn(
                f"for {self.key}: copying from a non-meta parameter in the checkpoint to a meta "
                "parameter in the current model, which is a no-op. (Did you mean to pass "
                "`assign=True` to assign items in the state dictionary to their corresponding key "
                "in the module instead of copying them in place?)",
                stacklevel=2,
            )
        try:
            with no_grad():
                if assign:
                    self.take_shape()
                    self.ready = replacement(self.target, self.source)
                else:
                    self.ready = self.converted()
        except Exception as error:  # noqa: BLE001 - collected with the other errors
            return (
                f'While copying the parameter named "{self.key}", whose dimensions in the '
                f"checkpoint are {self.source.size()}, an exception occurred : {error.args}."
            )
        return None

    def converted(self) -> Any:
        """Return the elements as an array of the target's type, where the target is."""
        if self.source.is_complex() and not self.target.is_complex():
            raise TypeError(f"complex values do not fit into {self.target.dtype}")
        source = self.source.detach().to(self.target.device, self.target.dtype)
        self.take_shape()
        array = self.target.array
        if not BACKEND[array.__class__].writable(array):
            raise TypeError("the parameter's memory is read-only")
        return source.array

    def take_shape(self) -> None:
        """Give a lazy target the shape of the source, so that its layer can take its sizes."""
        if is_lazy(self.target):
            set_aside(self.module, self.name)
            self.target.materialize(self.source.shape)

    def store(self) -> None:
        """Write what was prepared; nothing can go wrong any more."""
        if isinstance(self.ready, Tensor):
            setattr(self.module, self.name, self.ready)
        else:
            BACKEND[self.ready.__class__].copy_into(self.target.array, self.ready)
            self.target.bump()


def shape_of(tensor: Any) -> Any:
    """Return the shape of a tensor, or of a lazy one the sizes that are known."""
    return tensor.spec if is_lazy(tensor) else tensor.shape


def text(shape: Any) -> str:
    """Show a shape as torch does, and with `?` where a size is not known."""
    return shown(shape) if type(shape) is tuple else str(shape)


def replacement(target: Any, source: Any) -> Any:
    """Return the tensor that takes the place of another one."""
    if not isinstance(target, Parameter):
        return source
    if isinstance(source, Parameter):
        return source.requires_grad_(target.requires_grad)
    return Parameter(source, requires_grad=target.requires_grad)
