"""Integrals and derivatives of what is known at points alone."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import integer
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.join import cat, narrow
from minitorch_lazy.ops.reduce import axes_of, cumsum
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.scan import diff
from minitorch_lazy.ops.shape import reshape


def part(x: Tensor, axis: int, start: int, stop: int = 0) -> Tensor:
    """Look at a piece along an axis; `stop` counts from the end."""
    size = x.array.shape[axis]
    first = max(size + start, 0) if start < 0 else min(start, size)
    return narrow(x, axis, first, max(size + stop - first, 0))


def check_samples(name: str, y: Tensor, x: Any, dx: Any) -> None:
    """Refuse bools, and a spacing that is given twice or is no number."""
    check_tensor(name, "y", y)
    if x is not None:
        check_tensor(name, "x", x)
        if dx is not None:
            raise refuse(TypeError, name, f"{name}() received an invalid combination of arguments: "
                         "x and dx both say how far the samples are apart", "give one of them",
                         x=x, dx=dx)  # fmt: skip
    if any(v is not None and v.array.dtype.kind == "b" for v in (y, x)):
        raise refuse(RuntimeError, name, f"{name}: received a bool input for `x` or `y`, but bool "
                     "is not supported", "convert it, for example with .float()", y=y,
                     x=x)  # fmt: skip
    if not (dx is None or (isinstance(dx, (int, float)) and not isinstance(dx, bool))):
        raise refuse(RuntimeError, name, f"{name}: Currently, we only support dx as a real number.",
                     "give a number, or the places as x", dx=dx)  # fmt: skip


def widths(name: str, y: Tensor, x: Tensor, axis: int) -> Tensor:
    """Return the distances of neighbouring places, shaped to be multiplied with samples.

    A vector of places belongs to the integrated dimension; others are aligned from the right.
    """
    if x.ndim == 1:
        if x.array.shape[0] != y.array.shape[axis]:
            raise refuse(RuntimeError, name, f"{name}: There must be one `x` value for each sample "
                         "point", "make x as long as the dimension", y=y, x=x)  # fmt: skip
        return reshape(diff(x), (-1, *(1,) * (y.ndim - axis - 1)))
    shape = (*(1,) * (y.ndim - x.ndim), *x.array.shape)
    return diff(reshape(x, shape), dim=axis)


def areas(name: str, y: Tensor, x: Tensor | None, dx: Any, axis: int) -> Tensor:
    """Return twice the area of the trapezoid between each two samples."""
    both = part(y, axis, 0, -1) + part(y, axis, 1)
    return both * (float(1 if dx is None else dx) if x is None else widths(name, y, x, axis))


@public(method=False, aliases="trapz")
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1) -> Tensor:
    """Integrate along a dimension by the trapezoidal rule.

        sum over i of (x[i + 1] - x[i]) (y[i] + y[i + 1]) / 2

    Args:
        y: the samples.
        x: where they were taken: a vector for all, or a tensor that is broadcast with them.
        dx: how far they are apart, 1 where neither is given.
        dim: the dimension that is integrated.

    Raises:
        RuntimeError: there is not one place for each sample; a tensor is bool.

    Source: torch.trapezoid.

    >>> import minitorch_lazy as torch
    >>> torch.trapezoid(torch.tensor([1., 5., 10.]), torch.tensor([1., 3., 6.]))
    tensor(28.5000)
    """
    axis = axis_of("trapezoid", y, dim)
    if not y.array.shape[axis]:
        return total(y, axis, dtype=y.dtype)
    check_samples("trapezoid", y, x, dx)
    return total(areas("trapezoid", y, x, dx, axis), axis) / 2.0


@public(method=False)
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Any = None, dim: int = -1
                         ) -> Tensor:  # fmt: skip
    """Integrate from the first sample to each later one by the trapezoidal rule.

    Args:
        y, x, dx, dim: as those of `trapezoid`.

    Returns:
        one element less than `y` along the dimension.

    Source: torch.cumulative_trapezoid.

    >>> import minitorch_lazy as torch
    >>> torch.cumulative_trapezoid(torch.tensor([1., 5., 10.]))
    tensor([ 3.0000, 10.5000])
    """
    axis = axis_of("cumulative_trapezoid", y, dim)
    check_samples("cumulative_trapezoid", y, x, dx)
    return cumsum(areas("cumulative_trapezoid", y, x, dx, axis), axis) / 2.0


def axis_of(name: str, y: Tensor, dim: int) -> int:
    """Count a dimension from the front; a number has none."""
    check_tensor(name, "y", y)
    if not y.ndim:
        raise refuse(IndexError, name, f"Dimension specified as {dim} but tensor has no dimensions",
                     "reshape(1) it", y=y)  # fmt: skip
    return y.axis(dim)


@public(method=False)
def gradient(input: Tensor, *, spacing: Any = 1, dim: Any = None, edge_order: int = 1
             ) -> tuple[Tensor, ...]:  # fmt: skip
    """Estimate derivatives along dimensions by central differences, one-sided at both ends.

    Args:
        spacing: how far samples are apart: one number, or for each dimension a number or a vector
            of places.
        dim: a dimension or several; None means all.
        edge_order: 1 or 2, the order of the estimate at both ends.

    Returns:
        for each dimension a tensor of the input's shape.

    Raises:
        RuntimeError: a dimension has not `edge_order + 1` samples; spacings do not fit.

    Source: torch.gradient.

    >>> import minitorch_lazy as torch
    >>> torch.gradient(torch.tensor([1., 4., 9., 16.]))
    (tensor([3., 4., 6., 7.]),)
    """
    check_tensor("gradient", "input", input)
    axes = () if dim is not None and dim in ((), []) else axes_of(input, dim)
    steps = spacings(input, spacing, dim, axes)
    check_gradient(input, axes, edge_order)
    return tuple(slope(input, step, axis, edge_order)
                 for step, axis in zip(steps, axes, strict=True))  # fmt: skip


def spacings(input: Tensor, spacing: Any, dim: Any, axes: tuple[int, ...]) -> list[Any]:
    """Return a number or a vector of places for each dimension."""
    if spacing.__class__ in TENSORS:
        spacing = spacing.item()
    if not isinstance(spacing, (tuple, list)):
        return [1 if spacing is None else spacing] * len(axes)
    if len(spacing) != len(axes):
        length = f"a list of length {input.ndim}" if dim is None \
            else "it's spacing and dim arguments to have the same length"  # fmt: skip
        raise refuse(RuntimeError, "gradient", "torch.gradient expected spacing to be unspecified, "
                     f"a scalar or {length}, but got a spacing argument of length {len(spacing)}",
                     "give one spacing for each dimension", input=input, dim=axes)  # fmt: skip
    for step in spacing:
        if step.__class__ in TENSORS and step.ndim != 1:
            raise refuse(RuntimeError, "gradient", "torch.gradient expected each element of "
                         "spacing to have one dimension, but got an element with "
                         f"{step.ndim} dimensions!", "give numbers or vectors of places",
                         spacing=step)  # fmt: skip
    return list(spacing)


def check_gradient(input: Tensor, axes: tuple[int, ...], edge_order: int) -> None:
    """Refuse what has no differences."""
    if input.array.dtype.kind == "u":
        raise refuse(RuntimeError, "gradient", "torch.gradient does not support uint8 input.",
                     "convert it, for example with .float()", input=input)  # fmt: skip
    if integer("edge_order", edge_order, "gradient") not in (1, 2):
        raise refuse(RuntimeError, "gradient", "torch.gradient only supports edge_order=1 and "
                     "edge_order=2.", "choose one of them", edge_order=edge_order)  # fmt: skip
    if any(input.array.shape[axis] < edge_order + 1 for axis in axes):
        raise refuse(RuntimeError, "gradient", "torch.gradient expected each dimension size to be "
                     f"at least edge_order+1, which is {edge_order + 1}",
                     "take more samples, or name the other dimensions in dim", input=input,
                     dim=axes)  # fmt: skip


def slope(x: Tensor, step: Any, axis: int, edge_order: int) -> Tensor:
    """Estimate the derivative along one dimension."""
    if step.__class__ not in TENSORS:
        first, last = (edge(x, [1] * edge_order, axis, last) for last in (False, True))
        middle = (part(x, axis, 2) - part(x, axis, 0, -2)) / step / 2
        return cat([first / step, middle, last / step], axis)
    gap = diff(step)
    before, after = part(gap, 0, 0, -1), part(gap, 0, 1)
    both, shape = before + after, (-1, *(1,) * (x.ndim - axis - 1))
    factors = (-after / (before * both), (after - before) / (before * after),
               before / (after * both))  # fmt: skip
    samples = part(x, axis, 0, -2), part(x, axis, 1, -1), part(x, axis, 2)
    terms = [reshape(f, shape) * sample for f, sample in zip(factors, samples, strict=True)]
    first = edge(x, [gap[i] for i in range(edge_order)], axis, False)
    last = edge(x, [gap[-1 - i] for i in range(edge_order)], axis, True)
    return cat([first, terms[0] + terms[1] + terms[2], last], axis)


def edge(x: Tensor, gaps: list[Any], axis: int, last: bool) -> Tensor:
    """Estimate the derivative at the first or the last sample.

    Args:
        gaps: one or two distances of samples, from the edge inward.
    """
    size = x.array.shape[axis]
    order, sign = len(gaps), -1 if last else 1
    samples = [narrow(x, axis, size - 1 - i if last else i, 1) for i in range(order + 1)]
    if order == 1:
        return (samples[1] - samples[0]) / (gaps[0] * sign)  # type: ignore[no-any-return]
    near, far = gaps
    both = near + far
    factors = -(near + both) / (near * both), both / (near * far), -near / (far * both)
    terms = [sample * (f * sign) for f, sample in zip(factors, samples, strict=True)]
    return terms[0] + terms[1] + terms[2]  # type: ignore[no-any-return]
