"""Orthogonal and triangular factors, and the reflections that they are made of."""

from __future__ import annotations

import warnings
from typing import Any

from minitorch_lazy.core.modes import GRAD
from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.linalg.checks import check_matrix, mH
from minitorch_lazy.ops.product import mT


def pull_tall(xp: Any, gQ: Any, gR: Any, Q: Any, R: Any) -> Any:
    """Pull back through A = Q R with a square R: (g_Q + Q S) R^-H.

    S is Hermitian; its upper triangle is that of g_R R^H - Q^H g_Q.

    Source: S. Walter, L. Lehmann, Algorithmic differentiation of linear algebra functions with
    application in optimum experimental design, 2010.
    """
    inner = 0.0 if gR is None else xp.matmul(gR, mT(xp, R))
    if gQ is not None:
        inner = inner - xp.matmul(mT(xp, Q), gQ)
    above = xp.triu(inner, offset=1)
    middle = xp.triu(inner, offset=0) - above
    both = above + mH(xp, above) + (middle + xp.conj(middle)) * 0.5
    side = xp.matmul(xp.conj(Q), both)
    side = side if gQ is None else side + gQ
    return mT(xp, xp.solve_triangular(R, mT(xp, side), upper=True, unit=False))


def pull_qr(xp: Any, g: Any, needed: Any, A_shape: Any, ys: Any, mode: Any) -> Any:
    """Pull back to A; of a wide one, the first columns make Q, and the others are Q R."""
    (gQ, gR), (Q, R) = g, ys
    rows, columns = A_shape[-2], A_shape[-1]
    if mode == "r":
        raise RuntimeError("The derivative of linalg.qr depends on Q, which is not computed when "
                           "mode='r'. Please use linalg.qr(A, mode='reduced') if you are going to "
                           "differentiate through linalg.qr.")  # fmt: skip
    if mode == "complete" and rows > columns:
        raise RuntimeError("The QR decomposition is not differentiable when mode='complete' and "
                           "nrows > ncols.\n  mend    use mode='reduced'")  # fmt: skip
    if rows >= columns:
        return (pull_tall(xp, gQ, gR, Q, R),)
    first, others = R[..., :rows], R[..., rows:]
    if gR is None:
        gA = pull_tall(xp, gQ, None, Q, first)
        return (xp.concatenate(gA, xp.zeros_like(others), axis=R.ndim - 1),)
    g_first, g_others = gR[..., :rows], gR[..., rows:]
    through = xp.matmul(xp.conj(xp.matmul(Q, others)), mH(xp, g_others))
    gA = pull_tall(xp, through if gQ is None else gQ + through, g_first, Q, first)
    return (xp.concatenate(gA, xp.matmul(xp.conj(Q), g_others), axis=R.ndim - 1),)


factors = primitive(
    "qr", arguments="A", static="mode", joint=pull_qr, outputs=2, node_name="LinalgQr"
)


def qr(A: Tensor, mode: str = "reduced") -> Any:
    """Return Q with orthonormal columns and an upper triangular R, with A = Q R.

    Differentiable where the first min(M, N) columns are independent, and Q has no more columns
    than A.

    Args:
        A: (*, M, N).
        mode: "reduced" gives (*, M, K) and (*, K, N) with K = min(M, N), "complete" (*, M, M) and
            (*, M, N), "r" an empty Q and the R of "reduced".

    Returns:
        named tuple (Q, R).

    Source: torch.linalg.qr.

    >>> import minitorch_lazy as torch
    >>> Q, R = torch.linalg.qr(torch.randn(4, 3))
    >>> torch.allclose(Q.mT @ Q, torch.eye(3), atol=1e-5)
    True
    """
    if mode not in ("reduced", "complete", "r"):
        raise refuse(RuntimeError, "linalg.qr", f"qr received unrecognized mode '{mode}' but "
                     "expected one of 'reduced' (default), 'r', or 'complete'",
                     "choose one of them")  # fmt: skip
    check_matrix("linalg.qr", A)
    return return_types.linalg_qr(*factors(A, mode=mode))


@public(name="qr")
def old_qr(input: Tensor, some: bool = True) -> Any:
    """Do what `linalg.qr` does, under its old name.

    Args:
        some: whether to return the reduced factors.

    Source: torch.qr.
    """
    warnings.warn("torch.qr is deprecated in favor of torch.linalg.qr and will be removed in a "
                  "future PyTorch release.", UserWarning, stacklevel=2)  # fmt: skip
    return return_types.qr(*qr(input, "reduced" if some else "complete"))


packed = primitive("geqrf", arguments="A", outputs=2)


@public
def geqrf(input: Tensor) -> Any:
    """Return a QR decomposition as reflections: those of `householder_product`, and R above them.

    Args:
        input: (*, M, N).

    Returns:
        named tuple (a, tau) of (*, M, N) and (*, min(M, N)); they have no gradient.

    Raises:
        NotImplementedError: the input requires grad, and gradients are recorded.

    Source: torch.geqrf.
    """
    check_matrix("torch.geqrf", input, "input")
    if input.requires_grad and GRAD.get():
        raise refuse(NotImplementedError, "geqrf", "the derivative for 'geqrf' is not "
                     "implemented.", "use torch.linalg.qr, or detach() the input",
                     input=input)  # fmt: skip
    return return_types.geqrf(*packed(input))
