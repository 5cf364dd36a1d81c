"""Complex numbers: from two real tensors and back, and the angle of each."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.backends.registry import kernel
from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert, spoken
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.broadcast import broadcast_tensors
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.compare import eq
from minitorch_lazy.ops.elementwise import cos, imag, sin
from minitorch_lazy.ops.join import stack

as_pairs = primitive(
    "complex_as_pairs", view=True, node_name="ViewAsReal",
    x=lambda xp, g: xp.conj(xp.pairs_as_complex(g)),
)  # fmt: skip
from_pairs = primitive(
    "pairs_as_complex", view=True, node_name="ViewAsComplex",
    x=lambda xp, g: xp.complex_as_pairs(xp.conj(g)),
)  # fmt: skip


@public(method=False)
def view_as_real(input: Tensor) -> Tensor:
    """Look at complex numbers as pairs of real ones; writes reach the tensor.

    Returns:
        real (..., 2).

    Raises:
        RuntimeError: the tensor is real.

    Source: torch.view_as_real.

    >>> import minitorch_lazy as torch
    >>> torch.view_as_real(torch.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    check_tensor("view_as_real", "input", input)
    if not input.is_complex():
        raise refuse(RuntimeError, "view_as_real", "view_as_real is only supported for complex "
                     "tensors", "make it one with torch.complex(x, torch.zeros_like(x))",
                     input=input)  # fmt: skip
    return as_pairs(input)


@public(method=False)
def view_as_complex(input: Tensor) -> Tensor:
    """Look at pairs of real numbers as complex ones; writes reach the tensor.

    Args:
        input: float32 or float64 (..., 2), the elements of each pair side by side in memory.

    Raises:
        RuntimeError: the tensor holds no such pairs.

    Source: torch.view_as_complex.

    >>> import minitorch_lazy as torch
    >>> torch.view_as_complex(torch.tensor([[1., 2.]]))
    tensor([1.+2.j])
    """
    check_pairs(input)
    return from_pairs(input)


def check_pairs(input: Tensor) -> None:
    """Refuse what holds no pairs of real numbers."""
    check_tensor("view_as_complex", "input", input)
    headline, mend = "", "stack the parts: torch.stack((real, imag), -1)"
    if input.dtype not in (types.float32, types.float64):
        headline = ("view_as_complex is only supported for float and double tensors, but got a "
                    f"tensor of scalar type: {spoken(input.dtype.name)}")  # fmt: skip
        mend = "convert it with .float()"
    elif not input.ndim:
        headline = "Input tensor must have one or more dimensions"
    elif input.array.shape[-1] != 2:
        headline = "Tensor must have a last dimension of size 2"
    elif input.numel() and input.stride(-1) != 1:
        headline, mend = "Tensor must have a last dimension with stride 1", "use .contiguous()"
    elif input.numel() and any(step % 2 for step in input.stride()[:-1]):
        headline = "Tensor must have a stride divisible by 2 for all but last dimension"
        mend = "use .contiguous()"
    if headline:
        raise refuse(RuntimeError, "view_as_complex", headline, mend, input=input)


def check_parts(name: str, words: tuple[str, str], parts: tuple[Tensor, Tensor]) -> None:
    """Refuse two tensors that are not the parts of complex numbers."""
    for word, part in zip(words, parts, strict=True):
        check_tensor(name, word, part)
    shown = dict(zip(words, parts, strict=True))
    kinds = [spoken(part.dtype.name) for part in parts]
    if not all(part.dtype in (types.float32, types.float64) for part in parts):
        raise refuse(RuntimeError, name, "Expected both inputs to be Float or Double tensors but "
                     f"got {kinds[0]} and {kinds[1]}", "convert both, for example with .float()",
                     **shown)  # fmt: skip
    if kinds[0] != kinds[1]:
        raise refuse(RuntimeError, name, f"Expected object of scalar type {kinds[0]} but got "
                     f"scalar type {kinds[1]} for second argument", "convert one of them",
                     **shown)  # fmt: skip


@public(method=False)
def complex(real: Tensor, imag: Tensor) -> Tensor:
    """Make complex numbers of their parts: y = real + i imag.

    Args:
        real, imag: both float32 or both float64; they broadcast.

    Raises:
        RuntimeError: other types, or two different ones.

    Source: torch.complex.

    >>> import minitorch_lazy as torch
    >>> torch.complex(torch.tensor([1.]), torch.tensor([2.]))
    tensor([1.+2.j])
    """
    check_parts("complex", ("real", "imag"), (real, imag))
    return from_pairs(stack(broadcast_tensors(real, imag), -1))


@public(method=False)
def polar(abs: Tensor, angle: Tensor) -> Tensor:
    """Make complex numbers of magnitude and angle: y = abs (cos angle + i sin angle).

    Args:
        abs, angle: both float32 or both float64; they broadcast.

    Raises:
        RuntimeError: other types, or two different ones.

    Source: torch.polar.

    >>> import minitorch_lazy as torch
    >>> torch.polar(torch.tensor([2.]), torch.tensor([0.]))
    tensor([2.+0.j])
    """
    check_parts("polar", ("abs", "angle"), (abs, angle))
    return complex(abs * cos(angle), abs * sin(angle))


@kernel
def complex_angle(xp: Any, x: Any) -> Any:
    """Return the angle of complex numbers from the real axis."""
    return xp.arctan2(xp.imaginary_part(x), xp.real_part(x))


@kernel
def complex_angle_gradient(xp: Any, g: Any, x: Any) -> Any:
    """Pull back through the angle: it is the imaginary part of ln x; 0 at 0."""
    nothing = xp.equal(x, 0.0)
    slope = -1j / xp.where(nothing, xp.ones_like(x), x)
    return g * xp.where(nothing, xp.zeros_like(x), slope)


@kernel
def half_turn(xp: Any, x: Any) -> Any:
    """Return the angle of real numbers: pi for negative ones, 0 for others, nan for nan."""
    nothing = xp.zeros_like(x)
    turned = xp.where(xp.less(x, 0.0), nothing + math.pi, nothing)
    return xp.where(xp.isnan(x), x, turned)


of_complex = primitive("complex_angle", node_name="Angle", x=complex_angle_gradient)
of_real = primitive("half_turn", node_name="Angle", x=lambda xp, g: xp.zeros_like(g))


@public
def angle(input: Tensor) -> Tensor:
    """Return the angle from the positive real axis, in (-pi, pi]: pi for negative real numbers.

    Its gradient is 0 at 0, and everywhere for real numbers.

    Source: torch.angle.

    >>> import minitorch_lazy as torch
    >>> torch.angle(torch.tensor([1j, -1.]))
    tensor([1.5708, 3.1416])
    """
    check_tensor("angle", "input", input)
    if input.is_complex():
        return of_complex(input)
    integral = input.array.dtype.kind in "biu"
    return of_real(convert(input, types.get_default_dtype().numpy) if integral else input)


@public
def isreal(input: Tensor) -> Tensor:
    """Tell for each element whether its imaginary part is 0.

    Source: torch.isreal.
    """
    check_tensor("isreal", "input", input)
    if input.is_complex():
        return eq(imag(input), 0)
    return input.new_ones(input.shape, dtype=types.bool)
