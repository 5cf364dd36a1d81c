"""Eigenvalues and eigenvectors."""

from __future__ import annotations

from typing import Any

from numpy.linalg import LinAlgError as NoSolution

from minitorch_lazy.core.primitive import primitive
from minitorch_lazy.core.tensor import Tensor
from minitorch_lazy.errors import refuse
from minitorch_lazy.ops import return_types
from minitorch_lazy.ops.axes import adjoint
from minitorch_lazy.ops.linalg.checks import LinAlgError, check_square, mH
from minitorch_lazy.ops.linalg.svd import as_columns, diagonal_of, gaps, on_diagonal


def pull_eigh(xp: Any, g: Any, needed: Any, ys: Any) -> Any:
    """Pull back to A = V diag(w) V^H: V (diag(g_w) + (V^H g_V) / E) V^H with E_ij = w_j - w_i.

    The rule is in PyTorch's convention: gradients are conjugated on the way in and out.

    Source: M. Giles, An extended collection of matrix derivative results, 2008.
    """
    w, V = ys
    if g[1] is None:
        return (xp.conj(xp.matmul(V * as_columns(xp, g[0]), mH(xp, V))),)
    inner = xp.matmul(mH(xp, V), xp.conj(g[1]))
    diagonal = diagonal_of(xp, inner)
    xp.gauge_free(diagonal)
    inner = (inner - on_diagonal(xp, diagonal)) / gaps(xp, w)
    if g[0] is not None:
        inner = inner + on_diagonal(xp, g[0])
    return (xp.conj(xp.matmul(V, xp.matmul(inner, mH(xp, V)))),)


def pull_eigvalsh(xp: Any, g: Any, A: Any) -> Any:
    """Pull back to A: V diag(g) V^H; the vectors are found only now."""
    _, V = xp.eigh(A)
    return xp.conj(xp.matmul(V * as_columns(xp, g), mH(xp, V)))


hermitian = primitive(
    "eigh", arguments="A", joint=pull_eigh, outputs=2, node_name="LinalgEigh"
)
hermitian_values = primitive("eigvalsh", A=pull_eigvalsh, node_name="LinalgEigh")


def read_half(name: str, A: Tensor, UPLO: str) -> Tensor:
    """Return the matrix whose lower half holds what is to be read."""
    check_square(name, A)
    if not isinstance(UPLO, str) or UPLO.upper() not in ("L", "U"):
        raise refuse(RuntimeError, name, f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}",
                     "choose one of them", A=A)  # fmt: skip
    return A if UPLO.upper() == "L" else adjoint(A)


def eigh(input: Tensor, UPLO: str = "L") -> Any:
    """Return the eigenvalues and eigenvectors of Hermitian matrices: A = V diag(w) V^H.

    The gradient of vectors is finite where the eigenvalues are different. In the complex case
    vectors have a free phase: a loss that depends on it is refused in backward, on the CPU.

    Args:
        input: (*, N, N), symmetric or Hermitian.
        UPLO: which half is read, "L" or "U".

    Returns:
        named tuple (eigenvalues, eigenvectors): real (*, N), ascending, and (*, N, N).

    Raises:
        LinAlgError: A holds nan or infinities.

    Source: torch.linalg.eigh.

    >>> import minitorch_lazy as torch
    >>> torch.linalg.eigh(torch.tensor([[3., 0.], [0., 1.]])).eigenvalues
    tensor([1., 3.])
    """
    return return_types.linalg_eigh(*hermitian(read_half("linalg.eigh", input, UPLO)))


def eigvalsh(input: Tensor, UPLO: str = "L") -> Tensor:
    """Return the eigenvalues of Hermitian matrices, ascending.

    Args:
        input: (*, N, N), symmetric or Hermitian.
        UPLO: which half is read, "L" or "U".

    Source: torch.linalg.eigvalsh.
    """
    return hermitian_values(read_half("linalg.eigvalsh", input, UPLO))


DEFECTIVE = (
    "linalg.eig, linalg.eigvals: the eigenvectors are linearly dependent (the matrix is "
    "defective), so that eigenvalues and eigenvectors have no gradient\n"
    "  mend    use a matrix of which all eigenvalues are different, or singular values (svd)"
)


def solved_by_basis(xp: Any, V: Any, X: Any) -> Any:
    """Return V^-H X.

    Raises:
        LinAlgError: the eigenvectors are no basis, as those of [[0, 1], [0, 0]].
    """
    try:
        return xp.solve(mH(xp, V), X)
    except (NoSolution, LinAlgError):
        raise LinAlgError(DEFECTIVE) from None


def pull_eig(xp: Any, g: Any, needed: Any, ys: Any, A_dtype: Any, checked: Any) -> Any:
    """Pull back to A V = V diag(w): V^-H (diag(g_w) + (V^H g_V - V^H V D) / E*) V^H.

    D is the real part of the diagonal of V^H g_V, and E_ij = w_j - w_i.
    """
    w, V = ys
    inner = 0.0
    if g[1] is not None:
        inner = xp.matmul(mH(xp, V), xp.conj(g[1]))
        diagonal = diagonal_of(xp, inner)
        if checked:
            xp.gauge_free(diagonal)
        length = (diagonal + xp.conj(diagonal)) * 0.5
        inner = inner - xp.matmul(mH(xp, V), V * as_columns(xp, length))
        inner = inner / xp.conj(gaps(xp, w))
        inner = inner - on_diagonal(xp, diagonal_of(xp, inner))
    if g[0] is not None:
        inner = inner + on_diagonal(xp, xp.conj(g[0]))
    gA = xp.conj(solved_by_basis(xp, V, xp.matmul(inner, mH(xp, V))))
    return (xp.astype(gA, dtype=A_dtype),)


def pull_eigvals(xp: Any, g: Any, A: Any, A_dtype: Any) -> Any:
    """Pull back to A: V^-H diag(g) V^H; the vectors are found only now."""
    _, V = xp.eig(A, checked=False)
    gA = solved_by_basis(xp, V, xp.matmul(on_diagonal(xp, xp.conj(g)), mH(xp, V)))
    return xp.astype(xp.conj(gA), dtype=A_dtype)


general = primitive(
    "eig", arguments="A", static="checked", joint=pull_eig, outputs=2, node_name="LinalgEig"
)
general_values = primitive("eigvals", A=pull_eigvals, node_name="LinalgEig")


def eig(input: Tensor) -> Any:
    """Return the eigenvalues and eigenvectors of square matrices: A V = V diag(w).

    They are complex, of real matrices too, and in no order. The gradient is finite where the
    eigenvalues are different; a loss that depends on the vectors' phase is refused in backward,
    on the CPU.

    Args:
        input: (*, N, N).

    Returns:
        named tuple (eigenvalues, eigenvectors): complex (*, N) and (*, N, N).

    Source: torch.linalg.eig.
    """
    check_square("linalg.eig", input)
    return return_types.linalg_eig(*general(input, checked=True))


def eigvals(input: Tensor) -> Tensor:
    """Return the eigenvalues of square matrices, complex and in no order.

    Args:
        input: (*, N, N).

    Source: torch.linalg.eigvals.
    """
    check_square("linalg.eigvals", input)
    return general_values(input)
