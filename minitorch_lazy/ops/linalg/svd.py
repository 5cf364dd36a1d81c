"""Singular values and vectors."""

from __future__ import annotations

from typing import Any

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.public import public
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.axes import adjoint
from minitorch_lazy.ops.linalg.checks import check_matrix, mH

primitive("gauge_free", x=lambda xp, g: g)


def as_columns(xp: Any, s: Any) -> Any:
    """Make weights of columns of vectors of numbers."""
    return xp.reshape(s, shape=(*s.shape[:-1], 1, s.shape[-1]))


def as_rows(xp: Any, s: Any) -> Any:
    """Make weights of rows of vectors of numbers."""
    return xp.reshape(s, shape=(*s.shape, 1))


def on_diagonal(xp: Any, s: Any) -> Any:
    """Make diagonal matrices of vectors."""
    size, last = s.shape[-1], s.ndim
    return xp.embed_diagonal(s, shape=(*s.shape, size), offset=0, axis1=last - 1, axis2=last)


def diagonal_of(xp: Any, x: Any) -> Any:
    """Return the diagonals of matrices."""
    return xp.diagonal(x, offset=0, axis1=x.ndim - 2, axis2=x.ndim - 1)


def gaps(xp: Any, s: Any) -> Any:
    """Return s_j - s_i for i != j, and 1 on the diagonal."""
    return as_columns(xp, s) - as_rows(xp, s) + on_diagonal(xp, xp.ones_like(s))


def pull_svd(xp: Any, g: Any, needed: Any, ys: Any, full: Any) -> Any:
    """Pull back to A = U S V^H: U [(skew(U^H g_U) / E) S + S (skew(V^H g_V) / E) + g_S] V^H.

    E_ij = s_j^2 - s_i^2. What leaves the space of the columns of U or V is divided by s. The rule
    is in PyTorch's convention: gradients are conjugated on the way in and out.

    Source: torch's svd_backward; J. Townsend, Differentiating the singular value decomposition.
    """
    U, S, Vh = ys
    size = S.shape[-1]
    U, Vh = U[..., :size], Vh[..., :size, :]
    gU = None if g[0] is None else xp.conj(g[0][..., :size])
    gVh = None if g[2] is None else xp.conj(g[2][..., :size, :])
    if gU is None and gVh is None:
        return (xp.conj(xp.matmul(U * as_columns(xp, g[1]), Vh)),)
    left = xp.matmul(U, core(xp, gU, g[1], gVh, U, S, Vh))
    if gU is not None and U.shape[-2] > size:
        scaled = gU / as_columns(xp, S)
        left = left + scaled - xp.matmul(U, xp.matmul(mH(xp, U), scaled))
    gA = xp.matmul(left, Vh)
    if gVh is not None and Vh.shape[-1] > size:
        scaled = gVh / as_rows(xp, S)
        outside = scaled - xp.matmul(xp.matmul(scaled, mH(xp, Vh)), Vh)
        gA = gA + xp.matmul(U, outside)
    return (xp.conj(gA),)


def core(xp: Any, gU: Any, gS: Any, gVh: Any, U: Any, S: Any, Vh: Any) -> Any:
    """Return the gradient in the basis of the singular vectors."""
    apart = gaps(xp, S * S)
    inner, phase = 0.0, 0.0
    if gU is not None:
        turn = xp.matmul(mH(xp, U), gU)
        turn = turn - mH(xp, turn)
        inner, phase = turn / apart * as_columns(xp, S), diagonal_of(xp, turn)
    if gVh is not None:
        back = xp.matmul(Vh, mH(xp, gVh))
        back = back - mH(xp, back)
        inner = inner + back / apart * as_rows(xp, S)
        phase = phase + diagonal_of(xp, back)
    xp.gauge_free(phase)
    if gU is not None:
        size = xp.where(xp.equal(S, 0.0), xp.ones_like(S), S)
        inner = inner + on_diagonal(xp, diagonal_of(xp, turn) / (2 * size))
    return inner if gS is None else inner + on_diagonal(xp, gS)


decomposed = primitive(
    "svd", arguments="A", static="full", joint=pull_svd, outputs=3, node_name="LinalgSvd"
)


def pull_values(xp: Any, g: Any, A: Any) -> Any:
    """Pull back to A: U diag(g) V^H; the vectors are found only now."""
    U, _, Vh = xp.svd(A, full=False)
    return xp.conj(xp.matmul(U * as_columns(xp, g), Vh))


values = primitive("svdvals", A=pull_values, node_name="LinalgSvd")


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> Any:
    """Return U, S and V^H with A = U diag(S) V^H; S is real and descending.

    Gradients are finite where the singular values are different, and, of U or V of oblong
    matrices, not 0. Columns that `full_matrices` adds have none. In the complex case vectors have
    a free phase: a loss that depends on it is refused in backward, on the CPU.

    Args:
        A: (*, M, N).
        full_matrices: whether U is (*, M, M) and V^H (*, N, N), or (*, M, K) and (*, K, N) with
            K = min(M, N).
        driver: a choice of cuSOLVER's algorithm, which PyTorch takes on CUDA alone: None.

    Returns:
        named tuple (U, S, Vh).

    Raises:
        LinAlgError: A holds nan or infinities.

    Source: torch.linalg.svd.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.svd(torch.tensor([[0., 2.], [3., 0.]])).S
    tensor([3., 2.])
    """
    check_driver(driver)
    check_matrix("linalg.svd", A)
    return return_types.linalg_svd(*decomposed(A, full=bool(full_matrices)))


def check_driver(driver: str | None) -> None:
    """Refuse to choose between algorithms of which there is one."""
    if driver is not None:
        raise refuse(RuntimeError, "linalg.svd", "torch.linalg.svd: keyword argument `driver=` is "
                     "only supported on CUDA inputs with cuSOLVER backend.", "leave it out",
                     driver=driver)  # fmt: skip


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """Return the singular values of matrices, in descending order.

    Args:
        A: (*, M, N).
        driver: see `svd`.

    Returns:
        real (*, min(M, N)).

    Source: torch.linalg.svdvals.
    """
    check_driver(driver)
    check_matrix("linalg.svd", A)
    return values(A)


@public(name="svd")
def old_svd(input: Tensor, some: bool = True, compute_uv: bool = True) -> Any:
    """Do what `linalg.svd` does, under its old name; it returns V, and not V^H.

    Args:
        some: whether to return the first min(M, N) vectors alone.
        compute_uv: whether to compute vectors; without, U and V are zeros.

    Returns:
        named tuple (U, S, V).

    Source: torch.svd.
    """
    check_matrix("linalg.svd", input)
    if compute_uv:
        U, S, Vh = decomposed(input, full=not some)
        return return_types.svd(U, S, adjoint(Vh))
    *stack, rows, columns = input.array.shape
    return return_types.svd(input.new_zeros((*stack, rows, rows)), values(input),
                            input.new_zeros((*stack, columns, columns)))  # fmt: skip
