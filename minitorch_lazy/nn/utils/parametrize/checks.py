"""What is asked of a parametrization before it is registered, and of what it returns."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import mended
from minitorch_lazy.nn.module import Module
from minitorch_lazy.nn.snapshot import Snapshot

NO_PARTS = "must return a Tensor or a Sequence of tensors (list, tuple...)."
PARTS = "return one tensor, or a tuple with a tensor for each argument of forward"
LIKE = "return a tensor like the one that is given, or register it with unsafe=True"


@contextmanager
def undone_on_failure(parametrization: Any) -> Iterator[None]:
    """Put a parametrization back, its modes and buffers too, if the block fails."""
    if not isinstance(parametrization, Module):
        raise TypeError(
            f"a parametrization must be a Module, got {spoken(parametrization)}\n"
            "  mend    make one of a class with `forward(self, tensor)` that extends nn.Module"
        )
    before = [Snapshot(each, elements=True) for each in parametrization.modules()]
    try:
        yield
    except BaseException as error:
        for each in reversed(before):
            each.restore()
        error.add_note(f"  from    the parametrization by {type(parametrization).__name__}")
        raise


def spoken(value: Any) -> str:
    """Name what was given in place of a module."""
    return f"the class {value.__name__}" if isinstance(value, type) else type(value).__name__


def inverse_of(parametrization: Any, value: Any) -> Any:
    """Apply `right_inverse`; a parametrization without one counts as its own."""
    if not hasattr(parametrization, "right_inverse"):
        return value
    try:
        return parametrization.right_inverse(value)
    except NotImplementedError:
        return value


def changed(before: Any, after: Any, *attributes: str) -> Iterator[tuple[str, Any, Any]]:
    """Walk over those attributes in which two tensors differ."""
    for what in attributes:
        was, got = getattr(before, what), getattr(after, what)
        if was != got:
            yield what, was, got


def check_inverse(new: Any, original: Tensor) -> None:
    """Refuse what `right_inverse` returned unless it can be the original, or the originals."""
    if new.__class__ in TENSORS:
        for what, was, got in changed(original, new, "dtype", "device"):
            raise mended(ValueError(
                f"When `right_inverse` outputs one tensor, it may not change the {what}.\n"
                f"original.{what}: {was}\nright_inverse(original).{what}: {got}"
            ), f"let right_inverse return value.to({str(was)!r})" if what == "device" else
               f"let right_inverse return value.to({was})")  # fmt: skip
        return
    if not isinstance(new, Sequence) or isinstance(new, str):
        raise mended(ValueError(f"'right_inverse' {NO_PARTS} Got {type(new).__name__}"), PARTS)
    for place, part in enumerate(new):
        if part.__class__ not in TENSORS:
            raise mended(ValueError(
                f"'right_inverse' {NO_PARTS} Got element {place} of the sequence with type "
                f"{type(part).__name__}."
            ), PARTS)  # fmt: skip
    if not new:
        raise mended(ValueError(f"'right_inverse' {NO_PARTS} Got a sequence of no tensors."), PARTS)


def check_value(value: Any, original: Tensor) -> None:
    """Refuse a first parametrization that makes something else of a tensor than its like."""
    check_tensor(value)
    for what, was, got in changed(original, value, "dtype", "shape", "device"):
        raise mended(ValueError(
            f"Registering a parametrization may not change the {what} of the tensor, unless "
            f"`unsafe` flag is enabled.\nunparametrized {what}: {was}\nparametrized {what}: {got}"
        ), LIKE)  # fmt: skip


def check_tensor(value: Any) -> None:
    """Refuse a parametrization that returns no tensor."""
    if value.__class__ not in TENSORS:
        raise mended(
            ValueError(f"A parametrization must return a tensor. Got {type(value).__name__}."),
            "let its forward return the tensor",
        )


def check_next(parametrization: Any, before: Tensor, name: str) -> None:
    """Refuse a further parametrization that changes shape or type, there or back."""
    after = parametrization(before)
    check_tensor(after)
    for what, was, got in changed(before, after, "dtype", "shape", "device"):
        raise mended(ValueError(
            f"Registering a parametrization may not change the {what} of the tensor, unless the "
            f"`unsafe` flag is enabled.\nmodule.{name}.{what}: {was}\n"
            f"parametrization(module.{name}).{what}: {got}"
        ), LIKE)  # fmt: skip
    back = inverse_of(parametrization, after)
    if back.__class__ not in TENSORS:
        raise mended(ValueError(
            f"parametrization.right_inverse must return a tensor. Got: {type(back).__name__}"
        ), "let it return one; only what is registered first may return several")  # fmt: skip
    for what, was, got in changed(before, back, "dtype", "shape", "device"):
        raise mended(ValueError(
            f"The tensor returned by parametrization.right_inverse must have the same {what} as "
            f"module.{name}, unless the `unsafe` flag is enabled.\nmodule.{name}.{what}: {was}\n"
            f"returned {what}: {got}"
        ), LIKE)  # fmt: skip


def check_takes_one(parametrization: Any, name: str) -> None:
    """Refuse to put a parametrization of several tensors on top of another one."""
    try:
        inspect.signature(parametrization.forward).bind(None)
    except TypeError:
        raise ValueError(
            f"'{name}' is parametrized already: what is registered next takes one tensor, but "
            f"{type(parametrization).__name__}.forward takes several\n"
            "  mend    register the one of several tensors first"
        ) from None
    except ValueError:  # a forward that cannot be looked into
        return


def check_name(module: Any, name: str) -> None:
    """Refuse a tensor whose name a class attribute would hide."""
    if any(name in vars(base) for base in type(module).__mro__):
        raise ValueError(
            f"'{name}' is also an attribute of the class {type(module).__name__}, which would be "
            "found in place of the parametrized tensor\n  mend    rename one of the two"
        )
