"""Shape rules of products and of linear algebra."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from minitorch_lazy.backends.meta.array import MetaArray
from minitorch_lazy.backends.meta.keys import axes_of
from minitorch_lazy.backends.meta.layout import Sizes
from minitorch_lazy.backends.meta.moving import diagonal
from minitorch_lazy.backends.meta.rules import named, rule, small
from minitorch_lazy.backends.meta.ufuncs import reduced


@rule("einsum")
def einsum(equation: str, *operands: Any, optimize: Any = False, out: Any = None) -> Any:
    """Sum products by Einstein's convention."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = left.split(",")
    sizes: dict[str, int] = {}
    stacks = [measured(term, x, sizes) for term, x in zip(terms, operands, strict=True)]
    stack = np.broadcast_shapes(*stacks)
    if not arrow:
        letters = left.replace(",", "").replace(".", "")
        alone = "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
        right = ("..." if "..." in left else "") + alone
    before, dots, after = right.partition("...")
    shape = (*(sizes[c] for c in before), *(stack if dots else ()), *(sizes[c] for c in after))
    return MetaArray(shape, np.result_type(*(x.dtype for x in operands)))


def measured(term: str, x: Any, sizes: dict[str, int]) -> Sizes:
    """Note the size of each letter of a term; return the sizes that its dots stand for."""
    before, dots, after = term.partition("...")
    rest = x.ndim - len(before) - len(after)
    if rest < 0 or (rest and not dots):
        raise ValueError(f"einstein sum subscripts string '{term}' does not fit an operand of "
                         f"{x.ndim} dimensions")  # fmt: skip
    letters = [*zip(before, x.shape[: len(before)], strict=True),
               *zip(after, x.shape[x.ndim - len(after):], strict=True)]  # fmt: skip
    for letter, size in letters:
        if sizes.get(letter, 1) not in (1, size) and size != 1:
            raise ValueError(f"operands could not be broadcast together: '{letter}' is "
                             f"{sizes[letter]} and {size}")  # fmt: skip
        sizes[letter] = size if sizes.get(letter, 1) == 1 else sizes[letter]
    return tuple(x.shape[len(before) : len(before) + rest])


@rule("dot")
def dot(a: Any, b: Any, out: Any = None) -> Any:
    """Multiply along the last axis of one and the last but one of the other."""
    if not a.ndim or not b.ndim:
        return np.multiply(a, b)
    return tensordot(a, b, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))


@rule("tensordot")
def tensordot(a: Any, b: Any, axes: Any = 2) -> MetaArray:
    """Sum products along pairs of axes."""
    if isinstance(axes, int):
        axes = (range(a.ndim - axes, a.ndim), range(axes))
    first, second = (axes_of(given, x.ndim) for given, x in zip(axes, (a, b), strict=True))
    if [a.shape[i] for i in first] != [b.shape[i] for i in second]:
        raise ValueError("shape-mismatch for sum")
    shape = (*(n for i, n in enumerate(a.shape) if i not in first),
             *(n for i, n in enumerate(b.shape) if i not in second))  # fmt: skip
    return MetaArray(shape, np.result_type(a.dtype, b.dtype))


