"""Diagonals and triangles of matrices."""

from __future__ import annotations

from minitorch_lazy.core import dtype as types
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.promotion import convert
from minitorch_lazy.core.public import public
from minitorch_lazy.core.size import no_dimension
from minitorch_lazy.core.tensor import TENSORS, Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.cast import copy
from minitorch_lazy.ops.create import zeros
from minitorch_lazy.ops.join import joined
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape

diagonal_of = primitive(
    "diagonal", static="offset axis1 axis2", view=True,
    x=lambda xp, g, x_shape, offset, axis1, axis2: xp.embed_diagonal(
        g, shape=x_shape, offset=offset, axis1=axis1, axis2=axis2),
)  # fmt: skip
embedded = primitive(
    "embed_diagonal", static="shape offset axis1 axis2", node_name="DiagonalBackward",
    x=lambda xp, g, offset, axis1, axis2: xp.diagonal(
        g, offset=offset, axis1=axis1, axis2=axis2),
)  # fmt: skip
lower = primitive("tril", static="offset", x=lambda xp, g, offset: xp.tril(g, offset=offset))
upper = primitive("triu", static="offset", x=lambda xp, g, offset: xp.triu(g, offset=offset))


@public
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """Look at the diagonal of two dimensions, which becomes the last one.

    Args:
        offset: how many columns to the right of the main diagonal.

    Source: torch.diagonal.

    >>> import minitorch_lazy as torch
    >>> torch.tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    first, second = input.axis(dim1), input.axis(dim2)
    if first == second or input.ndim < 2:
        raise refuse(RuntimeError, "diagonal", "diagonal dimensions cannot be identical "
                     f"{dim1}, {dim2}", "name two dimensions", input=input)  # fmt: skip
    return diagonal_of(input, offset=int(offset), axis1=first, axis2=second)


@public
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Make matrices that hold the last dimension on a diagonal, and zeros elsewhere.

    Args:
        offset: how many columns to the right of the main diagonal.
        dim1, dim2: where the matrices' dimensions stand in the result.

    Source: torch.diag_embed.
    """
    count = input.ndim + 1
    for dim in (dim1, dim2):
        if not -count <= dim < count:
            raise no_dimension(dim, count, input.array.shape)
    first, second = dim1 % count, dim2 % count
    if first == second:
        raise refuse(RuntimeError, "diag_embed", "diagonal dimensions cannot be identical "
                     f"{dim1}, {dim2}", "name two dimensions", input=input)  # fmt: skip
    size = input.array.shape[-1] + abs(offset)
    rest = iter(input.array.shape[:-1])
    shape = tuple(size if place in (first, second) else next(rest) for place in range(count))
    return embedded(
        input, shape=shape, offset=int(offset), axis1=first, axis2=second
    )


@public
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Copy the diagonal of a matrix, or make a matrix that has a vector on its diagonal.

    Source: torch.diag.
    """
    if input.ndim == 1:
        return diag_embed(input, diagonal)
    if input.ndim != 2:
        raise refuse(RuntimeError, "diag", f"diag(): Supports 1D or 2D tensors. Got {input.ndim}D",
                     "use diagonal or diag_embed", input=input)  # fmt: skip
    return copy(diagonal_of(input, offset=int(diagonal), axis1=0, axis2=1))


@public
def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """Make a matrix that has all elements on its diagonal.

    Source: torch.diagflat.
    """
    return diag_embed(reshape(input, -1), offset)


def check_matrix(input: Tensor, name: str) -> None:
    """Refuse tensors that hold no matrices."""
    if input.ndim < 2:
        raise refuse(RuntimeError, name, f"{name}: input tensor must have at least 2 dimensions",
                     "unsqueeze it", input=input)  # fmt: skip


@public(inplace=True)
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """Keep the lower triangle of matrices, with zeros above.

    Args:
        diagonal: the last diagonal that is kept, counted to the right of the main one.

    Source: torch.tril.
    """
    check_matrix(input, "tril")
    return lower(input, offset=int(diagonal))


@public(inplace=True)
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """Keep the upper triangle of matrices, with zeros below.

    Args:
        diagonal: the first diagonal that is kept, counted to the right of the main one.

    Source: torch.triu.
    """
    check_matrix(input, "triu")
    return upper(input, offset=int(diagonal))


@public
def trace(input: Tensor) -> Tensor:
    """Sum the diagonal of a matrix.

    Source: torch.trace.
    """
    if input.ndim != 2:
        raise refuse(RuntimeError, "trace", "trace: expected a matrix, but got tensor with dim "
                     f"{input.ndim}", "sum a diagonal(dim1=, dim2=)", input=input)  # fmt: skip
    return total(diagonal(input))


@public(method=False)
def block_diag(*tensors: Tensor) -> Tensor:
    """Put matrices on the diagonal of a larger one, with zeros elsewhere.

    Args:
        tensors: of two dimensions or fewer; vectors are rows, numbers are (1, 1). They take their
            common type.

    Returns:
        (sum of the rows, sum of the columns).

    Raises:
        RuntimeError: a tensor has more than two dimensions.

    Source: torch.block_diag.

    >>> import minitorch_lazy as torch
    >>> torch.block_diag(torch.tensor([1, 2]), torch.tensor(3))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    for place, x in enumerate(tensors):
        if x.__class__ not in TENSORS:
            raise TypeError(f"expected Tensor as element {place} in argument 0, but got "
                            f"{type(x).__name__}\n  mend    give the tensors one by one, each made "
                            "with torch.tensor(...)")  # fmt: skip
        if x.ndim > 2:
            raise refuse(RuntimeError, "block_diag", "torch.block_diag: Input tensors must have 2 "
                         f"or fewer dimensions. Input {place} has {x.ndim} dimensions",
                         "flatten or index it", input=x)  # fmt: skip
    if not tensors:
        return zeros(1, 0)
    kind = types.common(x.array for x in tensors).numpy
    blocks = [convert(reshape(x, (1,) * (2 - x.ndim) + tuple(x.shape)), kind) for x in tensors]
    width, left, rows = sum(block.array.shape[1] for block in blocks), 0, []
    for block in blocks:
        height, own = block.array.shape
        sides = [block.new_zeros(height, n) for n in (left, width - left - own)]
        rows.append(joined(sides[0], block, sides[1], axis=1))
        left += own
    return joined(*rows, axis=0)
