"""Functions of whole numbers: common divisors and multiples, and places from their numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert, spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.pointwise import floor_divide, remainder


def common(name: str, what: str) -> Callable[[Tensor, Tensor], Tensor]:
    """Declare a function of two integers."""
    op = primitive(name, arguments="a b", casts="promote")

    def function(input: Tensor, other: Tensor) -> Tensor:
        for word, value in (("input", input), ("other", other)):
            check_tensor(name, word, value)
            if value.array.dtype.kind not in "iu":
                raise refuse(NotImplementedError, name, f"\"{name}_cpu\" not implemented for "
                             f"'{spoken(value.dtype.name)}'", "convert it to an integer type, for "
                             "example with .long()", input=input, other=other)  # fmt: skip
        return op(input, other)

    doc = f"""Return the {what} of two integers, element by element.

    Raises:
        NotImplementedError: a tensor holds no integers.

    Source: torch.{name}.
    """
    return public(function, name=name, inplace=True, doc=doc)


gcd = common("gcd", "greatest common divisor, 0 or more,")
lcm = common("lcm", "least common multiple, 0 or more,")


@public(method=False)
def unravel_index(indices: Tensor, shape: Any) -> tuple[Tensor, ...]:
    """Return the places that elements have in a shape, by their numbers in row-major order.

    Args:
        indices: integers; what is too large starts again from 0.
        shape: an integer or several, 0 or more.

    Returns:
        for each dimension of the shape an int64 tensor of the indices' shape.

    Raises:
        TypeError: something is no integer.
        ValueError: a size is negative.
        RuntimeError: a size is 0.

    Source: torch.unravel_index.

    >>> import minitorch_lazy as torch
    >>> torch.unravel_index(torch.tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    check_tensor("unravel_index", "indices", indices)
    if indices.array.dtype.kind not in "iu":
        raise refuse(TypeError, "unravel_index", "expected 'indices' to be integer dtype, but got "
                     f"{indices.dtype}", "convert it with .long()", indices=indices)  # fmt: skip
    sizes = checked_sizes(shape)
    places = convert(indices, types.int64.numpy)
    steps = [math.prod(sizes[place + 1 :]) for place in range(len(sizes))]
    return tuple(remainder(floor_divide(places, step), size)
                 for step, size in zip(steps, sizes, strict=True))  # fmt: skip


def checked_sizes(shape: Any) -> tuple[int, ...]:
    """Read a shape in which places can be."""
    if not isinstance(shape, (int, tuple, list)):
        raise refuse(TypeError, "unravel_index", "expected 'shape' to be int or sequence of ints, "
                     f"but got {type(shape)}", "give a tuple of integers", shape=shape)  # fmt: skip
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    for size in sizes:
        if not isinstance(size, int):
            raise refuse(TypeError, "unravel_index", "expected 'shape' sequence to only contain "
                         f"ints, but got {type(size)}", "give integers", shape=shape)  # fmt: skip
    if any(size < 0 for size in sizes):
        raise refuse(ValueError, "unravel_index", "'shape' cannot have negative values, but got "
                     f"{sizes}", "give the sizes of a tensor", shape=shape)  # fmt: skip
    if 0 in sizes:
        raise refuse(RuntimeError, "unravel_index", "ZeroDivisionError: no element has a place in "
                     f"the shape {sizes}", "leave out sizes of 0", shape=shape)  # fmt: skip
    return sizes
