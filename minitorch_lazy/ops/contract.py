"""Products of tensors along chosen dimensions, and of vectors in space."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.axes import permute, rolled
from minitorch_lazy.ops.broadcast import broadcast_tensors
from minitorch_lazy.ops.checks import check_tensor
from minitorch_lazy.ops.einsum import einsum
from minitorch_lazy.ops.elementwise import conj
from minitorch_lazy.ops.product import dot, matmul
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import names_of, reshape


@public(method=False)
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Sum products along dimensions of two tensors; the other dimensions of both are the result's.

    A summed dimension of size 1 is broadcast.

    Args:
        dims: how many of a's last and b's first dimensions; or two lists of dimensions.

    Source: torch.tensordot.
    """
    first, second = summed_dimensions(a, b, dims)
    for i, j in zip(first, second, strict=True):
        if a.shape[i] == 1 != b.shape[j]:
            b = total(b, j, True, dtype=b.dtype)
        elif b.shape[j] == 1 != a.shape[i]:
            a = total(a, i, True, dtype=a.dtype)
        elif a.shape[i] != b.shape[j]:
            raise refuse(RuntimeError, "tensordot", "contracted dimensions need to match, but "
                         f"first has size {a.shape[i]} in dim {i} and second has size "
                         f"{b.shape[j]} in dim {j}", "name dimensions of equal size", a=a,
                         b=b)  # fmt: skip
    rows = tuple(i for i in range(a.ndim) if i not in first)
    columns = tuple(j for j in range(b.ndim) if j not in second)
    height, width = (tuple(x.shape[i] for i in places) for x, places in ((a, rows), (b, columns)))
    depth = math.prod(a.shape[i] for i in first)
    left = reshape(permute(a, rows + first), (math.prod(height), depth))
    right = reshape(permute(b, second + columns), (depth, math.prod(width)))
    return reshape(matmul(left, right), height + width)