@rule("inner")
def inner(a: Any, b: Any) -> Any:
    """Multiply along the last axes."""
    return tensordot(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


@rule("vdot")
def vdot(a: Any, b: Any) -> Any:
    """Multiply all elements of the one, conjugated, with those of the other."""
    return inner(a.reshape(-1), b.reshape(-1))


@rule("outer")
def outer(a: Any, b: Any) -> Any:
    """Multiply each element with each."""
    return np.multiply(a.reshape(-1, 1), b.reshape(1, -1))


@rule("kron")
def kron(a: Any, b: Any) -> MetaArray:
    """Multiply each element with a whole array."""
    count = max(a.ndim, b.ndim)
    wide = [(1,) * (count - x.ndim) + x.shape for x in (a, b)]
    shape = tuple(n * m for n, m in zip(*wide, strict=True))
    return MetaArray(shape, np.result_type(a.dtype, b.dtype))


@rule("trace")
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """Sum a diagonal."""
    return np.sum(diagonal(a, offset, axis1, axis2), -1)


Shapes = Callable[[Sizes, int, int], tuple[Sizes, ...]]


def factored(name: str, shapes: Shapes) -> None:
    """Declare a function of one stack of matrices by the shapes of its results.

    `shapes(stack, rows, columns)` returns one shape for each result. The types are asked of NumPy.
    """
    function = named(name)

    @rule(name)
    def factor(a: Any, *args: Any, **options: Any) -> Any:
        if a.ndim < 2:
            raise np.linalg.LinAlgError(
                f"{a.ndim}-dimensional array given. Array must be at least two-dimensional"
            )
        *stack, rows, columns = a.shape
        shapes_found = shapes(tuple(stack), rows, columns)
        found = function(np.ones((1, 1), a.dtype), *args, **options)
        if not isinstance(found, tuple):
            return MetaArray(shapes_found[0], np.asarray(found).dtype)
        made = [MetaArray(s, part.dtype) for s, part in zip(shapes_found, found, strict=True)]
        return type(found)(*made) if hasattr(found, "_fields") else tuple(made)


def square(result: Callable[[Sizes, int], tuple[Sizes, ...]]) -> Shapes:
    """Refuse matrices that are not square."""

    def shapes(stack: Sizes, rows: int, columns: int) -> tuple[Sizes, ...]:
        if rows != columns:
            raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
        return result(stack, rows)

    return shapes


for matrix in ("linalg.inv", "linalg.cholesky", "linalg.matrix_power"):
    factored(matrix, square(lambda stack, n: ((*stack, n, n),)))
for vector in ("linalg.eigvalsh", "linalg.eigvals"):
    factored(vector, square(lambda stack, n: ((*stack, n),)))
for pair in ("linalg.eigh", "linalg.eig"):
    factored(pair, square(lambda stack, n: ((*stack, n), (*stack, n, n))))
factored("linalg.det", square(lambda stack, n: (stack,)))
factored("linalg.slogdet", square(lambda stack, n: (stack, stack)))
factored("linalg.pinv", lambda stack, rows, columns: ((*stack, columns, rows),))
factored("linalg.matrix_rank", lambda stack, rows, columns: (stack,))


@rule("linalg.svdvals")
def svdvals(x: Any) -> Any:
    """Return singular values."""
    return svd(x, compute_uv=False)


@rule("linalg.svd")
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    """Factor into rotations and singular values."""
    *stack, rows, columns = a.shape
    least = min(rows, columns)
    found: Any = np.linalg.svd(np.ones((1, 1), a.dtype))
    values = MetaArray((*stack, least), found[1].dtype)
    if not compute_uv:
        return values
    inner_rows, inner_columns = (rows, columns) if full_matrices else (least, least)
    u = MetaArray((*stack, rows, inner_rows), found[0].dtype)
    return type(found)(u, values, MetaArray((*stack, inner_columns, columns), found[2].dtype))


@rule("linalg.qr")
def qr(a: Any, mode: str = "reduced") -> Any:
    """Factor into a rotation and a triangle."""
    *stack, rows, columns = a.shape
    least = rows if mode == "complete" else min(rows, columns)
    found: Any = np.linalg.qr(np.ones((1, 1), a.dtype))
    if mode == "raw":
        packed = MetaArray((*stack, rows, columns), found[1].dtype)
        axes = (*range(len(stack)), len(stack) + 1, len(stack))
        return packed.transpose(axes), MetaArray((*stack, least), found[1].dtype)
    r = MetaArray((*stack, least, columns), found[1].dtype)
    if mode == "r":
        return r
    return type(found)(MetaArray((*stack, rows, least), found[0].dtype), r)


@rule("linalg.solve")
def solve(a: Any, b: Any) -> Any:
    """Solve systems of equations: vectors are right-hand sides only where `b` has one axis."""
    inverse = np.linalg.inv(a)
    return np.matmul(inverse, b)


@rule("linalg.lstsq")
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """Solve in the sense of least squares; how many residuals there are follows from the rank."""
    solution = np.matmul(np.linalg.pinv(a), b)
    count = b.shape[1:] or (1,)
    values = np.linalg.svdvals(a)
    return solution, MetaArray(count, solution.dtype), MetaArray((), np.int32), values


@rule("linalg.norm")
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> MetaArray:  # noqa: A002
    """Return the size of vectors or matrices."""
    kind = np.asarray(np.linalg.norm(small(x).ravel()[:1])).dtype
    return MetaArray(reduced(x, axes_of(axis, x.ndim), keepdims)[0], kind)
