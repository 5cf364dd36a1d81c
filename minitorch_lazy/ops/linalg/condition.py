"""How much a matrix enlarges relative errors."""

from __future__ import annotations

import math
from typing import Any

from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops.compare import where
from minitorch_lazy.ops.elementwise import abs as absolute
from minitorch_lazy.ops.linalg.checks import check_matrix, check_square, identity
from minitorch_lazy.ops.linalg.determinant import signed
from minitorch_lazy.ops.linalg.svd import svdvals
from minitorch_lazy.ops.linalg.systems import inverted
from minitorch_lazy.ops.norms import matrix_norm
from minitorch_lazy.ops.reduce import sum as total
from minitorch_lazy.ops.shape import reshape


def cond(input: Tensor, p: Any = None) -> Tensor:
    """Return the condition number |A| |A^-1|; that of singular matrices is infinite.

    Args:
        input: (*, M, N) for p None, 2 and -2, which compare singular values; else (*, N, N).
        p: the norm: None (2), 2, -2, 1, -1, inf, -inf, "fro" or "nuc".

    Source: torch.linalg.cond.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.cond(torch.tensor([[4., 0.], [0., 2.]]))
    tensor(2.)
    """
    if p not in (None, 2, -2, 1, -1, math.inf, -math.inf, "fro", "nuc"):
        raise refuse(RuntimeError, "linalg.cond", f"linalg.cond got an invalid norm type: {p}",
                     "use one of None, 2, -2, 1, -1, inf, -inf, 'fro' and 'nuc'",
                     A=input)  # fmt: skip
    check_matrix("linalg.cond", input)
    if not input.numel():
        return total(absolute(input), (-2, -1))
    if p in (None, 2, -2):
        values = svdvals(input)
        largest, smallest = values[..., 0], values[..., -1]
        return smallest / largest if p == -2 else largest / smallest
    check_square(f"linalg.cond(ord={p})", input)
    singular = signed(input)[0] == 0
    one = identity(input, input.array.shape[-1])
    inverse = inverted(where(reshape(singular, *singular.shape, 1, 1), one, input))
    size = matrix_norm(input, p) * matrix_norm(inverse, p)
    return where(singular, math.inf, size)  # type: ignore[no-any-return]
