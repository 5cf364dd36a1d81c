"""What is said to a call that was given something else where a Tensor is due.

Functions read `input.array` and trust what they are given. Where that fails, and only there, the
arguments are compared with the signature, and the first that should have been a Tensor is named.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from minitorch_lazy.core.tensor import TENSORS

PAIRED = (
    ("input", "other"), ("input", "exponent"), ("input", "vec2"), ("input", "tensor1"),
    ("input", "target"), ("sorted_sequence", "input"),
)  # fmt: skip
"""First arguments of functions that are made of operators, which would take arrays in silence."""
OTHER_NAMES = {"axis": "dim", "keepdims": "keepdim"}
EITHER = ("input", "other", "exponent", "min", "max", "value", "alpha", "weight")
"""Arguments that may be numbers too, where they are annotated `Any`."""


def spelled(value: Any) -> str:
    """Name a type as PyTorch does: `list`, `numpy.ndarray`."""
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


def not_a_tensor(
    name: str, word: str, value: Any, position: int = 0, due: str = "Tensor"
) -> TypeError:
    """Say that an argument must be a Tensor, and how to make it one.

    Args:
        position: its place among the arguments, counted from 1; 0 where it was given by name.
    """
    place = f" (position {position})" if position else ""
    mend = "torch.tensor(...)"
    if isinstance(value, np.ndarray):
        mend = f"torch.from_numpy(...), or {mend}, which copies"
    return TypeError(
        f"{name}(): argument '{word}'{place} must be {due}, not {spelled(value)}\n"
        f"  mend    make it one with {mend}"
    )


def guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that, where it fails, names the argument that is no tensor.

    Operators take NumPy arrays, as in PyTorch; functions of the same name do not.
    """
    strict = function.__code__.co_varnames[:2] in PAIRED

    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            if strict:
                for value in args:
                    if value.__class__ is np.ndarray:
                        raise TypeError
            return function(*args, **kwargs)
        except Exception:
            if renames(function, kwargs):
                return function(*args, **{OTHER_NAMES.get(k, k): v for k, v in kwargs.items()})
            mistake = misplaced(name, function, args, kwargs)
            if mistake is None:
                raise
            raise mistake from None

    call.__name__ = call.__qualname__ = name.rpartition(".")[2]
    call.__doc__, call.__annotations__ = function.__doc__, function.__annotations__
    call.__wrapped__ = function  # type: ignore[attr-defined]
    return call


def renames(function: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Tell whether arguments have NumPy's names, which PyTorch takes too: `axis`, `keepdims`."""
    return any(
        word in kwargs and inspect.signature(function).parameters.keys() >= {own}
        and not inspect.signature(function).parameters.keys() >= {word}
        for word, own in OTHER_NAMES.items()
    )  # fmt: skip


def forgiving(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that takes NumPy's names of arguments too, such as `axis` for `dim`."""

    @functools.wraps(function)
    def method(*args: Any, **kwargs: Any) -> Any:
        if kwargs and renames(function, kwargs):
            kwargs = {OTHER_NAMES.get(k, k): v for k, v in kwargs.items()}
        return function(*args, **kwargs)

    return method


def guard(namespace: dict[str, Any], names: Iterable[str], prefix: str = "") -> None:
    """Guard functions of a namespace that do not explain their failures themselves."""
    for name in names:
        function = namespace[name]
        if getattr(function, "__name__", name) != name or not explains(function):
            namespace[name] = guarded(prefix + name, function)
            namespace[name].__module__ = namespace.get("__name__", "minitorch_lazy")


def explains(function: Callable[..., Any]) -> bool:
    """Tell whether a function is a primitive, which names arguments, and refuses arrays."""
    return hasattr(function, "op") and function.__code__.co_varnames[:2] not in PAIRED


def misplaced(
    name: str, function: Callable[..., Any], args: Any, kwargs: Any
) -> TypeError | None:
    """Find the first argument that should have been a Tensor; None where there is none."""
    signature = inspect.signature(function)
    try:
        given = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return None
    alone = explains(function)
    for position, (word, parameter) in enumerate(signature.parameters.items(), 1):
        if word not in given:
            continue
        place = position if word not in kwargs else 0
        value, kind = given[word], str(parameter.annotation)
        if kind == "Sequence[Tensor]" or parameter.kind is parameter.VAR_POSITIONAL:
            mistake = misplaced_element(name, word, value, place, kind)
            if mistake is not None:
                return mistake
        else:
            due = "Tensor" if alone else due_of(word, parameter)
            if due and not fits(value, due):
                return not_a_tensor(name, word, value, place, due)
    return None


def due_of(word: str, parameter: inspect.Parameter) -> str:
    """Say what an argument must be, or nothing where it need not be a tensor."""
    kind = parameter.annotation
    if kind in ("Tensor", "Tensor | None") or (word == "input" and kind is parameter.empty):
        return "Tensor"
    return "Tensor or Number" if word in EITHER and kind in ("Any", parameter.empty) else ""


def fits(value: Any, due: str) -> bool:
    """Tell whether an argument is what it must be."""
    numeric = isinstance(value, (bool, int, float, complex, np.generic))
    return value is None or value.__class__ in TENSORS or (numeric and due != "Tensor")


def misplaced_element(
    name: str, word: str, value: Any, position: int, kind: str
) -> TypeError | None:
    """Find the first element that should have been a Tensor in a sequence of them."""
    if word != "tensors":
        return None
    if value.__class__ in TENSORS or not isinstance(value, (tuple, list)):
        if kind == "Sequence[Tensor]" and value.__class__ not in TENSORS:
            return not_a_tensor(name, word, value, position, "tuple of Tensors")
        return None
    for place, element in enumerate(elements(value)):
        if element.__class__ not in TENSORS:
            return TypeError(
                f"{name}(): expected Tensor as element {place} in argument 0, but got "
                f"{spelled(element)}\n  mend    make it one with torch.tensor(...)"
            )
    return None


def elements(value: Any) -> Iterator[Any]:
    """Go through tensors that were given one by one or as one sequence."""
    alone = len(value) == 1 and isinstance(value[0], (tuple, list))
    yield from value[0] if alone and value[0] and value[0][0].__class__ in TENSORS else value