def summed_dimensions(a: Tensor, b: Tensor, dims: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Read which dimensions are summed."""
    if dims.__class__ in TENSORS:
        dims = dims.tolist()
    if isinstance(dims, int):
        if dims < 0 or dims > min(a.ndim, b.ndim):
            raise refuse(RuntimeError, "tensordot", "tensordot expects dims >= 0 and at most the "
                         f"number of dimensions, but got dims={dims}", "sum fewer dimensions",
                         a=a, b=b)  # fmt: skip
        return tuple(range(a.ndim - dims, a.ndim)), tuple(range(dims))
    first, second = (tuple(d) if isinstance(d, (tuple, list)) else (d,) for d in dims)
    if len(first) != len(second):
        raise refuse(RuntimeError, "tensordot", "both dimension lists should have same length",
                     "name as many of a as of b", a=a, b=b)  # fmt: skip
    return names_of(a, first), names_of(b, second)


@public
def inner(input: Tensor, other: Tensor) -> Tensor:
    """Sum products along the last dimension of both; a number multiplies.

    Source: torch.inner.
    """
    if not input.ndim or not other.ndim:
        return input * other
    if input.shape[-1] != other.shape[-1]:
        raise refuse(RuntimeError, "inner", "inner() the last dimension must match on both input "
                     f"tensors but got shapes {list(input.shape)} and {list(other.shape)}",
                     "transpose one", input=input, other=other)  # fmt: skip
    return tensordot(input, other, ((-1,), (-1,)))


@public
def vdot(input: Tensor, other: Tensor) -> Tensor:
    """Sum the products of two vectors, the first one conjugated: y = sum conj(input) * other.

    Raises:
        RuntimeError: they are no vectors of one type and length.

    Source: torch.vdot.

    >>> import minitorch_lazy as torch
    >>> torch.vdot(torch.tensor([1 + 1j]), torch.tensor([2j]))
    tensor(2.+2.j)
    """
    for word, x in (("input", input), ("other", other)):
        check_tensor("vdot", word, x)
    if input.ndim != 1 or other.ndim != 1:
        raise refuse(RuntimeError, "vdot", f"1D tensors expected, but got {input.ndim}D and "
                     f"{other.ndim}D tensors", "flatten them", input=input,
                     other=other)  # fmt: skip
    if input.numel() != other.numel():
        raise refuse(RuntimeError, "vdot", f"inconsistent tensor size, expected tensor "
                     f"{list(input.shape)} and src {list(other.shape)} to have the same number of "
                     "elements", "cut one of them", input=input, other=other)  # fmt: skip
    return dot(conj(input), other)  # type: ignore[no-any-return]


@public
def kron(input: Tensor, other: Tensor) -> Tensor:
    """Replace each element by its product with a whole tensor.

    Source: torch.kron.
    """
    count = max(input.ndim, other.ndim)
    a, b = ((1,) * (count - x.ndim) + tuple(x.shape) for x in (input, other))
    left = reshape(input, tuple(part for n in a for part in (n, 1)))
    right = reshape(other, tuple(part for n in b for part in (1, n)))
    return reshape(left * right, tuple(n * m for n, m in zip(a, b, strict=True)))


@public
def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """Return the vector product of vectors of 3 elements: across both, by the right-hand rule.

    Args:
        dim: the dimension of the elements; the first of size 3 where not given.

    Source: torch.cross.
    """
    if dim is None:
        dim = next((i for i, n in enumerate(input.shape) if n == 3), None)
        if dim is None:
            raise refuse(RuntimeError, "cross", "no dimension of size 3 in input",
                         "give dim=, of size 3", input=input)  # fmt: skip
    return vector_product(input, other, dim)


def vector_product(input: Tensor, other: Tensor, dim: int = -1) -> Tensor:
    """Return the vector product along a dimension of size 3; the others are broadcast.

    Source: torch.linalg.cross.
    """
    if input.ndim != other.ndim:
        raise refuse(RuntimeError, "cross", "linalg.cross: inputs must have the same number of "
                     "dimensions.", "unsqueeze one", input=input, other=other)  # fmt: skip
    axis = input.axis(dim)
    if input.shape[axis] != 3 or other.shape[axis] != 3:
        raise refuse(RuntimeError, "cross", f"linalg.cross: inputs dimension {dim} must have "
                     f"length 3. Got {input.shape[axis]} and {other.shape[axis]}",
                     "name the dimension of the elements", input=input, other=other)  # fmt: skip
    a, b = broadcast_tensors(input, other)
    (a1, a2), (b1, b2) = (
        [rolled(x, shift=(-n,), axis=(axis,)) for n in (1, 2)] for x in (a, b)
    )  # fmt: skip
    return a1 * b2 - a2 * b1


@public(method=False)
def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None
             ) -> Tensor:  # fmt: skip
    """Compute y[o] = sum over i, j of input1[i] * weight[o, i, j] * input2[j], plus bias[o].

    Args:
        input1: (..., I).
        input2: (..., J).
        weight: (O, I, J).
        bias: (O,).
    Returns:
        (..., O).
    Raises:
        RuntimeError: sizes do not fit; both inputs have the same dimensions before the last.

    Source: torch.nn.functional.bilinear.
    """
    check_bilinear(input1, input2, weight, bias)
    half = einsum("...i,oij->...oj", input1, weight)
    out = einsum("...oj,...j->...o", half, input2)
    return out if bias is None else out + bias


def check_bilinear(a: Tensor, b: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse what does not fit into a bilinear form."""
    arguments = {"input1": a, "input2": b, "weight": weight, "bias": bias}
    given = {name: part for name, part in arguments.items() if part is not None}
    for name, part in given.items():
        check_tensor("bilinear", name, part)

    def refused(headline: str, mend: str) -> Exception:
        return refuse(RuntimeError, "bilinear", f"bilinear(): {headline}", mend, **given)

    if len({part.dtype for part in given.values()}) > 1:
        kinds = ", ".join(f"{name}: {part.dtype.name}" for name, part in given.items())
        raise refused(f"All tensors must have the same dtype, got {kinds}", "convert one")
    if weight.array.ndim != 3:
        raise refused(f"expected weight to be 3-D, but got {weight.ndim} dimensions",
                      "give (out_features, in1_features, in2_features)")  # fmt: skip
    if a.ndim != b.ndim or not a.ndim:
        raise refused(f"input dimensions do not match: got {a.ndim} and {b.ndim}",
                      "give both the same dimensions before the last")  # fmt: skip
    for place, (n, m) in enumerate(zip(a.shape[:-1], b.shape[:-1], strict=True)):
        if n != m:
            raise refused(f"input batch dimensions do not match at dim {place}: got {n} and {m}",
                          "give both the same dimensions before the last")  # fmt: skip
    for place, part in enumerate((a, b), 1):
        if part.shape[-1] != weight.shape[place]:
            sizes = f"got {part.shape[-1]} but expected {weight.shape[place]}"
            raise refused(f"input{place} size does not match weight size: {sizes}",
                          f"build it as nn.Bilinear({a.shape[-1]}, {b.shape[-1]}, "
                          f"{weight.shape[0]})")  # fmt: skip
    if bias is not None and tuple(bias.shape) != tuple(weight.shape[:1]):
        raise refused(f"bias size does not match weight size: got {list(bias.shape)} but expected "
                      f"{weight.shape[0]}", "give one number for each output")  # fmt: skip
