"""One declaration makes the public face of an operation.

    exp = public(primitive("exp", ...), inplace=True, doc="...")

gives the function `torch.exp`, the method `Tensor.exp`, the in-place `Tensor.exp_`, operators and
aliases. The stub `tensor.pyi` is generated from the same declarations.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, overload

from minitorch_lazy.core.derivative import shown_as
from minitorch_lazy.core.mistakes import forgiving
from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.node import Leaf
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.core.views import check_writable, shadow, write

F = TypeVar("F", bound=Callable[..., Any])


class Face(NamedTuple):
    """What was declared of one operation."""

    function: Callable[..., Any]
    method: bool
    inplace: bool
    operators: tuple[str, ...]
    aliases: tuple[str, ...]
    exported: bool


FACES: dict[str, Face] = {}


@overload
def public(function: F, *, name: str = ..., method: bool = ..., inplace: bool = ...,
           operators: str = ..., aliases: str = ..., doc: str = ...,
           exported: bool = ...) -> F: ...  # fmt: skip


@overload
def public(*, name: str = ..., method: bool = ..., inplace: bool = ..., operators: str = ...,
           aliases: str = ..., doc: str = ...,
           exported: bool = ...) -> Callable[[F], F]: ...  # fmt: skip


def public(
    function: Callable[..., Any] | None = None, *, name: str = "", method: bool = True,
    inplace: bool = False, operators: str = "", aliases: str = "", doc: str = "",
    exported: bool = True,
) -> Any:  # fmt: skip
    """Declare the public face of a function whose first argument is the tensor.

    Args:
        name: the public name; the function's own where not given.
        method: whether Tensor gets it as a method.
        inplace: whether Tensor gets the form with `_`, which stores the result in the tensor.
        operators: Python's special methods that are this function, such as `"__mul__ __rmul__"`.
        aliases: other public names.
        doc: the docstring, where the function has none of its own.
        exported: whether it is a function of the package too.
    """
    if function is None:
        return functools.partial(
            public, name=name, method=method, inplace=inplace, operators=operators,
            aliases=aliases, doc=doc, exported=exported,
        )  # fmt: skip
    name = name or function.__name__
    face = Face(
        function, method, inplace, tuple(operators.split()), tuple(aliases.split()), exported
    )
    function.__doc__ = doc or function.__doc__
    if hasattr(function, "op"):
        function.__name__ = function.__qualname__ = function.op.public = name
        function.__module__ = "minitorch_lazy"
    FACES[name] = face
    attach(name, face)
    return function


def attach(name: str, face: Face) -> None:
    """Give Tensor the methods and operators of a face."""
    for each in (name, *face.aliases):
        if face.method:
            along = "dim" in face.function.__code__.co_varnames
            setattr(Tensor, each, forgiving(face.function) if along else face.function)
        if face.inplace:
            setattr(Tensor, each + "_", in_place(each + "_", face.function))
    for special in face.operators:
        if special.startswith("__i") and special != "__invert__":
            setattr(Tensor, special, in_place(special, face.function))
        elif special.startswith("__r") and special not in ("__round__", "__rshift__"):
            setattr(Tensor, special, reflected(special, face.function))
        else:
            setattr(Tensor, special, face.function)


def reflected(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the operator that Python calls when the tensor stands on the right."""

    def operator(self: Tensor, other: Any) -> Any:
        if self.__class__ not in TENSORS:
            raise TypeError(f"{name} is a method of Tensor, not of {type(self).__name__}")
        return function(other, self)

    operator.__name__ = name
    return operator


def in_place(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Make the form of a function that stores its result in its first argument."""

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        if self.node.__class__ is Leaf and GRAD.get():
            check_writable(self, True, name)
        return write(self, function(shadow(self, *args, *kwargs.values()), *args, **kwargs), name)

    method.__name__ = name
    method.__doc__ = f"Do what `{function.__name__}` does, in place; return the tensor."
    return method


def attribute(name: str, getter: Callable[[Tensor], Any]) -> None:
    """Declare a property of tensors, such as `T`."""
    setattr(Tensor, name, property(shown_as(getter, name)))


def special(name: str, function: Callable[..., Any]) -> None:
    """Declare one of Python's special methods, such as `__getitem__`."""
    setattr(Tensor, name, function)
