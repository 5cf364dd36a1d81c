"""The exponential of matrices."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.ops.linalg.checks import check_square
from minitorch_lazy.ops.product import mT


def pull_exponential(xp: Any, g: Any, A: Any) -> Any:
    """Pull back: the derivative at A^T along g, which is a block of a larger exponential.

    exp([[A, E], [0, A]]) holds exp(A) twice and, above them, its derivative along E. So the rule
    needs nothing but the exponential itself, and has every further derivative.

    Source: R. Mathias, A chain rule for matrix functions and applications, 1996.
    """
    size, last = A.shape[-1], A.ndim - 1
    turned = mT(xp, A)
    above = xp.concatenate(turned, g, axis=last)
    below = xp.concatenate(xp.zeros_like(turned), turned, axis=last)
    return xp.matrix_exp(xp.concatenate(above, below, axis=last - 1))[..., :size, size:]


exponential = primitive("matrix_exp", A=pull_exponential, node_name="LinalgMatrixExp")


@public
def matrix_exp(input: Tensor) -> Tensor:
    """Return e^A = I + A + A^2 / 2! + ... of square matrices.

    Args:
        input: (*, N, N).

    Source: torch.linalg.matrix_exp, torch.matrix_exp.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.matrix_exp(torch.tensor([[0., 2.], [0., 0.]]))
    tensor([[1., 2.],
            [0., 1.]])
    """
    check_square("linalg.matrix_exp", input, low=True)
    return exponential(input)
