"""Trying out a call that a lazy tensor will remember: a mistake is told where it is made."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from minitorch_lazy.core.generator import Generator
from minitorch_lazy.core.modes import no_grad
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.nn.keyed import aside
from minitorch_lazy.ops.create import empty

RANKS = (2, 3, 4, 5, 1)
"""Which numbers of dimensions stand for an unknown one, the likeliest first."""

MOST_ELEMENTS = 1 << 20
"""A larger tensor is not made for a trial: then a mistake is told when the call is replayed."""


def try_out(tensor: Any, function: Callable[..., Any], args: Any, kwargs: Any) -> None:
    """Make a call on a stand-in for a lazy tensor; what it draws is taken from no stream.

    A size that is not known is 1, or one of the integers among the arguments.

    Raises:
        Exception: what the call raises for each of the shapes that the tensor may take.
    """
    if any(isinstance(value, Tensor) for value in (*args, *kwargs.values())):
        return
    first: Exception | None = None
    for shape in stand_ins(tensor.spec, (*args, *kwargs.values())):
        if math.prod(shape) > MOST_ELEMENTS:
            return
        try:
            with aside(), no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                function(empty(shape, dtype=tensor.dtype), *map(apart, args),
                         **{name: apart(value) for name, value in kwargs.items()})  # fmt: skip
        except Exception as error:  # noqa: BLE001 - whatever it is, the eager call raises it
            first = first or error
        else:
            return
    if first is not None:
        first.add_note(tensor.identity())
        raise first.with_traceback(None)


def stand_ins(spec: tuple[int | None, ...] | None, values: Any) -> Iterator[tuple[int, ...]]:
    """Yield shapes that a lazy tensor may take."""
    specs = [(None,) * rank for rank in RANKS] if spec is None else [spec]
    sizes = [1, *(value for value in values if type(value) is int and 1 < value < 1000)]
    for known in specs:
        for size in sizes if None in known else [1]:
            yield tuple(size if n is None else n for n in known)


def apart(value: Any) -> Any:
    """Return an argument that may be used up: a generator's copy for a generator."""
    return value.clone_state() if isinstance(value, Generator) else value
